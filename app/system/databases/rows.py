"""Rows: keys and contents as bytes that are the same whenever the row is, and reading them in a stream."""

from __future__ import annotations

import hashlib
import json
import struct
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from app.system.databases.tables import Table

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

AT_ONCE: Final = 1000
_KEYS_AT_ONCE: Final = 200

Values = tuple[Any, ...]
Bound = tuple[bytes, bytes]
"""What is bound of a row: its key and the SHA-256 of its content. Without a key the first is empty."""


def stream(connection: Connection, table: Table) -> Generator[list[Values], None, None]:
    """Read a table from its first row to its last, some at a time: the key's columns, then all columns."""
    from sqlalchemy import select

    clause = table.clause()
    columns = [clause.c[name] for name in (*table.key, *table.columns)]
    # A label for each, since a key's columns stand twice.
    query = select(*(one.label(f"c{n}") for n, one in enumerate(columns)))
    result = connection.execute(query.execution_options(stream_results=True, max_row_buffer=AT_ONCE))
    try:
        while batch := result.fetchmany(AT_ONCE):
            yield [tuple(row) for row in batch]
    finally:
        result.close()


def bound(table: Table, row: Values) -> Bound:
    """Bind a row as `stream` gives it."""
    width = len(table.key)
    return key_bytes(row[:width]) if width else b"", digest(row[width:])


def digest(values: Iterable[object]) -> bytes:
    """SHA-256 over the values of a row, each with its length before it."""
    state = hashlib.sha256()
    for value in values:
        data = cell_bytes(value)
        state.update(struct.pack(">Q", len(data)) + data)
    return state.digest()


def cell_bytes(value: object) -> bytes:
    """Write one value so that no two different ones are alike."""
    if value is None:
        return b"n"
    plain = bytes(value) if isinstance(value, (bytearray, memoryview)) else value
    tag, write = _TAGS.get(type(plain), ("o", _other))
    return (tag + write(plain)).encode("utf-8", "surrogatepass")


def _other(value: object) -> str:
    """Write what names no row: a list, a document, an address, whatever a driver gives."""
    return json.dumps(value, sort_keys=True, default=str)


_TAGS: Final[dict[type, tuple[str, Callable[[Any], str]]]] = {
    bool: ("b", lambda value: "1" if value else ""),
    int: ("i", str),
    str: ("s", str),
    Decimal: ("d", str),
    float: ("f", float.hex),
    bytes: ("x", bytes.hex),
    UUID: ("u", str),
    datetime: ("m", datetime.isoformat),
    date: ("a", date.isoformat),
    time: ("t", time.isoformat),
    timedelta: ("e", lambda value: f"{value.days} {value.seconds} {value.microseconds}"),
}
_BACK: Final[dict[str, Callable[[str], Any]]] = {
    "b": bool,
    "i": int,
    "s": str,
    "d": Decimal,
    "f": float.fromhex,
    "x": bytes.fromhex,
    "u": UUID,
    "m": datetime.fromisoformat,
    "a": date.fromisoformat,
    "t": time.fromisoformat,
    "e": lambda text: timedelta(*map(int, text.split())),
}


def key_bytes(values: Values) -> bytes:
    """Write the key of a row so that `key_values` gives it back.

    Raises:
        KeyError: for a value of a kind that names no row here.
    """
    told = []
    for value in values:
        plain = bytes(value) if isinstance(value, (bytearray, memoryview)) else value
        tag, write = _TAGS[type(plain)]
        told.append(tag + write(plain))
    return json.dumps(told).encode()


def key_values(key: bytes) -> Values:
    """Read what `key_bytes` wrote."""
    return tuple(_BACK[text[0]](text[1:]) for text in json.loads(key))


def names_rows(table: Table, row: Values) -> bool:
    """Whether the key of a row, as `stream` gives it, is of kinds that can be kept and asked for again."""
    return all(
        isinstance(value, (bytearray, memoryview)) or type(value) in _TAGS for value in row[: len(table.key)]
    )


def in_parts(rows: Iterable[Bound], size: int = _KEYS_AT_ONCE) -> Iterator[list[Bound]]:
    """Group rows so that one statement can name them all."""
    rest = iter(rows)
    while part := list(islice(rest, size)):
        yield part


def named(table: Table, keys: Sequence[bytes]) -> Any:
    """The condition that a row has one of these keys."""
    from sqlalchemy import and_, or_

    clause = table.clause()
    columns = [clause.c[name] for name in table.key]
    values = [tuple(map(_given, key_values(key))) for key in keys]
    if len(columns) == 1:
        return columns[0].in_([value for (value,) in values])
    return or_(*(and_(*(c == v for c, v in zip(columns, one, strict=True))) for one in values))


def _given(value: object) -> Any:
    """A value as a statement takes it: SQLite has text that is no UTF-8, which goes there as its bytes."""
    from sqlalchemy import LargeBinary, Text, bindparam, cast

    if isinstance(value, str) and not value.isascii():
        with suppress(UnicodeEncodeError):
            data = value.encode("utf-8", "surrogateescape")
            if data.decode("utf-8", "replace") != value:
                return cast(bindparam(None, data, LargeBinary), Text)
    return value


def by_key(
    connection: Connection, table: Table, keys: Sequence[bytes], *, lock: bool = False
) -> dict[bytes, Values]:
    """Read the rows that have these keys, by their key. `lock` keeps others from changing them meanwhile."""
    from sqlalchemy import select

    clause = table.clause()
    columns = [clause.c[name] for name in (*table.key, *table.columns)]
    query = select(*(one.label(f"c{n}") for n, one in enumerate(columns))).where(named(table, keys))
    rows = [tuple(row) for row in connection.execute(query.with_for_update() if lock else query)]
    return {key_bytes(row[: len(table.key)]): row for row in rows}


def standing(connection: Connection, table: Table, kept: Iterator[Bound]) -> int:
    """How many of these rows are in the table as they were, byte for byte."""
    if table.key:
        return sum(_as_they_were(connection, table, part) for part in in_parts(kept))
    wanted = Counter(content for _, content in kept)
    total = wanted.total()
    for batch in stream(connection, table):
        for row in batch:
            content = bound(table, row)[1]
            if wanted[content]:
                wanted[content] -= 1
    return total - wanted.total()


def _as_they_were(connection: Connection, table: Table, part: Sequence[Bound]) -> int:
    found = by_key(connection, table, [key for key, _ in part])
    return sum(key in found and bound(table, found[key])[1] == content for key, content in part)


class Sum:
    """The digest over rows as they come: what a plan binds once all were added."""

    def __init__(self) -> None:
        self._state = hashlib.sha256()

    def add(self, rows: Iterable[Bound]) -> None:
        """Take in the next rows."""
        for key, content in rows:
            self._state.update(struct.pack(">Q", len(key)) + key + content)

    def hex(self) -> str:
        """The SHA-256 over all rows so far."""
        return self._state.hexdigest()


def count(connection: Connection, table: Table) -> int:
    """How many rows a table has."""
    from sqlalchemy import func, select

    return int(connection.execute(select(func.count()).select_from(table.clause())).scalar_one())
