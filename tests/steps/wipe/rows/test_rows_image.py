"""What is left of deleted rows on the raw device: the grade says no more than a search of the whole image."""

from __future__ import annotations

import hashlib
import os
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.domain.event import Settled
from app.domain.outcome import Outcome, Reason
from tests.steps.wipe.rows.signed_rows import SignedRows


def mobile(number: int) -> str:
    return f"139{int(hashlib.sha256(str(number).encode()).hexdigest(), 16) % 10**8:08}"


def fill(path: Path, count: int, pragma: str = "") -> None:
    with sqlite3.connect(path) as db:
        if pragma:
            db.execute(pragma)
        db.execute("CREATE TABLE 客户 (id INTEGER PRIMARY KEY, 手机 TEXT, note TEXT)")
        rows = [(n, mobile(n), f"备注 {random.Random(n).random()}") for n in range(count)]
        db.executemany("INSERT INTO 客户 VALUES (?, ?, ?)", rows)
    db.close()
    os.sync()


def wiped(people: Any, path: Path, chosen: list[int], folder: Path) -> Settled:
    """Locate the chosen numbers, sign, delete; give how it ended."""
    listed = folder / "list.csv"
    listed.write_text("手机\n" + "\n".join(map(mobile, chosen)) + "\n", encoding="utf-8")
    (end,) = SignedRows(people, f"sqlite:///{path}", customers=listed).ends().values()
    return end


@pytest.mark.parametrize("pragma", ["", "PRAGMA journal_mode = WAL", "PRAGMA journal_mode = TRUNCATE"])
def test_three_rows_on_ext4(people: Any, image: Callable[..., Any], tmp_path: Path, pragma: str) -> None:
    made = image("ext4")
    path = made.mount / "crm.db"
    fill(path, 1000, pragma)
    chosen = [3, 500, 998]
    end = wiped(people, path, chosen, tmp_path)
    left = sum(made.hits(mobile(number).encode()) for number in chosen)
    facts = dict(end.evidence.facts)
    assert (facts["found_before"], facts["found_after"]) == (6, 0)
    assert facts["found_on_device"] == 0
    assert Reason.WRITE_AHEAD_LOG in end.evidence.limits
    if "WAL" in pragma:
        # The log that was deleted before anybody looked has held every row.
        assert end.outcome is Outcome.RESIDUE_POSSIBLE
    else:
        assert (end.outcome, left) == (Outcome.OVERWRITTEN, 0)


def test_blocks_that_were_given_back_are_looked_at(
    people: Any, image: Callable[..., Any], tmp_path: Path
) -> None:
    made = image("ext4")
    path = made.mount / "crm.db"
    fill(path, 2000)
    # An application without secure_delete: old copies of rows stay in pages that VACUUM gives back.
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA secure_delete = OFF")
        db.execute("CREATE TABLE old AS SELECT * FROM 客户")
        db.execute("DROP TABLE old")
    db.close()
    os.sync()
    end = wiped(people, path, [7, 8], tmp_path)
    left = sum(made.hits(mobile(number).encode()) for number in (7, 8))
    facts = dict(end.evidence.facts)
    assert facts["found_after"] == 0
    assert left >= facts["found_on_device"] > 0
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert Reason.FREED_BLOCKS in end.evidence.limits
