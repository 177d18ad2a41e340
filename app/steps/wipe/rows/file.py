"""Rows of an SQLite file: zeroed where they stood, the file rebuilt, and the file itself searched."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.domain.event import Event
from app.domain.fault import Refused
from app.domain.outcome import Evidence, Outcome, Reason
from app.domain.step import Stage
from app.steps.wipe.rows.before import gone_before, table_now
from app.steps.wipe.rows.delete import answering, delete, read_first
from app.steps.wipe.rows.elsewhere import held_elsewhere
from app.steps.wipe.rows.needles import Value
from app.steps.wipe.rows.recheck import remaining
from app.steps.wipe.rows.scene import DELETED, DELETING, PREPARING, Scene, Sight, ended, must, noted
from app.steps.wipe.rows.stand import Stand, stand_of
from app.steps.wipe.scene import Spared
from app.system.databases.sqlite import files_of, is_wal

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_ZEROS = b"\0" * (1 << 20)


@dataclass(frozen=True, slots=True)
class Deleted:
    """The rows of an item that are gone: what was seen, where the file stood, and its mode of journal."""

    scene: Scene
    sight: Sight
    stand: Stand | None
    mode: str


def begin(
    scene: Scene, stage: Stage, before: Evidence | None, others: Sequence[Deleted]
) -> Generator[Event, None, Deleted]:
    """Delete the rows of an item, or see that a stopped run has.

    The file is not rebuilt yet: that may give the numbers of rows without a key to others, and other
    items of this file name theirs by them. The raw file is only opened while no connection to it is:
    closing it would let go of SQLite's own locks (sqlite.org/howtocorrupt.html, 2.2).

    Raises:
        Spared: with the reason, when nothing was deleted.
        Refused: when the file is no database, or gone.
    """
    sight, stand = Sight(), None
    told = (*(one.mode for one in others), str(dict(before.facts).get("journal", "")) if before else "")
    mode = next(filter(None, told), "")
    if not gone_before(scene, stage, before, sight):
        # Where it stood before the first of the `others` of this file went: it has a journal since.
        stand = next((one.stand for one in others if one.stand), None) or stand_of(_file(scene))
        if not mode and is_wal(_file(scene)):
            # On disk before it is changed: whoever is stopped then would not know that it was so.
            mode = "wal"
            yield noted(scene, PREPARING, ("stage", PREPARING), ("journal", mode))
        mode = yield from _delete(scene, sight, mode)
    return Deleted(scene, sight, stand, mode or "delete")


def _file(scene: Scene) -> Path:
    return scene.door.address.file or Path()


def _delete(scene: Scene, sight: Sight, known: str) -> Generator[Event, None, str]:
    with scene.door.opened() as connection, answering():
        read_first(connection, scene.make, scene.item, scene.rows, scene.kept, sight.needles.add)
    sight.hits_before = len(_held(scene, sight) or ())
    with scene.door.opened(read_only=False) as connection:
        with answering():
            found = _prepare(connection)
            _, before = delete(connection, scene.server, scene.make, scene.item, scene.rows, scene.kept)
        sight.added, mode = before > scene.rows.of, known or found
        yield noted(scene, DELETING, ("stage", DELETING), ("journal", mode))
        with answering():
            connection.commit()
    yield noted(scene, DELETED, ("stage", DELETED), ("journal", mode))
    return mode


def _prepare(connection: Connection) -> str:
    """Have deleted content zeroed, and the journal kept so that it can be overwritten; give its old mode.

    Raises:
        Spared: OPEN_ELSEWHERE when others hold a database in write-ahead mode open.
    """
    mode = _pragma(connection, "journal_mode")
    if mode == "wal":
        _pragma(connection, "wal_checkpoint(TRUNCATE)")
    must(_pragma(connection, "journal_mode = PERSIST") == "persist", Reason.OPEN_ELSEWHERE)
    _pragma(connection, "secure_delete = ON")
    _pragma(connection, "synchronous = FULL")
    _pragma(connection, "temp_store = MEMORY")
    return mode


def _pragma(connection: Connection, words: str) -> str:
    result = connection.exec_driver_sql(f"PRAGMA {words}")
    row = result.fetchone() if result.returns_rows else None
    return str(row[0]) if row else ""


def finish(deleted: Deleted) -> Iterator[Event]:
    """Rebuild the file, look for what was deleted, and say how the item ended."""
    scene, sight, stand, mode = deleted.scene, deleted.sight, deleted.stand, deleted.mode
    limits: list[Reason] = []
    try:
        with scene.door.opened(read_only=False) as connection, answering():
            _prepare(connection)
            table = table_now(connection, scene)
            there = remaining(connection, table, scene.kept(scene.item.id)) if table else 0
            connection.rollback()
            limits += _rebuild(connection)
            _blank_journal(connection, _file(scene), mode)
    except (Spared, Refused) as error:
        reason = error.reason if isinstance(error, Spared) else Reason.UNANSWERED
        yield ended(scene, sight, Outcome.REMOVED, [Reason.SPACE_NOT_RECLAIMED, reason])
        return
    outcome = _capped(_judge(scene, sight, stand, limits), mode, limits)
    yield ended(scene, sight, Outcome.SURVIVES if there else outcome, limits)


def _rebuild(connection: Connection) -> list[Reason]:
    """Write the file anew without its free pages; what it may hold beside stays when that can't be done."""
    try:
        with answering():
            connection.exec_driver_sql("VACUUM")
    except Spared:
        return [Reason.SPACE_NOT_RECLAIMED]
    return []


