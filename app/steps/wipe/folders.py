"""Emptied folders: renamed, filled over and removed, so that their names and their entries' names go too."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final

from app.steps.wipe.keystream import names_for
from app.steps.wipe.places import parent_of
from app.steps.wipe.scene import Terms
from app.steps.wipe.verdict import Done
from app.system.attributes import has_attributes
from app.system.disk import Folder, open_folder
from app.system.names import length_of
from app.system.paths import lies_in
from app.system.protected import is_protected

_FILLER: Final = "\x7f"
"""What the name of every filler begins with. Nobody types it."""
_SIZES: Final = (250, 120, 56, 24, 12, 4)
"""Longest first; the shortest leaves no gap that a whole name fits in."""


class Folders:
    """The folders that files were removed from, on one volume, and those above them up to the locations."""

    def __init__(self, done: Iterable[Done], terms: Terms, device: int) -> None:
        self._terms = terms
        self._device = device
        self._now: dict[str, str | None] = {}
        self._location: dict[str, str] = {}
        self._doomed: dict[str, str] = {}
        self.kept: list[str] = []
        self.marked = False
        """Whether an emptied folder has attributes, whose text no purge reaches."""
        for parent, named in sorted({(parent_of(one.item.path), one.item.location) for one in done}):
            at, location = parent, named or parent
            while at not in self._location and lies_in(at, location):
                self._location[at] = location
                at = parent_of(at)
            self._location.setdefault(parent, location)

    def names(self) -> dict[str, set[bytes]]:
        """The names of the folders that are in question, by the folder each is in."""
        inside: dict[str, set[bytes]] = defaultdict(set)
        for path in self._doomed:
            inside[parent_of(path)].add(os.fsencode(path.rpartition(os.sep)[2]))
        return inside

    def rename_emptied(self) -> None:
        """Give every folder that holds nothing more a name that tells nothing, deepest first.

        Never a location itself, nor what is protected. One that can't be renamed keeps its name.
        """
        inside: dict[str, set[str]] = defaultdict(set)
        for path in sorted(self._location, key=lambda one: one.count(os.sep), reverse=True):
            if self._is_emptied(path, inside[path]) and (new := self._renamed(path)):
                self._doomed[path] = new
                inside[path.rpartition(os.sep)[0]].add(new)
            else:
                self.kept.append(path)

    def outgrown(self, block: int) -> bool:
        """Whether a folder has, or may have had, more than one block.

        An ext folder that grows is split, and the split leaves names where nothing clears them;
        it never shrinks. Of one that a stopped run has removed nobody knows.
        """
        sizes: list[int] = []

        def look(folder: Folder) -> None:
            sizes.append(os.fstat(folder.fd or 0).st_size)

        for path in self._location:
            if self._place(path) is None or not self._inside(path, look):
                return True
        return any(size > block for size in sizes)

    def fill(self) -> bool:
        """Put links to one empty file into every folder until all room for entries is written over.

        False when one could not be filled.
        """
        filled = [self._inside(path, _fill) for path in [*self.kept, *self._doomed]]
        return all(filled)

    def unfill(self) -> None:
        """Take the fillers away, also those that a stopped run left."""
        for path in [*self.kept, *self._doomed]:
            self._inside(path, _unfill)

    def remove(self) -> bool:
        """Remove what was renamed, deepest first. False when something is left, which has its name back."""
        gone = True
        for path, new in self._doomed.items():
            gone &= self._inside(path.rpartition(os.sep)[0], self._remover(path, new))
        return gone

    def _remover(self, path: str, new: str) -> Callable[[Folder], None]:
        def remove(parent: Folder) -> None:
            disk = self._terms.disk
            try:
                disk.remove_folder(parent, new)
            except OSError:
                disk.rename(parent, new, path.rpartition(os.sep)[2])
                self._now.clear()
                raise

        return remove

    def _inside(self, path: str, act: Callable[[Folder], None]) -> bool:
        """Do something in a folder, wherever it is now, if it is on this volume. False when that failed."""
        real = self._place(path)
        if real is None:
            return True
        try:
            self._terms.disk.permit(real)
            folder = open_folder(real, self._location.get(path, ""))
            try:
                if os.stat(folder.path if folder.fd is None else folder.fd).st_dev != self._device:
                    return True
                act(folder)
            finally:
                folder.close()
        except OSError:
            return False
        return True

    def _place(self, path: str) -> str | None:
        """Where a folder is now: under its name, or one that this run or a stopped one gave it."""
        if path not in self._now:
            self._now[path] = self._found(path)
        return self._now[path]

    def _found(self, path: str) -> str | None:
        location = self._location.get(path, path)
        with suppress(OSError):
            open_folder(path, location).close()
            return path
        if path == location or not lies_in(path, location):
            return None
        parent, _, name = path.rpartition(os.sep)
        above = self._place(parent)
        for each in (name, self._new_name(path)) if above else ():
            with suppress(OSError):
                open_folder(f"{above}{os.sep}{each}", location).close()
                return f"{above}{os.sep}{each}"
        return None

    def _new_name(self, path: str) -> str:
        length = length_of(path.rpartition(os.sep)[2])
        return next(names_for(self._terms.seed, f"folder {path}", length))

    def _is_emptied(self, path: str, renamed: set[str]) -> bool:
        location = self._location[path]
        if path == location or not lies_in(path, location) or is_protected(path, self._terms.protected):
            return False
        left = [True]

        def look(folder: Folder) -> None:
            left[0] = any(name not in renamed and not _is_filler(folder, name) for name in _names(folder))
            self.marked |= not left[0] and folder.fd is not None and has_attributes(folder.fd)

        return self._inside(path, look) and not left[0] and self._place(path) is not None

    def _renamed(self, path: str) -> str | None:
        new, real = self._new_name(path), self._place(path)
        parent, _, name = (real or "").rpartition(os.sep)
        if name == new:
            return new
        folder = open_folder(parent, self._location[path])
        try:
            self._terms.disk.rename(folder, name, new)
        except OSError:
            return None
        finally:
            folder.close()
        self._now.clear()
        return new


def _is_filler(folder: Folder, name: str) -> bool:
    if not name.startswith(_FILLER):
        return False
    path, fd = folder.at(name)
    told = os.stat(path, dir_fd=fd, follow_symlinks=False)
    return stat.S_ISREG(told.st_mode) and told.st_size == 0


def _names(folder: Folder) -> list[str]:
    return os.listdir(folder.path if folder.fd is None else folder.fd)


def _unfill(folder: Folder) -> None:
    for name in _names(folder):
        if _is_filler(folder, name):
            path, fd = folder.at(name)
            os.unlink(path, dir_fd=fd)


def _fill(folder: Folder) -> None:
    """Fill a folder until it would grow, first with long names, then with shorter ones.

    One that grows out of its inode by the first is full as it is: its own entries lie over
    the old ones there.

    Raises:
        OSError: ENOSPC also for a folder too big to be filled.
    """
    if sys.platform == "win32":
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    fd = folder.fd or 0
    first = f"{_FILLER}{0:03}"
    most = max(os.fstat(fd).st_size, os.fstatvfs(fd).f_bsize - 1)
    os.close(os.open(first, os.O_CREAT | os.O_RDONLY | os.O_CLOEXEC, 0o600, dir_fd=fd))
    if os.fstat(fd).st_size > most:
        os.unlink(first, dir_fd=fd)
        return
    number = 0
    for size in _SIZES:
        while True:
            number += 1
            if number >= _MOST:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            name = _FILLER + _short(number).rjust(size - 1, "~")
            os.link(first, name, src_dir_fd=fd, dst_dir_fd=fd)
            if os.fstat(fd).st_size > most:
                os.unlink(name, dir_fd=fd)
                break


_MOST: Final = 64**3
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-"


def _short(number: int) -> str:
    """A number below `_MOST` in three characters."""
    return "".join(_DIGITS[number >> shift & 63] for shift in (12, 6, 0))
