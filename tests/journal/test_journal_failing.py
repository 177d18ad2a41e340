"""Every write and every sync fails once: the work stops, goes on later, and nothing is lost or said twice."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import journal_battery as battery
import pytest

from app.domain.fault import Fault, Refused
from app.flow.state import State
from app.journal import FirstKey, Journal, Turn, keeps_journal, keyfile, replay_entries, verify
from app.journal import journal as room
from app.journal.segments import key_path

FIRST = FirstKey(bytes(range(16)))


def failing_once(real: Callable[..., object], at: int) -> Callable[..., object]:
    """The call with this number, counted from 1, fails with a full disk; the others are real."""
    calls = [0]

    def call(*given: object) -> object:
        calls[0] += 1
        if calls[0] == at:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(*given)

    return call


def worked(journal: Journal) -> int:
    """Append thirteen entries in groups; commit again whatever was refused. Gives how often that was."""
    refused = 0
    for n in range(13):
        journal.append("e", {"n": n})
        try:
            journal.commit()
        except Refused as why:
            refused += why.fault is Fault.DISK_FULL
            if n % 2:
                journal.commit()
    journal.leave()
    journal.close()
    return refused


@pytest.mark.parametrize(
    ("owner", "name"),
    [(os, "write"), (room, "sync_file"), (keyfile, "sync_content"), (room, "sync_folder"), (room, "_opened")],
    ids=["write", "sync of the journal", "sync of the key", "sync of the folder", "new segment"],
)
def test_what_fails_once_is_made_up_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: object, name: str
) -> None:
    met = 0
    for at in range(1, 20):
        folder = tmp_path / str(at)
        folder.mkdir()
        journal = Journal.create(folder / "journal.jsonl", FIRST)
        journal.turn = Turn(entries=5)
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, failing_once(getattr(owner, name), at))
            met += worked(journal)
        report = verify(folder / "journal.jsonl", (), FIRST)
        assert report.proven, (at, report)
        told = [entry.body["n"] for entry in battery.entries(folder / "journal.jsonl") if entry.event == "e"]
        assert told == list(range(13))
    assert met


def test_the_word_of_farewell_may_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal.create(tmp_path / "journal.jsonl", FIRST)
    journal.append("a", {})
    journal.leave()
    journal.commit()
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", failing_once(os.write, 1))
        journal.leave()
    journal.close()
    assert [entry.event for entry in battery.entries(tmp_path / "journal.jsonl")] == ["a"]
    assert verify(tmp_path / "journal.jsonl", (), FIRST).ended == 0


def test_runs_and_their_ends_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    Journal.create(path, FIRST).close()
    for orderly in (True, False, True):
        journal = Journal.open(path, State().tell)
        journal.append("run", {})
        journal.commit()
        if orderly:
            journal.leave()
        journal.close()
    report = verify(path, (), FIRST)
    assert (report.runs, report.ended) == (3, 2)


def test_an_opening_that_fails_leaves_nothing_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = battery.written(tmp_path, first=FIRST, count=3)
    before = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(keyfile, "sync_content", failing_once(keyfile.sync_content, 1))
        with pytest.raises(Refused) as full:
            Journal.open(path, lambda _: None)
    assert full.value.fault is Fault.DISK_FULL
    assert path.read_bytes() == before
    Journal.open(path, lambda _: None).close()
    path.unlink()
    with pytest.raises(Refused) as gone:
        Journal.open(path, lambda _: None)
    assert gone.value.fault is Fault.CASE_NOT_FOUND


def test_a_key_file_that_is_in_the_way_is_not_overwritten(tmp_path: Path) -> None:
    key_path(tmp_path / "journal.jsonl").write_bytes(b"another's")
    with pytest.raises(Refused) as refused:
        Journal.create(tmp_path / "journal.jsonl", FIRST)
    assert refused.value.fault is Fault.CASE_EXISTS
    assert key_path(tmp_path / "journal.jsonl").read_bytes() == b"another's"


def test_what_is_a_journal_is_known_by_its_first_line(tmp_path: Path) -> None:
    assert not keeps_journal(tmp_path)
    battery.written(tmp_path, first=FIRST, count=1)
    assert keeps_journal(tmp_path)
    assert replay_entries(tmp_path / "journal.jsonl", lambda _: None)[0] == 1
    (tmp_path / "journal.jsonl").write_bytes(b"{}\n")
    assert not keeps_journal(tmp_path)
