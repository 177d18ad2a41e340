"""One key that is to go: find its file again, know it for the signed one, and remove its names."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from app.domain.outcome import Reason
from app.domain.plan import PlanItem
from app.domain.step import Stage
from app.steps.shred.inspection import stamp_of, store_of
from app.steps.shred.kinds import marks_of, spans_of
from app.steps.shred.kinds.contract import Kind, NotOpened, Span, Store
from app.steps.shred.overwriting import content_digest, hidden_name, is_ours, is_zeros, reach, whole
from app.system.disk import Disk, Folder, open_folder
from app.system.extents import Attribute, attributes
from app.system.protected import is_protected

_REASONS: Final = {
    errno.ENOENT: Reason.GONE,
    errno.ENOTDIR: Reason.GONE,
    errno.ELOOP: Reason.LINK,
    errno.EACCES: Reason.DENIED,
    errno.EPERM: Reason.DENIED,
    errno.EROFS: Reason.READ_ONLY,
    errno.ENOSPC: Reason.NO_SPACE,
    errno.EDQUOT: Reason.NO_SPACE,
    errno.EISDIR: Reason.NOT_A_FILE,
    errno.ENXIO: Reason.NOT_A_FILE,
    errno.ETXTBSY: Reason.OPEN_ELSEWHERE,
    errno.EREMOTE: Reason.NETWORK,
    errno.EOPNOTSUPP: Reason.UNKNOWN_MEDIUM,
    errno.ENOTSUP: Reason.UNKNOWN_MEDIUM,
}


_MOST: Final = 256 << 20
"""Bytes that are looked through for an overwrite of our own: more than any header has."""


class Failed(Exception):
    """This key can't be shredded, and why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


def reason_of(error: OSError) -> Reason:
    """Name the cause of an error of the system."""
    return _REASONS.get(error.errno or 0, Reason.IO_ERROR)


@dataclass(frozen=True, slots=True)
class Doomed:
    """A key or a copy of one, with what its shredding needs.

    `shared` says that another item of the plan is a name of the same file.
    """

    item: PlanItem
    kind: Kind
    stage: Stage
    passphrase: str = field(repr=False)
    key: bytes = field(repr=False)
    shared: bool
    disk: Disk

    @property
    def name(self) -> str:
        """The file's own name, without its folder."""
        return os.path.basename(self.item.path)

    @property
    def hidden(self) -> str:
        """The name it has between renaming and unlinking."""
        return hidden_name(self.key, self.name)

    @contextmanager
    def folder(self) -> Iterator[Folder]:
        """Open the file's folder.

        Raises:
            Failed: PROTECTED_PLACE.
            OSError: as the system gives it.
        """
        opened = open_folder(os.path.dirname(self.item.path), self.item.location)
        try:
            if is_protected(self.item.path) or is_protected(f"{opened.real}{os.sep}{self.name}"):
                raise Failed(Reason.PROTECTED_PLACE)
            yield opened
        finally:
            opened.close()

    @contextmanager
    def reading(self, name: str) -> Iterator[int]:
        """Open the file under one of its names, to read."""
        with self.folder() as folder:
            fd = self.disk.open_to_read(folder, name)
        try:
            yield fd
        finally:
            os.close(fd)

    @contextmanager
    def writing(self) -> Iterator[int]:
        """Open the file in place, to overwrite.

        Raises:
            Failed: IMMUTABLE or READ_ONLY when the file itself forbids it.
            OSError: as the system gives it.
        """
        with self.folder() as folder:
            try:
                fd = self.disk.open_in_place(folder, self.name)
            except PermissionError:
                self._refuse_marked(folder)
                raise
        try:
            yield fd
        finally:
            os.close(fd)

    def _refuse_marked(self, folder: Folder) -> None:
        fd = self.disk.open_to_read(folder, self.name)
        try:
            marks, told = attributes(fd) or Attribute(0), os.fstat(fd)
        finally:
            os.close(fd)
        if marks & (Attribute.IMMUTABLE | Attribute.APPEND_ONLY):
            raise Failed(Reason.IMMUTABLE)
        if not told.st_mode & stat.S_IWUSR:
            raise Failed(Reason.READ_ONLY)

    def is_intact(self, fd: int) -> bool:
        """Whether an open file is as it was signed. False when it is ours, overwritten in part or in full.

        Raises:
            Failed: NOT_A_FILE, REPLACED or CHANGED when it is neither.
        """
        told = os.fstat(fd)
        if not stat.S_ISREG(told.st_mode):
            raise Failed(Reason.NOT_A_FILE)
        if not self._same_file(told):
            raise Failed(Reason.REPLACED)
        spans = self.spans(fd)
        if self._same_times(told) and content_digest(self.disk, fd, spans) == self.item.sha256:
            return True
        if self._overwritten(fd, spans):
            return False
        raise Failed(Reason.CHANGED)

    def _same_file(self, told: os.stat_result) -> bool:
        return (told.st_dev, told.st_ino) == (self.item.stamp.device, self.item.stamp.inode)

    def _same_times(self, told: os.stat_result) -> bool:
        """Size and times as signed; once begun, the digest has to do, for our own act moved them."""
        now, then = stamp_of(told), self.item.stamp
        if self.stage is not Stage.FRESH:
            return now.size == then.size
        return (now.size, now.mtime_ns, now.ctime_ns) == (then.size, then.mtime_ns, then.ctime_ns)

    def _overwritten(self, fd: int, spans: tuple[Span, ...]) -> bool:
        if self.stage is not Stage.FRESH:
            return is_ours(self.disk, fd, self.key, spans)
        return self.shared and is_zeros(self.disk, fd, spans)

    def store(self, fd: int) -> Store:
        """An open file, as its kind reads it."""
        return store_of(self.disk, fd, self.item.path)

    def spans(self, fd: int) -> tuple[Span, ...]:
        """The bytes that go: as the store's own layout says, or as far as our own overwrite went.

        Raises:
            Failed: CHANGED when there is no layout, and no overwrite of ours.
        """
        if not self.kind.container:
            return whole(fd)
        try:
            return spans_of(self.kind, self.store(fd))
        except NotOpened:
            stop = reach(self.disk, fd, self.key, _MOST) if self.stage is not Stage.FRESH else 0
            if not stop:
                raise Failed(Reason.CHANGED) from None
            return (Span(0, stop),)

    def marks(self, fd: int) -> tuple[bytes, ...]:
        """What every copy of the key has in it."""
        return marks_of(self.kind, self.store(fd))

    def standing(self) -> str:
        """The name under which the file still stands, its own or the hidden one; empty when it is gone."""
        try:
            with self.folder() as folder:
                return next((n for n in (self.name, self.hidden) if self._is_at(folder, n)), "")
        except (FileNotFoundError, NotADirectoryError):
            return ""

    def _is_at(self, folder: Folder, name: str) -> bool:
        try:
            return self._same_file(self.disk.look(folder, name))
        except FileNotFoundError:
            return False

    def remove(self, name: str) -> None:
        """Rename the file to its hidden name, unlink it, and sync the folder.

        Raises:
            OSError: as the system gives it; the name, or the hidden one, is then still there.
        """
        with self.folder() as folder:
            last = self._renamed(folder, name)
            self.disk.unlink(folder, last)
            self.disk.sync_folder(folder)

    def _renamed(self, folder: Folder, name: str) -> str:
        if name == self.hidden:
            return name
        try:
            self.disk.rename(folder, name, self.hidden)
        except FileExistsError:
            # A stranger has that name, as can happen to a name of one or two letters.
            return name
        return self.hidden
