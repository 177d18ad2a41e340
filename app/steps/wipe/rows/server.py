"""Rows of a server: deleted, the table rebuilt, and the server's files searched where they can be read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from app.domain.event import Event
from app.domain.fault import Refused
from app.domain.outcome import Evidence, Outcome, Reason
from app.domain.step import Stage
from app.steps.wipe.rows.before import gone_before, table_now
from app.steps.wipe.rows.delete import answering, delete, read_first
from app.steps.wipe.rows.elsewhere import held_elsewhere
from app.steps.wipe.rows.needles import Search, Value
from app.steps.wipe.rows.recheck import present
from app.steps.wipe.rows.scene import DELETED, DELETING, Scene, Sight, ended, noted
from app.steps.wipe.scene import Spared
from app.system.databases.address import Make
from app.system.databases.opened import LONG
from app.system.databases.server import Files

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


def wipe(scene: Scene, stage: Stage, before: Evidence | None) -> Iterator[Event]:
    """Delete the rows of an item and say how they ended, or go on where a stopped run left off.

    Raises:
        Spared: with the reason, when nothing was deleted.
        Refused: when the database does not let us in.
    """
    sight = Sight()
    if not gone_before(scene, stage, before, sight):
        yield from _delete(scene, sight)
    yield from _finish(scene, sight)


def _delete(scene: Scene, sight: Sight) -> Iterator[Event]:
    with scene.door.opened() as connection, answering():
        table = read_first(connection, scene.make, scene.item, scene.rows, scene.kept, sight.needles.add)
        connection.rollback()
        scene.server.flush(connection, table)
    with scene.door.opened() as connection, answering():
        files = scene.server.files(connection, table)
    sight.hits_before = _count(_held(files.own, sight.needles.search()))
    with scene.door.opened(read_only=False) as connection:
        with answering():
            acting = _strict(connection, scene.make)
            _, before = delete(acting, scene.server, scene.make, scene.item, scene.rows, scene.kept)
            mark = scene.server.mark(acting)
        sight.added = before > scene.rows.of
        # The name of the transaction is on disk before its end: a later run can ask how it ended.
        told = noted(scene, DELETING, ("stage", DELETING), ("mark", mark))
        yield told
        _commit(acting, scene, sight, told.evidence)
    yield noted(scene, DELETED, ("stage", DELETED))


def _commit(acting: Connection, scene: Scene, sight: Sight, told: Evidence) -> None:
    """Commit; where the answer was lost, ask the database what came of it, as after a stop.

    Raises:
        Spared: when it was not committed.
    """
    try:
        with answering():
            acting.commit()
    except Spared:
        if not gone_before(scene, Stage.NOTED, told, sight):
            raise


def _strict(connection: Connection, make: Make) -> Connection:
    """Have reads see what is there now, and hold it, where a server would show an earlier moment."""
    if make in (Make.MYSQL, Make.MSSQL):
        return connection.execution_options(isolation_level="SERIALIZABLE")
    return connection


def _finish(scene: Scene, sight: Sight) -> Iterator[Event]:
    """Reclaim the space, ask for the rows, search the files, and say how the item ended."""
    limits: list[Reason] = [Reason.WRITE_AHEAD_LOG, Reason.FREED_BLOCKS]
    outcome = Outcome.RESIDUE_POSSIBLE
    try:
        with scene.door.opened(silence=LONG, read_only=False) as connection, answering():
            table = table_now(connection, scene)
            there = present(connection, table, scene.kept(scene.item.id)) if table else 0
            connection.rollback()
            reclaimed = bool(table and scene.server.reclaim(connection, table))
        with scene.door.opened() as connection, answering():
            limits += [reason for reason, _ in scene.server.copies(connection)]
            files = scene.server.files(connection, table) if table else Files()
    except (Spared, Refused):
        # Deleted and noted, but nobody answers any more: neither space nor absence was seen.
        yield ended(scene, sight, Outcome.REMOVED, [*limits, Reason.SPACE_NOT_RECLAIMED, Reason.UNANSWERED])
        return
    if not reclaimed:
        outcome, limits = Outcome.REMOVED, [*limits, Reason.SPACE_NOT_RECLAIMED]
    outcome = _searched(scene, sight, files, outcome, limits)
    yield ended(scene, sight, Outcome.SURVIVES if there else outcome, limits)


def _searched(scene: Scene, sight: Sight, files: Files, outcome: Outcome, limits: list[Reason]) -> Outcome:
    """Search the files for what was deleted; a hit in the table's own is what survives."""
    search = sight.needles.search()
    own = _held(files.own, search) if sight.hits_before else None
    if own is None or sight.needles.dropped:
        limits.append(Reason.FILES_NOT_SEARCHED)
    if own is None:
        return outcome
    logs, others = _held(files.logs, search), _held(files.others, search)
    sight.facts += [
        ("values_sought", len(sight.needles)),
        ("found_before", sight.hits_before or 0),
        ("found_after", len(own)),
        ("found_in_logs", _count(logs) if logs is not None else -1),
        ("found_in_other_files", _count(others) if others is not None else -1),
    ]
    told = own | (others or set())
    elsewhere = held_elsewhere(scene, told) if told else set()
    if elsewhere:
        limits.append(Reason.HELD_BY_OTHER_ROWS)
    if (others or set()) - elsewhere:
        # In the files of other tables, or in free pages of them: seen, and not in a row that anyone can read.
        limits.append(Reason.COPIES_REMAIN)
    return Outcome.SURVIVES if own - elsewhere else outcome


def _held(files: tuple[Path, ...], search: Search) -> set[Value] | None:
    """The values that stand in any of the files; None when there are none, or one can't be read."""
    found: set[Value] = set()
    for path in files:
        held = search.in_file(path)
        if held is None:
            return None
        found |= held
    return found if files else None


def _count(found: set[Value] | None) -> int:
    return len(found) if found else 0
