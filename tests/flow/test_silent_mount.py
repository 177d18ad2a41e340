"""A disk that is silent inside of a place: it alone is not looked into, and whoever waits for it can stop."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.case import Backup, Location
from app.domain.event import Event, Progressed
from app.domain.outcome import Reason
from app.domain.step import Step
from app.flow import Flow, asking, desk, gates, vault_hunt
from app.flow.accounting import silent_places
from app.flow.around import Around
from app.flow.copying import key_ends
from app.flow.hunting import grounds_of, keys_as_they_lie
from app.flow.late import late_copies
from app.steps.shred import Grounds
from app.steps.shred.hunt import Hunted
from app.system import mounts, paths
from app.vault import SLOT
from tests.in_time import ends_by_itself

sys.path.append(str(Path(__file__).parents[1] / "steps/confirm/repositories"))

from test_repositories_disk_hung import Disk, disk

__all__ = ["disk"]

Advance = Callable[[Flow, Step], list[Event]]


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    for ask in (paths.silent_of, paths.real_paths, mounts.silent_below):
        monkeypatch.setattr(ask, "__defaults__", (3,))


def hunted_in(flow: Flow, place: Path, patience: float = 3) -> Hunted:
    """What a hunt in one place finds."""
    part = Grounds(places=(str(place),))
    ended: list[Hunted] = []

    def to_the_end() -> Generator[Progressed, None, None]:
        ended.append((yield from vault_hunt._in_part(flow._at.vault(), str(place), part, patience)))

    assert all(one.step in (Step.CERTIFY, Step.SHRED) for one in to_the_end())
    return ended[0]


def test_what_falls_silent_while_it_is_hunted_in_is_left_out_then(
    office, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow = office.flow()
    beside = disk.place.parent / "backup" / "old.bin"
    shutil.copyfile(flow.folder / SLOT, beside)
    (disk.place / "f.bin").write_bytes(b"x" * 100_000)
    real = mounts.silent_below
    answers = iter((True,))  # when it is asked first, and never again
    monkeypatch.setattr(
        mounts, "silent_below", lambda some: frozenset() if next(answers, False) else real(some)
    )
    disk.stop()
    try:
        hunted = hunted_in(flow, disk.place.parent)
    finally:
        disk.go_on()
    assert [(one.path, one.reason) for one in hunted.blind] == [(str(disk.place), Reason.DISK_SILENT)]
    assert str(beside) in [one.path for one in hunted.found]
    flow.close()


def test_a_place_that_is_silent_for_another_reason_is_not_tried_for_ever(
    office, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow = office.flow()
    (disk.place / "f.bin").write_bytes(b"x" * 100_000)
    monkeypatch.setattr(mounts, "silent_below", lambda _: frozenset())
    disk.stop()
    try:
        hunted = hunted_in(flow, disk.place.parent, 0.5)
    finally:
        disk.go_on()
    assert [(one.path, one.reason) for one in hunted.blind] == [(str(disk.place.parent), Reason.DISK_SILENT)]
    flow.close()


def test_around_what_is_silent_all_else_is_there(tmp_path: Path) -> None:
    for name in ("a/b/silent/never", "a/b/other", "a/c", "elsewhere"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "a" / "f.bin").write_bytes(b"f")
    for name, to in (("file", "f.bin"), ("folder", "../elsewhere"), ("nothing", "none")):
        (tmp_path / "a" / name).symlink_to(to)
    silent = str(tmp_path / "a/b/silent")
    around = Around()
    around.take(str(tmp_path / "a"), {silent})
    around.take(str(tmp_path / "elsewhere"), {silent})
    there = [str(tmp_path / one) for one in ("a/b/other", "a/c", "a/f.bin", "a/file", "elsewhere")]
    assert around.pieces == there
    assert [(one.path, one.reason) for one in around.blind] == [
        (silent, Reason.DISK_SILENT),
        (str(tmp_path / "a/folder"), Reason.LINK),
    ]
    gone = Around()
    gone.take(str(tmp_path / "gone"), {str(tmp_path / "gone/silent")})
    assert [(one.path, one.reason) for one in gone.blind] == [(str(tmp_path / "gone"), Reason.UNREADABLE)]


def questions(flow: Flow) -> dict[str, Callable[[], Generator[Progressed, None, object]]]:
    """Every question to many disks at once that a step asks."""
    here, at = flow._at.desk(), flow._at

    def nobody(*_: object) -> str:
        return ""

    return {
        "grounds": lambda: grounds_of(here, nobody, Step.SHRED),
        "keys": lambda: keys_as_they_lie(here, nobody),
        "ends": lambda: key_ends(here, flow.plan(), Step.WIPE),
        "account": lambda: silent_places(here, flow.plan()),
        "hunt": lambda: vault_hunt._hunt(here, at.vault(), nobody, 1),
        "late": lambda: late_copies(here),
    }


def test_a_step_that_asks_many_disks_lives_meanwhile_and_can_be_stopped(
    office, disk: Disk, advance: Advance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as they are waited for."""
    stores = (Backup("borg", disk.place / "repo"), Backup("folder", disk.place / "backup"))
    flow = office.flow()
    advance(flow, Step.SIGN)
    assert list(late_copies(flow._at.desk())), "what a hold keeps is known from then on"
    flow.plan()
    flow._at._desk = replace(
        flow._at.desk(), case=replace(office.case, backups=stores, locations=(Location(disk.place / "x"),))
    )
    for ask in (paths.silent_of, paths.real_paths, mounts.silent_below):
        monkeypatch.setattr(ask, "__defaults__", (90,))
    disk.stop()
    try:
        for name, ask in questions(flow).items():
            with ends_by_itself():
                run = ask()
                signs = [next(run) for _ in range(3)]
                run.close()
            assert len(signs) == 3, name
            assert all(isinstance(one, Progressed) for one in signs), name
    finally:
        disk.go_on()
    flow.close()


def test_what_is_declared_anew_does_not_wait_for_silent_disks(
    office, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The window asks it, outside of any step: there is a time for all disks together."""
    monkeypatch.setattr(desk, "ANSWER", 1)
    monkeypatch.setattr(paths.real_paths, "__defaults__", (1,))
    many = (Location(disk.place / str(number)) for number in range(45))  # one by one, in both cases: 90 s
    old = replace(office.case, locations=(*office.case.locations, *many))
    terms = replace(office.case.certificate, out=disk.place / "out", register=disk.place / "r.csv")
    new = replace(old, certificate=terms)
    disk.stop()
    try:
        with ends_by_itself():
            first = gates.first_changed(old, new)
    finally:
        disk.go_on()
    assert first is Step.CONFIRM


def test_a_question_that_is_broken_off_is_closed() -> None:
    ended = []

    def run() -> Generator[int, None, str]:
        try:
            yield 1
            yield 2
        finally:
            ended.append(True)
        return "found"

    shown = asking.shown_as(str, run())
    assert next(shown) == "1"
    shown.close()
    assert ended == [True]