def _blank_journal(connection: Connection, file: Path, mode: str) -> None:
    """Overwrite the rollback journal, which holds the pages as they were, and have SQLite remove it.

    Nobody else can write meanwhile. Its header is zeroed already: it is of no more use to anybody.
    """
    connection.exec_driver_sql("BEGIN EXCLUSIVE")
    with suppress(FileNotFoundError), files_of(file)[3].open("r+b", buffering=0) as journal:
        left = os.fstat(journal.fileno()).st_size
        while left > 0:
            left -= journal.write(_ZEROS[: min(left, len(_ZEROS))]) or 0
        os.fsync(journal.fileno())
    connection.exec_driver_sql("COMMIT")
    _pragma(connection, "journal_mode = DELETE")
    if mode in ("wal", "truncate", "persist"):
        _pragma(connection, f"journal_mode = {mode.upper()}")


def _held(scene: Scene, sight: Sight) -> set[Value] | None:
    """The values that stand in the file or beside it; None when one of these can't be read."""
    search, found = sight.needles.search(), set[Value]()
    for path in files_of(_file(scene)):
        held = search.in_file(path)
        if held is None:
            return None
        found |= held
    return found


def _judge(scene: Scene, sight: Sight, stand: Stand | None, limits: list[Reason]) -> Outcome:
    """Search the file, and the device where the file stood, for what was deleted, and grade it."""
    held = _held(scene, sight) if sight.hits_before else None
    if stand is None or held is None or sight.needles.dropped:
        limits.append(Reason.FILES_NOT_SEARCHED)
    if stand is None or held is None:
        limits.append(Reason.FREED_BLOCKS)
        return Outcome.RESIDUE_POSSIBLE
    sight.facts += [
        ("values_sought", len(sight.needles)),
        ("found_before", sight.hits_before or 0),
        ("found_after", len(held)),
    ]
    elsewhere = held_elsewhere(scene, held) if held else set()
    verdict = stand.judge(_file(scene), sight.needles.search(), held | elsewhere)
    limits += verdict.limits
    if verdict.freed is not None:
        sight.facts.append(("found_on_device", verdict.freed))
    if held - elsewhere:
        return Outcome.SURVIVES
    if sight.needles.dropped or Reason.SPACE_NOT_RECLAIMED in limits:
        return Outcome.RESIDUE_POSSIBLE
    if elsewhere:
        limits.append(Reason.HELD_BY_OTHER_ROWS)
    return verdict.outcome


def _capped(outcome: Outcome, mode: str, limits: list[Reason]) -> Outcome:
    """Say no more than can be known of journals that programs had SQLite delete before.

    Every page that was changed went through one, and its blocks were given back as they were. In
    write-ahead mode each row did, when it was written.
    """
    limits.append(Reason.WRITE_AHEAD_LOG)
    if mode == "wal" and outcome.good:
        return Outcome.RESIDUE_POSSIBLE
    return Outcome.OVERWRITTEN if outcome is Outcome.PROVEN else outcome
