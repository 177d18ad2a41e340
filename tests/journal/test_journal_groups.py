"""Large groups, whose key reaches the disk while the next one is made; and a journal of an earlier Lethe."""

from __future__ import annotations

import errno
import hashlib
import hmac
import os
import threading
from pathlib import Path

import journal_battery as battery
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.fault import Fault, Refused
from app.journal import FirstKey, Journal, keyfile, replay_entries, verify
from app.journal.entry import Entry
from app.journal.key import evolved, seal_of
from app.journal.keyfile import KeyState, newest_state
from app.journal.segments import key_path

FIRST = FirstKey(bytes(range(16)))
GROUP = 100
OLD = Path(__file__).with_name("written_by_0_1.jsonl")


def group(journal: Journal) -> None:
    for n in range(GROUP):
        journal.append("e", {"n": n})
    journal.commit()


def test_what_an_earlier_lethe_wrote_still_holds_and_is_written_the_same() -> None:
    assert verify(OLD, (), FIRST).proven
    seen: list[Entry] = []
    replay_entries(OLD, seen.append)
    assert b"".join(entry.line() for entry in seen) == OLD.read_bytes()


@given(st.binary(min_size=32, max_size=32), st.binary())
def test_a_seal_is_the_hmac_of_the_library(key: bytes, content: bytes) -> None:
    digest = hashlib.sha256(content).hexdigest()
    assert seal_of(key, digest) == hmac.new(key, bytes.fromhex(digest), "sha256").hexdigest()


def test_the_new_key_is_in_the_file_at_once_and_the_old_one_gone_at_the_next_group(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal.create(path, FIRST)
    for count in (GROUP, 2 * GROUP, 3 * GROUP):
        group(journal)
        data = key_path(path).read_bytes()
        assert newest_state(data) == KeyState(count, evolved(FIRST.key, count))
        assert evolved(FIRST.key, count - 2 * GROUP) not in data or count < 2 * GROUP
    journal.close()
    data = key_path(path).read_bytes()
    assert not any(evolved(FIRST.key, n) in data for n in range(3 * GROUP))
    assert verify(path, (), FIRST).proven


def test_the_group_waits_for_the_key_of_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the disk holds the key up, no second group is written after it."""
    path = tmp_path / "journal.jsonl"
    journal = Journal.create(path, FIRST)
    held, real = threading.Event(), keyfile.sync_content

    def slow(fd: int) -> None:
        assert held.wait(20)
        real(fd)

    monkeypatch.setattr(keyfile, "sync_content", slow)
    group(journal)
    second = threading.Thread(target=group, args=(journal,))
    second.start()
    second.join(0.3)
    assert second.is_alive()
    assert verify(path).count == GROUP
    held.set()
    second.join(20)
    journal.close()
    assert verify(path, (), FIRST).proven


def test_a_key_that_failed_behind_stops_the_next_group_and_is_made_up_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal.create(path, FIRST)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(keyfile, "sync_content", full)
        group(journal)
        with pytest.raises(Refused) as why:
            group(journal)
    assert why.value.fault is Fault.DISK_FULL
    assert verify(path).count == GROUP
    journal.close()
    report = verify(path, (), FIRST)
    assert (report.count, report.proven) == (2 * GROUP, True)


def test_cut_off_before_the_key_followed_it_goes_on(tmp_path: Path) -> None:
    """The power fails while the key of a large group has not reached the disk."""
    path = tmp_path / "journal.jsonl"
    journal = Journal.create(path, FIRST)
    journal.append("run", {})
    journal.commit()
    before = key_path(path).read_bytes()
    group(journal)
    journal.close()
    key_path(path).write_bytes(before)
    seen: list[Entry] = []
    Journal.open(path, seen.append).close()
    assert len(seen) == GROUP + 1
    assert battery.entries(path)[-1].event == "behind"
    assert verify(path, (), FIRST).proven
