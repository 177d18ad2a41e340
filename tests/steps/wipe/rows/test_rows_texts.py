"""Rows of an SQLite file whose text is no UTF-8, as programs of a Chinese Windows write it: they go too."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.domain.outcome import Outcome
from app.steps.wipe.rows import file as rows_of_a_file
from tests.steps.wipe.rows.signed_rows import SignedRows

NAMES = [f"张三李四{number:04}" for number in range(30)]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "crm.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE people (name TEXT PRIMARY KEY, mail TEXT)")
        connection.executemany(
            "INSERT INTO people VALUES (CAST(? AS TEXT), ?)",
            [(name.encode("gbk"), f"user{number}@example.com") for number, name in enumerate(NAMES)],
        )
    return path


def test_rows_that_are_named_by_such_a_text_go(people: Any, database: Path) -> None:
    end = SignedRows(people, f"sqlite:///{database}").ends()["people"]
    facts = dict(end.evidence.facts)
    assert end.outcome in (Outcome.OVERWRITTEN, Outcome.RESIDUE_POSSIBLE)
    assert (facts["values_sought"], facts["found_before"], facts["found_after"]) == (60, 60, 0)
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT count(*) FROM people").fetchone() == (0,)


@pytest.mark.parametrize("also", [False, True])
def test_such_a_text_that_is_there_still_is_seen(
    people: Any, database: Path, monkeypatch: pytest.MonkeyPatch, also: bool
) -> None:
    """A row that stays may hold it too, and no database can be asked which: nobody says that it is gone."""
    signed = SignedRows(people, f"sqlite:///{database}")
    if also:
        with closing(sqlite3.connect(database, isolation_level=None)) as connection:
            connection.execute("CREATE TABLE notes (body BLOB)")
            connection.execute("INSERT INTO notes VALUES (?)", (NAMES[7].encode("gbk"),))
    else:
        blank = rows_of_a_file._blank_journal

        def left(connection: Any, path: Path, mode: str) -> None:
            blank(connection, path, mode)
            path.with_name(path.name + "-journal").write_bytes(b"\0" * 512 + NAMES[7].encode("gbk"))

        monkeypatch.setattr(rows_of_a_file, "_blank_journal", left)
    end = signed.ends()["people"]
    assert (end.outcome, dict(end.evidence.facts)["found_after"]) == (Outcome.SURVIVES, 1)
