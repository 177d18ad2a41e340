"""A disk that stops to answer before certifying: what lay on it is told as not seen again, and nothing hangs."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from app.domain.case import Backup, HoldRule, KeySource, Match
from app.domain.event import Event, Progressed, Settled
from app.domain.fate import Fate
from app.domain.limit import LimitKind
from app.domain.outcome import Evidence, KeepOutcome, KeyOutcome, Outcome, Reason
from app.domain.plan import PlanItem, Subject
from app.domain.step import Step
from app.flow import Flow, closing, late, seen_again, vault_hunt
from app.steps.certify import Status
from app.steps.certify.status import Failing, destroyed, failing_of
from app.steps.confirm import in_place
from app.steps.shred import Grounds, Repository
from app.system import drawing, mounts, paths
from app.vault import SLOT
from tests.in_time import ends_by_itself

sys.path.append(str(Path(__file__).parents[1] / "steps/confirm/repositories"))

from test_repositories_disk_hung import Disk, disk

__all__ = ["disk"]

Advance = Callable[[Flow, Step], list[Event]]


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for no more than some seconds: what lives answers within them on a busy machine too."""
    monkeypatch.setattr(late, "in_place", partial(in_place, patience=3))
    monkeypatch.setattr(closing, "see_kept", partial(seen_again.see_kept, patience=3))
    monkeypatch.setattr(closing, "see_gone", partial(seen_again.see_gone, patience=3))
    monkeypatch.setattr(closing, "hunting_vault", partial(vault_hunt.hunting_vault, patience=3))
    for ask in (paths.silent_of, paths.real_paths, mounts.silent_below):
        monkeypatch.setattr(ask, "__defaults__", (3,))


@pytest.mark.usefixtures("hurried")
def test_a_silent_disk_is_told_and_not_waited_for(office, disk: Disk, advance: Advance) -> None:
    backup = disk.place / "backup"
    backup.mkdir()
    kept = (office.folder / "customers/disputes/投诉.txt").read_bytes()
    for name, data in (("a.csv", (office.folder / "customers/a.csv").read_bytes()), ("投诉.txt", kept)):
        (backup / name).write_bytes(data)
    holds = (*office.case.holds, HoldRule(Match(path=str(backup / "投诉.txt")), "complaint"))
    case = replace(office.case, holds=holds, backups=(*office.case.backups, Backup("folder", backup)))
    flow = Flow.create(office.folder / "case", case, office.officer)
    advance(flow, Step.WIPE)
    (went,) = [one for one in flow.copies() if one.path == str(backup / "a.csv")]
    before = next(one for one in flow.results() if one.id == went.id)
    disk.stop()
    with ends_by_itself(150):
        events = advance(flow, Step.CERTIFY)
        disk.go_on()
    ends = {one.id: one for one in events if isinstance(one, Settled)}
    assert ends[went.id].outcome is before.outcome
    assert Reason.DISK_SILENT in ends[went.id].evidence.limits
    assert all(one.outcome is not Outcome.FAILED for one in ends.values())
    assert KeepOutcome.FROZEN in {one.outcome for one in ends.values()}
    account = closing.get_account(flow.folder / "certificate", flow._at.state.accounted)
    (told,) = [one.limits for one in account.searched if one.limits]
    assert told == (Reason.DISK_SILENT,)
    (unknown,) = [one for one in account.beyond if one.kind is LimitKind.SILENT_DISK]
    assert (unknown.seen, unknown.name) == (False, account.searched[0].backup)
    assert Reason.PLACES_UNSEEN in closing.register_end(flow._at.state).evidence.limits
    assert flow.status is Status.WITH_EXCEPTIONS
    flow.close()


@pytest.mark.usefixtures("hurried")
def test_a_key_on_a_disk_that_fell_silent_is_an_exception(office, disk: Disk, advance: Advance) -> None:
    """It lies in no place that is searched again, and what its disk is nobody knows any more."""
    key = disk.place / "k.pem"
    shutil.move(office.folder / "key.pem", key)
    (office.folder / "backup/key.pem").unlink()
    case = replace(office.case, keys=(KeySource("pem", key),), holds=())
    flow = Flow.create(office.folder / "case", case, office.officer)
    advance(flow, Step.WIPE)
    disk.stop()
    advance(flow, Step.CERTIFY)
    disk.go_on()
    account = closing.get_account(flow.folder / "certificate", flow._at.state.accounted)
    (line,) = [one for one in account.lines if one.subject is Subject.KEY]
    assert line.evidence.limits[-1] is Reason.DISK_SILENT
    # As it would be on a medium of which nothing is unknown.
    best = replace(line, outcome=KeyOutcome.KEY_DESTROYED_HERE)
    assert (destroyed(best), failing_of(best)) == (True, Failing.NOT_SEEN_AGAIN)
    assert [one.seen for one in account.beyond if one.kind is LimitKind.SILENT_DISK] == [False] * 2
    assert flow.status is Status.WITH_EXCEPTIONS
    flow.close()


