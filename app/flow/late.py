"""What copies are sought by, and the copies that turned up only after the list was signed."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Container, Generator, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from app.domain.case import Backup
from app.domain.copies import Copy, Searched
from app.domain.event import BackupSearched, CopyFound, Progressed
from app.domain.fate import Decision, Fate
from app.domain.fault import Refused
from app.domain.key import Key
from app.domain.outcome import Reason
from app.domain.record import Record
from app.domain.step import Step
from app.flow import databases, services
from app.flow.asking import led_to, of_step
from app.flow.desk import LOOKED_INTO, Desk
from app.flow.keeping import held_keys
from app.flow.known_then import KnownThen, locations_then
from app.flow.late_searches import tell_late
from app.flow.looked_before import LookedBefore
from app.steps.confirm import Wanted, find_copies, find_strays, in_place
from app.steps.confirm.copies import Elsewhere
from app.system.paths import lies_in

_HELD: Final = "held keys"


def wanted_of(desk: Desk, decided: list[tuple[Record, Decision]]) -> Wanted:
    """What goes and what stays, by content. A copy of what only moves to the bin is no one's business."""
    doomed: dict[str, tuple[str, ...]] = defaultdict(tuple)
    own: dict[tuple[int, int], tuple[str, ...]] = defaultdict(tuple)
    sizes: set[int] = set()
    kept = set()
    paths: dict[str, tuple[str, ...]] = {}
    for record, decision in decided:
        own[record.stamp.device, record.stamp.inode] += (record.path,)
        if not record.sha256:
            continue
        if decision.fate in (Fate.WIPE, Fate.SHRED):
            doomed[record.sha256] += (record.id,)
            sizes.add(record.stamp.size)
            paths[record.path] = (record.id,)
        else:
            kept.add(record.sha256)
    keys = desk.register.declared_keys()
    held = _held(desk, keys, decided)
    for key in keys:
        if key.id in held or services.is_called(key):
            continue
        own[key.stamp.device, key.stamp.inode] += (key.path,)
        doomed[key.sha256] += (key.id,)
        sizes.add(key.stamp.size)
    records = frozenset(record.id for record, _ in decided)
    return Wanted(dict(doomed), frozenset(sizes), frozenset(kept), dict(own), paths, records)


def _held(desk: Desk, keys: list[Key], decided: list[tuple[Record, Decision]]) -> Container[str]:
    """The keys that a hold keeps, by their ids. Once the list is signed no disk is asked for it."""
    told = desk.register.fact(_HELD) if desk.state.signed else None
    if told is None:
        told = list(held_keys(keys, decided, desk.terms()))
        desk.register.set_fact(_HELD, told)
    return frozenset(told)


def late_copies(desk: Desk) -> Iterator[Progressed]:
    """Search the locations, the backups that are plain to see, and the usual places, once more.

    Nobody signed for what is new. What the plan does not know is told with the search that the
    certificate shows, as FOUND_LATE, and so is what can't be looked at now; a place that is not
    there, is empty, or is another one by now, as NOT_SEARCHED_AGAIN; one whose disk says nothing, as
    DISK_SILENT. Of a location only what is new or has changed is opened, and told if it can't be. A
    path that is known counts as known for what it held before the list was signed. Repositories are
    asked on their own.
    """
    decided = [(row.record, row.decision) for row in desk.register.rows() if row.decision]
    # Whose own path it is, is told by what it held: the number of a file that went may be another's by now.
    wanted = replace(wanted_of(desk, decided), own={})
    late = _Late(KnownThen.of(desk, decided))
    plain = yield from _standing(desk.case.backups, late)
    locations = yield from _standing((yield from _locations(desk, plain)), late)
    done = yield from _looked_into_apart(desk, plain)
    for place, events in _searches(desk, wanted, plain, locations, done):
        try:
            for event in events:
                if isinstance(event, Progressed):
                    yield replace(event, step=Step.CERTIFY)
                elif isinstance(event, BackupSearched):
                    late.searched(event, place)
                else:
                    late.found(event.copy, place)
        except Refused:
            # It stood there but now, and is gone.
            late.missed(Path(place))
    tell_late(desk.register, late.told)


