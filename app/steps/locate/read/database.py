"""SQLite files: every column of every table, opened so that nothing beside the file is written."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

from app.steps.locate.limits import Reading
from app.steps.locate.passage import Passage
from app.steps.locate.read.raw import read_raw
from app.steps.locate.read.source import Source
from app.steps.locate.read.table import Row, by_columns

_TABLES: Final = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
)


def read_sqlite(source: Source, reading: Reading) -> Iterator[Passage]:
    """Read all tables; where none holds a row, the pages themselves, for deleted rows stay in them.

    Raises:
        sqlite3.DatabaseError: when the file is broken.
    """
    rows = 0
    with closing(_opened(source, reading)) as database:
        database.text_factory = bytes
        database.execute("PRAGMA trusted_schema=OFF")
        for (name,) in database.execute(_TABLES).fetchall():
            table = name.decode("utf-8", "replace")
            yield Passage(table.encode())
            cursor = database.execute('SELECT * FROM "' + table.replace('"', '""') + '"')  # noqa: S608  a name from the file's own schema, quoted
            headers = [column[0] for column in cursor.description]
            yield Passage("\t".join(headers).encode("utf-8", "replace"))
            for passage in by_columns(headers, _rows(cursor)):
                rows += 1
                yield passage.within(table)
    if not rows:
        yield from read_raw(source, reading)


def _rows(cursor: sqlite3.Cursor) -> Iterator[Row]:
    while batch := cursor.fetchmany(512):
        yield from batch


def _opened(source: Source, reading: Reading) -> sqlite3.Connection:
    """Open read-only; immutable, so that SQLite makes no lock, journal or shared-memory file."""
    if source.path:
        path = quote(os.fsencode(source.path)) if os.name == "posix" else Path(source.path).as_uri()[7:]
        return sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    data = bytearray(source.whole(reading.limits.held).read())
    data[18:20] = b"\x01\x01"  # a database in memory can't be in write-ahead mode
    database = sqlite3.connect(":memory:")
    database.deserialize(bytes(data))
    return database
