"""How rows of an SQLite file end when something comes between: named, and never better than was seen."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.domain.event import Noted, Settled
from app.domain.fault import Fault, Refused
from app.domain.outcome import Evidence, Outcome, Reason
from app.domain.step import Stage
from app.steps.wipe.rows import needles as needle_words
from app.steps.wipe.rows.needles import Needles
from app.steps.wipe.rows.stand import stand_of
from app.system.databases import sqlite
from tests.flow.databases.company import customers
from tests.flow.databases.conftest import Held, list_of, sqlite_at
from tests.steps.wipe.rows.signed_rows import Hooked, SignedRows

DELETING = Evidence("delete-rows", (), (("stage", "deleting"), ("journal", "delete")))
PEOPLE = customers(40, seed=11)
GOING = PEOPLE[1:8:2]  # none of them has an order


@pytest.fixture
def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Held:
    monkeypatch.setattr(sqlite, "WAIT", 0.2)
    return sqlite_at(tmp_path / "crm.db", PEOPLE)


@pytest.fixture
def signed(held: Held, people: Any, tmp_path: Path) -> Callable[[], SignedRows]:
    return lambda: SignedRows(people, held.url, customers=list_of(tmp_path / "list.csv", GOING))


def told(end: Settled) -> tuple[object, set[Reason]]:
    return end.outcome, set(end.evidence.limits)


def connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, timeout=0)


def until_noted(events: Iterator[Any], what: str) -> None:
    assert any(isinstance(event, Noted) and event.what == what for event in events)


@pytest.mark.parametrize(
    ("stage", "noted", "away", "reason"),
    [
        (Stage.BEGUN, None, GOING, Reason.GONE),
        (Stage.BEGUN, None, GOING[:1], Reason.CHANGED),
        (Stage.NOTED, DELETING, GOING[:1], Reason.CHANGED),
        (Stage.BEGUN, None, None, Reason.GONE),
        (Stage.FRESH, None, None, Reason.GONE),
    ],
)
def test_a_stopped_run_whose_rows_another_took(
    held: Held, signed: Callable[[], SignedRows], stage: Stage, noted: Any, away: Any, reason: Reason
) -> None:
    rows = signed()
    if away is None:
        held.do('DROP TABLE "订单"')
        held.do('DROP TABLE "客户"')
    else:
        held.do('DELETE FROM "客户" WHERE id = ?', [(one.number,) for one in away])
    events = rows.events({"客户": stage}, {"客户": noted} if noted else None)
    end = rows.ends(events)["客户"]
    assert told(end) == (Outcome.FAILED, {reason})
    assert end.evidence.method == "untouched"


def test_without_signatures_or_a_door_or_the_rows_nothing_goes(
    held: Held, signed: Callable[[], SignedRows]
) -> None:
    rows, before = signed(), held.all()
    whole, item = rows.signed, rows.items["客户"].id
    rows.signed = whole.plan
    with pytest.raises(TypeError):
        rows.events()
    rows.signed = whole
    gone = rows.kept[item].pop()
    with pytest.raises(Refused) as caught:
        rows.events()
    assert (caught.value.fault, caught.value.subject) == (Fault.PLAN_CHANGED, item)
    rows.kept[item].append(gone)
    rows.door = Hooked(rows.door, {})
    rows.door.address = replace(rows.door.address, plain="sqlite:////nowhere.db")
    end = rows.ends()["客户"]
    assert told(end) == (Outcome.FAILED, {Reason.UNANSWERED})
    assert held.all() == before


def test_a_file_that_leads_nowhere_fails_alone(
    held: Held, signed: Callable[[], SignedRows], tmp_path: Path
) -> None:
    rows, path = signed(), tmp_path / "crm.db"
    path.rename(tmp_path / "aside.db")
    path.symlink_to(path)
    assert told(rows.ends()["客户"]) == (Outcome.FAILED, {Reason.UNANSWERED})


def test_a_row_added_beside_those_that_go_is_told(held: Held, signed: Callable[[], SignedRows]) -> None:
    rows = signed()
    held.do('INSERT INTO "客户" (id, "姓名") VALUES (999, \'新\')')
    end = rows.ends()["客户"]
    assert end.outcome in (Outcome.OVERWRITTEN, Outcome.RESIDUE_POSSIBLE)
    assert Reason.ROWS_ADDED in end.evidence.limits
    assert len(held.all()["客户"]) == len(PEOPLE) - len(GOING) + 1


def test_a_log_that_another_holds_open_leaves_the_rows(
    held: Held, signed: Callable[[], SignedRows], tmp_path: Path
) -> None:
    held.do("PRAGMA journal_mode = WAL")
    rows, before = signed(), held.all()
    with closing(connected(tmp_path / "crm.db")) as other:
        other.execute("SELECT count(*) FROM settings").fetchone()
        assert told(rows.ends()["客户"]) == (Outcome.FAILED, {Reason.OPEN_ELSEWHERE})
    assert held.all() == before


@pytest.mark.parametrize(
    ("lock", "reason"),
    [("BEGIN IMMEDIATE", Reason.OPEN_ELSEWHERE), ("BEGIN EXCLUSIVE", Reason.UNANSWERED)],
)
def test_a_file_that_is_taken_after_the_deletion_is_only_removed_from(
    held: Held, signed: Callable[[], SignedRows], tmp_path: Path, lock: str, reason: Reason
) -> None:
    rows = signed()
    events = rows.events()
    until_noted(events, "deleted")
    with closing(connected(tmp_path / "crm.db")) as other:
        other.execute(lock)
        end = rows.ends(events)["客户"]
    assert told(end) == (Outcome.REMOVED, {Reason.SPACE_NOT_RECLAIMED, reason})
    assert len(held.all()["客户"]) == len(PEOPLE) - len(GOING)


def test_a_file_that_can_not_be_written_anew_may_hold_what_was_deleted(
    held: Held, signed: Callable[[], SignedRows], tmp_path: Path
) -> None:
    """An index by a function that only the application knows: VACUUM can't make it anew."""
    with closing(connected(tmp_path / "crm.db")) as own:
        own.create_function("folded", 1, str, deterministic=True)
        own.execute("CREATE INDEX by_folded ON settings (folded(k))")
    end = signed().ends()["客户"]
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert Reason.SPACE_NOT_RECLAIMED in end.evidence.limits
    assert dict(end.evidence.facts)["found_after"] == 0
    assert len(held.all()["客户"]) == len(PEOPLE) - len(GOING)


