"""What was known when the list was signed: what each path held, and what the places were known by."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from app.domain.copies import Copy, Searched
from app.domain.event import BackupSearched, Progressed
from app.domain.fate import Decision
from app.domain.outcome import KeepOutcome, KeyOutcome, Outcome
from app.domain.record import Record
from app.flow.desk import Desk
from app.flow.state import Result
from app.steps.confirm.places import known_by

STORES: Final = "stores"
"""The fact of the register that holds what backups were known by when they were searched."""
_LOCATIONS: Final = "locations known by"
_REMOVED: Final = (
    Outcome.RESIDUE_POSSIBLE,
    Outcome.REMOVED,
    KeyOutcome.MEDIUM_RESIDUE,
    KeyOutcome.ACCESS_REMOVED,
)
"""How what is gone from its place ends besides what ends good."""


def keep_locations(desk: Desk) -> Iterator[Progressed]:
    """Keep in the register what the locations are known by, before copies are sought."""
    known = {}
    for one in desk.locations:
        known[str(one.path)] = yield from known_by(str(one.path))
    desk.register.set_fact(_LOCATIONS, known)


def keep_store(desk: Desk, event: BackupSearched) -> None:
    """Keep in the register what a place was known by when it was searched, be anything found or not."""
    stores = desk.register.fact(STORES) or {}
    desk.register.set_fact(STORES, {**stores, event.searched.backup: event.store})


def locations_then(desk: Desk) -> tuple[Path, ...]:
    """The locations as they were resolved when copies were sought: no disk is asked."""
    known = desk.register.fact(_LOCATIONS)
    return tuple(one.path for one in desk.locations) if known is None else tuple(map(Path, known))


@dataclass(frozen=True, slots=True)
class Places:
    """What tells a place that was taken away from one of which all was destroyed here.

    `gone` are the paths that were, `asked` the repositories something was taken out of, `before` what
    the search before the signature saw, `stores` what the places were known by.
    """

    gone: frozenset[str]
    asked: frozenset[str]
    before: Mapping[str, Searched]
    stores: Mapping[str, str]

    @classmethod
    def of(cls, desk: Desk) -> Self:
        """Gather it from register and journal."""
        results = desk.state.results
        copies = list(desk.register.copies())
        went = [one for one in copies if _is_gone(results.get(one.id))]
        before = {one.backup: one for one in desk.register.searched()}
        return cls(
            frozenset(one.path for one in went if not one.repository),
            frozenset(one.repository for one in went if one.repository),
            before,
            {**(desk.register.fact(_LOCATIONS) or {}), **(desk.register.fact(STORES) or {})},
        )

    def is_missed(self, path: str) -> bool:
        """Whether nothing here took away what is not in its place."""
        return path not in self.asked and os.path.abspath(path) not in self.gone

    def lost(self, now: BackupSearched) -> bool:
        """Whether it is another disk or folder, or nothing is to be seen though more was than went.

        One of which nothing was to be known then may be any other by now.
        """
        name, then = now.searched.backup, self.before.get(now.searched.backup)
        noted = self.stores.get(name)
        if noted is not None and (not noted or noted != now.store):
            return True
        return then is not None and not now.searched.files and then.files > then.copies


@dataclass(frozen=True, slots=True)
class KnownThen:
    """What each path held that the plan knows of, and which copies in it the plan lets stay, by their ids."""

    held: dict[str, set[str]]
    stays: dict[str, set[str]]
    destroyed: frozenset[str]
    """Locations that were files, and that were destroyed here."""
    places: Places

    @classmethod
    def of(cls, desk: Desk, decided: Iterable[tuple[Record, Decision]]) -> Self:
        """Gather it from the register."""
        held, stays = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
        locations = set(map(str, locations_then(desk)))
        destroyed = set()
        for record, _ in decided:
            held[record.path].add(record.sha256)
            if record.path in locations and _is_gone(desk.state.results.get(record.id)):
                destroyed.add(record.path)
        for key in desk.register.declared_keys():
            held[key.path].add(key.sha256)
        for copy in desk.register.copies():
            held[copy.path].add(copy.sha256)
            if not copy.disposal.goes:
                stays[copy.path].update(copy.of)
        return cls(held, stays, frozenset(destroyed), Places.of(desk))

    def holds(self, copy: Copy) -> bool:
        """Whether a file holds what it held then, or nothing that goes but what it was let keep."""
        spelled = {copy.path, os.path.realpath(copy.path)}
        return any(
            copy.sha256 in self.held.get(path, ()) or self.stays.get(path, set()).issuperset(copy.of)
            for path in spelled
        )

    def add(self, copy: Copy) -> None:
        """Let it be known from now on."""
        self.held.setdefault(copy.path, set()).add(copy.sha256)

    def is_missed(self, place: Path) -> bool:
        """Whether nothing here took away what is not in its place."""
        return str(place) not in self.destroyed and self.places.is_missed(str(place))


def _is_gone(end: Result | None) -> bool:
    """Whether nothing is to be expected in its place: what is kept, or has a date, is."""
    if end is None or isinstance(end.outcome, KeepOutcome):
        return False
    return end.outcome.good or end.outcome in _REMOVED
