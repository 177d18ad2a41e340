"""Find what a repository holds of what goes: checked first, then searched, then a disposal proposed."""

from __future__ import annotations

import os
from collections.abc import Generator
from dataclasses import replace
from itertools import count
from typing import Final

from app.domain.canonical import handle
from app.domain.case import Backup
from app.domain.copies import Copy, Disposal, Searched
from app.domain.event import BackupSearched, CopyFound, Progressed
from app.domain.outcome import Reason
from app.domain.record import Stamp
from app.domain.step import Step
from app.steps.confirm.repositories.contract import Entry, Kind, Listing, Traits, Unusable
from app.steps.confirm.repositories.work import PATIENCE, Passwords, at_work, told, understood
from app.steps.confirm.wanted import Wanted

INSIDE: Final = "::"
"""Between a repository's path and the path in it."""

Found = Generator[CopyFound | BackupSearched | Progressed, None, None]


def search_repository(
    backup: Backup,
    kind: Kind,
    wanted: Wanted,
    password: Passwords,
    *,
    key: bytes,
    shredded: frozenset[str] = frozenset(),
    patience: float = PATIENCE,
) -> Found:
    """Check a repository with its own tool, then give a Copy for each content in it that goes.

    A copy that can be taken out is EXPUNGE; where a key that opens the repository is in
    `shredded` (real paths) it is KEY; content that is kept elsewhere is an EXCEPTION, and so is
    all in a repository that takes no removal. Each Copy has by what the repository is known.
    Nothing in the repository is changed.

    The BackupSearched has a `fault` when the repository fails its check or can't be read.
    """
    name = str(backup.path)
    try:
        with understood(), at_work(backup, password, patience) as repository:
            store = yield from told(Step.CONFIRM, kind.store(repository), "bytes", name, repository.patience)
            yield from told(Step.CONFIRM, kind.verify(repository), "bytes", name, repository.patience)
            traits = yield from told(
                Step.CONFIRM, kind.traits(repository), "bytes", name, repository.patience
            )
            listing = yield from told(
                Step.CONFIRM,
                kind.find(repository, replace(wanted, within=True)),
                "bytes",
                name,
                repository.patience,
            )
    except Unusable as error:
        yield BackupSearched(Searched(name, 0, 0, 0, (error.reason,), fault=error.reason))
        return
    for copy in _copies(backup, listing, traits, wanted, key, shredded):
        yield CopyFound(replace(copy, store=store))
    yield BackupSearched(searched_as(name, kind, listing), store)


def searched_as(name: str, kind: Kind, listing: Listing) -> Searched:
    """What a search of a repository came to, as it is told."""
    told = listing.limits | ({Reason.NOT_OPENED} if listing.unopened else set())
    limits = tuple(sorted(told, key=lambda reason: reason.value))
    found = len(listing.entries)
    return Searched(
        name, listing.files, listing.members, found, limits, check=kind.check, unopened=listing.unopened
    )


def _copies(
    backup: Backup, listing: Listing, traits: Traits, wanted: Wanted, key: bytes, shredded: frozenset[str]
) -> list[Copy]:
    taken: set[str] = set()
    proposed = [_proposed(entry, traits, wanted, shredded) for entry in listing.entries]
    if traits.disposal is Disposal.DISCARD and any(what is Disposal.EXCEPTION for what, _ in proposed):
        # It goes whole or not at all.
        proposed = [(Disposal.EXCEPTION, why or (Reason.KEPT_RECORD,)) for _, why in proposed]
    return [
        _copy(backup, entry, _named(backup, entry, taken), one, key)
        for entry, one in zip(listing.entries, proposed, strict=True)
    ]


def _named(backup: Backup, entry: Entry, taken: set[str]) -> str:
    """A path of its own for each content: two versions of one file are told apart by their digests."""
    path = f"{backup.path}{INSIDE}{entry.places[0].path}"
    if path in taken or entry.other:
        path = f"{path}@{entry.sha256[:16]}"
    # Two versions of one content are told apart by how they are locked, and have no other name for it.
    numbered = (f"{path}#{number}" for number in count(2))
    while path in taken:
        path = next(numbered)
    taken.add(path)
    return path


def _proposed(
    entry: Entry, traits: Traits, wanted: Wanted, shredded: frozenset[str]
) -> tuple[Disposal, tuple[Reason, ...]]:
    why = (Reason.OTHER_VERSION,) if entry.other else ()
    if entry.sha256 in wanted.kept:
        return Disposal.EXCEPTION, (*why, Reason.KEPT_CONTENT)
    if entry.against:
        return Disposal.EXCEPTION, (*why, *entry.against)
    if entry.locked:
        # A hold without a date can be neither waited for nor taken away from here.
        return (Disposal.LOCKED, why) if entry.until else (Disposal.EXCEPTION, (*why, Reason.APPEND_ONLY))
    if traits.keys and any(os.path.realpath(one) in shredded for one in traits.keys):
        return Disposal.KEY, why
    return traits.disposal, (*why, *traits.against)


def _copy(
    backup: Backup, entry: Entry, path: str, proposed: tuple[Disposal, tuple[Reason, ...]], key: bytes
) -> Copy:
    return Copy(
        id=handle(key, "c", path),
        of=tuple(sorted(entry.of)),
        path=path,
        member=entry.places[0].path,
        # A file in a repository has no inode; its size is all that a stamp can say.
        stamp=Stamp(0, 0, entry.size, 0, 0, 1),
        sha256=entry.sha256,
        disposal=proposed[0],
        reasons=proposed[1],
        repository=str(backup.path),
        marks=entry.marks,
        until=entry.until,
    )
