"""Shelves: mappings too long to be held in memory, in a nameless file that is gone with the program."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from typing import Any, Generic, TypeVar

from typing_extensions import override

from app.domain.fault import Fault, Refused

V = TypeVar("V")

_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE said (number INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE items (place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, said INTEGER NOT NULL);
"""


class Shelf(MutableMapping[str, V], Generic[V]):
    """A mapping from ids to values, in the order in which the ids came.

    It lies in SQLite's temporary database: in memory up to 2 MiB, beyond that in a file of the
    system's folder for such files, which has no name on POSIX and is deleted on closing on
    Windows. Nothing of it outlives the program, so it is only for what can be had again and
    tells nothing of persons. Values that are put one after the other and are equal are kept once.
    """

    def __init__(self, dump: Callable[[V], Any], load: Callable[[Any], V]) -> None:
        self._dump = dump
        self._load = load
        self._last: tuple[str, int] = ("", 0)
        # Which thread uses a case changes from step to step.
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.executescript(_TABLES)

    def put(self, ids: Iterable[str], value: V) -> None:
        """Put one value under each of these ids.

        Raises:
            Refused: DISK_FULL when the folder for temporary files is full.
        """
        try:
            number = self._said(json.dumps(self._dump(value)))
            self._db.executemany(
                "INSERT INTO items(id, said) VALUES(?, ?) ON CONFLICT(id) DO UPDATE SET said = excluded.said",
                ((one, number) for one in ids),
            )
        except sqlite3.OperationalError as error:
            raise Refused(Fault.DISK_FULL, tempfile.gettempdir(), str(error)) from error

    @override
    def __setitem__(self, one: str, value: V) -> None:
        self.put((one,), value)

    @override
    def __getitem__(self, one: str) -> V:
        query = "SELECT body FROM items JOIN said ON number = said WHERE id = ?"
        found = self._db.execute(query, (one,)).fetchone()
        if found is None:
            raise KeyError(one)
        return self._load(json.loads(found[0]))

    @override
    def __delitem__(self, one: str) -> None:
        if not self._db.execute("DELETE FROM items WHERE id = ?", (one,)).rowcount:
            raise KeyError(one)

    @override
    def __iter__(self) -> Iterator[str]:
        # By place and a page at a time: what is put or deleted meanwhile does no harm.
        place = 0
        query = "SELECT place, id FROM items WHERE place > ? ORDER BY place LIMIT 512"
        while rows := self._db.execute(query, (place,)).fetchall():
            yield from (one for _, one in rows)
            place = rows[-1][0]

    @override
    def __contains__(self, one: object) -> bool:
        return self._db.execute("SELECT 1 FROM items WHERE id = ?", (one,)).fetchone() is not None

    @override
    def __len__(self) -> int:
        (count,) = self._db.execute("SELECT count(*) FROM items").fetchone()
        return int(count)

    def _said(self, body: str) -> int:
        if body != self._last[0]:
            self._last = body, self._db.execute("INSERT INTO said(body) VALUES(?)", (body,)).lastrowid or 0
        return self._last[1]
