"""Is it still what two people signed for? Asked inside the transaction that deletes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from app.domain.fault import Fault, Refused
from app.domain.outcome import Reason
from app.domain.plan import PlanItem
from app.domain.record import Problem, Rows
from app.steps.wipe.scene import Spared
from app.system.databases.address import Make
from app.system.databases.rows import (
    Bound,
    Sum,
    Values,
    bound,
    by_key,
    count,
    in_parts,
    key_bytes,
    named,
    names_rows,
    standing,
    stream,
)
from app.system.databases.tables import Reference, Table, referring

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

Kept = Callable[[str], Iterator[Bound]]
"""The rows of a record, as the register keeps them."""

_FORBID = {
    Problem.TRIGGERS: Reason.TRIGGERS,
    Problem.NOT_TRANSACTIONAL: Reason.NOT_TRANSACTIONAL,
}


def refuse_other_rows(item: PlanItem, rows: Rows, kept: Kept) -> None:
    """Refuse when the register no longer keeps the rows that were signed for.

    Raises:
        Refused: PLAN_CHANGED.
    """
    state, number = Sum(), 0
    for part in in_parts(kept(item.id)):
        state.add(part)
        number += len(part)
    if (state.hex(), number) != (rows.digest, rows.count):
        raise Refused(Fault.PLAN_CHANGED, item.id, "rows")


def find_table(item: PlanItem, rows: Rows, tables: Iterable[Table]) -> Table:
    """Find the table of an item, still as it was, with nothing that forbids to delete in it.

    Raises:
        Spared: GONE, CHANGED, TRIGGERS, NOT_TRANSACTIONAL, NO_PRIMARY_KEY.
    """
    label = item.path[len(item.location) + 1 :]
    table = next((one for one in tables if one.label == label), None)
    if table is None:
        raise Spared(Reason.GONE)
    if table.digest != rows.schema:
        raise Spared(Reason.CHANGED)
    for problem, reason in _FORBID.items():
        if problem in table.problems:
            raise Spared(reason)
    if not table.key and rows.count != rows.of:
        raise Spared(Reason.NO_PRIMARY_KEY)
    return table


def recheck(
    connection: Connection, table: Table, rows: Rows, kept: Iterator[Bound], see: Callable[[Values], None]
) -> int:
    """Compare every row that goes with what was signed for; give how many rows the table has now.

    `see` is given each row's values. Without a key the table is read whole, 100 bytes a row in memory.

    Raises:
        Spared: CHANGED when a row is another one now or is gone, or one was added where all were to go.
    """
    now = count(connection, table)
    if rows.count == rows.of != now:
        raise Spared(Reason.CHANGED if now < rows.of else Reason.ROWS_ADDED)
    if not table.key:
        _compare_all(connection, table, kept, see)
        return now
    for part in in_parts(kept):
        found = by_key(connection, table, [key for key, _ in part])
        for key, content in part:
            row = found.get(key)
            if row is None or bound(table, row) != (key, content):
                raise Spared(Reason.CHANGED)
            see(row[len(table.key) :])
    return now


def _compare_all(
    connection: Connection, table: Table, kept: Iterator[Bound], see: Callable[[Values], None]
) -> None:
    wanted = Counter(content for _, content in kept)
    for batch in stream(connection, table):
        for row in batch:
            _, content = bound(table, row)
            wanted[content] -= 1
            see(row)
    if any(wanted.values()):
        raise Spared(Reason.CHANGED)


def present(connection: Connection, table: Table, kept: Iterator[Bound]) -> int:
    """How many of the rows are there by their key; without keys, how many rows the table has."""
    if not table.key:
        return count(connection, table)
    return sum(len(by_key(connection, table, [key for key, _ in part])) for part in in_parts(kept))


def remaining(connection: Connection, table: Table, kept: Iterator[Bound]) -> int:
    """How many of the deleted rows are there nevertheless.

    As `present`; but where SQLite numbers the rows, other rows have their numbers once the file was rebuilt.
    """
    numbered = not set(table.key) <= set(table.columns)
    return standing(connection, table, kept) if numbered else present(connection, table, kept)


def refuse_referenced(
    connection: Connection, table: Table, rows: Rows, kept: Kept, item: str, make: Make
) -> None:
    """Refuse when rows of other tables, or rows of this one that stay, refer to rows that go.

    A foreign key may delete them too or change them, for which nobody signed.

    Raises:
        Spared: REFERENCED.
    """
    for other, reference in referring(connection, make, table):
        own = other.id == table.id
        if own and rows.count == rows.of:
            continue
        going = {key for key, _ in kept(item)} if own else frozenset[bytes]()
        for row in _referring_rows(connection, other, reference, table, kept(item)):
            if not own or not names_rows(table, row) or key_bytes(row) not in going:
                raise Spared(Reason.REFERENCED)


def _referring_rows(
    connection: Connection, other: Table, reference: Reference, table: Table, kept: Iterator[Bound]
) -> Iterator[Values]:
    """Give the keys of rows that refer to rows that go; of another table's, one of some is enough.

    The database itself compares, for it knows when two values are the same to a foreign key.
    """
    from sqlalchemy import and_, select

    ours, theirs = table.clause(), other.clause().alias("other")
    leads = (ours.c[of] == theirs.c[name] for of, name in zip(reference.of, reference.columns, strict=True))
    own = other.id == table.id
    names = table.key if own else reference.columns
    asked = select(*(theirs.c[name].label(f"c{n}") for n, name in enumerate(names))).where(and_(*leads))
    queries = (asked.where(named(table, [key for key, _ in part])) for part in in_parts(kept))
    for query in queries if table.key else (asked,):
        yield from map(tuple, connection.execute(query if own else query.limit(1)))
