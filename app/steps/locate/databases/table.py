"""One table: looked through from the first row to the last, and the rows that go bound by key and content."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from app.domain.event import RowsSeen
from app.domain.record import Finding, Problem
from app.steps.locate import grade
from app.steps.locate.customers import KIND
from app.steps.locate.databases.columns import Search, Seen, heads, look_at_columns
from app.steps.locate.tally import Tally
from app.system.databases.rows import Sum, Values, bound, cell_bytes, names_rows, stream
from app.system.databases.tables import Table

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_SAMPLE: Final = 64 << 10


@dataclass(slots=True)
class Looked:
    """What looking through a table gave."""

    table: Table
    count: int = 0
    of: int = 0
    bytes: int = 0
    digest: str = ""
    findings: tuple[Finding, ...] = ()
    sample: bytearray = field(default_factory=bytearray)
    goes: dict[tuple[str, ...], set[Values]] = field(default_factory=dict)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What would hinder that rows of it are deleted."""
        return self.table.problems


@dataclass(frozen=True, slots=True)
class Linked:
    """What ties a table to tables before it: for its own columns, the values that rows that go there have."""

    columns: tuple[str, ...]
    values: set[Values]


def look_through(
    connection: Connection,
    table: Table,
    record: str,
    search: Search,
    tally: Tally,
    linked: Iterable[Linked] = (),
    wanted: Iterable[tuple[str, ...]] = (),
) -> Generator[RowsSeen, None, Looked]:
    """Read all rows, and tell those that go as `record`: all, or with a list of customers theirs alone.

    A row is a customer's when an identifier or number of theirs stands in it, or when it refers to
    such a row. A name alone is not enough: it may be another person's.

    Raises:
        Exception: what the driver raises.
    """
    batches = stream(connection, table)
    first = next(batches, [])
    if first and not names_rows(table, first[0]):
        batches.close()
        table = _unnamed(table)
        batches = stream(connection, table)
        first = next(batches, [])
    looked, state, width = Looked(table, goes={columns: set() for columns in wanted}), Sum(), len(table.key)
    titles = heads(table.columns, [row[width:] for row in first], search)
    ties = [(_places(table, one.columns), one.values) for one in linked]
    for batch in chain([first] if first else [], batches):
        bare = [row[width:] for row in batch]
        seen = list(look_at_columns(table.columns, titles, bare, search))
        going = _going(seen, batch, ties) if search.customers else set(range(len(batch)))
        _count(tally, seen, going, table)
        told = tuple(bound(table, batch[place]) for place in sorted(going))
        _keep(looked, [batch[place] for place in sorted(going)])
        looked.of += len(batch)
        state.add(told)
        if told:
            yield RowsSeen(record, told)
    looked.digest, looked.findings = state.hex(), tally.findings()
    return looked


def _unnamed(table: Table) -> Table:
    problems = dict.fromkeys((*table.problems, Problem.NO_PRIMARY_KEY))
    return replace(table, key=(), problems=tuple(problems))


def _places(table: Table, columns: Iterable[str]) -> list[int]:
    return [len(table.key) + table.columns.index(name) for name in columns]


def _going(
    seen: Iterable[Seen], batch: list[Values], ties: Iterable[tuple[list[int], set[Values]]]
) -> set[int]:
    named = {
        row
        for column in seen
        for row, sighting in column.sightings
        if sighting.kind == KIND and sighting.why & grade.KNOWN
    }
    for places, values in ties:
        named |= {at for at, row in enumerate(batch) if tuple(row[place] for place in places) in values}
    return named


def _count(tally: Tally, seen: Iterable[Seen], going: set[int], table: Table) -> None:
    for column in seen:
        tally.add((one for row, one in column.sightings if row in going), f"{table.label}!{column.column}")


def _keep(looked: Looked, rows: list[Values]) -> None:
    """Count the rows that go, and keep what is needed of them: a sample, and what others refer to."""
    width = len(looked.table.key)
    looked.count += len(rows)
    looked.bytes += sum(len(cell_bytes(value)) - 1 for row in rows for value in row[width:])
    for row in rows:
        if len(looked.sample) >= _SAMPLE:
            break
        looked.sample += "\t".join(_short(value) for value in row[width:]).encode("utf-8", "replace") + b"\n"
    for columns, values in looked.goes.items():
        places = _places(looked.table, columns)
        values.update(tuple(row[place] for place in places) for row in rows)


def _short(value: Any) -> str:
    return "" if value is None else str(value)[:200]
