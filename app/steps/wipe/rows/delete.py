"""The deletion: one transaction that locks, compares with what was signed for, deletes, and counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from app.domain.outcome import Reason
from app.domain.plan import PlanItem
from app.domain.record import Rows
from app.steps.wipe.rows.recheck import Kept, find_table, recheck, refuse_referenced
from app.steps.wipe.scene import Spared
from app.system.databases.address import Make
from app.system.databases.opened import failure_of
from app.system.databases.rows import Values, count, in_parts, named
from app.system.databases.server import Server
from app.system.databases.tables import Table, tables_of

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


class Said(Spared):
    """As `Spared`, with the database's own code for what it refused with."""

    def __init__(self, reason: Reason, code: str) -> None:
        super().__init__(reason)
        self.code = code


@contextmanager
def answering() -> Iterator[None]:
    """Put what a driver raises in the words of a reason; its own are left behind, for they hold values.

    Raises:
        Spared: REFERENCED, DENIED, OPEN_ELSEWHERE when somebody else holds the rows, UNANSWERED.
    """
    from sqlalchemy import exc

    try:
        yield
    except (exc.DBAPIError, OSError, EOFError) as error:
        raise Said(reason_of(error), failure_of(error).code) from None


def reason_of(error: BaseException) -> Reason:
    """Name what a database refused with."""
    told = failure_of(error)
    if told.referenced:
        return Reason.REFERENCED
    if told.locked:
        return Reason.OPEN_ELSEWHERE
    return Reason.DENIED if told.denied else Reason.UNANSWERED


def delete(
    connection: Connection, server: Server, make: Make, item: PlanItem, rows: Rows, kept: Kept
) -> tuple[Table, int]:
    """Delete the rows of an item; nothing is committed. Gives the table, and how many rows it had.

    Raises:
        Spared: when anything is not as it was signed for, or the database forbids it. The
            transaction is to be rolled back then.
    """
    table = find_table(item, rows, tables_of(connection, make))
    server.lock(connection, table)
    before = recheck(connection, table, rows, kept(item.id), _unseen)
    refuse_referenced(connection, table, rows, kept, item.id, make)
    gone = _delete(connection, table, kept, item.id, before)
    if gone != rows.count:
        raise Spared(Reason.CHANGED)
    return table, before


def _unseen(_: Values) -> None:
    """Look at nothing."""


def _delete(connection: Connection, table: Table, kept: Kept, item: str, before: int) -> int:
    from sqlalchemy import delete as deleting

    clause = table.clause()
    if not table.key:
        return connection.execute(deleting(clause)).rowcount
    for part in in_parts(kept(item)):
        connection.execute(deleting(clause).where(named(table, [key for key, _ in part])))
    # Of rows that a foreign key took along, for they go too, no statement tells the number.
    return before - count(connection, table)


Seeing = Callable[[Values], None]


def read_first(
    connection: Connection, make: Make, item: PlanItem, rows: Rows, kept: Kept, see: Seeing
) -> Table:
    """Read what goes, before anything is locked: a change is seen early, and the values are known.

    Raises:
        Spared: as `delete`.
    """
    table = find_table(item, rows, tables_of(connection, make))
    recheck(connection, table, rows, kept(item.id), see)
    return table
