"""What the last search tells: anew each time, and of the right places."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.case import Location
from app.domain.copies import Searched
from app.domain.event import BackupSearched, Event
from app.domain.outcome import AnyOutcome, CopyOutcome, KeepOutcome, KeyOutcome, Outcome, Reason
from app.domain.step import Step
from app.flow import Flow, closing
from app.flow.known_then import Places, locations_then
from app.steps.certify import Status
from app.vault import SLOT

Advance = Callable[[Flow, Step], list[Event]]


def cut(*_args: object, **_more: object) -> Iterator[Event]:
    raise OSError("cut off")


def test_each_look_before_certifying_tells_anew(
    office, advance: Advance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped before the account and taken up, it counts nothing twice, and forgets what is gone by now."""
    flow, backup = office.flow(), office.folder / "backup"
    other = (office.folder / "customers/名单.csv").read_bytes()
    advance(flow, Step.WIPE)
    before = flow.searched()
    late = (office.folder / "customers/again.csv", backup / "again.csv", backup / "old.bin")
    for path in late[:2]:
        path.write_bytes(other)
    shutil.copyfile(flow.folder / SLOT, late[2])
    told = []
    for _ in range(2):
        with monkeypatch.context() as patch:
            patch.setattr(closing, "annex_of", cut)
            with pytest.raises(OSError, match="cut off"):
                advance(flow, Step.CERTIFY)
        told.append({one.backup: (one.copies, one.limits) for one in flow.searched()})
    was = {one.backup: one.copies for one in before}
    assert told[0] == told[1]
    assert told[0][str(backup)] == (was[str(backup)] + 2, (Reason.FOUND_LATE,))
    assert told[0][str(office.folder / "customers")] == (1, (Reason.FOUND_LATE,))
    for path in late:
        path.unlink()
    advance(flow, Step.CERTIFY)
    assert flow.status is Status.ALL_DESTROYED
    flow.close()


def test_a_location_that_is_a_backup_is_searched_once(office, advance: Advance) -> None:
    backup = office.folder / "backup"
    case = replace(office.case, locations=(*office.case.locations, Location(backup)))
    flow = Flow.create(office.folder / "case", case, office.officer)
    other = (office.folder / "customers/名单.csv").read_bytes()
    advance(flow, Step.WIPE)
    (backup / "again.csv").write_bytes(other)
    advance(flow, Step.CERTIFY)
    account = closing.get_account(flow.folder / "certificate", flow._at.state.accounted)
    (told,) = [one for one in account.searched if one.limits]
    assert told.limits == (Reason.FOUND_LATE,)
    flow.close()


def test_only_what_went_is_expected_to_be_gone(office, advance: Advance) -> None:
    flow = office.flow()
    advance(flow, Step.WIPE)
    desk = flow._at.desk()
    copy = next(one for one in flow.copies() if Path(one.path).name == "a.csv")
    result = desk.state.results[copy.id]

    def missed(outcome: AnyOutcome) -> bool:
        desk.state.results[copy.id] = replace(result, outcome=outcome)
        return Places.of(desk).is_missed(copy.path)

    every = [one for kind in (Outcome, KeyOutcome, KeepOutcome, CopyOutcome) for one in kind]
    assert {one for one in every if not missed(one)} == {
        Outcome.PROVEN,
        Outcome.OVERWRITTEN,
        Outcome.KEY_DESTROYED,
        Outcome.RESIDUE_POSSIBLE,
        Outcome.REMOVED,
        KeyOutcome.CE_PURGE,
        KeyOutcome.KEY_DESTROYED_HERE,
        KeyOutcome.MEDIUM_RESIDUE,
        KeyOutcome.ACCESS_REMOVED,
        CopyOutcome.EXPUNGED,
        CopyOutcome.KEY_SHREDDED,
        CopyOutcome.ABSENT,
    }
    assert Places.of(desk).is_missed(str(office.folder / "elsewhere"))
    # a case of before that was kept asks the disk
    assert locations_then(desk) == tuple(one.path for one in desk.locations)
    desk.register.set_fact("locations known by", None)
    assert locations_then(desk) == tuple(one.path for one in desk.locations)
    flow.close()


@pytest.mark.parametrize(
    ("noted", "now", "lost"),
    [
        ("x", "x", False),
        ("x", "y", True),
        ("x", "", True),
        ("", "y", True),
        ("", "", True),
        (None, "y", False),
        (None, "", False),
    ],
)
def test_a_place_of_which_nothing_was_known_may_be_any_other(
    noted: str | None, now: str, *, lost: bool
) -> None:
    stores = {} if noted is None else {"b": noted}
    places = Places(frozenset(), frozenset(), {"b": Searched("b", 5, 0, 0)}, stores)
    assert places.lost(BackupSearched(Searched("b", 5, 0, 0), now)) is lost
