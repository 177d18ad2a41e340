"""A case on one database, for each make."""

from __future__ import annotations

import csv
import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from app.domain.case import Case, CertificateTerms, Company, Database, FateRule, Match, PersonSource, Role
from app.domain.event import Event
from app.domain.fate import Fate
from app.domain.step import Step
from app.flow import Flow
from app.identity import Identity
from tests.flow.databases.company import TABLES, Customer, columns_of, customers, rows_of
from tests.flow.databases.servers import PASSWORD, Running, mariadb, postgresql

USCC = "91350100M000100Y43"


@dataclass
class Held:
    """A database with a company in it, and how a test looks at it past Lethe."""

    url: str
    people: list[Customer]
    ask: Callable[..., list[tuple[Any, ...]]]
    do: Callable[..., None]
    files: Callable[[], list[Path]]
    password_env: str = ""
    quote: str = '"'
    close: Callable[[], None] = field(default=lambda: None)

    def all(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table."""
        q = self.quote
        return {
            table: sorted(
                tuple(str(v) for v in row)
                for row in self.ask(
                    f"SELECT {', '.join(q + c + q for c in columns_of(table))} FROM {q}{table}{q}"
                )
            )
            for table in ("客户", "订单", "settings")
        }

    def holding(self, text: str) -> list[str]:
        """The files in which a text stands, in UTF-8 or UTF-16."""
        forms = [text.encode(codec) for codec in ("utf-8", "utf-16-le", "utf-16-be")]
        return [path.name for path in self.files() if any(form in content_of(path) for form in forms)]


def content_of(path: Path) -> bytes:
    """What stands in a file; nothing where the server took it away after it was listed."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def fill(do: Callable[..., None], people: list[Customer], quote: str, mark: str) -> None:
    for statement in TABLES:
        do(statement.format(q=quote))
    for table, rows in rows_of(people).items():
        names = ", ".join(quote + name + quote for name in columns_of(table))
        marks = ", ".join([mark] * len(columns_of(table)))
        do(f"INSERT INTO {quote}{table}{quote} ({names}) VALUES ({marks})", rows)


def sqlite_at(path: Path, people: list[Customer], pragma: str = "") -> Held:
    def do(statement: str, rows: list[tuple[Any, ...]] | None = None) -> None:
        with sqlite3.connect(path) as db:
            db.execute("PRAGMA foreign_keys = ON")
            if rows is None:
                db.execute(statement)
            else:
                db.executemany(statement, rows)
        db.close()

    def ask(query: str) -> list[tuple[Any, ...]]:
        db = sqlite3.connect(path)
        try:
            return db.execute(query).fetchall()
        finally:
            db.close()

    if pragma:
        do(pragma)
    fill(do, people, '"', "?")

    def files() -> list[Path]:
        return [one for one in path.parent.iterdir() if one.name.startswith(path.name)]

    return Held(f"sqlite:///{path}", people, ask, do, files)


@pytest.fixture
def new_sqlite(tmp_path: Path) -> Callable[[int], Held]:
    return lambda count: sqlite_at(tmp_path / "客户库.db", customers(count))


@pytest.fixture
def sqlite_held(new_sqlite: Callable[[int], Held]) -> Held:
    return new_sqlite(1000)


@dataclass
class Office:
    """A case whose only location is a database."""

    folder: Path
    case: Case
    officer: Identity
    witness: Identity

    def flow(self) -> Flow:
        return Flow.create(self.folder / "case", self.case, self.officer)

    def to(self, flow: Flow, last: Step) -> list[Event]:
        """Go through the steps up to and with `last`."""
        seen: list[Event] = []
        for step in list(Step)[Step.LOCATE.index : last.index + 1]:
            if flow.done(step):
                continue
            if step is Step.SIGN:
                for copy in flow.copies():
                    if not copy.declared_by:
                        flow.accept(copy.id, self.officer.name)
                flow.sign((self.officer, self.witness))
            else:
                seen += flow.begin(step, people=(self.officer, self.witness) if step is Step.CERTIFY else ())
        return seen


def list_of(path: Path, people: list[Customer]) -> Path:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["姓名", "身份证号", "手机"])
        writer.writerows([c.name, c.id, c.mobile] for c in people)
    return path


