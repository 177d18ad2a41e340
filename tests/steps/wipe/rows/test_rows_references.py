"""Foreign keys of SQLite: a row that stays and refers to one that goes keeps it, however the key is written."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from app.domain.outcome import Outcome, Reason
from tests.flow.databases.company import customers
from tests.flow.databases.conftest import list_of
from tests.steps.wipe.rows.signed_rows import SignedRows

PEOPLE = customers(450, seed=5)
GONE = (Outcome.OVERWRITTEN, Outcome.RESIDUE_POSSIBLE)


def made(path: Path, of: str, *more: str) -> None:
    with sqlite3.connect(path) as db:
        db.execute(f"CREATE TABLE Buyer (Id INTEGER PRIMARY KEY, 身份证号 TEXT, 手机 TEXT{of})")
        rows = [(one.number, one.id, one.mobile) for one in PEOPLE]
        db.executemany("INSERT INTO Buyer (Id, 身份证号, 手机) VALUES (?, ?, ?)", rows)
        for statement in more:
            db.execute(statement)
    db.close()


def counted(path: Path, table: str) -> int:
    db = sqlite3.connect(path)
    try:
        return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
    finally:
        db.close()


def child(refers: str, value: str) -> tuple[str, str]:
    return (
        f"CREATE TABLE note (no INTEGER PRIMARY KEY, who {refers} ON DELETE CASCADE)",
        f"INSERT INTO note VALUES (1, {value})",
    )


CODE = ", code TEXT UNIQUE DEFAULT NULL"
KEEPS = {
    "a name in other capitals": ("", child("INTEGER REFERENCES BUYER (ID)", "3")),
    "no column named": ("", child("INTEGER REFERENCES buyer", "3")),
    "another unique column": (CODE, child("TEXT REFERENCES Buyer (code)", "'c3'")),
    "letters that are the same to the key": (
        f"{CODE} COLLATE NOCASE",
        child("TEXT REFERENCES Buyer (code)", "'C3'"),
    ),
    "a number written as a text": ("", child("REFERENCES Buyer (Id)", "'3'")),
    "a row of its own that stays": (
        ", boss INTEGER REFERENCES Buyer (Id) ON DELETE CASCADE",
        ("UPDATE Buyer SET boss = 3 WHERE Id = 440",),
    ),
}


@pytest.mark.parametrize("what", KEEPS)
def test_a_row_that_would_go_along_keeps_what_it_refers_to(people: Any, tmp_path: Path, what: str) -> None:
    path = tmp_path / "crm.db"
    of, late = KEEPS[what]
    made(path, of, *(["UPDATE Buyer SET code = 'c' || Id"] if "code" in of else []))
    signed = SignedRows(people, f"sqlite:///{path}", customers=list_of(tmp_path / "list.csv", PEOPLE[:5]))
    with sqlite3.connect(path) as db:
        for statement in late:
            db.execute(statement)
    end = signed.ends()["Buyer"]
    assert (end.outcome, end.evidence.limits) == (Outcome.FAILED, (Reason.REFERENCED,))
    assert counted(path, "Buyer") == 450
    left = "SELECT boss FROM Buyer WHERE Id = 440" if "boss" in of else "SELECT who FROM note"
    assert str(db.execute(left).fetchone()[0]).lower() in ("3", "c3")
    db.close()


LETS = {
    "nothing refers": ("", child("INTEGER REFERENCES Buyer (Id)", "440"), 400),
    "a reference to no table": ("", ("CREATE TABLE old (no INTEGER PRIMARY KEY, x REFERENCES gone)",), 400),
    "nothing to refer to": (", code TEXT UNIQUE", child("TEXT REFERENCES Buyer (code)", "NULL"), 400),
    "each other, further apart than one question": (
        ", boss INTEGER REFERENCES Buyer (Id)",
        ("UPDATE Buyer SET boss = 401 - Id WHERE Id <= 400",),
        400,
    ),
    "each other, and take along": (
        ", boss INTEGER REFERENCES Buyer (Id) ON DELETE CASCADE",
        ("UPDATE Buyer SET boss = 401 - Id WHERE Id <= 400",),
        400,
    ),
    "each other, though asked at once": (
        ", boss INTEGER REFERENCES Buyer (Id) ON DELETE RESTRICT",
        ("UPDATE Buyer SET boss = 451 - Id",),
        450,
    ),
    "all of them": (", boss INTEGER REFERENCES Buyer (Id)", ("UPDATE Buyer SET boss = 3",), 450),
}


@pytest.mark.parametrize("what", LETS)
def test_what_only_goes_together_goes(people: Any, tmp_path: Path, what: str) -> None:
    path = tmp_path / "crm.db"
    of, more, chosen = LETS[what]
    made(path, of, *more)
    listed = list_of(tmp_path / "list.csv", PEOPLE[:chosen])
    end = SignedRows(people, f"sqlite:///{path}", customers=listed).ends()["Buyer"]
    assert end.outcome in GONE, end
    assert counted(path, "Buyer") == 450 - chosen


def test_a_row_without_a_name_that_refers_is_none_that_goes(people: Any, tmp_path: Path) -> None:
    """SQLite lets the key of a row be NULL, where it is no number."""
    path = tmp_path / "crm.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE Buyer (Id TEXT PRIMARY KEY, 手机 TEXT, boss TEXT REFERENCES Buyer (Id))")
        db.executemany("INSERT INTO Buyer VALUES (?, ?, NULL)", [(f"b{c.number}", c.mobile) for c in PEOPLE])
    db.close()
    listed = list_of(tmp_path / "list.csv", PEOPLE[:5])
    signed = SignedRows(people, f"sqlite:///{path}", customers=listed)
    with sqlite3.connect(path) as db:
        db.execute("INSERT INTO Buyer VALUES (NULL, 'x', 'b3')")
    db.close()
    end = signed.ends()["Buyer"]
    assert (end.outcome, end.evidence.limits) == (Outcome.FAILED, (Reason.REFERENCED,))
    assert counted(path, "Buyer") == 451