def test_what_can_not_be_read_beside_the_file_is_told(
    signed: Callable[[], SignedRows], tmp_path: Path
) -> None:
    beside = tmp_path / "crm.db-shm"
    beside.symlink_to(beside)
    end = signed().ends()["客户"]
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert {Reason.FILES_NOT_SEARCHED, Reason.FREED_BLOCKS} <= set(end.evidence.limits)
    assert "found_after" not in dict(end.evidence.facts)


def test_a_value_outside_of_all_rows_survives(held: Held, signed: Callable[[], SignedRows]) -> None:
    held.do(f'CREATE VIEW vip AS SELECT * FROM "客户" WHERE "手机" = \'{GOING[0].mobile}\'')
    end = signed().ends()["客户"]
    assert end.outcome is Outcome.SURVIVES
    assert dict(end.evidence.facts)["found_after"] == 1


def test_more_values_than_are_looked_for_are_told(
    signed: Callable[[], SignedRows], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(needle_words, "_MOST", 5)
    end = signed().ends()["客户"]
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert Reason.FILES_NOT_SEARCHED in end.evidence.limits
    assert dict(end.evidence.facts)["values_sought"] == 5


@pytest.mark.parametrize("broken", ["nothing", "a table", "the door"])
def test_a_value_that_a_row_holds_is_explained_only_when_it_was_seen(
    held: Held, signed: Callable[[], SignedRows], tmp_path: Path, broken: str
) -> None:
    rows = signed()
    held.do("INSERT INTO settings VALUES ('hotline', ?)", [(GOING[0].mobile,)])
    if broken == "a table":
        held.do("CREATE VIRTUAL TABLE a_list USING fts5 (text, content = 'nowhere')")
    with closing(connected(tmp_path / "crm.db")) as other:
        if broken == "the door":
            # Its fifth opening is the look for who else holds what was found.
            rows.door = Hooked(rows.door, {5: lambda: other.execute("BEGIN EXCLUSIVE")})
        end = rows.ends()["客户"]
    assert dict(end.evidence.facts)["found_after"] == 1
    if broken == "nothing":
        assert end.outcome in (Outcome.OVERWRITTEN, Outcome.RESIDUE_POSSIBLE)
        assert Reason.HELD_BY_OTHER_ROWS in end.evidence.limits
    else:
        assert end.outcome is Outcome.SURVIVES
        assert Reason.HELD_BY_OTHER_ROWS not in end.evidence.limits


VALUES = [
    ("张三", ["张三".encode()], ["张三".encode("gb18030"), "张三".encode("utf-16-le")]),
    ("欧阳明", ["欧阳明".encode(c) for c in ("utf-8", "gb18030", "utf-16-be")], []),
    ("café-société", ["café-société".encode(), "café-société".encode("utf-16-le")], []),
    (13_800_000_000, [b"13800000000", (13_800_000_000).to_bytes(6, "big")], []),
    (-(1 << 50), [(-(1 << 50)).to_bytes(8, "little", signed=True)], []),
    ((1 << 64) - 5, [((1 << 64) - 5).to_bytes(8, "big"), str((1 << 64) - 5).encode()], []),
    (1 << 70, [str(1 << 70).encode()], [(1 << 70).to_bytes(9, "big")]),
    (memoryview(b"\0\1\2\3\4\5\6"), [b"\0\1\2\3\4\5\6"], []),
    (True, [], [b"True", b"1"]),
    (1234, [], [b"1234"]),
    ("short", [], [b"short"]),
]


@pytest.mark.parametrize("engine", ["fast", "standard"])
@pytest.mark.parametrize(("value", "found", "passed"), VALUES)
def test_the_forms_in_which_a_value_is_looked_for(
    monkeypatch: pytest.MonkeyPatch, engine: str, value: Any, found: list[bytes], passed: list[bytes]
) -> None:
    if engine == "standard":
        monkeypatch.setattr(needle_words.importlib.util, "find_spec", lambda _: None)
    needles = Needles()
    needles.add([value, None, value, 1.5])
    search = needles.search()
    assert len(needles) == bool(found)
    assert [search.in_data(b"\xff\xff" + form + b"\xff") for form in found] == [{_plain(value)}] * len(found)
    assert [search.in_data(b"\xff\xff" + form + b"\xff") for form in passed] == [set()] * len(passed)


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def test_where_the_file_system_does_not_say_the_device_is_not_looked_at(
    held: Held, people: Any, image: Callable[..., Any], tmp_path: Path
) -> None:
    place = image("btrfs", mount=("compress-force=zlib",)).mount
    shutil.copyfile(tmp_path / "crm.db", place / "crm.db")
    os.sync()
    url = f"sqlite:///{place / 'crm.db'}"
    rows = SignedRows(people, url, customers=list_of(tmp_path / "list.csv", GOING))
    end = rows.ends()["客户"]
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert "found_on_device" not in dict(end.evidence.facts)
    assert dict(end.evidence.facts)["found_after"] == 0


def test_a_device_that_fails_says_nothing_of_what_it_holds(
    held: Held, image: Callable[..., Any], tmp_path: Path
) -> None:
    made = image("ext4")
    file = made.mount / "crm.db"
    shutil.copyfile(tmp_path / "crm.db", file)
    stand = stand_of(file)
    needles = Needles()
    needles.add([GOING[0].mobile])
    assert stand
    assert stand.judge(file, needles.search(), ()).freed == 1
    device, size = _device(made.mount), made.path.stat().st_size
    os.truncate(made.path, 1 << 20)
    try:
        subprocess.run(["losetup", "--set-capacity", device], check=True)
        verdict = stand.judge(file, needles.search(), ())
    finally:
        os.truncate(made.path, size)
        subprocess.run(["losetup", "--set-capacity", device], check=True)
    assert (verdict.freed, verdict.outcome) == (None, stand.outcome)


def _device(mount: Path) -> str:
    done = subprocess.run(["findmnt", "-no", "SOURCE", mount], capture_output=True, text=True, check=True)
    return done.stdout.strip()
