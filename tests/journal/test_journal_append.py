"""Appending: what is committed survives, what is torn is said, what fails leaves no half entry."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.fault import Fault, Refused
from app.journal import Entry, Journal, replay_entries, verify
from app.journal.entry import GENESIS, parse


def made(path: Path, *events: str) -> Journal:
    journal = Journal.create(path)
    for event in events:
        journal.append(event, {"名": event, "n": 1})
    journal.commit()
    return journal


def reopened(path: Path) -> tuple[Journal, list[Entry]]:
    seen: list[Entry] = []
    return Journal.open(path, seen.append), seen


def test_committed_entries_come_back_in_order(tmp_path: Path) -> None:
    made(tmp_path / "j", "a", "b").close()
    journal, seen = reopened(tmp_path / "j")
    journal.append("c", {})
    journal.close()
    assert [entry.event for entry in seen] == ["a", "b"]
    assert verify(tmp_path / "j").count == 3
    assert verify(tmp_path / "j").ok


def test_uncommitted_entries_are_not_on_disk(tmp_path: Path) -> None:
    journal = made(tmp_path / "j", "a")
    journal.append("b", {})
    assert verify(tmp_path / "j").count == 1
    journal.commit()
    journal.commit()
    assert verify(tmp_path / "j").count == 2
    journal.close()


def test_a_second_journal_is_refused(tmp_path: Path) -> None:
    made(tmp_path / "j").close()
    with pytest.raises(Refused) as refused:
        Journal.create(tmp_path / "j")
    assert refused.value.fault is Fault.CASE_EXISTS


def test_creating_where_it_cannot_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        Journal.create(tmp_path / "none" / "j")
    assert refused.value.fault is Fault.JOURNAL_BROKEN


def test_a_missing_journal_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        reopened(tmp_path / "j")
    assert refused.value.fault is Fault.CASE_NOT_FOUND


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(keep=st.integers(0, 400))
def test_any_torn_tail_keeps_every_whole_entry(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "j"
    path.unlink(missing_ok=True)
    made(path, "a", "b").close()
    whole = path.read_bytes()
    path.write_bytes(whole[: min(keep, len(whole))])
    entries = path.read_bytes().count(b"\n")
    torn = not path.read_bytes().endswith(b"\n") and path.stat().st_size > 0
    journal, seen = reopened(path)
    journal.close()
    assert len(seen) == entries
    assert verify(path).count == entries + torn
    assert (b'"event":"torn"' in path.read_bytes()) == torn


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "j"
    made(path, "a", "b", "c").close()
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[2])
    with pytest.raises(Refused) as refused:
        reopened(path)
    assert (refused.value.fault, refused.value.line) == (Fault.JOURNAL_BROKEN, 2)


@pytest.mark.parametrize(
    ("code", "fault"), [(errno.ENOSPC, Fault.DISK_FULL), (errno.EIO, Fault.JOURNAL_BROKEN)]
)
def test_a_failed_write_leaves_the_file_at_the_last_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, fault: Fault
) -> None:
    journal = made(tmp_path / "j", "a")
    size = (tmp_path / "j").stat().st_size
    journal.append("b", {"long": "x" * 5000})
    real = os.write
    calls: list[int] = []

    def failing(descriptor: int, data: bytes) -> int:
        if calls:
            raise OSError(code, os.strerror(code))
        calls.append(1)
        return real(descriptor, bytes(data)[:100])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", failing)
        with pytest.raises(Refused) as refused:
            journal.commit()
    assert refused.value.fault is fault
    assert (tmp_path / "j").stat().st_size == size
    journal.close()
    assert verify(tmp_path / "j").count == 2


def test_a_full_disk_is_refused_for_real(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    journal = made(tmp_path / "j", "a")
    journal.append("b", {})
    spare = os.dup(journal._descriptor)
    device = os.open(full, os.O_WRONLY)
    os.dup2(device, journal._descriptor)
    try:
        with pytest.raises(Refused) as refused:
            journal.commit()
        assert refused.value.fault is Fault.DISK_FULL
    finally:
        os.dup2(spare, journal._descriptor)
        os.close(device)
        os.close(spare)
    journal.close()
    assert verify(tmp_path / "j").count == 2


def test_lines_read_back_equal(tmp_path: Path) -> None:
    journal = made(tmp_path / "j")
    entry = journal.append("e", {"path": "\udcff", "list": [1, True, None]})
    assert parse(entry.line(), 1, GENESIS) == entry
    journal.close()


def test_a_journal_that_is_not_there_cannot_be_replayed(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        replay_entries(tmp_path / "none", lambda _: None)
    assert refused.value.fault is Fault.CASE_NOT_FOUND
