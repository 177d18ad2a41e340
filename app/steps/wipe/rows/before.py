"""What a stopped run came to: only the database knows whether a transaction was committed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.outcome import Evidence, Reason
from app.domain.step import Stage
from app.steps.wipe.rows.delete import answering
from app.steps.wipe.rows.recheck import present
from app.steps.wipe.rows.scene import DELETED, DELETING, Scene, Sight
from app.steps.wipe.scene import Spared
from app.system.databases.tables import Table, tables_of

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


def gone_before(scene: Scene, stage: Stage, before: Evidence | None, sight: Sight) -> bool:
    """Whether an earlier run has deleted the rows; `sight` then says whether it was seen to be that run.

    A transaction is committed only after its name was noted. So rows that are away without
    that note were not deleted by Lethe, and are never certified as such.

    Raises:
        Spared: GONE when they are away and it was not us; CHANGED when some are there and some not.
        Refused: when the database does not let us in.
    """
    told = dict(before.facts) if before else {}
    if stage is Stage.FRESH or told.get("stage") == DELETED:
        return stage is not Stage.FRESH
    # Not read-only: SQLite rolls back what a killed run left half done when it is opened to write.
    with scene.door.opened(read_only=False) as connection, answering():
        table = table_now(connection, scene)
        there = present(connection, table, scene.kept(scene.item.id)) if table else 0
        committed = scene.server.committed(connection, str(told.get("mark", "")))
    if there == scene.rows.count:
        return False
    if there:
        raise Spared(Reason.CHANGED)
    if told.get("stage") != DELETING or committed is False:
        raise Spared(Reason.GONE)
    sight.seen_commit = committed is True
    return True


def table_now(connection: Connection, scene: Scene) -> Table | None:
    """The table of an item as it is now, be it changed or not."""
    label = scene.item.path[len(scene.item.location) + 1 :]
    return next((one for one in tables_of(connection, scene.make) if one.label == label), None)
