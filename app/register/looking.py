"""What the register keeps of a look at many files, so that the next one opens only what changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from app.domain.event import Looked
from app.domain.record import Record
from app.domain.row import MAC
from app.register.register import Register

_FACT: Final = "looking"
_PAUSE: Final = 2.0
"""Seconds between two times that what was seen is put on disk: so much is looked at again after a crash."""

_KEPT: Final = "SELECT folder, first, location, names, stamps, looks FROM looked"

Kept = tuple[str, str, str, bytes, bytes, bytes]
"""Folder, first name, location, names, stamps and looks: as a `Looked` names them."""


class Looking:
    """One look at the files of a case, into the register.

    What an earlier look of the same edition left is kept where its files have not changed,
    whether that one ended or was stopped.
    """

    def __init__(self, register: Register, edition: str) -> None:
        """Begin: forget what another edition saw, and what is no file of the case.

        Decisions are forgotten in any case.
        """
        self._register = register
        self._db: Any = register.database
        held = register.fact(_FACT) or {}
        self._run = int(held.get("run", 0)) + 1
        if held.get("edition") == edition:
            self._forget_rows_of_databases()
        else:
            register.clear_records()
            self._db.execute("DELETE FROM looked")
        register.clear_decisions()
        register.set_fact(_FACT, {"edition": edition, "run": self._run})
        self._met: set[bytes] = set()
        self._synced = time.monotonic()

    def _forget_rows_of_databases(self) -> None:
        """A database is asked anew each time."""
        self._db.execute("DELETE FROM rows")
        self._delete("SELECT record FROM asked")
        self._db.execute("DELETE FROM asked")

    def add(self, record: Record) -> None:
        """Add the record of a table, or of a database."""
        self._register.add_record(record)
        self._db.execute("INSERT OR IGNORE INTO asked(record) VALUES(?)", (record.id,))

    def known(self, folder: str) -> list[Kept]:
        """Give what is kept of a folder, in order. It is there: whoever asks has met it."""
        self._met.add(_bytes(folder))
        return self._kept(_bytes(folder))

    def _kept(self, folder: bytes) -> list[Kept]:
        return [
            _kept_of(row) for row in self._db.execute(f"{_KEPT} WHERE folder = ? ORDER BY first", (folder,))
        ]

    def take(self, looked: Looked) -> None:
        """Take in what was seen of some files."""
        if looked.gone:
            self._remove(looked.gone)
        rows = looked.rows.values()
        if self._run > 1:
            self._forget_macs([row[0] for row in rows])
        self._db.executemany(
            "INSERT INTO records(id, look, body) VALUES(?, ?, ?)"
            " ON CONFLICT(id) DO UPDATE SET look = excluded.look, body = excluded.body",
            ((row[0], row[1], row[2]) for row in rows),
        )
        self._db.executemany(
            "INSERT OR IGNORE INTO macs(kind, mac, record) VALUES(?, ?, ?)",
            (
                (kind, joined[at : at + MAC], row[0])
                for row in rows
                for kind, joined in row[3]
                for at in range(0, len(joined), MAC)
            ),
        )
        self._db.executemany(
            "INSERT OR REPLACE INTO looked(folder, first, location, names, stamps, looks, run)"
            " VALUES(?, ?, ?, ?, ?, ?, ?)",
            (
                (_bytes(one[0]), _bytes(one[1]), _bytes(one[2]), one[3], one[4], one[5], self._run)
                for one in looked.known
            ),
        )
        if time.monotonic() - self._synced > _PAUSE:
            self._register.commit()
            self._synced = time.monotonic()

    def finish(self, gone: Callable[[Kept], list[str]]) -> None:
        """End a look that came to its end: what stood in folders that are gone is forgotten.

        `gone` gives the ids of the records of what was kept of such a folder.
        """
        query = "SELECT DISTINCT folder FROM looked"
        for (folder,) in self._db.execute(query).fetchall():
            if folder not in self._met:
                for kept in self._kept(folder):
                    self._remove(gone(kept))
                self._db.execute("DELETE FROM looked WHERE folder = ?", (folder,))

    def problems(self) -> dict[str, int]:
        """Give how many records have which problem."""
        query = "SELECT value, count(*) FROM records, json_each(records.body, '$.problems') GROUP BY value"
        return dict(self._db.execute(query))

    def holders(self, kind: str) -> list[tuple[bytes, int]]:
        """Give in how many records each value of a kind stands, by its HMAC."""
        query = "SELECT mac, count(*) FROM macs WHERE kind = ? GROUP BY mac"
        return list(self._db.execute(query, (kind,)))

    def kinds(self) -> list[tuple[str, int, int]]:
        """Give of each kind of identifier how many different values stand in how many records."""
        query = (
            "SELECT kind, count(DISTINCT mac), count(DISTINCT record) FROM macs GROUP BY kind ORDER BY kind"
        )
        return list(self._db.execute(query))

    def people(self, kinds: Sequence[Sequence[str]]) -> int:
        """Estimate the people that all records name together. `kinds` are groups, the surest first.

        A value counts when no record it stands in holds one of a surer group: what stands with an
        identity number is that person's. Never less than the values of any one group.
        """
        total = most = 0
        self._db.execute("CREATE TEMP TABLE IF NOT EXISTS told (record TEXT PRIMARY KEY) WITHOUT ROWID")
        self._db.execute("DELETE FROM told")
        for group in kinds:
            marks = ",".join("?" * len(group))
            among = f"FROM macs WHERE kind IN ({marks})"
            alone = f"SELECT mac {among} GROUP BY kind, mac HAVING NOT max(record IN told)"
            total += self._count(alone, group)
            most = max(most, self._count(f"SELECT DISTINCT kind, mac {among}", group))
            self._db.execute(f"INSERT OR IGNORE INTO told SELECT record {among}", group)
        self._db.execute("DELETE FROM told")
        return max(total, most)

    def _count(self, query: str, values: Sequence[str]) -> int:
        return int(self._db.execute(f"SELECT count(*) FROM ({query})", values).fetchone()[0])  # noqa: S608  one of the queries above

    def _remove(self, ids: list[str] | tuple[str, ...]) -> None:
        self._db.execute("CREATE TEMP TABLE IF NOT EXISTS doomed (id TEXT PRIMARY KEY)")
        self._db.executemany("INSERT OR IGNORE INTO doomed VALUES(?)", ((one,) for one in ids))
        self._delete("SELECT id FROM doomed")
        self._db.execute("DELETE FROM doomed")

    def _delete(self, query: str) -> None:
        self._db.execute(f"DELETE FROM macs WHERE record IN ({query})")  # noqa: S608  one of the queries above
        self._db.execute(f"DELETE FROM records WHERE id IN ({query})")  # noqa: S608  one of the queries above

    def _forget_macs(self, ids: list[str]) -> None:
        """Forget the hashes of records that are about to be replaced."""
        marks = ",".join("?" * len(ids))
        there = [one for (one,) in self._db.execute(f"SELECT id FROM records WHERE id IN ({marks})", ids)]  # noqa: S608  question marks only
        if there:
            marks = ",".join("?" * len(there))
            self._db.execute(f"DELETE FROM macs WHERE record IN ({marks})", there)  # noqa: S608  question marks only


def all_kept(register: Register) -> Iterator[Kept]:
    """Give what the last look left of every folder."""
    return map(_kept_of, register.database.execute(_KEPT))


def _kept_of(row: tuple[bytes, bytes, bytes, bytes, bytes, bytes]) -> Kept:
    folder, first, location, names, stamps, looks = row
    return _text(folder), _text(first), _text(location), names, stamps, looks


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _text(stored: bytes) -> str:
    return stored.decode("utf-8", "surrogateescape")
