"""The register: an SQLCipher database of the case, unreadable without the key in `key.slot`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self, TypeVar

from app.domain.copies import Copy, Searched
from app.domain.fate import Decision, Ground
from app.domain.fault import Fault, Refused
from app.domain.item import PlanItem
from app.domain.key import Key
from app.domain.pages import PAGE, Pages
from app.domain.plan import Plan
from app.domain.record import Look, Record
from app.register.codec import build, plain
from app.system.memory import wipe_text

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Row:
    """A record with its decision, None while it has none."""

    record: Record
    decision: Decision | None


class Register:
    """One open register. Nothing is on disk until `commit`; a crash gives back the last commit."""

    def __init__(self, path: Path, connection: Any) -> None:
        self.path = path
        self._db = connection

    @classmethod
    def create(cls, path: Path, key: bytes | memoryview) -> Self:
        """Make an empty register at `path`, encrypted with the 32-byte `key`."""
        register = cls(path, _connect(path, key))
        register._db.executescript(Path(__file__).with_name("schema.sql").read_text(encoding="utf-8"))
        path.chmod(0o600)
        return register

    @classmethod
    def open(cls, path: Path, key: bytes | memoryview) -> Self:
        """Open the register at `path`.

        Raises:
            Refused: REGISTER_BROKEN when it is missing, damaged or of another key.
        """
        from sqlcipher3 import dbapi2

        if not path.exists():
            raise Refused(Fault.REGISTER_BROKEN, str(path), "missing")
        try:
            register = cls(path, _connect(path, key))
            register._db.execute("SELECT count(*) FROM facts").fetchone()
            register._furnish()
        except dbapi2.DatabaseError as error:
            raise Refused(Fault.REGISTER_BROKEN, str(path), str(error)) from error
        return register

    def _furnish(self) -> None:
        """Give a register of an older Lethe the tables that have come since."""
        schema = Path(__file__).with_name("schema.sql").read_text(encoding="utf-8")
        for statement in schema.split(";"):
            if "IF NOT EXISTS" in statement:
                self._db.execute(statement)

    @property
    def database(self) -> Any:
        """The open connection, for the parts of this room."""
        return self._db

    def commit(self) -> None:
        """Put all changes on disk."""
        self._db.commit()

    def close(self) -> None:
        """Commit and close."""
        self._db.commit()
        self._db.close()

    # Records

    def clear_records(self) -> None:
        """Forget all records, findings and decisions: locate begins anew."""
        self._db.execute("DELETE FROM records")
        self._db.execute("DELETE FROM macs")
        self._db.execute("DELETE FROM rows")
        self._db.execute("DELETE FROM decisions")

    def add_record(self, record: Record) -> None:
        """Add a record, or replace the one of the same id. The values' HMACs go to a table of their own."""
        macs = [(found.kind, mac, record.id) for found in record.findings for mac in found.macs]
        bare = replace(record, findings=tuple(replace(found, macs=()) for found in record.findings))
        self._db.execute(
            "INSERT INTO records(id, look, body) VALUES(?, ?, ?)"
            " ON CONFLICT(id) DO UPDATE SET look = excluded.look, body = excluded.body",
            (record.id, record.look.value, _text(bare)),
        )
        self._db.executemany("INSERT OR IGNORE INTO macs(kind, mac, record) VALUES(?, ?, ?)", macs)

    def records(self) -> Iterator[Record]:
        """All records in the order they were found, without the HMACs."""
        return self._all(Record, "SELECT body FROM records ORDER BY seq")

    def holding(self, mac: bytes) -> list[str]:
        """Ids of the records that hold the value with this HMAC."""
        rows = self._db.execute("SELECT DISTINCT record FROM macs WHERE mac = ? ORDER BY record", (mac,))
        return [record for (record,) in rows]

    def with_kinds(self, kinds: Sequence[str]) -> list[str]:
        """Ids of the records in which one of some kinds was found."""
        marks = ",".join("?" * len(kinds))
        query = f"SELECT DISTINCT record FROM macs WHERE kind IN ({marks}) ORDER BY record"  # noqa: S608  question marks only
        return [record for (record,) in self._db.execute(query, tuple(kinds))]

    def macs(self) -> Iterator[tuple[str, str, bytes]]:
        """All values of all records: the record, the kind, the HMAC."""
        for record, kind, mac in self._db.execute("SELECT record, kind, mac FROM macs ORDER BY record"):
            yield record, kind, bytes(mac)

    # Rows of databases

    def add_rows(self, record: str, rows: Iterable[tuple[bytes, bytes]]) -> None:
        """Add rows to a record: the key and the digest of each."""
        self._db.executemany(
            "INSERT INTO rows(record, key, digest) VALUES(?, ?, ?)",
            ((record, key, digest) for key, digest in rows),
        )

    def forget_rows(self, record: str) -> None:
        """Forget the rows of a record."""
        self._db.execute("DELETE FROM rows WHERE record = ?", (record,))

    def rows_of(self, record: str) -> Iterator[tuple[bytes, bytes]]:
        """The rows of a record, in the order in which they were added."""
        for key, digest in self._db.execute(
            "SELECT key, digest FROM rows WHERE record = ? ORDER BY seq", (record,)
        ):
            yield bytes(key), bytes(digest)

    # Decisions

    def decide(self, decisions: Iterable[Decision]) -> None:
        """Store decisions, one a record, replacing earlier ones."""
        self._db.executemany(
            "INSERT OR REPLACE INTO decisions(record, fate, ground, body) VALUES(?, ?, ?, ?)",
            ((one.record, one.fate.value, one.ground.value, _text(one)) for one in decisions),
        )

    def clear_decisions(self) -> None:
        """Forget all decisions."""
        self._db.execute("DELETE FROM decisions")

    def rows(self) -> Iterator[Row]:
        """All records with their decisions, in the order they were found."""
        query = (
            "SELECT records.body, decisions.body FROM records"
            " LEFT JOIN decisions ON decisions.record = records.id ORDER BY seq"
        )
        for record, decision in self._db.execute(query):
            yield _row(record, decision)

    def find(self, record: str) -> Row | None:
        """One record with its decision, or None for an id of no record."""
        query = (
            "SELECT records.body, decisions.body FROM records"
            " LEFT JOIN decisions ON decisions.record = records.id WHERE records.id = ?"
        )
        found = self._db.execute(query, (record,)).fetchone()
        return _row(*found) if found else None

    def row(self, record: str) -> Row:
        """One record with its decision.

        Raises:
            Refused: RECORD_UNKNOWN.
        """
        found = self.find(record)
        if found is None:
            raise Refused(Fault.RECORD_UNKNOWN, record)
        return found

    def look(self, record: str) -> Look | None:
        """How the look at one record ended, or None for an id of no record."""
        found = self._db.execute("SELECT look FROM records WHERE id = ?", (record,)).fetchone()
        return Look(found[0]) if found else None

    def counted(self) -> int:
        """How many records there are."""
        (count,) = self._db.execute("SELECT count(*) FROM records").fetchone()
        return int(count)

    def undecided(self) -> int:
        """How many records have no fate."""
        (without,) = self._db.execute(
            "SELECT count(*) FROM records LEFT JOIN decisions ON decisions.record = records.id"
            " WHERE ground IS NULL OR ground = ?",
            (Ground.UNDECIDED.value,),
        ).fetchone()
        return int(without)

    # Keys, copies, searches

    def set_keys(self, keys: Iterable[Key]) -> None:
        """Store the case's keys in place of the earlier ones."""
        self._db.execute("DELETE FROM keys")
        self._db.executemany(
            "INSERT INTO keys(id, body) VALUES(?, ?)", ((key.id, _text(key)) for key in keys)
        )

    def declared_keys(self) -> list[Key]:
        """The case's keys, in declared order."""
        return list(self._all(Key, "SELECT body FROM keys ORDER BY seq"))

    def clear_copies(self) -> None:
        """Forget all copies and searches: confirm begins anew."""
        self._db.execute("DELETE FROM copies")
        self._db.execute("DELETE FROM searched")

    def add_copy(self, copy: Copy) -> None:
        """Add a copy, or replace the one of the same id."""
        self._db.execute(
            "INSERT INTO copies(id, body) VALUES(?, ?) ON CONFLICT(id) DO UPDATE SET body = excluded.body",
            (copy.id, _text(copy)),
        )

    def copies(self) -> list[Copy]:
        """All copies found, in order."""
        return list(self._all(Copy, "SELECT body FROM copies ORDER BY seq"))

    def add_searched(self, searched: Searched) -> None:
        """Add how the search of one backup ended."""
        self._db.execute("INSERT INTO searched(body) VALUES(?)", (_text(searched),))

    def set_searched(self, searched: Iterable[Searched]) -> None:
        """Put these in the place of all that was said of searches."""
        self._db.execute("DELETE FROM searched")
        for one in searched:
            self.add_searched(one)

    def searched(self) -> list[Searched]:
        """How the search of each backup ended."""
        return list(self._all(Searched, "SELECT body FROM searched ORDER BY seq"))

    # The plan, and single facts

    def draw_plan(self, blank: Plan, items: Iterable[PlanItem]) -> Plan:
        """Store a plan in place of the earlier one, and give it as it is stored, read in pages.

        It has the head of `blank`, and of `items` the first of each path.

        Raises:
            Refused: RECORD_UNKNOWN when two items share an id; PLAN_PROTECTED as `Plan`.
        """
        from sqlcipher3 import dbapi2

        self._db.execute("DELETE FROM plan")
        self.set_fact("plan", None)
        # Numbered without gaps, so that a page can be had by its number.
        for item in items:
            try:
                self._db.execute(
                    "INSERT INTO plan(id, path, line) VALUES(?, ?, ?) ON CONFLICT(path) DO NOTHING",
                    (item.id, os.fsencode(item.path), item.line()),
                )
            except dbapi2.IntegrityError as error:
                raise Refused(Fault.RECORD_UNKNOWN, item.id) from error
        self.set_fact("plan", blank.head)
        return Plan.of(blank.head, Pages(self._page))

    def plan(self) -> Plan | None:
        """The stored plan, read in pages, or None."""
        head = self.fact("plan")
        return Plan.of(head, Pages(self._page)) if head else None

    def _page(self, number: int) -> list[bytes]:
        query = "SELECT line FROM plan WHERE seq > ? ORDER BY seq LIMIT ?"
        return [line for (line,) in self._db.execute(query, (number * PAGE, PAGE))]

    def set_fact(self, name: str, value: object) -> None:
        """Store a JSON value under a name."""
        self._db.execute("INSERT OR REPLACE INTO facts(name, body) VALUES(?, ?)", (name, json.dumps(value)))

    def fact(self, name: str) -> Any:
        """The JSON value under a name, or None."""
        found = self._db.execute("SELECT body FROM facts WHERE name = ?", (name,)).fetchone()
        return json.loads(found[0]) if found else None

    def _all(self, cls: type[T], query: str) -> Iterator[T]:
        for (body,) in self._db.execute(query):
            yield build(cls, json.loads(body))


def _row(record: str, decision: str | None) -> Row:
    return Row(build(Record, json.loads(record)), build(Decision, json.loads(decision)) if decision else None)


def _text(noun: object) -> str:
    # ASCII JSON keeps the lone surrogates that stand for bytes of a name that are not UTF-8.
    return json.dumps(plain(noun))


def _connect(path: Path, key: bytes | memoryview) -> Any:
    from sqlcipher3 import dbapi2

    # One thread at a time uses a case; which thread changes from step to step.
    connection = dbapi2.connect(str(path), check_same_thread=False)
    connection.execute("PRAGMA cipher_log_level = NONE")
    # A script is not kept among the prepared statements, so that no copy of the key stays there.
    digits = key.hex()
    script = f"PRAGMA key = \"x'{digits}'\""
    connection.executescript(script)
    wipe_text(digits)
    wipe_text(script)
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA synchronous = FULL")
    return connection
