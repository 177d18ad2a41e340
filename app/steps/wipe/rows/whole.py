"""A database as a whole: closed to others, compared with what was signed for, and dropped."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from app.domain.event import Event
from app.domain.fault import Refused
from app.domain.outcome import Evidence, Outcome, Reason
from app.domain.step import Stage
from app.steps.wipe.rows.delete import answering
from app.steps.wipe.rows.scene import DELETED, DELETING, DROPPED, Scene, must, noted, settled
from app.steps.wipe.scene import Spared
from app.system.databases.address import Make
from app.system.databases.door import Door
from app.system.databases.server import alone, asked, one_text, quoted
from app.system.databases.snapshot import begin_looking, digest_of_all, schema_of_all
from app.system.databases.tables import Table, tables_of

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_BESIDE: Final = {Make.POSTGRESQL: "postgres", Make.MYSQL: "information_schema"}
"""Another database of the same server, from which one can be dropped."""
_OTHERS: Final = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = :name AND pid <> :own AND backend_type = 'client backend'"
)


def drop(scene: Scene, stage: Stage, before: Evidence | None) -> Iterator[Event]:
    """Drop the database of an item, or see that a stopped run has.

    Raises:
        Spared: CHANGED when anything in it is not what was signed for, OPEN_ELSEWHERE when others use it,
            DENIED, UNANSWERED.
        Refused: when the server does not let us in.
    """
    told = dict(before.facts).get("stage") if before else None
    name, first = scene.door.address.name, tuple[Reason, ...]()
    beside = _door_beside(scene)
    if _exists(beside, scene.make, name):
        if scene.make is Make.POSTGRESQL:
            yield from _drop_postgresql(scene, beside, name)
        else:
            first = yield from _drop_mariadb(scene, name, resumed=told == DELETING)
        yield noted(scene, DELETED, ("stage", DELETED))
    elif stage is not Stage.NOTED or told not in (DELETING, DELETED):
        raise Spared(Reason.GONE)
    elif told == DELETING:
        first = (Reason.COMMIT_NOT_SEEN,)
    outcome, last = _seen_after(scene, beside, name)
    yield settled(
        scene.item,
        outcome,
        DROPPED,
        (*first, Reason.WRITE_AHEAD_LOG, Reason.FREED_BLOCKS, *last, Reason.FILES_NOT_SEARCHED),
        (("make", scene.make.value), ("rows", scene.rows.count)),
    )


def _seen_after(scene: Scene, beside: Door, name: str) -> tuple[Outcome, tuple[Reason, ...]]:
    try:
        there = _exists(beside, scene.make, name)
        with beside.opened() as connection:
            limits = tuple(reason for reason, _ in scene.server.copies(connection))
    except (Spared, Refused):
        # Dropped and noted, but nobody answers any more: its absence was not seen.
        return Outcome.REMOVED, (Reason.UNANSWERED,)
    return Outcome.SURVIVES if there else Outcome.RESIDUE_POSSIBLE, limits


def _door_beside(scene: Scene) -> Door:
    address = scene.door.address
    head, _, options = address.url.partition("?")
    url = f"{head.rpartition('/')[0]}/{_BESIDE[scene.make]}" + (f"?{options}" if options else "")
    return Door(replace(address, url=url), scene.door.password)


def _exists(beside: Door, make: Make, name: str) -> bool:
    from sqlalchemy import text

    query = {
        Make.POSTGRESQL: "SELECT 1 FROM pg_database WHERE datname = :name",
        Make.MYSQL: "SELECT 1 FROM information_schema.schemata WHERE schema_name = :name",
    }[make]
    with beside.opened() as connection, answering():
        return connection.execute(text(query), {"name": name}).first() is not None


def _drop_postgresql(scene: Scene, beside: Door, name: str) -> Iterator[Event]:
    """Shut the door for others first: what is compared can't change then until it is dropped."""
    with beside.opened(read_only=False) as manager:
        quote_name = manager.dialect.identifier_preparer.quote_identifier(name).replace(":", "\\:")
        # A stopped run may have left the door shut.
        must(alone(manager, f"ALTER DATABASE {quote_name} WITH ALLOW_CONNECTIONS true"), Reason.DENIED)
        try:
            with scene.door.opened() as connection, answering():
                own = one_text(connection, "SELECT pg_backend_pid()")
                alone(manager, f"ALTER DATABASE {quote_name} WITH ALLOW_CONNECTIONS false")
                _refuse_in_use(manager, name, int(own))
                _compare(begin_fresh(connection), scene)
            yield noted(scene, DELETING, ("stage", DELETING))
            must(alone(manager, f"DROP DATABASE {quote_name}"), Reason.OPEN_ELSEWHERE)
        except BaseException:
            with suppress(Exception):
                alone(manager, f"ALTER DATABASE {quote_name} WITH ALLOW_CONNECTIONS true")
            raise


def _refuse_in_use(manager: Connection, name: str, own: int) -> None:
    must(not asked(manager, _OTHERS, name=name, own=own)[0][0], Reason.OPEN_ELSEWHERE)


def begin_fresh(connection: Connection) -> Connection:
    """Begin to look in a new transaction, which shows this moment."""
    connection.rollback()
    return begin_looking(connection, Make.POSTGRESQL)


def _compare(connection: Connection, scene: Scene) -> list[Table]:
    tables = tables_of(connection, scene.make)
    digest, count = digest_of_all(connection, tables)
    if (schema_of_all(tables), digest, count) != (scene.rows.schema, scene.rows.digest, scene.rows.count):
        raise Spared(Reason.CHANGED)
    return tables


def _drop_mariadb(scene: Scene, name: str, *, resumed: bool) -> Generator[Event, None, tuple[Reason, ...]]:
    """Drop every table, then the database, unless a table was made meanwhile; gives what is to be said of it.

    An earlier run that was `resumed` may have come as far as the tables.
    """
    with scene.door.opened(read_only=False) as connection:
        with answering():
            names = [quoted(connection, table) for table in tables_of(connection, scene.make)]
        before = resumed and not names
        if not before:
            yield from _drop_tables(scene, connection, names)
        with answering():
            if tables_of(connection, scene.make):
                return (Reason.ROWS_ADDED,)
            _say(connection, f"DROP DATABASE {connection.dialect.identifier_preparer.quote_identifier(name)}")
    return (Reason.COMMIT_NOT_SEEN,) if before else ()


def _drop_tables(scene: Scene, connection: Connection, names: list[str]) -> Iterator[Event]:
    """Lock every table, compare, and drop them."""
    must(bool(names), Reason.CHANGED)
    with answering():
        _say(connection, "SET SESSION lock_wait_timeout = 10")
        _say(connection, "LOCK TABLES " + ", ".join(f"{one} WRITE" for one in names))
        _compare(connection, scene)
    yield noted(scene, DELETING, ("stage", DELETING))
    with answering():
        _say(connection, "SET SESSION foreign_key_checks = 0")
        _say(connection, "DROP TABLE " + ", ".join(names))
        _say(connection, "UNLOCK TABLES")


def _say(connection: Connection, statement: str) -> None:
    connection.exec_driver_sql(statement.replace("\\:", ":"))
