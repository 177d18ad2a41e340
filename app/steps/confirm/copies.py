"""Find copies: every place in a declared backup where the bytes of something that goes still lie."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from app.domain.case import Backup
from app.domain.copies import Searched
from app.domain.event import BackupSearched, CopyFound, Progressed
from app.domain.fault import Fault, Refused
from app.domain.outcome import Reason
from app.domain.step import Step
from app.steps.confirm.bags import CHECK, check_bag
from app.steps.confirm.declared import declared_copy
from app.steps.confirm.places import known_by
from app.steps.confirm.repositories.contract import Unusable
from app.steps.confirm.repositories.finding import search_repository
from app.steps.confirm.repositories.waiting import watched
from app.steps.confirm.repositories.work import PATIENCE, Passwords, asked, kind_of, no_password, told
from app.steps.confirm.searching import Aim, Elsewhere, Tally, search, start_of
from app.steps.confirm.wanted import Wanted
from app.system.paths import real_paths

__all__ = ["Elsewhere", "Wanted", "find_copies", "in_place"]

_SEARCHED_KINDS: Final = ("folder", "archive")
_MORE: Final = 30.0
"""Seconds more than a program within the search has: that one is told of its archive alone."""
_AT_ONCE: Final = 30.0
"""Seconds to say where all paths lead; a disk that sleeps needs some."""


def find_copies(
    backups: Sequence[Backup],
    wanted: Wanted,
    *,
    key: bytes,
    exclude: Sequence[Path] = (),
    password: Passwords = no_password,
    shredded: frozenset[str] = frozenset(),
    patience: float = PATIENCE,
    elsewhere: Elsewhere | None = None,
) -> Iterator[CopyFound | BackupSearched | Progressed]:
    """Search the declared backups for content that goes; read only, no link is followed.

    Copies are known by SHA-256, never by name. There is one Copy for each path. A plain
    file, or an archive all of whose members go, is WIPE. It is EXCEPTION when the same
    bytes are kept (KEPT_CONTENT), when the archive holds anything else (MIXED_ARCHIVE) or
    anything that could not be looked at, when it is attached to a mail (IN_MAIL; `member` has
    the names), when the file has other names (HARD_LINK), or when it changed while it was
    read (CHANGED); then `of` has the ids found in it. An empty file is a copy of nothing.

    A backup on a disk or server that says nothing for `patience` seconds has the fault TOOL_HUNG.
    An image of a disk, a file that is encrypted and a repository in a folder are not opened: the
    search has the limit OPAQUE, but for a repository that is declared itself, here or `elsewhere`. A file
    that is declared to be an archive and has no form that is known is UNREADABLE. What was looked
    at already is compared by its own hash and not opened.

    A repository is checked by its own tool first, then searched: see `search_repository`. A bag is
    read against its own manifests first; one that fails is not searched, and has a `fault`. Of a declared
    backup comes what was declared of it, and its limit. Folders in `exclude` are passed over.

    Raises:
        Refused: CASE_FILE_MISSING_PATH when one is not there, before any is searched.
    """
    hung = yield from _hung_ones(backups, patience)
    elsewhere = elsewhere or Elsewhere()
    elsewhere.leads.update((name, os.path.abspath(name)) for name in hung)
    ways = yield from _followed(exclude, (*backups, *elsewhere.backups), elsewhere.leads, patience)
    aim = Aim(wanted, key, *ways, elsewhere.looked_at)
    for backup in backups:
        name, tally = str(backup.path), Tally()
        if name in hung:
            yield _hung(name, tally)
        elif kind := kind_of(backup):
            yield from search_repository(
                backup, kind, wanted, password, key=key, shredded=shredded, patience=patience
            )
        elif backup.kind == "declared":
            yield from _as_declared(backup, wanted, key, tally)
        else:
            yield from _search_files(backup, aim, tally, patience)


def _followed(
    exclude: Sequence[Path], backups: Iterable[Backup], leads: dict[str, str], patience: float
) -> Generator[Progressed, None, tuple[frozenset[str], frozenset[str]]]:
    """Where what is passed over leads, and each repository of this computer as spelled and where it leads.

    What nobody asked for yet is noted in `leads`; on a disk that does not say, as it is spelled.
    """
    stores = [one.path for one in backups if kind_of(one) and not one.remote]
    if fresh := [name for name in dict.fromkeys(map(str, (*exclude, *stores))) if name not in leads]:
        limit = min(patience, _AT_ONCE)
        led = yield from asked(partial(real_paths, fresh, limit), fresh[0], limit + _MORE)
        leads.update(zip(fresh, led, strict=True))
    apart = (*map(os.path.abspath, stores), *(leads[str(path)] for path in stores))
    return frozenset(leads[str(path)] for path in exclude), frozenset(apart)


def _as_declared(
    backup: Backup, wanted: Wanted, key: bytes, tally: Tally
) -> Iterator[CopyFound | BackupSearched]:
    tally.limits.add(Reason.DECLARED)
    ids = tuple(sorted({one for of in wanted.doomed.values() for one in of}))
    if copy := declared_copy(backup, ids, key):
        tally.copies += 1
        yield CopyFound(copy)
    yield BackupSearched(tally.searched(str(backup.path)))


def _search_files(
    backup: Backup, aim: Aim, tally: Tally, patience: float
) -> Iterator[CopyFound | BackupSearched | Progressed]:
    name = str(backup.path)
    if backup.kind == "bagit":
        yield from _search_bag(backup.path, aim, tally, patience)
        return
    if backup.kind not in _SEARCHED_KINDS:
        tally.limits.add(Reason.NOT_SEARCHED)
        yield BackupSearched(tally.searched(name))
        return
    if backup.kind == "archive":
        aim = replace(aim, archive=start_of(name))
    try:
        store = yield from known_by(name, patience)
        yield from _apart(search(name, aim, tally), name, patience)
    except Unusable:
        yield _hung(name, tally)
        return
    yield BackupSearched(tally.searched(name), store)


def _search_bag(
    root: Path, aim: Aim, tally: Tally, patience: float
) -> Iterator[CopyFound | BackupSearched | Progressed]:
    name = str(root)
    try:
        store = yield from known_by(name, patience)
        yield from told(Step.CONFIRM, check_bag(root), "files", name, patience)
        yield from _apart(search(name, aim, tally), name, patience)
    except Unusable as error:
        yield BackupSearched(Searched(name, 0, 0, 0, (error.reason,), fault=error.reason))
        return
    yield BackupSearched(replace(tally.searched(name), check=CHECK), store)


def _hung_ones(backups: Sequence[Backup], patience: float) -> Generator[Progressed, None, set[str]]:
    """See that each backup of this computer is in its place; give those whose disk does not say."""
    hung = set[str]()
    for backup in backups:
        there = yield from in_place(backup, patience)
        if there is False:
            raise Refused(Fault.CASE_FILE_MISSING_PATH, str(backup.path))
        if there is None:
            hung.add(str(backup.path))
    return hung


def in_place(backup: Backup, patience: float = PATIENCE) -> Generator[Progressed, None, bool | None]:
    """Whether a backup is in its place; None when its disk does not say. One elsewhere counts as such."""
    if backup.kind == "declared" or backup.remote:
        return True
    name = str(backup.path)
    try:
        return (yield from asked(partial(os.path.lexists, name), name, patience))
    except Unusable:
        return None


def _apart(
    search: Generator[CopyFound | Progressed, None, None], name: str, patience: float
) -> Iterator[CopyFound | Progressed]:
    """Search in a thread of its own: a network folder whose server is gone holds up whoever reads it."""
    for event in watched(search, patience + _MORE):
        yield event or Progressed(Step.CONFIRM, 0, 0, "files", name)


def _hung(name: str, tally: Tally) -> BackupSearched:
    tally.limits.add(Reason.TOOL_HUNG)
    return BackupSearched(replace(tally.searched(name), fault=Reason.TOOL_HUNG))
