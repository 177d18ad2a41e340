"""Rows of an SQLite file that have no key but the number SQLite gives them, in several tables of one file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.domain.event import Noted, Settled
from app.domain.outcome import Outcome, Reason
from app.domain.step import Stage
from tests.steps.wipe.rows.signed_rows import SignedRows

TABLES = ("one", "three", "two")


@pytest.fixture
def signed(people: Any, tmp_path: Path) -> SignedRows:
    """All rows of some tables, whose numbers have gaps: rebuilding the file closes them."""
    path = tmp_path / "crm.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for table in TABLES:
            connection.execute(f"CREATE TABLE {table} (name TEXT, mail TEXT)")
            rows = [(f"Person {table} {n:05}", f"user{n}.{table}@example.com") for n in range(60)]
            connection.executemany(f"INSERT INTO {table} VALUES (?, ?)", rows)
            connection.execute(f"DELETE FROM {table} WHERE rowid % 3 = 0")
    return SignedRows(people, f"sqlite:///{path}")


def outcomes(ends: dict[str, Settled]) -> set[tuple[Outcome, bool]]:
    return {(end.outcome, Reason.CHANGED in end.evidence.limits) for end in ends.values()}


def test_rebuilding_for_one_table_does_not_change_the_others(signed: SignedRows) -> None:
    ends = signed.ends()
    assert (tuple(sorted(ends)), outcomes(ends)) == (TABLES, {(Outcome.OVERWRITTEN, False)})


def test_stopped_after_the_file_was_rebuilt_the_others_end_as_well(signed: SignedRows) -> None:
    names = {item.id: name for name, item in signed.items.items()}
    stages: dict[str, Stage] = {}
    noted = {}
    ended: dict[str, Settled] = {}
    run = signed.events()
    for event in run:
        if isinstance(event, Noted):
            (one,) = event.ids
            stages[names[one]], noted[names[one]] = Stage.NOTED, event.evidence
        if isinstance(event, Settled):
            stages[names[event.id]], ended[names[event.id]] = Stage.SETTLED, event
            break
    run.close()
    assert sorted(stages) == sorted(TABLES)
    left = signed.ends(signed.events(stages, {name: one for name, one in noted.items() if name not in ended}))
    assert sorted((*ended, *left)) == sorted(TABLES)
    # Nobody knows any more what stood in the file before.
    assert outcomes(left) == {(Outcome.RESIDUE_POSSIBLE, False)}


def test_a_row_that_comes_back_with_its_number_is_seen(signed: SignedRows, tmp_path: Path) -> None:
    run, ends = signed.events(), []
    for event in run:
        ends.append(event)
        if isinstance(event, Noted) and len([one for one in ends if isinstance(one, Noted)]) == 6:
            with closing(sqlite3.connect(tmp_path / "crm.db", isolation_level=None)) as connection:
                values = ("Person two 00000", "user0.two@example.com")
                connection.execute("INSERT INTO two (rowid, name, mail) VALUES (1, ?, ?)", values)
    ended = signed.ends(iter(ends))
    assert {name: end.outcome for name, end in ended.items() if end.outcome is Outcome.SURVIVES} == {
        "two": Outcome.SURVIVES
    }


def test_write_ahead_mode_is_remembered_for_all_tables_and_over_a_stop(
    signed: SignedRows, tmp_path: Path
) -> None:
    """Each row went through the log when it was written: none of them ends as if the file were all."""
    path = tmp_path / "crm.db"

    def mode(*set_to: str) -> str:
        with closing(sqlite3.connect(path)) as connection:
            return str(connection.execute("PRAGMA journal_mode" + "".join(set_to)).fetchone()[0])

    assert mode("=WAL") == "wal"
    run = signed.events()
    first = next(event for event in run if isinstance(event, Noted))
    run.close()
    # As a run leaves it that is killed while it deletes.
    assert mode("=DELETE") == "delete"
    names = {item.id: name for name, item in signed.items.items()}
    (one,) = (names[item] for item in first.ids)
    ends = signed.ends(signed.events({one: Stage.NOTED}, {one: first.evidence}))
    assert outcomes(ends) == {(Outcome.RESIDUE_POSSIBLE, False)}
    assert {dict(end.evidence.facts)["found_after"] for end in ends.values()} == {0}
    assert mode() == "wal"
