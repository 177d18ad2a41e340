"""What differs between makes when rows are deleted: locks, space, files, logs and copies elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from app.domain.outcome import Reason
from app.system.databases.address import Make
from app.system.databases.tables import Table

if TYPE_CHECKING:
    from sqlalchemy import TextClause
    from sqlalchemy.engine import Connection


@dataclass(frozen=True, slots=True)
class Files:
    """Where the bytes of a table lie, as the server says; whether they can be read is another matter.

    `own` are the table's, `logs` what the server writes ahead of changes or keeps of them,
    `others` all else below its data folder.
    """

    own: tuple[Path, ...] = ()
    logs: tuple[Path, ...] = ()
    others: tuple[Path, ...] = ()


class Server(Protocol):
    """One make of database, while rows are deleted in it."""

    def lock(self, connection: Connection, table: Table) -> None:
        """Keep others from writing to the table until the transaction ends; wait a moment at most."""

    def mark(self, connection: Connection) -> str:
        """Name the transaction at hand, so that its end can be asked for later; empty where nothing can."""

    def committed(self, connection: Connection, mark: str) -> bool | None:
        """Whether the transaction of that name was committed; None when nobody can say."""

    def files(self, connection: Connection, table: Table) -> Files:
        """Where the bytes of the table lie now."""

    def flush(self, connection: Connection, table: Table) -> None:
        """Have what is in the server's memory written to the files, as far as we are allowed to ask."""

    def reclaim(self, connection: Connection, table: Table) -> bool:
        """Rebuild the table's file without what was deleted; whether that was done."""

    def copies(self, connection: Connection) -> tuple[tuple[Reason, str], ...]:
        """What else of the database holds or receives its rows, and what it is called there."""


def server_for(make: Make) -> Server:
    """Give what is known of a make."""
    if make is Make.POSTGRESQL:
        from app.system.databases.postgresql import PostgreSQL

        return PostgreSQL()
    if make is Make.MYSQL:
        from app.system.databases.mariadb import MariaDB

        return MariaDB()
    from app.system.databases.plain import Plain

    return Plain(make)


def asked(connection: Connection, query: str, **given: object) -> list[tuple[Any, ...]]:
    """Ask something that may be refused; nothing then, and the transaction goes on."""
    from sqlalchemy import exc, text

    try:
        with connection.begin_nested():
            return [tuple(row) for row in connection.execute(text(query), given)]
    except exc.DBAPIError:
        return []


def one_text(connection: Connection, query: str, **given: object) -> str:
    """Ask for a single text; empty when it is refused or there is none."""
    rows = asked(connection, query, **given)
    return str(rows[0][0]) if rows and rows[0][0] is not None else ""


def alone(connection: Connection, statement: str) -> bool:
    """Carry out a statement in no transaction; whether the server did. What was open is rolled back."""
    from sqlalchemy import text

    return told_alone(connection, text(statement)) is not None


def told_alone(connection: Connection, statement: TextClause) -> list[tuple[Any, ...]] | None:
    """Carry out a statement in no transaction, and give what the server says; None when it refuses."""
    from sqlalchemy import exc

    connection.rollback()
    before = connection.default_isolation_level
    connection.execution_options(isolation_level="AUTOCOMMIT")
    try:
        result = connection.execute(statement)
        return [tuple(row) for row in result] if result.returns_rows else []
    except exc.DBAPIError:
        return None
    finally:
        with suppress(exc.DBAPIError):
            connection.rollback()
            connection.execution_options(isolation_level=before)


def quoted(connection: Connection, table: Table) -> str:
    """Write the name of a table for a statement of the server's own."""
    quote = connection.dialect.identifier_preparer.quote_identifier
    # A colon would begin a parameter.
    return ".".join(quote(part) for part in table.id if part).replace(":", "\\:")


def files_below(folders: Iterable[Path]) -> Iterator[Path]:
    """Every regular file below the folders that can be listed."""
    for folder in folders:
        with suppress(OSError):
            for path in sorted(folder.iterdir()):
                if path.is_symlink():
                    continue
                if path.is_dir():
                    yield from files_below([path])
                elif path.is_file():
                    yield path
