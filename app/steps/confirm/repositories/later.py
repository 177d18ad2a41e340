"""Ask again for copies with a date, once it has passed: of their repository, or for a document.

What it takes to ask is noted while the register is still open: which backup, which store and which
content, each as a keyed digest, so that nobody but the case can test a guess at what it was.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

from typing_extensions import override

from app.domain.canonical import canonical
from app.domain.case import Backup
from app.domain.copies import Copy
from app.domain.event import Progressed
from app.domain.outcome import AnyOutcome, CopyOutcome, Evidence, Fact, Outcome, Reason
from app.domain.step import Step
from app.steps.confirm.repositories.contract import Entry, Unusable
from app.steps.confirm.repositories.work import PATIENCE, Passwords, at_work, kind_of, told, understood
from app.steps.confirm.wanted import Wanted

SOUGHT: Final = "sought"
"""The fact that has the keyed digest of the content."""
UNTIL: Final = "until"
"""The fact that says on which day the copy expires or may go, ISO 8601."""
_SOURCE: Final = "source"
"""The fact that says which of the case's backups it is in."""
_DECLARED_AS: Final = "declared_as"
_STORE: Final = "store"
_BYTES: Final = "bytes"
_LATER: Final = frozenset({_SOURCE, _DECLARED_AS, _STORE, _BYTES, SOUGHT})
"""Facts that only serve to ask again."""
_UNSEEN: Final = frozenset({Reason.UNFINISHED_UPLOADS})
"""What a search does not see of a store that it could search: what it says of the rest holds."""
_OF_THE_DAY: Final = frozenset(
    {
        Reason.COPIES_REMAIN,
        Reason.STORE_WORD,
        Reason.NOT_ASKED_AGAIN,
        Reason.APPEND_ONLY,
        Reason.GONE,
        Reason.NOT_OPENED,
        *_UNSEEN,
    }
)
"""Limits that the next look may lift."""


@dataclass(frozen=True, slots=True)
class Dated:
    """A copy with a date, as the journal has it."""

    id: str
    outcome: AnyOutcome
    evidence: Evidence

    @property
    def until(self) -> str:
        """Its date, ISO 8601; empty without one."""
        return str(dict(self.evidence.facts).get(UNTIL, ""))

    @property
    def asked_of_a_store(self) -> bool:
        """Whether its repository can be asked."""
        return SOUGHT in dict(self.evidence.facts)

    @property
    def waits(self) -> bool:
        """Whether it is to be asked for again: its date is to come, or it was there still after it."""
        if isinstance(self.outcome, CopyOutcome):
            return self.outcome.dated
        return self.outcome is Outcome.SURVIVES and self.asked_of_a_store

    def passed(self, today: date) -> bool:
        """Whether its day is over; without a day that can be read it never is."""
        try:
            return today > date.fromisoformat(self.until)
        except ValueError:
            return False


@dataclass(frozen=True, slots=True)
class Answer:
    """What was learnt of a copy. `reason` is why nothing was, and then it is as it was before."""

    dated: Dated
    reason: Reason | None = None


def asked_by(copy: Copy, backups: Sequence[Backup], salts: bytes, store: str) -> tuple[Fact, ...]:
    """Give the facts by which a copy in a repository is asked for later."""
    number = [str(one.path) for one in backups].index(copy.repository)
    return (
        (_SOURCE, number),
        (_DECLARED_AS, _declared_as(salts, backups[number])),
        (_STORE, _keyed(salts, _STORE, store)),
        (_BYTES, copy.stamp.size),
        (SOUGHT, _keyed(salts, SOUGHT, copy.sha256)),
    )


def ask_repositories(
    dated: Sequence[Dated],
    backups: Sequence[Backup],
    salts: bytes,
    password: Passwords,
    patience: float = PATIENCE,
    *,
    siblings: frozenset[str] = frozenset(),
) -> Iterator[Progressed | Answer]:
    """Ask for each copy that can be asked for: what became of it, or as it was, and why nothing was learnt.

    It is ABSENT when nothing of its content is left under any name or version, nor in an archive or
    mail that could be opened; LOCKED with its new date when all that is left is locked; SURVIVES when
    any of it is there and nothing holds it, or a hold without a date. Of those in `siblings` other
    copies of the same content are known, which are not locked and do not count here. Another
    declaration than the one that was signed, or another store at its place, is not asked: REPLACED.
    """
    groups: dict[int, list[Dated]] = {}
    for one in dated:
        groups.setdefault(int(str(dict(one.evidence.facts)[_SOURCE])), []).append(one)
    for number, group in groups.items():
        try:
            with understood():
                found = yield from _found(group, backups[number], salts, password, patience)
        except Unusable as error:
            yield from (Answer(one, error.reason) for one in group)
        else:
            yield from (Answer(_ended(one, found.of(one.id, one.id in siblings), found)) for one in group)


def ask_for_document(one: Dated, folder: Path) -> Answer:
    """See whether `folder` has a document on a copy that nobody can be asked for, named by the copy's id.

    With one it is EXPIRED, by that document's digest, and no better: nobody looked.
    """
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in _documents(folder, one.id)]
    if not digests:
        return Answer(one, Reason.AWAITS_EVIDENCE)
    facts: tuple[Fact, ...] = (*_bare(one.evidence.facts), ("gone_by_sha256", " ".join(digests)))
    limits = tuple(dict.fromkeys((Reason.DECLARED, *_kept(one.evidence.limits))))
    ended = replace(one, outcome=CopyOutcome.EXPIRED, evidence=Evidence("declared", limits, facts))
    return Answer(ended)


