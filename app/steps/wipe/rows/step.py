"""The step for rows: each item begun, deleted in one transaction, noted, its space reclaimed, looked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import groupby
from typing import Final

from app.domain.event import Begun, Event, Progressed
from app.domain.fate import Fate
from app.domain.fault import Refused
from app.domain.outcome import Evidence, Reason
from app.domain.plan import PlanItem
from app.domain.record import Rows
from app.domain.step import Stage, Step
from app.identity import SignedPlan
from app.steps.wipe.rows import file, server, whole
from app.steps.wipe.rows.delete import Said
from app.steps.wipe.rows.recheck import Kept, refuse_other_rows
from app.steps.wipe.rows.scene import Scene, failed
from app.steps.wipe.scene import Spared
from app.system.databases.address import Make
from app.system.databases.door import Door
from app.system.databases.tables import tables_of

_NO_NOTES: Final[Mapping[str, Evidence]] = {}


def wipe_rows(
    plan: SignedPlan,
    *,
    rows: Kept,
    doors: Mapping[str, Door],
    stages: Mapping[str, Stage],
    noted: Mapping[str, Evidence] = _NO_NOTES,
) -> Iterator[Event]:
    """Delete the rows that the plan says WIPE of, those first that refer to others.

    Every row of an item is compared with what was signed for inside the transaction that
    deletes it, and they go all or none. Then the space is reclaimed (SQLite: secure_delete and
    VACUUM; PostgreSQL: VACUUM FULL; MariaDB: OPTIMIZE TABLE), the rows are asked for once more,
    and the database's files, where they can be read, are searched for their values. A server's
    logs hold old rows whatever is done, so no row of a server ends better than RESIDUE_POSSIBLE;
    SQLite's journals were deleted by programs before, so none of its rows better than OVERWRITTEN.
    A database as a whole is dropped.

    Args:
        plan: what two people signed.
        rows: the rows of a record, as the register keeps them.
        doors: how each database is entered, by the location of its items.
        stages: how far each item has come; FRESH where missing.
        noted: the evidence of every item whose stage is NOTED.

    Raises:
        Refused: as `SignedPlan.verify`; PLAN_CHANGED when the register keeps other rows than were signed for.
    """
    if not isinstance(plan, SignedPlan):
        raise TypeError("only a signed plan is wiped")
    plan.verify()
    going = [
        (item, item.rows)
        for item in plan.plan.with_fate(Fate.WIPE)
        if item.rows and stages.get(item.id, Stage.FRESH) is not Stage.SETTLED
    ]
    for item, bound in going:
        if not bound.whole:
            refuse_other_rows(item, bound, rows)
    return _follow(going, rows, doors, stages, noted)


def _follow(
    going: Sequence[tuple[PlanItem, Rows]],
    kept: Kept,
    doors: Mapping[str, Door],
    stages: Mapping[str, Stage],
    noted: Mapping[str, Evidence],
) -> Iterator[Event]:
    done, total = 0, sum(item.stamp.size for item, _ in going)
    for _, group in groupby(_children_first(going, doors), key=lambda one: one[0].location):
        deleted: list[file.Deleted] = []
        for item, rows in group:
            yield Progressed(Step.WIPE, done, total, "bytes", item.path)
            stage = stages.get(item.id, Stage.FRESH)
            if stage is not Stage.NOTED:
                yield Begun(Step.WIPE, (item.id,), item.stamp.size)
            scene = Scene.of(item, rows, doors, kept)
            if scene is None:
                yield failed(item, Reason.UNANSWERED)
                continue
            before = noted.get(item.id) if stage is Stage.NOTED else None
            yield from _worked(scene, stage, before, deleted)
            done += item.stamp.size
        for one in deleted:
            yield from file.finish(one)
    if going:
        yield Progressed(Step.WIPE, total, total, "bytes")


def _worked(
    scene: Scene, stage: Stage, before: Evidence | None, deleted: list[file.Deleted]
) -> Iterator[Event]:
    """Go on with one item; where its file is rebuilt once all of its items are `deleted`, add it to them."""
    try:
        if scene.rows.whole:
            yield from whole.drop(scene, stage, before)
        elif scene.make is Make.SQLITE:
            deleted.append((yield from file.begin(scene, stage, before, deleted)))
        else:
            yield from server.wipe(scene, stage, before)
    except Spared as spared:
        yield failed(scene.item, spared.reason, spared.code if isinstance(spared, Said) else "")
    except Refused:
        # The door stayed shut. Whether an earlier run deleted anything is not known then.
        yield failed(scene.item, Reason.UNANSWERED)


def _children_first(
    going: Sequence[tuple[PlanItem, Rows]], doors: Mapping[str, Door]
) -> list[tuple[PlanItem, Rows]]:
    """Put rows that refer to others before them; as the plan has them where nobody answers."""
    places: dict[str, int] = {}
    for location in dict.fromkeys(item.location for item, _ in going):
        door = doors.get(location)
        with suppress(Refused, Exception):
            if door:
                with door.opened() as connection:
                    for number, table in enumerate(tables_of(connection, door.address.make)):
                        places[f"{location}/{table.label}"] = -number
    return sorted(going, key=lambda one: (one[0].location, places.get(one[0].path, 0)))