class _Late:
    """What the certificate is to say of what was seen.

    Attributes:
        known: what was known when the list was signed.
        told: what is to be said of places, each as often as there is something.
    """

    def __init__(self, known: KnownThen) -> None:
        self.known = known
        self.told: list[Searched] = []

    def missed(self, place: Path, why: Reason = Reason.NOT_SEARCHED_AGAIN) -> None:
        """Say of a place that it could not be searched once more."""
        self.told.append(Searched(str(place), 0, 0, 0, (why,)))

    def searched(self, event: BackupSearched, place: str) -> None:
        """Say what could not be looked at, and of a place that was known that it is not the same."""
        lost = (Reason.NOT_SEARCHED_AGAIN,) if place and self.known.places.lost(event) else ()
        self.told.append(Searched(event.searched.backup, 0, 0, 0, (*event.searched.limits, *lost)))

    def found(self, copy: Copy, place: str) -> None:
        """Say of a copy that it was found late, unless it was known; outside of all places, by its folder."""
        if not self.known.holds(copy):
            self.known.add(copy)
            self.told.append(Searched(place or str(Path(copy.path).parent), 0, 0, 1, (Reason.FOUND_LATE,)))


_Found = Iterator[CopyFound | BackupSearched | Progressed]


def _locations(desk: Desk, plain: Iterable[Backup]) -> Generator[Progressed, None, list[Backup]]:
    """The locations as folders to be searched; not those that lie in a backup that is, or are Lethe's own."""
    others = [os.path.abspath(one.path) for one in desk.case.backups if one.kind in LOOKED_INTO]
    others += yield from led_to(Step.CERTIFY, (*(one.path for one in plain), *desk.own_places))
    return [
        Backup("folder", one)
        for one in locations_then(desk)
        if not any(lies_in(str(one), folder) for folder in others)
    ]


def _looked_into_apart(desk: Desk, plain: Iterable[Backup]) -> Generator[Progressed, None, tuple[Path, ...]]:
    """What in the locations is not looked into as a part of them."""
    spelled = [*(one.path for one in desk.case.locations), *(one.path for one in desk.case.backups)]
    led = dict(zip(spelled, (yield from led_to(Step.CERTIFY, spelled)), strict=True))
    # A file of a database must not be opened: to close it would end the locks of who has it open here.
    return (
        *(one.path for one in plain),
        *desk.not_looked_into(lambda paths: [led[one] for one in paths]),
        *databases.files_in_use(desk.case),
    )


def _standing(places: Iterable[Backup], late: _Late) -> Generator[Progressed, None, list[Backup]]:
    """Give which places can be looked into now; what is not there and was not destroyed here is told."""
    plain = []
    for one in places:
        there = yield from of_step(Step.CERTIFY, in_place(one))
        if there is None:
            late.missed(one.path, Reason.DISK_SILENT)
        elif not there and late.known.is_missed(one.path):
            late.missed(one.path)
        elif there and one.kind in LOOKED_INTO:
            plain.append(one)
    return plain


def _searches(
    desk: Desk,
    wanted: Wanted,
    plain: Iterable[Backup],
    locations: Iterable[Backup],
    done: tuple[Path, ...],
) -> Iterator[tuple[str, _Found]]:
    """Each place, with its search; an empty name stands for the usual ones."""
    key, aside, backups = desk.keys.handles, desk.own_places, desk.case.backups
    first = Elsewhere(backups)
    for one in plain:
        yield str(one.path), find_copies([one], wanted, key=key, exclude=aside, elsewhere=first)
    elsewhere = Elsewhere(backups, LookedBefore(desk.register), first.leads)
    for one in locations:
        yield str(one.path), find_copies([one], wanted, key=key, exclude=done, elsewhere=elsewhere)
    yield "", find_strays(wanted, key=key, exclude=aside)
