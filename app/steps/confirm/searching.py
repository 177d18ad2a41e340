"""Search one place: every regular file in it, and what the archives and mails among them hold."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from app.domain.canonical import handle
from app.domain.case import Backup
from app.domain.copies import Copy, Disposal, Searched
from app.domain.event import CopyFound, Progressed
from app.domain.outcome import Reason
from app.domain.record import Stamp
from app.domain.step import Step
from app.steps.confirm.archives import Limits, members
from app.steps.confirm.contents import Contents, weigh
from app.steps.confirm.forms import Form, form_of
from app.steps.confirm.opaque import file_is_opaque, repository_in
from app.steps.confirm.reading import CantRead, digesting, reading, reason_of, stamp_of, stood_still
from app.steps.confirm.wanted import Wanted
from app.system.packed import HEAD
from app.system.paths import lies_in

_BEAT: Final = 0.1
"""Seconds between two signs of progress."""


LookedAt = Callable[[str, Stamp], bool]


def _never(_: str, __: Stamp) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What a search need not look into, since something else does.

    `backups` are all that are declared: repositories among them are searched by their own tools.
    `looked_at` says of a path and a stamp whether that file was looked into already. `leads` keeps where
    paths lead, so that many searches ask each disk once.
    """

    backups: Sequence[Backup] = ()
    looked_at: LookedAt = _never
    leads: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Aim:
    """How one place is searched.

    `apart` are the repositories that their own tools search, `archive` the path that was declared
    to be an archive, empty for none.
    """

    wanted: Wanted
    key: bytes
    passed_over: frozenset[str]
    apart: frozenset[str]
    looked_at: LookedAt
    archive: str = ""


@dataclass(slots=True)
class Tally:
    """What the search of one place has come to so far."""

    files: int = 0
    members: int = 0
    copies: int = 0
    limits: set[Reason] = field(default_factory=set)
    shown: float = 0.0

    def progress(self, path: str) -> Iterator[Progressed]:
        """Say that it goes on, not too often."""
        now = time.monotonic()
        if now - self.shown >= _BEAT:
            self.shown = now
            yield Progressed(Step.CONFIRM, self.files + self.members, 0, "files", path)

    def searched(self, backup: str) -> Searched:
        """Give it as what is told of a backup."""
        limits = tuple(sorted(self.limits, key=lambda reason: reason.value))
        return Searched(backup, self.files, self.members, self.copies, limits)


def search(root: str, aim: Aim, tally: Tally) -> Generator[CopyFound | Progressed, None, None]:
    """Look at every file in a place, or at the one that it is; what could not be is in the tally."""
    if _within(os.path.realpath(root), aim.passed_over):
        tally.limits.add(Reason.NOT_SEARCHED)
        return
    for path in _files(root, aim, tally.limits):
        yield from tally.progress(path)
        try:
            copy = yield from _look(path, aim, tally)
        except CantRead as error:
            if not _was_looked_at(path, aim):
                tally.limits.add(error.reason)
            continue
        if copy is not None:
            tally.copies += 1
            yield CopyFound(copy)


def _was_looked_at(path: str, aim: Aim) -> bool:
    try:
        return aim.looked_at(path, stamp_of(os.lstat(path)))
    except OSError:
        return False


def _within(path: str, folders: frozenset[str]) -> bool:
    return any(lies_in(path, folder) for folder in folders)


def start_of(root: str) -> str:
    """Give where a search begins: the declared path may be a link, since the officer named it."""
    named = Path(root)
    return str(named.resolve() if named.is_symlink() else named.absolute())


def _files(root: str, aim: Aim, limits: set[Reason]) -> Iterator[str]:
    """Give the regular files under `root`, or `root` itself if it is one, in a fixed order."""
    start = start_of(root)
    if not os.path.isdir(start):
        yield start
        return
    stack = [start]
    while stack:
        folder = stack.pop()
        try:
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            limits.add(reason_of(error))
            continue
        marker = repository_in(folder, {e.name for e in found})
        if marker and not _is_apart(folder, aim) and not _was_looked_at(marker, aim):
            limits.add(Reason.OPAQUE)
        # One comparison by real path suffices: no link lies between the start and here.
        stack += [
            e.path
            for e in reversed(found)
            if e.is_dir(follow_symlinks=False) and os.path.realpath(e.path) not in aim.passed_over
        ]
        files = (e.path for e in found if e.is_file(follow_symlinks=False))
        yield from (path for path in files if path not in aim.passed_over)


def _is_apart(path: str, aim: Aim) -> bool:
    """Whether it lies in a repository that its own tool searches."""
    ways = (os.path.abspath(path), os.path.realpath(path)) if aim.apart else ()
    return any(_within(one, aim.apart) for one in ways)


def _look(path: str, aim: Aim, tally: Tally) -> Generator[Progressed, None, Copy | None]:
    wanted = aim.wanted
    with reading(path) as (file, stamp):
        tally.files += 1
        if stamp.size == 0 or _is_own(path, stamp, wanted):
            return None
        sha256 = (yield from _hashed(file, path, tally)) if stamp.size in wanted.sizes else ""
        contents = Contents()
        if sha256 in wanted.doomed:
            contents.ids.update(wanted.doomed[sha256])
        elif aim.looked_at(path, stamp):
            return None
        elif _form(file):
            yield from _open_up(file, stamp, path, wanted, contents, tally)
        else:
            tally.limits.update(_not_opened(file, stamp, path, aim))
        if not stood_still(file, stamp):
            (contents.against if contents.ids else tally.limits).add(Reason.CHANGED)
        if not contents.ids:
            return None
        sha256 = sha256 or (yield from _hashed(file, path, tally))
        return _copy(path, stamp, sha256, wanted, aim.key, contents)


def _not_opened(file: BinaryIO, stamp: Stamp, path: str, aim: Aim) -> Iterator[Reason]:
    """Say of a file that is no archive if it may hold others nevertheless."""
    try:
        if file_is_opaque(file, stamp.size):
            if not _is_apart(path, aim):
                yield Reason.OPAQUE
        elif path == aim.archive:
            yield Reason.UNREADABLE
    except OSError as error:
        raise CantRead(reason_of(error)) from error


def _hashed(file: io.FileIO, path: str, tally: Tally) -> Generator[Progressed, None, str]:
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
    mixed = contents.against == {Reason.MIXED_ARCHIVE}
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
    file: BinaryIO, stamp: Stamp, path: str, wanted: Wanted, contents: Contents, tally: Tally
) -> Iterator[Progressed]:
    """Look at every member of an archive; what speaks against disposing of it whole is collected."""
    for member in members(file, stamp.size, wanted.doomed, wanted.sizes, Limits(), path):
        tally.members += not member.opened
        yield from tally.progress(path)
        if member.opaque:
            tally.limits.add(Reason.OPAQUE)
        if member.problem is not None:
            tally.limits.add(member.problem)
            contents.against.add(member.problem)
            continue
        weigh(member, wanted, contents)
