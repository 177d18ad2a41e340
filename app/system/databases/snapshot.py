"""Looking without changing: a transaction that is read-only, and sees one moment."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from app.system.databases.address import Make
from app.system.databases.rows import digest, stream
from app.system.databases.tables import Table

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


def begin_looking(connection: Connection, make: Make) -> Connection:
    """Begin a transaction in which nothing can be changed; where the server can, it shows one moment."""
    from sqlalchemy import text

    if make is Make.POSTGRESQL:
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        # A policy that hides rows from us makes the table unreadable, rather than shorter.
        connection.execute(text("SET LOCAL row_security = off"))
        return connection
    statements = {
        Make.MYSQL: "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
        Make.SQLITE: "BEGIN",
        Make.ORACLE: "SET TRANSACTION READ ONLY",
    }
    if statement := statements.get(make):
        connection.execute(text(statement))
    return connection


def digest_of_all(connection: Connection, tables: Iterable[Table]) -> tuple[str, int]:
    """SHA-256, hex, over every table and the contents of its rows, in whatever order; and their number.

    32 bytes a row of one table are held in memory.
    """
    state, total = hashlib.sha256(), 0
    for table in sorted(tables, key=lambda one: one.id):
        rows = sorted(digest(row[len(table.key) :]) for batch in stream(connection, table) for row in batch)
        state.update(f"{table.digest} {len(rows)}\n".encode() + b"".join(rows))
        total += len(rows)
    return state.hexdigest(), total


def schema_of_all(tables: Iterable[Table]) -> str:
    """SHA-256, hex, over what every table is like."""
    return hashlib.sha256("\n".join(sorted(one.digest for one in tables)).encode()).hexdigest()
