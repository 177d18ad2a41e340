"""Verifying: each kind of tampering is caught under its own name."""

from __future__ import annotations

import json
from pathlib import Path

import journal_battery as battery
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.fault import Breach
from app.journal import Anchor, FirstKey, Journal, Turn, verify, verifying
from app.journal.entry import GENESIS, Entry, chained
from tests.held import leaves_no_file_open


@pytest.fixture
def path(tmp_path: Path) -> Path:
    journal = Journal.create(tmp_path / "journal.jsonl")
    for n in range(20):
        journal.append("settled", {"id": f"r-{n}", "结果": "overwritten"})
    journal.close()
    return tmp_path / "journal.jsonl"


def breaches(path: Path, *anchors: Anchor) -> list[tuple[int, Breach]]:
    return [(found.line, found.breach) for found in verify(path, anchors).problems]


def test_an_untouched_journal_is_sound(path: Path) -> None:
    report = verify(path)
    assert report.ok
    assert report.count == 20
    assert breaches(path, Anchor(20, report.head)) == []


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_changed_byte_is_caught(path: Path, data: st.DataObject) -> None:
    whole = path.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 2))
    bit = data.draw(st.sampled_from([1, 2, 4, 8, 16, 32, 64, 128]))
    copy = path.with_name("copy")
    copy.write_bytes(whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :])
    report = verify(copy)
    assert not report.ok or report.torn


def test_a_deleted_entry_breaks_the_numbers(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:4] + lines[5:]))
    assert breaches(path) == [(5, Breach.ENTRY_MISSING)]


def test_swapped_entries_are_caught(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    lines[3], lines[4] = lines[4], lines[3]
    path.write_bytes(b"".join(lines))
    assert breaches(path) == [(4, Breach.ENTRY_MISSING)]


def forged(path: Path, cut: int) -> None:
    prev, lines = GENESIS, []
    for line in path.read_bytes().splitlines()[:cut]:
        old = Entry(**json.loads(line))
        new = chained(old.n, old.t, old.run, "forged", old.body, prev)
        prev = new.hash
        lines.append(new.line())
    path.write_bytes(b"".join(lines))


def test_a_journal_made_anew_is_caught_by_the_anchor_only(path: Path) -> None:
    anchor = Anchor(20, verify(path).head)
    forged(path, 20)
    assert verify(path).ok
    assert breaches(path, anchor) == [(20, Breach.ANCHOR_DIFFERS)]


def test_a_cut_tail_is_caught_by_the_anchor_only(path: Path) -> None:
    anchor = Anchor(20, verify(path).head)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:12]))
    assert verify(path).ok
    assert breaches(path, anchor) == [(20, Breach.ANCHOR_MISSING)]


def test_an_entry_spliced_from_another_journal_breaks_the_chain(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    stranger = chained(5, "2026-01-01T00:00:00.000Z", "00000000", "settled", {}, GENESIS)
    path.write_bytes(b"".join([*lines[:4], stranger.line(), *lines[5:]]))
    assert breaches(path) == [(5, Breach.CHAIN_BROKEN)]


@pytest.mark.parametrize(
    ("line", "breach"),
    [
        (b"{}\n", Breach.NOT_AN_ENTRY),
        (b"not json\n", Breach.NOT_AN_ENTRY),
        (b"[1]\n", Breach.NOT_AN_ENTRY),
        (chained(1, "t", "r", "e", {}, GENESIS).line().replace(b'"n":1', b'"n": 1'), Breach.WRONG_HASH),
        (
            chained(1, "t", "r", "e", {}, GENESIS).line().replace(b'"body":{}', b'"body":[]'),
            Breach.NOT_AN_ENTRY,
        ),
        (
            chained(1, "t", "r", "e", {}, GENESIS).line().replace(b'"body":{}', b'"body":{"x":1.5}'),
            Breach.WRONG_HASH,
        ),
        (chained(1, "t", "r", "e", {}, GENESIS).line()[:-2] + b',"x":1}\n', Breach.NOT_AN_ENTRY),
        (chained(1, "t", "r", "e", {}, "00").line(), Breach.CHAIN_BROKEN),
    ],
)
def test_a_line_that_is_no_entry_is_named(tmp_path: Path, line: bytes, breach: Breach) -> None:
    (tmp_path / "j").write_bytes(line)
    assert breaches(tmp_path / "j") == [(1, breach)]


def test_missing_empty_and_torn(tmp_path: Path, path: Path) -> None:
    assert breaches(tmp_path / "none") == [(0, Breach.UNREADABLE)]
    (tmp_path / "empty").touch()
    assert breaches(tmp_path / "empty") == [(0, Breach.EMPTY)]
    path.write_bytes(path.read_bytes()[:-5])
    report = verify(path)
    assert report.ok
    assert (report.count, report.torn > 0) == (19, True)


def test_hash_and_seal_must_stand_where_they_belong(path: Path) -> None:
    from app.journal.key import FirstKey, seal_of

    entry = chained(1, "t", "r", "e", {}, FirstKey.new().mark)
    line = entry._replace(seal=seal_of(bytes(32), entry.hash)).line()
    seal = line[line.index(b',"seal"') : line.index(b',"t"')]
    digest = line[line.index(b',"hash"') : line.index(b',"n"')]
    path.write_bytes(line)
    assert breaches(path) == []
    for part, before in ((seal, b',"run"'), (digest, b',"run"'), (seal, b"}\n")):
        path.write_bytes(line.replace(part, b"").replace(before, part + before))
        assert breaches(path) == [(1, Breach.WRONG_HASH)]


def test_what_ends_inside_or_begins_elsewhere_is_named(path: Path) -> None:
    second = path.with_name("journal.2.jsonl")
    second.touch()
    assert verify(path).ok
    second.write_bytes(b"x")
    assert breaches(path) == [(21, Breach.ENTRY_MISSING)]
    path.write_bytes(path.read_bytes()[:-1])
    assert breaches(path) == [(20, Breach.NOT_AN_ENTRY)]
    path.write_bytes(b"")
    assert breaches(path) == [(1, Breach.SEGMENT_MISSING)]


def test_in_pieces_it_says_its_pace_and_the_same_report(tmp_path: Path) -> None:
    first = FirstKey.new()
    path = battery.written(tmp_path, first=first, count=4500, turn=Turn(entries=3000))
    pieces = verifying(path, (), first)
    told = [next(pieces), next(pieces)]
    with pytest.raises(StopIteration) as end:
        next(pieces)
    assert end.value.value == verify(path, (), first)
    assert [pace.entries for pace in told] == [2000, 4000]
    size = sum(file.stat().st_size for file in tmp_path.glob("journal*.jsonl"))
    assert all(pace.total == size for pace in told)
    assert told[0].done < told[1].done < size


def test_closed_between_two_pieces_it_leaves_no_file_open(tmp_path: Path) -> None:
    path = battery.written(tmp_path, first=None, count=2500)
    with leaves_no_file_open():
        pieces = verifying(path)
        next(pieces)
        pieces.close()
