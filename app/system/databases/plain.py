"""SQLite, whose file is looked after by who wipes it, and servers of which no more is known than SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.outcome import Reason
from app.system.databases.address import Make
from app.system.databases.server import Files, quoted
from app.system.databases.tables import Table

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


class Plain:
    """A database of which nothing but SQL is asked."""

    def __init__(self, make: Make) -> None:
        self._make = make

    def lock(self, connection: Connection, table: Table) -> None:
        """As `Server.lock`: SQLite lets one writer in; a server is asked for the table."""
        from sqlalchemy import text

        if self._make is Make.SQLITE:
            connection.execute(text("BEGIN EXCLUSIVE"))
            # Rows that refer to each other go in parts.
            connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        elif self._make is Make.ORACLE:
            connection.execute(text(f"LOCK TABLE {quoted(connection, table)} IN EXCLUSIVE MODE WAIT 10"))
        else:
            name = quoted(connection, table)
            connection.execute(text("SET LOCK_TIMEOUT 10000"))
            words = f"SELECT count(*) FROM {name} WITH (TABLOCKX, HOLDLOCK)"  # noqa: S608  quoted
            connection.execute(text(words)).close()

    def mark(self, connection: Connection) -> str:
        """As `Server.mark`: nothing."""
        del connection
        return ""

    def committed(self, connection: Connection, mark: str) -> bool | None:
        """As `Server.committed`: nobody can say."""
        del connection, mark
        return None

    def files(self, connection: Connection, table: Table) -> Files:
        """As `Server.files`: not known."""
        del connection, table
        return Files()

    def flush(self, connection: Connection, table: Table) -> None:
        """As `Server.flush`: not asked for."""

    def reclaim(self, connection: Connection, table: Table) -> bool:
        """As `Server.reclaim`: not done."""
        del connection, table
        return False

    def copies(self, connection: Connection) -> tuple[tuple[Reason, str], ...]:
        """As `Server.copies`: a server's are not known to us, so they are named in any case."""
        del connection
        if self._make is Make.SQLITE:
            return ()
        return ((Reason.LOG_ARCHIVE, self._make.value), (Reason.REPLICA, self._make.value))
