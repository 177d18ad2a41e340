"""The step for one database: every table looked at, read-only, and said of each how it ended."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from app.domain.canonical import handle
from app.domain.case import Database
from app.domain.event import Located, Progressed, RowsSeen
from app.domain.fault import Fault, Refused
from app.domain.pattern import Pattern
from app.domain.record import Look, Problem, Record, Rows, Stamp
from app.domain.step import Step
from app.steps.locate import category as categories
from app.steps.locate.custom import gravest
from app.steps.locate.customers import read_customers
from app.steps.locate.databases.columns import Search
from app.steps.locate.databases.table import Linked, Looked, look_through
from app.steps.locate.engine import best_engine
from app.steps.locate.tally import Tally, people
from app.system.databases.address import Address, address_of
from app.system.databases.opened import QUERY, connected, failure_of, unanswered
from app.system.databases.snapshot import begin_looking, digest_of_all, schema_of_all
from app.system.databases.tables import Table, tables_of

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

Events = Iterator[Located | RowsSeen | Progressed]


@dataclass(slots=True)
class _Scene:
    """What is the same for every table of one database, and what the tables before told."""

    connection: Connection
    address: Address
    key: bytes = field(repr=False)
    search: Search
    done: dict[tuple[str, str], Looked] = field(default_factory=dict)
    """The tables of which rows go."""


def locate_database(
    database: Database,
    *,
    key: bytes,
    password: str = "",
    subject: str = "",
    patterns: tuple[Pattern, ...] = (),
) -> Events:
    """Look at every table of a database in one read-only transaction; give one `Located` for each.

    `RowsSeen` comes before the `Located` of its record: the rows that go, by key and digest. Where the
    record turns out to be none, they are to be forgotten. `key` is the case's; no value leaves.
    `patterns` are the case's own.
    A table in which nothing was found is a record all the same when its rows refer to a table
    that is one: orders are customer data though no name stands in them.

    Raises:
        Refused: at the first `next`, before anything is looked at, DATABASE_ADDRESS, DATABASE_DRIVER,
            DATABASE_LOGIN, DATABASE_SILENT or DATABASE_UNREACHABLE, CUSTOMERS_UNREADABLE; and the last
            two of the database later, when it is lost in between.
    """
    from sqlalchemy import exc

    address = address_of(database.url)
    customers = read_customers(database.customers) if database.customers else None
    if customers and not customers.identified:
        raise Refused(Fault.CUSTOMERS_UNREADABLE, str(database.customers), "id, mobile, number …")
    search = Search(best_engine(subject, patterns), date.today(), customers)
    with connected(address, password) as opened:
        try:
            scene = _Scene(begin_looking(opened, address.make), address, key, search)
            tables = tables_of(scene.connection, address.make)
            yield from _whole(scene, tables) if database.whole else _each(scene, tables)
        except (exc.DBAPIError, exc.NoSuchTableError, OSError, EOFError) as error:
            raise unanswered(address, error, QUERY) from None


def _each(scene: _Scene, tables: list[Table]) -> Events:
    for number, table in enumerate(tables):
        path = f"{scene.address.plain}/{table.label}"
        yield Progressed(Step.LOCATE, number, len(tables), now=path)
        looked = yield from _guarded(scene, table, tables, path)
        yield _judge(scene, table, path, looked)
    yield Progressed(Step.LOCATE, len(tables), len(tables))


def _guarded(
    scene: _Scene, table: Table, tables: list[Table], path: str
) -> Generator[RowsSeen, None, Looked | Problem]:
    """Look through one table; what only it refuses costs only it."""
    from sqlalchemy import exc

    try:
        with scene.connection.begin_nested():
            # What others refer to is kept by value only where some rows go and others stay.
            wanted = {one.of for other in tables for one in other.references if one.to == table.id}
            return (yield from _look(scene, table, path, wanted if scene.search.customers else set()))
    except (exc.DBAPIError, exc.NoSuchTableError, OSError, EOFError) as error:
        told = failure_of(error)
        if told.lost or told.timed_out:
            raise
        return Problem.DENIED if told.denied else Problem.LOCKED if told.locked else Problem.MALFORMED


def _look(
    scene: _Scene, table: Table, path: str, wanted: set[tuple[str, ...]]
) -> Generator[RowsSeen, None, Looked]:
    linked = [
        Linked(one.columns, scene.done[one.to].goes[one.of])
        for one in table.references
        if one.to in scene.done and one.of in scene.done[one.to].goes
    ]
    record, tally = handle(scene.key, "r", path), Tally(scene.key)
    looked = yield from look_through(
        scene.connection, table, record, scene.search, tally, linked, wanted - {()}
    )
    return looked


def _judge(scene: _Scene, table: Table, path: str, looked: Looked | Problem) -> Located:
    if isinstance(looked, Problem):
        return Located(path, Look.UNREADABLE, 0, _record(scene, path, Looked(table), unread=looked))
    record = _record(scene, path, looked)
    related = any(one.to in scene.done for one in table.references) and looked.count
    listed = bool(scene.search.customers)
    if listed and not looked.count:
        return Located(path, Look.CLEAN, looked.bytes)
    if not listed and not (looked.findings or related or categories.kept_by_law(record.category)):
        return Located(path, Look.CLEAN, looked.bytes)
    if not looked.of:
        return Located(path, Look.CLEAN, 0)
    scene.done[table.id] = looked
    return Located(path, Look.FOUND, looked.bytes, record)


def _record(scene: _Scene, path: str, looked: Looked, unread: Problem | None = None) -> Record:
    table, address = looked.table, scene.address
    clues = categories.Clues(
        f"{table.schema}/{table.name}", looked.sample.decode("utf-8", "replace"), table.columns, whole=False
    )
    category, clue = categories.told_by(clues)
    return Record(
        id=handle(scene.key, "r", path),
        path=path,
        location=address.plain,
        stamp=Stamp(0, 0, looked.bytes, 0, 0, 0),
        sha256="",
        look=Look.UNREADABLE if unread else Look.FOUND,
        tier=gravest(looked.findings, scene.search.engine.patterns),
        category=category,
        people=people(looked.findings),
        findings=looked.findings,
        problems=(unread,) if unread else looked.problems,
        year=categories.content_year(clues, date.today().year + 1),
        rows=Rows(table.digest, looked.count, looked.of, looked.digest),
        clue=clue,
    )


def _whole(scene: _Scene, tables: list[Table]) -> Events:
    """Look at everything and make one record of it. A table that can't be read makes the whole unreadable."""
    path, tally = scene.address.plain, Tally(scene.key)
    record = handle(scene.key, "r", path)
    size, sample, problems = 0, bytearray(), dict[Problem, None]()
    for number, table in enumerate(tables):
        yield Progressed(Step.LOCATE, number, len(tables), now=f"{path}/{table.label}")
        looked = yield from _quietly(scene, table, record, tally)
        if isinstance(looked, Problem):
            problems[looked] = None
            continue
        size, sample = size + looked.bytes, sample + looked.sample
    digest, rows = digest_of_all(scene.connection, tables) if not problems else ("", 0)
    findings = tally.findings()
    clues = categories.Clues(
        "/".join(one.name for one in tables), sample.decode("utf-8", "replace"), whole=False
    )
    look = Look.UNREADABLE if problems else Look.FOUND if rows else Look.CLEAN
    category, clue = categories.told_by(clues)
    found = Record(
        id=record,
        path=path,
        location=path,
        stamp=Stamp(0, 0, size, 0, 0, 0),
        sha256="",
        look=look,
        tier=gravest(findings, scene.search.engine.patterns),
        category=category,
        people=people(findings),
        findings=findings,
        problems=tuple(problems),
        year=categories.content_year(clues, date.today().year + 1),
        rows=Rows(schema_of_all(tables), rows, rows, digest, whole=True),
        clue=clue,
    )
    yield Located(path, look, size, None if look is Look.CLEAN else found)


def _quietly(
    scene: _Scene, table: Table, record: str, tally: Tally
) -> Generator[RowsSeen, None, Looked | Problem]:
    """Look through a table whose rows need not be told one by one: the database goes as a whole."""
    from sqlalchemy import exc

    yield from ()
    try:
        with scene.connection.begin_nested():
            looking = look_through(scene.connection, table, record, scene.search, tally)
            while True:
                next(looking)
    except StopIteration as ended:
        looked: Looked = ended.value
        return looked
    except (exc.DBAPIError, exc.NoSuchTableError, OSError, EOFError) as error:
        told = failure_of(error)
        if told.lost or told.timed_out:
            raise
        return Problem.DENIED if told.denied else Problem.MALFORMED
