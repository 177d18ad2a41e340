"""Find copies: every place in a declared backup where the bytes of something that goes still lie."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, Final

from app.domain.canonical import handle
from app.domain.case import Backup
from app.domain.copies import Copy, Disposal, Searched
from app.domain.event import BackupSearched, CopyFound, Progressed
from app.domain.fault import Fault, Refused
from app.domain.outcome import Reason
from app.domain.record import Stamp
from app.domain.step import Step
from app.steps.confirm.archives import Limits, members
from app.steps.confirm.bags import CHECK, check_bag
from app.steps.confirm.contents import Contents, weigh
from app.steps.confirm.declared import declared_copy
from app.steps.confirm.forms import HEAD, Form, form_of
from app.steps.confirm.reading import CantRead, digesting, reading, reason_of, stood_still
from app.steps.confirm.repositories.contract import Unusable
from app.steps.confirm.repositories.finding import search_repository
from app.steps.confirm.repositories.work import Passwords, kind_of, told
from app.steps.confirm.wanted import Wanted

__all__ = ["Wanted", "find_copies"]

_SEARCHED_KINDS: Final = ("folder", "archive")
_BEAT: Final = 0.1
"""Seconds between two signs of progress."""


@dataclass(slots=True)
class _Tally:
    """What the search of one backup has come to so far."""

    files: int = 0
    members: int = 0
    copies: int = 0
    limits: set[Reason] = field(default_factory=set)
    shown: float = 0.0

    def progress(self, path: str) -> Iterator[Progressed]:
        now = time.monotonic()
        if now - self.shown >= _BEAT:
            self.shown = now
            yield Progressed(Step.CONFIRM, self.files + self.members, 0, "files", path)

    def searched(self, backup: str) -> Searched:
        limits = tuple(sorted(self.limits, key=lambda reason: reason.value))
        return Searched(backup, self.files, self.members, self.copies, limits)


def _no_password(_: Backup) -> str:
    return ""


def find_copies(
    backups: Sequence[Backup],
    wanted: Wanted,
    *,
    key: bytes,
    exclude: Sequence[Path] = (),
    password: Passwords = _no_password,
    shredded: frozenset[str] = frozenset(),
) -> Iterator[CopyFound | BackupSearched | Progressed]:
    """Search the declared backups for content that goes; read only, no link is followed.

    Copies are known by SHA-256, never by name. There is one Copy for each path. A plain
    file, or an archive all of whose members go, is WIPE. It is EXCEPTION when the same
    bytes are kept (KEPT_CONTENT), when the archive holds anything else (MIXED_ARCHIVE) or
    anything that could not be looked at, when it is attached to a mail (IN_MAIL; `member` has
    the names), when the file has other names (HARD_LINK), or when it changed while it was
    read (CHANGED); then `of` has the ids found in it. An empty file is a copy of nothing.

    A repository is checked by its own tool first, then searched: see `search_repository`. A bag is
    read against its own manifests first; one that fails is not searched, and has a `fault`.
    Of a declared backup comes what was declared of it, and a BackupSearched with its
    limit. Folders in `exclude` are passed over.

    Raises:
        Refused: CASE_FILE_MISSING_PATH before anything is read, when a backup is not there.
    """
    for backup in backups:
        if backup.kind != "declared" and not backup.remote and not os.path.lexists(backup.path):
            raise Refused(Fault.CASE_FILE_MISSING_PATH, str(backup.path))
    passed_over = frozenset(os.path.realpath(path) for path in exclude)
    for backup in backups:
        name, tally = str(backup.path), _Tally()
        if kind := kind_of(backup):
            yield from search_repository(backup, kind, wanted, password, key=key, shredded=shredded)
            continue
        if backup.kind == "declared":
            tally.limits.add(Reason.DECLARED)
            if copy := declared_copy(
                backup, tuple(sorted({one for of in wanted.doomed.values() for one in of})), key
            ):
                tally.copies += 1
                yield CopyFound(copy)
        elif backup.kind == "bagit":
            yield from _search_bag(backup.path, wanted, key, passed_over, tally)
            continue
        elif backup.kind in _SEARCHED_KINDS:
            yield from _search(name, wanted, key, passed_over, tally)
        else:
            tally.limits.add(Reason.NOT_SEARCHED)
        yield BackupSearched(tally.searched(name))


def _search_bag(
    root: Path, wanted: Wanted, key: bytes, passed_over: frozenset[str], tally: _Tally
) -> Iterator[CopyFound | BackupSearched | Progressed]:
    name = str(root)
    try:
        yield from told(Step.CONFIRM, check_bag(root), "files", name)
    except Unusable as error:
        yield BackupSearched(Searched(name, 0, 0, 0, (error.reason,), fault=error.reason))
        return
    yield from _search(name, wanted, key, passed_over, tally)
    yield BackupSearched(replace(tally.searched(name), check=CHECK))


def _search(
    root: str, wanted: Wanted, key: bytes, passed_over: frozenset[str], tally: _Tally
) -> Iterator[CopyFound | Progressed]:
    if _within(os.path.realpath(root), passed_over):
        tally.limits.add(Reason.NOT_SEARCHED)
        return
    for path in _files(root, passed_over, tally.limits):
        yield from tally.progress(path)
        try:
            copy = yield from _look(path, wanted, key, tally)
        except CantRead as error:
            tally.limits.add(error.reason)
            continue
        if copy is not None:
            tally.copies += 1
            yield CopyFound(copy)


def _within(path: str, folders: frozenset[str]) -> bool:
    return any(path == folder or path.startswith(folder.rstrip(os.sep) + os.sep) for folder in folders)


def _files(root: str, passed_over: frozenset[str], limits: set[Reason]) -> Iterator[str]:
    """Give the regular files under `root`, or `root` itself if it is one, in a fixed order."""
    # The declared path itself may be a link: the officer named it. Nothing below it is followed.
    named = Path(root)
    start = named.resolve() if named.is_symlink() else named.absolute()
    if not start.is_dir():
        yield str(start)
        return
    stack = [str(start)]
    while stack:
        folder = stack.pop()
        try:
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            limits.add(reason_of(error))
            continue
        inner = [e.path for e in found if e.is_dir(follow_symlinks=False)]
        # One comparison by real path suffices: no link lies between the start and here.
        stack += [path for path in reversed(inner) if os.path.realpath(path) not in passed_over]
        yield from (e.path for e in found if e.is_file(follow_symlinks=False))


def _look(path: str, wanted: Wanted, key: bytes, tally: _Tally) -> Generator[Progressed, None, Copy | None]:
    with reading(path) as (file, stamp):
        tally.files += 1
        if stamp.size == 0 or _is_own(path, stamp, wanted):
            return None
        sha256 = (yield from _hashed(file, path, tally)) if stamp.size in wanted.sizes else ""
        contents = Contents()
        if sha256 in wanted.doomed:
            contents.ids.update(wanted.doomed[sha256])
        elif form := _form(file):
            contents.form = form
            yield from _open_up(file, stamp, path, wanted, contents, tally)
        if not stood_still(file, stamp):
            (contents.against if contents.ids else tally.limits).add(Reason.CHANGED)
        if not contents.ids:
            return None
        sha256 = sha256 or (yield from _hashed(file, path, tally))
        return _copy(path, stamp, sha256, wanted, key, contents)


def _hashed(file: io.FileIO, path: str, tally: _Tally) -> Generator[Progressed, None, str]:
    run = digesting(file)
    while True:
        try:
            next(run)
        except StopIteration as end:
            return str(end.value)
        yield from tally.progress(path)


def _copy(path: str, stamp: Stamp, sha256: str, wanted: Wanted, key: bytes, contents: Contents) -> Copy:
    if stamp.links > 1:
        contents.against.add(Reason.HARD_LINK)
    if sha256 in wanted.kept:
        contents.against.add(Reason.KEPT_CONTENT)
    return Copy(
        id=handle(key, "c", path),
        of=tuple(sorted(contents.ids)),
        path=path,
        member=", ".join(filter(None, contents.attached)),
        stamp=stamp,
        sha256=sha256,
        disposal=_disposal(contents, wanted),
        reasons=tuple(sorted(contents.against, key=lambda reason: reason.value)),
    )


def _disposal(contents: Contents, wanted: Wanted) -> Disposal:
    """What is proposed for a file; an archive that only holds other things too is written anew without these.

    An archive of keys is for the step that shreds them, which takes it whole or not at all.
    """
    if not contents.against:
        return Disposal.WIPE
    keys = contents.ids - wanted.records
    mixed = contents.against == {Reason.MIXED_ARCHIVE} and contents.form is not Form.FOREIGN
    return Disposal.REWRITE if mixed and not keys else Disposal.EXCEPTION


def _is_own(path: str, stamp: Stamp, wanted: Wanted) -> bool:
    """Whether the file is one of the case's own under its own name, and not a hard link to it."""
    names = wanted.own.get((stamp.device, stamp.inode), ())
    if not names:
        return False
    # With one link there is one name, however the path to it is spelled.
    return stamp.links == 1 or os.path.realpath(path) in {os.path.realpath(name) for name in names}


def _form(file: BinaryIO) -> Form | None:
    try:
        file.seek(0)
        return form_of(file.read(HEAD))
    except OSError as error:
        raise CantRead(reason_of(error)) from error


def _open_up(
    file: BinaryIO, stamp: Stamp, path: str, wanted: Wanted, contents: Contents, tally: _Tally
) -> Iterator[Progressed]:
    """Look at every member of an archive; what speaks against disposing of it whole is collected."""
    for member in members(file, stamp.size, frozenset(wanted.doomed), wanted.sizes, Limits(), path):
        tally.members += not member.opened
        yield from tally.progress(path)
        if member.problem is not None:
            tally.limits.add(member.problem)
            contents.against.add(member.problem)
            continue
        weigh(member, wanted, contents)
