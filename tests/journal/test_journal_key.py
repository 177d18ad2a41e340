"""The first key in words and code, the key that moves on, and its file killed at any point."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import journal_battery as battery
import pytest

from app.domain.fault import Breach, Fault, Refused
from app.journal import (
    Entry,
    FirstKey,
    Journal,
    Tongue,
    Turn,
    first_key_qr,
    first_key_words,
    read_first_key,
    verify,
)
from app.journal import keyfile as keys
from app.journal.key import evolved, seal_of
from app.journal.keyfile import BLOCK, SIZE, KeyFile, KeyState, newest_state
from app.journal.segments import key_path, segment_path

FIRST = FirstKey(bytes(range(16)))
SECRET = bytes(32)


def test_the_words_are_those_of_bip_39() -> None:
    zero = FirstKey(bytes(16))
    assert first_key_words(zero, Tongue.EN) == ("abandon",) * 11 + ("about",)
    assert "".join(first_key_words(zero, Tongue.ZH)) == "的" * 11 + "在"
    assert first_key_words(FirstKey(b"\xff" * 16), Tongue.EN) == ("zoo",) * 11 + ("wrong",)


@pytest.mark.parametrize("form", [" {} ", "{}", "\n{}\n"])
def test_what_is_written_is_read_back(form: str) -> None:
    english, chinese = (" ".join(first_key_words(FIRST, tongue)) for tongue in (Tongue.EN, Tongue.ZH))
    for text in (english, english.upper(), chinese, chinese.replace(" ", ""), first_key_qr(FIRST)):
        assert read_first_key(form.format(text)) == FIRST


@pytest.mark.parametrize(
    "text",
    [
        "",
        "one two",
        "abandon " * 12,
        "abandon " * 11 + "aboot",
        "的" * 12,
        "的" * 11 + "z",
        "LETHE-KEY-1-00",
        "LETHE-KEY-1-" + "Z" * 32,
    ],
)
def test_what_is_no_first_key_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        read_first_key(text)
    assert refused.value.fault is Fault.FIRST_KEY_UNREADABLE


def test_a_first_key_is_not_shown_by_chance() -> None:
    assert FIRST.seed.hex() not in repr(FIRST)
    assert str(FIRST.seed) not in repr(FIRST)
    assert FirstKey.new() != FirstKey.new()


def test_the_seal_can_be_checked_by_hand(tmp_path: Path) -> None:
    """What a stranger would do, with SHA-256 and HMAC alone."""
    import hmac

    path = battery.written(tmp_path, first=FIRST, count=5)
    key = hashlib.sha256(b"lethe first key 1" + FIRST.seed).digest()
    assert battery.entries(path)[0].prev == hashlib.sha256(b"lethe journal 1 sealed" + key).hexdigest()
    for line, entry in zip(path.read_bytes().splitlines(), battery.entries(path), strict=True):
        content = line.replace(b',"hash":"%b"' % entry.hash.encode(), b"")
        content = content.replace(b',"seal":"%b"' % entry.seal.encode(), b"")
        assert hashlib.sha256(content).hexdigest() == entry.hash
        assert hmac.new(key, bytes.fromhex(entry.hash), "sha256").hexdigest() == entry.seal
        key = hashlib.sha256(b"evolve" + key).digest()


def test_no_old_key_stays_in_the_file(tmp_path: Path) -> None:
    path = battery.written(tmp_path, first=FIRST, count=20)
    data = key_path(path).read_bytes()
    assert len(data) == SIZE
    assert key_path(path).stat().st_mode & 0o777 == 0o600
    old = [evolved(FIRST.key, n) for n in range(20)]
    assert not any(key in data for key in [FIRST.seed, *old])
    assert newest_state(data) == KeyState(20, evolved(FIRST.key, 20))


def test_the_first_key_is_kept_for_its_officer_until_it_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal.create(path, FIRST, kept_for=SECRET)
    journal.append("a", {})
    journal.close()
    journal = Journal.open(path, lambda _: None)
    assert journal.first_key(SECRET) == FIRST
    assert journal.first_key(b"x" * 32) is None
    kept = key_path(path).read_bytes()[48:92]
    for _ in range(2):
        journal.forget_first_key()
        assert journal.first_key(SECRET) is None
    journal.close()
    assert any(kept)
    assert kept not in key_path(path).read_bytes()


def test_a_bare_journal_keeps_no_key(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path / "journal.jsonl")
    journal.forget_first_key()
    assert journal.first_key(SECRET) is None
    journal.close()
    assert not key_path(tmp_path / "journal.jsonl").exists()


def reopened(path: Path) -> tuple[list[str], int]:
    """Open and close a journal; give the events added at the opening."""
    before: list[Entry] = []
    journal = Journal.open(path, before.append)
    journal.close()
    return [entry.event for entry in battery.entries(path)[len(before) :]], len(before)


class KilledError(Exception):
    """The process ends here."""


def test_killed_at_any_write_it_goes_on_and_every_seal_fits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every write and truncation of journal and key is once the last, whole or half done."""
    real = os.write
    for last in range(1, 30):
        for part in (0.0, 0.5, 1.0):
            folder = tmp_path / f"{last}-{part}"
            folder.mkdir()
            path = folder / "journal.jsonl"
            journal = Journal.create(path, FIRST)
            journal.turn = Turn(entries=7)
            left = [last]
            acknowledged = 0

            def write(fd: int, data: bytes, left: list[int] = left, part: float = part) -> int:
                left[0] -= 1
                if left[0] == 0:
                    real(fd, bytes(data)[: round(len(data) * part)])
                if left[0] <= 0:
                    raise KilledError
                return real(fd, data)

            with monkeypatch.context() as patch:
                patch.setattr(os, "write", write)
                try:
                    for n in range(12):
                        journal.append("e", {"n": n})
                        journal.append("e", {"n": n})
                        journal.commit()
                        acknowledged = journal.count
                except KilledError:
                    pass
            os.close(journal._descriptor)
            os.close(journal._keys._descriptor)
            added, count = reopened(path)
            assert count >= acknowledged
            assert set(added) <= {"behind", "torn", "segment"}
            report = verify(path, (), FIRST)
            assert report.proven or not acknowledged + report.count, (last, part, report)


