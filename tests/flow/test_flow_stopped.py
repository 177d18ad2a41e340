"""A run that is stopped, out of room or met by a changed case is taken up where it stood, or refused."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.domain.event import Begun, Noted, Settled
from app.domain.fault import Fault, GateClosed, Refused
from app.domain.outcome import Evidence, KeyOutcome, Outcome, Reason
from app.domain.plan import Subject
from app.domain.step import Gate, Stage, Step
from app.flow import Flow
from app.flow.recording import Work
from app.flow.state import SLOT
from app.journal import verify
from app.steps.certify import Status
from app.steps.certify import verify as verify_certificate
from tests.in_time import soon

if TYPE_CHECKING:
    from tests.flow.conftest import Advance, Office


def test_a_step_stopped_between_events_resumes(flow: Flow, office: Office, advance: Advance) -> None:
    advance(flow, Step.SHRED)
    events = flow.begin(Step.WIPE)
    next(event for event in events if isinstance(event, Begun))
    events.close()
    assert not flow.done(Step.WIPE)
    flow.close()
    again = Flow.open(flow.folder, office.officer)
    stages = {stage for item, stage in again._state.stages.items() if not item.startswith("k-")}
    assert {Stage.BEGUN} <= stages <= {Stage.BEGUN, Stage.SETTLED}
    advance(again, Step.CERTIFY)
    assert again.status is Status.ALL_DESTROYED
    again.close()


def test_stopped_after_the_note_and_before_the_removal(flow: Flow, office: Office, advance: Advance) -> None:
    advance(flow, Step.SHRED)
    events = flow.begin(Step.WIPE)
    for event in events:
        if isinstance(event, Noted):
            break
    events.close()
    flow.close()
    again = Flow.open(flow.folder, office.officer)
    assert Stage.NOTED in again._state.stages.values()
    settled = [event for event in advance(again, Step.WIPE) if isinstance(event, Settled)]
    assert settled
    assert {event.outcome for event in settled} <= {Outcome.OVERWRITTEN, Outcome.PROVEN}
    again.close()


def test_outcomes_are_on_disk_before_they_are_shown(flow: Flow, advance: Advance) -> None:
    advance(flow, Step.SIGN)
    for step in (Step.SHRED, Step.WIPE):
        for event in flow.begin(step):
            if isinstance(event, (Begun, Noted, Settled)):
                ids = [event.id] if isinstance(event, Settled) else event.ids
                text = (flow.folder / "journal.jsonl").read_text(encoding="utf-8")
                assert all(item in text for item in ids)


def test_outcomes_are_synced_in_groups(flow: Flow) -> None:
    def many() -> Work:
        for number in range(600):
            yield Settled(Step.WIPE, f"r-{number}", Subject.RECORD, Outcome.OVERWRITTEN, Evidence("test"))

    journal = flow.folder / "journal.jsonl"
    for event in flow._at.recorder().follow(Step.WIPE, many(), lambda: [0, 0, 0]):
        assert isinstance(event, Settled)
        assert f'"{event.id}"' in journal.read_text(encoding="utf-8")
    assert len(flow.results()) == 600


@pytest.mark.parametrize("cut", ["accounted", "slot", "certificate"])
def test_the_end_of_a_case_is_taken_up_where_it_stopped(
    flow: Flow, office: Office, advance: Advance, cut: str
) -> None:
    advance(flow, Step.WIPE)
    events = flow.begin(Step.CERTIFY, people=office.people)
    for event in events:
        slot_begun = isinstance(event, Begun) and event.ids == (SLOT,)
        slot_settled = isinstance(event, Settled) and event.id == SLOT
        if (cut == "accounted" and slot_begun) or (cut == "slot" and slot_settled):
            break
    if cut == "certificate":
        (flow.folder / "certificate" / "certificate.pdf").unlink()
    events.close()
    flow.close()
    with pytest.raises(GateClosed) as looked:
        Flow.open(flow.folder).begin(Step.CERTIFY, people=office.people)
    assert looked.value.gate in (Gate.REGISTER_LOCKED, Gate.CLOSED)
    again = Flow.open(flow.folder, office.officer)
    if cut == "slot":
        with pytest.raises(GateClosed) as locked:
            again.plan()
        assert locked.value.gate is Gate.REGISTER_LOCKED
    advance(again, Step.CERTIFY)
    assert again.closed
    assert again.certificate
    assert verify(again.folder / "journal.jsonl").ok
    again.close()


@pytest.mark.parametrize("there", [True, False])
def test_a_slot_that_was_taken_away_is_not_said_to_be_destroyed(
    flow: Flow, office: Office, advance: Advance, there: bool
) -> None:
    """Also with a folder in its place. The case comes to its end all the same, and says so."""
    advance(flow, Step.WIPE)
    slot = flow.folder / "key.slot"
    slot.rename(office.folder / "hidden.slot")
    if there:
        slot.mkdir()
    advance(flow, Step.CERTIFY)
    assert flow.status is Status.WITH_EXCEPTIONS
    (end,) = [one for one in flow.results() if one.id == SLOT]
    assert end.outcome is (KeyOutcome.FAILED if there else KeyOutcome.ACCESS_REMOVED)
    assert there or {Reason.GONE, Reason.PLACES_UNSEEN} <= set(end.evidence.limits)
    assert (flow.folder / "vault").is_dir() == there, (
        "what could be opened with it stays when it may be there"
    )
    assert not (flow.folder / "register.db").exists()
    assert flow.certificate
    assert verify_certificate(flow.certificate, flow.folder / "journal.jsonl").valid


def test_an_account_that_was_changed_is_refused(flow: Flow, office: Office, advance: Advance) -> None:
    advance(flow, Step.WIPE)
    events = flow.begin(Step.CERTIFY, people=office.people)
    for event in events:
        if isinstance(event, Settled) and event.id == SLOT:
            break
    events.close()
    flow.close()
    account = flow.folder / "certificate" / "account.json"
    told = json.loads(account.read_bytes())
    told["lines"] = told["lines"][:1]
    account.write_text(json.dumps(told), encoding="utf-8")
    again = Flow.open(flow.folder, office.officer)
    with pytest.raises(Refused) as broken:
        list(again.begin(Step.CERTIFY, people=office.people))
    assert broken.value.fault is Fault.JOURNAL_BROKEN
    again.close()


def filled_up(ballast: Path) -> None:
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 512)


def test_a_full_disk_stops_the_destruction_and_it_goes_on_later(
    office: Office, tmp_path: Path, advance: Advance
) -> None:
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=800k", "tmpfs", small], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a small disk can't be mounted here: {mounted.stderr!r}")
    try:
        flow = Flow.create(small / "case", office.case, office.officer)
        advance(flow, Step.SHRED)
        ballast = small / "ballast"
        filled_up(ballast)
        # Room is left only in the journal's last page; a long line does not fit.
        page = 4096 - (small / "case" / "journal.jsonl").stat().st_size % 4096
        if page > 400:
            flow._at.recorder()._journal.append("filler", {"x": "y" * (page - 400)})
            flow._at.recorder()._journal.commit()
        with pytest.raises(Refused) as full:
            list(flow.begin(Step.WIPE))
        assert full.value.fault is Fault.DISK_FULL
        assert (office.folder / "customers" / "a.csv").exists(), (
            "nothing is destroyed that can't be written down"
        )
        ballast.unlink()
        flow.close()
        again = Flow.open(small / "case", office.officer)
        advance(again, Step.WIPE)
        assert not (office.folder / "customers" / "a.csv").exists()
        again.close()
    finally:
        # Whatever looks into every volume of the machine just now keeps it busy.
        assert soon(lambda: subprocess.run(["umount", small], check=False).returncode == 0)
