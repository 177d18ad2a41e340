"""A second look opens only what changed, one that was stopped goes on, and the register ends as after one look."""

from __future__ import annotations

import os
import random
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.case import Location
from app.domain.event import Looked
from app.domain.record import Record
from app.domain.row import record_of
from app.register import Looking, Register
from app.register.codec import build, plain
from app.steps.locate import Known, edition, pool, survey

KEY = bytes(range(32))


class Case:
    """A register, and looks at one folder into it."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.root = root
        self.register = Register.create(folder / "register.db", KEY)

    def look(self, stop_after: int = -1, jobs: int = 0, subject: str = "") -> int:
        """Look once; give how many files were opened."""
        places = [Location(self.root)]
        looking = Looking(self.register, edition(places, subject=subject))
        opened = 0
        events = survey(
            places,
            key=KEY,
            jobs=jobs,
            subject=subject,
            memory=lambda folder: [Known(*one) for one in looking.known(folder)],
        )
        for event in events:
            if not isinstance(event, Looked):
                continue
            looking.take(event)
            opened += len(event.rows)
            stop_after -= 1
            if stop_after == 0:
                events.close()
                self.register.commit()
                return opened
        looking.finish(lambda one: Known(*one).records(KEY))
        return opened

    def held(self) -> dict[str, object]:
        found = {}
        for record in self.register.records():
            told = plain(record)
            macs = self.register._db.execute(
                "SELECT kind, mac FROM macs WHERE record = ? ORDER BY kind, mac", (record.id,)
            ).fetchall()
            found[record.path] = (told, macs)
        return found


@pytest.fixture
def tree(tmp_path, values):
    made = values(3)
    root = tmp_path / "in"
    for number in range(700):
        folder = root / f"d{number % 3}" / ("x" if number % 2 else "")
        folder.mkdir(parents=True, exist_ok=True)
        text = f"手机 {made.mobile()}" if number % 3 else "nothing here"
        (folder / f"{number}.txt").write_text(text)
    return root


def fresh(tmp_path: Path, root: Path) -> dict[str, object]:
    folder = tmp_path / f"fresh{random.random()}"
    folder.mkdir()
    case = Case(folder, root)
    case.look()
    return case.held()


def test_what_did_not_change_is_not_opened(tmp_path, tree):
    case = Case(tmp_path, tree)
    first = case.look()
    assert first == 466
    assert case.look() == 0
    assert case.look(jobs=1) == 0
    assert case.held() == fresh(tmp_path, tree)


def test_what_changed_came_or_went_is_seen(tmp_path, tree, values):
    made = values(4)
    case = Case(tmp_path, tree)
    case.look()
    (tree / "d1" / "new.txt").write_text(made.mobile())
    (tree / "d1" / "x" / "0.txt").write_text(made.mobile())
    changed = tree / "d1" / "4.txt"
    before = changed.stat()
    changed.write_text(changed.read_text().replace("手机 1", "手机 1")[:-1] + "7")
    os.utime(changed, ns=(before.st_atime_ns, before.st_mtime_ns))
    (tree / "d2" / "2.txt").write_text("clean now")
    (tree / "d2" / "8.txt").unlink()
    shutil.rmtree(tree / "d1" / "x")
    (tree / "d0" / "0.txt").rename(tree / "d0" / "00.txt")
    (tree / "d2" / "z").mkdir()
    (tree / "d2" / "z" / "1.txt").write_text(made.id())
    opened = case.look()
    assert 3 <= opened <= 4, "a new one, one with the old time and size, one in a new folder"
    assert case.held() == fresh(tmp_path, tree)


def test_no_process_begins_before_something_has_changed(tmp_path, tree, monkeypatch):
    case = Case(tmp_path, tree)
    case.look(jobs=2)
    begun = []

    class Counted(pool.Worker):
        def __init__(self) -> None:
            begun.append(1)
            super().__init__()

    monkeypatch.setattr(pool, "Worker", Counted)
    assert case.look(jobs=2) == 0
    assert not begun
    (tree / "d2" / "8.txt").unlink()
    case.look(jobs=2)
    assert len(begun) == 2
    assert case.held() == fresh(tmp_path, tree)


def test_what_changed_comes_among_what_did_not_in_the_order_of_the_walk(tmp_path, tree, values):
    case = Case(tmp_path, tree)
    case.look()
    (tree / "d1" / "new.txt").write_text(values(4).mobile())
    looking = Looking(case.register, edition([Location(tree)]))
    again, anew = (
        [
            before + name
            for event in survey([Location(tree)], key=KEY, jobs=2, memory=memory)
            if isinstance(event, Looked)
            for before, names in event.folders
            for name in names
        ]
        for memory in (lambda folder: [Known(*one) for one in looking.known(folder)], None)
    )
    assert again == anew
    assert len(again) == 701


def test_the_record_of_a_table_goes_with_the_next_look(tmp_path, tree):
    case = Case(tmp_path, tree)
    case.look()
    files = case.held()
    record = next(case.register.records())
    Looking(case.register, edition([Location(tree)])).add(
        replace(record, id="r-table", path="postgresql://there/db/customers")
    )
    assert len(case.held()) == len(files) + 1
    assert case.look() == 0
    assert case.held() == files


@pytest.mark.parametrize("jobs", [0, 1])
def test_a_file_older_than_1970_is_looked_at_once(jobs, tmp_path, tree):
    for name in ("d1/4.txt", "d0/0.txt"):
        os.utime(tree / name, ns=(-3 * 10**17, -3 * 10**17))
    if os.stat(tree / "d1" / "4.txt").st_mtime_ns >= 0:
        pytest.skip("the file system keeps no such time")
    case = Case(tmp_path, tree)
    assert case.look(jobs=jobs) == 466
    assert case.look(jobs=jobs) == 0
    assert case.held() == fresh(tmp_path, tree)


def test_another_subject_begins_anew(tmp_path, tree):
    case = Case(tmp_path, tree)
    case.look()
    assert case.look(subject="nothing here") > 466
    assert any(
        one["kind"] == "custom.subject" for told, _ in case.held().values() for one in told["findings"]
    )
    assert case.look() == 466


@pytest.mark.parametrize("jobs", [0, 2])
def test_a_look_that_was_stopped_goes_on(tmp_path, tree, jobs):
    case = Case(tmp_path, tree)
    done = case.look(stop_after=2, jobs=jobs)
    assert 0 < done < 466
    rest = case.look(jobs=jobs)
    assert done + rest == 466
    assert case.held() == fresh(tmp_path, tree)


def test_a_row_is_what_the_register_makes_of_a_record(tmp_path, tree):
    (tree / "客户\udce4.txt").write_text("身份证 110101199003074610")
    events = survey([Location(tree)], key=KEY, jobs=0)
    rows = [row for event in events if isinstance(event, Looked) for row in event.rows.values()]
    for row in rows:
        record = record_of(row)
        assert isinstance(record, Record)
        assert build(Record, plain(record)) == record
    assert any(record_of(row).path.endswith("客户\udce4.txt") for row in rows)