def test_a_key_that_lags_is_moved_on_and_said(tmp_path: Path) -> None:
    path = battery.written(tmp_path, first=FIRST, count=10)
    old = key_path(path).read_bytes()
    journal = Journal.open(path, lambda _: None)
    journal.append("x", {})
    journal.close()
    key_path(path).write_bytes(old)
    assert reopened(path) == (["behind"], 11)
    assert verify(path, (), FIRST).proven


def refused(path: Path) -> str:
    with pytest.raises(Refused) as why:
        Journal.open(path, lambda _: None)
    assert why.value.fault is Fault.JOURNAL_BROKEN
    return why.value.detail


def gone(path: Path) -> None:
    key_path(path).unlink()


def damaged(path: Path) -> None:
    key_path(path).write_bytes(key_path(path).read_bytes()[: BLOCK * 2])


def both_states_damaged(path: Path) -> None:
    data = bytearray(key_path(path).read_bytes())
    data[BLOCK : BLOCK + 64] = data[2 * BLOCK : 2 * BLOCK + 64] = b"x" * 64
    key_path(path).write_bytes(data)


def not_a_file(path: Path) -> None:
    gone(path)
    key_path(path).mkdir()


def of_another(path: Path) -> None:
    other = battery.written(path.parent / "other", first=FirstKey.new())
    key_path(path).write_bytes(key_path(other).read_bytes())


def lagging(path: Path) -> None:
    """The key of five entries ago, and one of them edited and linked anew with the stolen key."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(battery, "stolen", lambda _: evolved(FIRST.key, 3))
        made = battery.entries(path)
        battery.put(path, battery.relinked(battery.edited(made, 195), 195, evolved(FIRST.key, 3)))
    file, _ = KeyFile.open(key_path(path))
    file.put(KeyState(190, evolved(FIRST.key, 190)))
    file.close()


@pytest.mark.parametrize(
    ("change", "breach"),
    [
        (gone, Breach.KEY_MISSING),
        (damaged, Breach.KEY_MISSING),
        (both_states_damaged, Breach.KEY_MISSING),
        (not_a_file, Breach.KEY_MISSING),
        (of_another, Breach.OTHER_FIRST_KEY),
        (lagging, Breach.WRONG_SEAL),
        (battery.tail_cut, Breach.KEY_AHEAD),
        (battery.seal_removed, Breach.NOT_SEALED),
    ],
)
def test_a_journal_and_a_key_that_do_not_fit_are_refused(
    tmp_path: Path, change: Callable[[Path], None], breach: Breach
) -> None:
    path = battery.written(tmp_path / "case", first=FIRST)
    change(path)
    assert refused(path) == breach.value


def test_a_sealed_journal_without_an_entry_is_taken_up(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    Journal.create(path, FIRST).close()
    journal = Journal.open(path, lambda _: None)
    journal.append("a", {})
    journal.close()
    assert verify(path, (), FIRST).proven


def test_a_key_that_cannot_be_written_stops_the_work_and_is_made_up_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal.create(path, FIRST)
    journal.turn = Turn(entries=3)

    def failing(_: int) -> None:
        raise OSError(5, "I/O error")

    for n in range(4):
        with monkeypatch.context() as patch:
            patch.setattr(keys, "sync_content", failing)
            journal.append("e", {"n": n})
            with pytest.raises(Refused) as why:
                journal.commit()
            assert why.value.fault is Fault.JOURNAL_BROKEN
        journal.commit()
    journal.append("e", {"n": 9})
    with monkeypatch.context() as patch:
        patch.setattr(keys, "sync_content", failing)
        journal.leave()
    journal.leave()
    journal.close()
    assert verify(path, (), FIRST).proven
    assert segment_path(path, 2).exists()


def test_sealing_is_bound_to_the_number() -> None:
    digest = hashlib.sha256(b"").hexdigest()
    assert len({seal_of(evolved(FIRST.key, n), digest) for n in range(50)}) == 50
