"""The attack battery: everything is caught, each under its own name and in its own words."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import journal_battery as battery
import pytest

from app.domain.fault import Breach, JournalPart, Unseen
from app.journal import Anchor, FirstKey, Turn, verify
from app.language import Language, say

FIRST = FirstKey.new()
CAUGHT: dict[Callable[[Path], None], Breach] = {
    battery.one_byte: Breach.WRONG_HASH,
    battery.one_entry_deleted: Breach.ENTRY_MISSING,
    battery.edit_and_rehash: Breach.WRONG_SEAL,
    battery.edit_with_the_stolen_key: Breach.LATER_KEY,
    battery.tail_cut: Breach.KEY_AHEAD,
    battery.tail_cut_and_key_gone: Breach.ANCHOR_MISSING,
    battery.replaced: Breach.OTHER_FIRST_KEY,
    battery.seal_removed: Breach.NOT_SEALED,
    battery.one_seal_removed: Breach.NOT_SEALED,
    battery.numbers_skipped: Breach.WRONG_NUMBER,
    battery.rolled_back: Breach.ROLLED_BACK,
}
SEGMENTS: dict[Callable[[Path], None], Breach] = {
    battery.segment_removed: Breach.SEGMENT_MISSING,
    battery.last_segment_removed: Breach.SEGMENT_MISSING,
    battery.segments_swapped: Breach.SEGMENT_ORDER,
    battery.first_two_swapped: Breach.SEGMENT_ORDER,
    battery.segments_joined: Breach.SEGMENT_ORDER,
}


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sealed")
    battery.written(folder / "case", first=FIRST)
    battery.written(folder / "old", first=FIRST, count=150)
    return folder


@pytest.fixture
def path(sealed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sealed, tmp_path / "here")) / "case" / "journal.jsonl"


def test_untouched_it_is_proven(path: Path) -> None:
    report = verify(path, [battery.anchor_at(path)], FIRST)
    assert report.proven
    assert (report.count, report.seals, report.anchors, report.segments) == (200, 200, 1, 1)
    assert all(part.holds for part in report.looked())


@pytest.mark.parametrize("attack", CAUGHT, ids=lambda attack: attack.__name__)
def test_every_attack_is_caught_by_its_name(path: Path, attack: Callable[[Path], None]) -> None:
    anchor = battery.anchor_at(path)
    attack(path)
    report = verify(path, [anchor], FIRST)
    assert not report.ok
    assert CAUGHT[attack] in {found.breach for found in report.problems}
    assert any(part.problems for part in report.looked())


@pytest.mark.parametrize("attack", SEGMENTS, ids=lambda attack: attack.__name__)
def test_segments_that_are_gone_or_moved_are_caught(tmp_path: Path, attack: Callable[[Path], None]) -> None:
    path = battery.written(tmp_path / "case", first=FIRST, turn=Turn(entries=30))
    assert verify(path, [battery.anchor_at(path)], FIRST).proven
    assert verify(path).segments > 3
    attack(path)
    assert SEGMENTS[attack] in {found.breach for found in verify(path).problems}


def test_each_has_its_own_words() -> None:
    for language in Language:
        said = {say(breach, language) for breach in Breach}
        assert len(said) == len(Breach)


def test_what_neither_key_nor_anchor_vouches_for_is_said(path: Path) -> None:
    """Chain alone: an edit that was computed anew passes, and the report says that it would."""
    battery.edit_and_rehash(path)
    report = verify(path)
    assert report.ok
    assert not report.proven
    unseen = {part.part: part.unseen for part in report.looked() if part.unseen}
    assert unseen == {JournalPart.SEAL: Unseen.NO_FIRST_KEY, JournalPart.ANCHOR: Unseen.NO_ANCHOR}


def test_the_first_key_alone_sees_all_but_a_tail_and_a_folder_put_back(path: Path) -> None:
    blind = set()
    for attack in CAUGHT:
        here = path.parent.with_name("trial")
        shutil.rmtree(here, ignore_errors=True)
        shutil.copytree(path.parent, here / "case")
        shutil.copytree(path.parent.with_name("old"), here / "old")
        attack(here / "case" / "journal.jsonl")
        if verify(here / "case" / "journal.jsonl", (), FIRST).ok:
            blind.add(attack)
    assert blind == {battery.tail_cut_and_key_gone, battery.rolled_back}


def test_the_anchor_alone_sees_every_attack_before_it(path: Path) -> None:
    anchor = battery.anchor_at(path)
    for attack in CAUGHT:
        here = path.parent.with_name("trial")
        shutil.rmtree(here, ignore_errors=True)
        shutil.copytree(path.parent, here / "case")
        shutil.copytree(path.parent.with_name("old"), here / "old")
        attack(here / "case" / "journal.jsonl")
        assert not verify(here / "case" / "journal.jsonl", [anchor]).ok, attack.__name__


def test_a_broken_journal_says_what_it_did_not_come_to(path: Path) -> None:
    anchor = battery.anchor_at(path)
    battery.one_byte(path)
    unseen = {part.part: part.unseen for part in verify(path, [anchor]).looked()}
    assert unseen[JournalPart.ENTRIES] is None
    assert unseen[JournalPart.ANCHOR] is unseen[JournalPart.END] is Unseen.BROKEN_BEFORE


def test_a_journal_without_a_seal_says_so(tmp_path: Path) -> None:
    path = battery.written(tmp_path / "case", first=None)
    report = verify(path, [battery.anchor_at(path)])
    assert report.proven
    assert {part.unseen for part in report.looked()} == {None, Unseen.NO_SEAL}
    assert [found.breach for found in verify(path, (), FIRST).problems] == [Breach.NOT_SEALED]


def test_an_anchor_that_no_journal_can_meet_is_wrong(path: Path) -> None:
    assert [one.breach for one in verify(path, [Anchor(0, "x"), Anchor(5, "x")]).problems] == [
        Breach.ANCHOR_DIFFERS,
        Breach.ANCHOR_DIFFERS,
    ]


def test_any_segment_stands_for_the_whole(tmp_path: Path) -> None:
    path = battery.written(tmp_path / "case", first=FIRST, turn=Turn(entries=60))
    whole = verify(path, (), FIRST)
    assert verify(path.with_name("journal.3.jsonl"), (), FIRST) == whole
    alone = tmp_path / "journal.7.jsonl"
    shutil.copy(path, alone)
    assert verify(alone).problems[0].breach is Breach.SEGMENT_MISSING


def test_a_key_file_that_is_none_is_no_witness(path: Path) -> None:
    path.with_suffix(".key").write_bytes(b"nothing")
    battery.tail_cut(path)
    assert verify(path, (), FIRST).ok


BITS = 400


def test_any_flipped_bit_is_caught(path: Path) -> None:
    """Nothing is valid any more, and nothing crashes; the campaign of 10,000 is benchmarks/journal.py."""
    whole, anchor = path.read_bytes(), battery.anchor_at(path, battery.COUNT)
    chance = random.Random(20261122)
    taken: set[Breach | None] = set()
    for _ in range(BITS):
        at, bit = chance.randrange(len(whole)), 1 << chance.randrange(8)
        path.write_bytes(whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :])
        report = verify(path, [anchor], FIRST)
        assert not report.proven, (at, bit)
        taken |= {found.breach for found in report.problems}
    assert {Breach.NOT_AN_ENTRY, Breach.WRONG_HASH, Breach.WRONG_SEAL} <= taken


def test_no_edit_of_the_structure_passes(path: Path) -> None:
    lines, anchor = path.read_bytes().splitlines(keepends=True), battery.anchor_at(path, battery.COUNT)
    chance = random.Random(7)
    for edit in range(120):
        path.write_bytes(b"".join(battery.restructured(lines, edit, chance)))
        assert not verify(path, [anchor], FIRST).proven, edit