def _documents(folder: Path, copy: str) -> list[Path]:
    if not folder.is_dir():
        return []
    found = (path for path in folder.iterdir() if copy in (path.stem, path.name))
    return sorted(path for path in found if path.is_file() and not path.is_symlink() and path.stat().st_size)


class _Keyed(Mapping[str, tuple[str, ...]]):
    """What is sought, by keyed digests: asked with a SHA-256, it tells whose it is.

    Nobody can go through it, for a tool that is asked for a keyed digest would say that it is not there.
    """

    def __init__(self, salts: bytes, ids: Mapping[str, tuple[str, ...]]) -> None:
        self._salts, self._ids = salts, ids

    @override
    def __getitem__(self, sha256: str) -> tuple[str, ...]:
        return self._ids[_keyed(self._salts, SOUGHT, sha256)]

    @override
    def __iter__(self) -> Iterator[str]:
        raise Unusable(Reason.NOT_SEARCHED)

    @override
    def __len__(self) -> int:
        return len(self._ids)


@dataclass(frozen=True, slots=True)
class _Found:
    """What is left of each copy, by its id, and what the search did not see."""

    entries: Mapping[str, Sequence[Entry]]
    unseen: tuple[Reason, ...]

    def of(self, copy: str, has_siblings: bool) -> Sequence[Entry]:
        """What is left of one copy: of one with siblings that are free, only what has a date."""
        every = self.entries.get(copy, ())
        return ([one for one in every if one.locked and one.until] if has_siblings else ()) or every


def _found(
    group: Sequence[Dated], backup: Backup, salts: bytes, password: Passwords, patience: float
) -> Generator[Progressed, None, _Found]:
    kind, name, facts = kind_of(backup), str(backup.path), dict(group[0].evidence.facts)
    if kind is None or facts[_DECLARED_AS] != _declared_as(salts, backup):
        raise Unusable(Reason.REPLACED)
    noted = [dict(one.evidence.facts) for one in group]
    ids: dict[str, tuple[str, ...]] = {}
    for one, known in zip(group, noted, strict=True):
        ids[str(known[SOUGHT])] = (*ids.get(str(known[SOUGHT]), ()), one.id)
    sizes = frozenset(int(str(known[_BYTES])) for known in noted)
    with at_work(backup, password, patience) as repository:
        store = yield from told(Step.CERTIFY, kind.store(repository), "bytes", name, repository.patience)
        if _keyed(salts, _STORE, store) != facts[_STORE]:
            raise Unusable(Reason.REPLACED)
        sought = Wanted(_Keyed(salts, ids), sizes, frozenset(), within=True)
        listing = yield from told(
            Step.CERTIFY, kind.find(repository, sought), "bytes", name, repository.patience
        )
    if blind := listing.limits - _UNSEEN:
        raise Unusable(min(blind, key=lambda reason: reason.value))
    found: dict[str, list[Entry]] = {}
    for entry in listing.entries:
        for item in entry.of:
            found.setdefault(item, []).append(entry)
    unopened = (Reason.NOT_OPENED,) if listing.unopened else ()
    return _Found(found, (*unopened, *listing.limits))


def _ended(one: Dated, entries: Sequence[Entry], found: _Found) -> Dated:
    limits, facts = _kept(one.evidence.limits), one.evidence.facts
    if not entries:
        told = (*limits, Reason.STORE_WORD, *found.unseen)
        ended = Evidence("store", told, (*_bare(facts), ("hashes_left", 0)))
        return replace(one, outcome=CopyOutcome.ABSENT, evidence=ended)
    days = {entry.until.isoformat() for entry in entries if entry.locked and entry.until}
    if days and all(entry.locked and entry.until for entry in entries):
        # Of one with several dates each is a copy of its own.
        day = one.until if one.until in days else max(days)
        moved = tuple((name, day) if name == UNTIL else (name, it) for name, it in facts)
        return replace(one, outcome=CopyOutcome.LOCKED, evidence=Evidence("store", limits, moved))
    held = (Reason.APPEND_ONLY,) if any(entry.locked and not entry.until for entry in entries) else ()
    there = Evidence("store", (*limits, *held, Reason.COPIES_REMAIN), facts)
    return replace(one, outcome=Outcome.SURVIVES, evidence=there)


def _kept(limits: Sequence[Reason]) -> tuple[Reason, ...]:
    return tuple(limit for limit in limits if limit not in _OF_THE_DAY)


def _bare(facts: Sequence[Fact]) -> tuple[Fact, ...]:
    return tuple(fact for fact in facts if fact[0] not in _LATER)


def _declared_as(salts: bytes, backup: Backup) -> str:
    return _keyed(salts, _DECLARED_AS, canonical([backup.kind, os.fspath(backup.path)]).decode())


def _keyed(salts: bytes, fact: str, text: str) -> str:
    """Note what can be compared later, and which nobody else can test a guess at."""
    return hmac.digest(salts, f"{fact}:{text}".encode(), "sha256").hex()