@pytest.mark.usefixtures("hurried")
def test_a_disk_that_falls_silent_below_a_place_holds_up_no_hunt(office, disk: Disk) -> None:
    """The place itself answers; what lies on the disk below it does not, and nobody knows beforehand."""
    (disk.place / "f.bin").write_bytes(b"x" * 100_000)
    backup = office.folder / "backup"
    case = replace(office.case, backups=(*office.case.backups, Backup("folder", disk.place.parent)))
    flow = Flow.create(office.folder / "case", case, office.officer)
    shutil.copyfile(flow.folder / SLOT, backup / "old.bin")
    desk, vault = flow._at.desk(), flow._at.vault()
    disk.stop()
    ended = []

    def to_the_end() -> Iterator[object]:
        ended.append((yield from vault_hunt._hunt(desk, vault, lambda *_: "", 3)))

    try:
        with ends_by_itself():
            signs = list(to_the_end())
    finally:
        disk.go_on()
    (hunted,) = ended
    assert signs, "all the while it is seen to go on"
    assert [one.path for one in hunted.blind] == [str(disk.place)]
    assert str(backup / "old.bin") in [one.path for one in hunted.found], "the rest was searched"
    assert {one.reason for one in hunted.blind} == {Reason.DISK_SILENT}
    flow.close()


def test_what_is_kept_on_a_silent_disk_was_not_seen(office, disk: Disk, advance: Advance) -> None:
    """One is waited for; the others there are not asked. What lies elsewhere is read."""
    flow = office.flow()
    advance(flow, Step.CONFIRM)
    items = list(flow.plan().items)
    device = disk.place.stat().st_dev
    there = [
        replace(one, path=str(disk.place / one.id), fate=Fate.FREEZE, stamp=replace(one.stamp, device=device))
        for one in items
    ]
    kept = [one for one in (*items, *there) if one.fate is Fate.FREEZE]
    disk.stop()
    with ends_by_itself():
        events = list(seen_again.see_kept(kept, patience=3))
    ends = [one for one in events if isinstance(one, Settled)]
    hung = [one for one in ends if Reason.DISK_SILENT in one.evidence.limits]
    assert len(ends) == len(kept)
    assert len(hung) == len(there) >= 2
    assert {one.outcome for one in hung} == {Outcome.FAILED}
    wiped = [replace(one, fate=Fate.WIPE) for one in there if one.sha256]
    ended = {wiped[0].id: (Outcome.PROVEN, Evidence("x"))}
    told = seen_again.see_gone(wiped, ended, patience=3)
    (gone,) = [one for one in told if isinstance(one, Settled)]
    assert (gone.id, gone.outcome) == (wiped[0].id, Outcome.PROVEN), "what did not end is nobody's business"
    assert gone.evidence.limits == (Reason.DISK_SILENT,)
    assert any(isinstance(one, Progressed) and one.now == there[0].path for one in events)
    disk.go_on()
    # seen at last, it is not said any more
    told = seen_again.see_gone(wiped, {gone.id: (gone.outcome, gone.evidence)})
    (seen,) = [one for one in told if isinstance(one, Settled)]
    assert seen == replace(gone, evidence=Evidence("x"))
    flow.close()


def test_each_place_and_repository_is_hunted_once(office) -> None:
    stores = (Repository("restic", "/a/store", ""), Repository("borg", "/b", ""))
    grounds = Grounds(places=("/a", "/a/b", "/ab", "/a"), repositories=stores)
    told = [(name, part.places, part.repositories) for name, part in vault_hunt._parts("/case", grounds)]
    assert told == [
        ("/case", (), ()),
        ("/a", ("/a",), ()),
        ("/ab", ("/ab",), ()),
        ("/a/store", (), stores[:1]),
        ("/b", (), stores[1:]),
    ]


