"""What copies are sought by, and the copies that turned up only after the list was signed."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from app.domain.copies import Searched
from app.domain.event import BackupSearched, Progressed
from app.domain.fate import Decision, Fate
from app.domain.outcome import Reason
from app.domain.record import Record
from app.domain.step import Step
from app.flow import services
from app.flow.desk import LOOKED_INTO, Desk
from app.flow.keeping import held_keys
from app.steps.confirm import Wanted, find_copies, find_strays


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
    held = held_keys(keys, decided, desk.terms())
    for key in keys:
        if key.id in held or services.is_called(key):
            continue
        own[key.stamp.device, key.stamp.inode] += (key.path,)
        doomed[key.sha256] += (key.id,)
        sizes.add(key.stamp.size)
    records = frozenset(record.id for record, _ in decided)
    return Wanted(dict(doomed), frozenset(sizes), frozenset(kept), dict(own), paths, records)


def late_copies(desk: Desk) -> Iterator[Progressed]:
    """Search the backups that are plain to see, and the usual places, once more.

    Nobody signed for what is new. What the plan does not know is told with the search that the
    certificate shows, as FOUND_LATE, and so is what can't be looked at now. Repositories are
    asked for what was taken out of them instead.
    """
    decided = [(row.record, row.decision) for row in desk.register.rows() if row.decision]
    wanted, key, aside = _now(wanted_of(desk, decided)), desk.keys.handles, desk.own_places
    known = {record.path for record, _ in decided} | {one.path for one in desk.register.copies()}
    known |= {one.path for one in desk.register.declared_keys()}
    late: dict[str, Searched] = {}
    plain = (one for one in desk.case.backups if one.kind in LOOKED_INTO and os.path.lexists(one.path))
    searches = [(str(one.path), find_copies([one], wanted, key=key, exclude=aside)) for one in plain]
    for place, events in (*searches, ("", find_strays(wanted, key=key, exclude=aside, told=known))):
        for event in events:
            if isinstance(event, Progressed):
                yield replace(event, step=Step.CERTIFY)
            elif isinstance(event, BackupSearched):
                _add(late, Searched(place, 0, 0, 0, event.searched.limits))
            elif event.copy.path not in known:
                known.add(event.copy.path)
                where = place or str(Path(event.copy.path).parent)
                _add(late, Searched(where, 0, 0, 1, (Reason.FOUND_LATE,)))
    _tell(desk, late)


def _add(late: dict[str, Searched], more: Searched) -> None:
    one = late.get(more.backup, Searched(more.backup, 0, 0, 0))
    limits = tuple(dict.fromkeys((*one.limits, *more.limits)))
    late[more.backup] = replace(one, copies=one.copies + more.copies, limits=limits)


def _now(wanted: Wanted) -> Wanted:
    """What is sought, after the act: the number of a file that is gone may be another's by now."""
    return replace(wanted, own={node: paths for node, paths in wanted.own.items() if _stands(node, paths)})


def _stands(node: tuple[int, int], paths: Iterable[str]) -> bool:
    for path in paths:
        with suppress(OSError):
            seen = os.lstat(path)
            if (seen.st_dev, seen.st_ino) == node:
                return True
    return False


def _tell(desk: Desk, late: dict[str, Searched]) -> None:
    """Add what was seen now to what the search told, and a line for each place that had none."""
    told = []
    for one in desk.register.searched():
        limits = late.pop(one.backup, one).limits
        told.append(replace(one, limits=tuple(dict.fromkeys((*one.limits, *limits)))))
    desk.register.set_searched([*told, *(one for one in late.values() if one.limits)])