@pytest.fixture
def office_at(people: tuple[Identity, Identity, Identity]) -> Callable[[Path], Callable[..., Office]]:
    return lambda folder: _office_in(folder, people)


@pytest.fixture
def office_of(tmp_path: Path, people: tuple[Identity, Identity, Identity]) -> Callable[..., Office]:
    return _office_in(tmp_path, people)


def _office_in(folder: Path, people: tuple[Identity, Identity, Identity]) -> Callable[..., Office]:
    def make(held: Held, chosen: list[Customer] | None = None, **more: Any) -> Office:
        tmp_path = folder
        listed = list_of(tmp_path / "list.csv", chosen) if chosen is not None else None
        case = Case(
            number="2026-001",
            company=Company("示例科技有限公司", USCC),
            certificate=CertificateTerms(tmp_path / "out"),
            databases=(Database(held.url, held.password_env, listed, **more),),
            rules=(FateRule(Match(), Fate.WIPE),),
            people=(
                PersonSource(Role.OFFICER, tmp_path / "o.p12"),
                PersonSource(Role.WITNESS, tmp_path / "w.p12"),
            ),
        )
        officer, witness, _ = people
        return Office(tmp_path, case, officer, witness)

    return make


@pytest.fixture(autouse=True)
def no_password_left() -> Iterator[None]:
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Running]:
    with postgresql() as running:
        yield running


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[Running]:
    with mariadb() as running:
        yield running


def _server_held(
    name: str, url: str, quote: str, connect: Callable[[str], Any], data: Path, count: int = 1000
) -> Held:
    """A new database with the company in it, on a running server."""
    admin = connect("")
    admin.autocommit = True if quote == '"' else admin.autocommit
    admin.cursor().execute(f"CREATE DATABASE {quote}{name}{quote}")
    admin.close()

    def do(statement: str, rows: list[tuple[Any, ...]] | None = None) -> None:
        db = connect(name)
        cursor = db.cursor()
        if rows is None:
            cursor.execute(statement)
        else:
            cursor.executemany(statement, rows)
        db.commit()
        db.close()

    def ask(query: str) -> list[tuple[Any, ...]]:
        db = connect(name)
        cursor = db.cursor()
        cursor.execute(query)
        found = [tuple(row) for row in cursor.fetchall()]
        db.close()
        return found

    people = customers(count)
    fill(do, people, quote, "%s")
    os.environ["DATABASE_WORD"] = PASSWORD

    def files() -> list[Path]:
        # As no walk of pathlib does, this one goes on where the server takes away what it listed.
        return [Path(top, name) for top, _, names in os.walk(data) for name in names]

    return Held(url, people, ask, do, files, "DATABASE_WORD", quote)


def connect_postgresql(port: int, database: str, user: str = "postgres", word: str = PASSWORD) -> Any:
    import pg8000.dbapi

    return pg8000.dbapi.connect(user, "127.0.0.1", database or "postgres", port, word)


def connect_mariadb(port: int, database: str, user: str = "root", word: str = PASSWORD) -> Any:
    import pymysql

    return pymysql.connect(
        host="127.0.0.1",
        port=port,
        user=user,
        password=word.encode(),
        database=database or None,
        charset="utf8mb4",
    )


@pytest.fixture
def new_postgresql(postgresql_server: Running) -> Callable[[int], Held]:
    port = postgresql_server.port

    def make(count: int) -> Held:
        name = f"客户库{secrets.token_hex(3)}"
        url = f"postgresql://postgres@127.0.0.1:{port}/{name}"
        return _server_held(
            name, url, '"', lambda database: connect_postgresql(port, database), postgresql_server.data, count
        )

    return make


@pytest.fixture
def new_mariadb(mariadb_server: Running) -> Callable[[int], Held]:
    port = mariadb_server.port

    def make(count: int) -> Held:
        name = f"客户库{secrets.token_hex(3)}"
        url = f"mysql://root@127.0.0.1:{port}/{name}"
        return _server_held(
            name, url, "`", lambda database: connect_mariadb(port, database), mariadb_server.data, count
        )

    return make


@pytest.fixture
def postgresql_held(new_postgresql: Callable[[int], Held]) -> Held:
    return new_postgresql(1000)


@pytest.fixture
def mariadb_held(new_mariadb: Callable[[int], Held]) -> Held:
    return new_mariadb(1000)