def test_without_a_slot_nobody_knows_what_a_copy_looks_like(office) -> None:
    flow = office.flow()
    desk, vault = flow._at.desk(), flow._at.vault()
    slot = flow.folder / SLOT
    slot.rename(slot.with_suffix(".away"))
    hunted = vault_hunt.hunted_now(desk, vault, lambda *_: "", lambda _: None)
    slot.with_suffix(".away").rename(slot)
    assert [(one.path, one.reason) for one in hunted.blind] == [(str(slot), Reason.GONE)]
    flow.close()


def items_of(office, advance: Advance, count: int) -> list[PlanItem]:
    """Some items of a plan, as they are on one disk."""
    flow = office.flow()
    advance(flow, Step.CONFIRM)
    (one, *_) = flow.plan().items
    flow.close()
    return [replace(one, id=f"i{number}") for number in range(count)]


def end_of(item: PlanItem, outcome: Outcome = Outcome.PROVEN) -> Settled:
    return Settled(Step.CERTIFY, item.id, item.subject, outcome, Evidence(""))


def unseen(item: PlanItem) -> Iterator[Settled]:
    yield end_of(item, Outcome.FAILED)


def told_of(items: list[PlanItem], check: seen_again.Check, patience: float) -> list[tuple[str, Outcome]]:
    told = seen_again._seen(items, check, unseen, patience)
    return [(one.id, one.outcome) for one in told if isinstance(one, Settled)]


def test_a_long_look_at_a_disk_that_gives_its_bytes_is_waited_for(office, advance: Advance) -> None:
    items = items_of(office, advance, 2)

    def slowly(some: Iterable[PlanItem]) -> Iterator[Progressed | Settled]:
        for one in some:
            for done in range(14 if one is items[0] else 1):
                time.sleep(0.25)
                yield Progressed(Step.CERTIFY, done, 14, "bytes", one.path)
            yield end_of(one)

    assert told_of(items, slowly, 3) == [(one.id, Outcome.PROVEN) for one in items]


def test_a_disk_that_knows_its_names_and_gives_no_bytes_is_not_waited_for(office, advance: Advance) -> None:
    items, back = items_of(office, advance, 4), threading.Event()

    def hanging(some: Iterable[PlanItem]) -> Iterator[Progressed | Settled]:
        for one in some:
            if one.id == "i2":
                yield Progressed(Step.CERTIFY, 1, 4, "bytes", one.path)
                assert os.path.lexists(one.path)
                back.wait(120)
            yield end_of(one)

    with ends_by_itself():
        told = told_of(items, hanging, 4)
        back.set()
    assert told == [(f"i{n}", Outcome.PROVEN if n < 2 else Outcome.FAILED) for n in range(4)]


def test_what_a_disk_says_too_late_is_neither_lost_nor_counted_for_another(office, advance: Advance) -> None:
    """It comes back in the very moment in which it is given up: each item is told of once, in its order."""
    items = items_of(office, advance, 40)
    for more in (0.0, 0.1, 0.2):

        def at_last(some: Iterable[PlanItem], more: float = more) -> Iterator[Settled]:
            for one in some:
                if one.id == "i3":
                    time.sleep(2 + more)
                yield end_of(one)

        told = told_of(items, at_last, 2)
        assert [item for item, _ in told] == [one.id for one in items]
        went = [outcome for _, outcome in told]
        assert went[:3] == [Outcome.PROVEN] * 3
        assert went[4:] == [went[3]] * 36


def test_a_look_that_is_given_up_sees_nothing_any_more(office, advance: Advance) -> None:
    items, back = items_of(office, advance, 2), threading.Event()
    looked, before = [], set(threading.enumerate())

    def at_last(some: Iterable[PlanItem]) -> Iterator[Settled]:
        for one in some:
            looked.append(one.id)
            back.wait(120)
            yield end_of(one)

    looks = seen_again._Looks(items, at_last)
    assert not [one for one in seen_again._drawn(looks, 2) if isinstance(one, Settled)]
    back.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(60)
    assert (looks.done, looks.fetched(), looked) == (0, [], ["i0"])


def test_where_all_is_silent_nothing_is_drawn(
    office, advance: Advance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine the thread that draws is late: the first that is heard is nothing."""
    items, back = items_of(office, advance, 2), threading.Event()
    run = drawing._Apart.run

    def late(self) -> None:
        time.sleep(0.25)
        run(self)

    def hanging(_: Iterable[PlanItem]) -> Iterator[Settled]:
        back.wait(120)
        yield from ()

    monkeypatch.setattr(drawing._Apart, "run", late)
    assert told_of(items, hanging, 1.5) == [("i0", Outcome.FAILED), ("i1", Outcome.FAILED)]
    back.set()
