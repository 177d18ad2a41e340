"""A case folder that somebody changed between two runs, and folders that hold what is not the case's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.domain.event import Event
from app.domain.fault import Fault, Refused
from app.domain.step import Step
from app.flow import Flow
from app.journal import Journal
from app.steps.certify import verify

if TYPE_CHECKING:
    from tests.flow.conftest import Office

Advance = Callable[[Flow, Step], list[Event]]
PERSON = "姓名,身份证号,手机\n赵六,11010519491231002X,13812345678\n"


def reopened(flow: Flow, office: Office) -> Flow:
    flow.close()
    return Flow.open(flow.folder, office.officer)


def refusal(flow: Flow, office: Office) -> Fault:
    with pytest.raises(Refused) as refused:
        Flow.open(flow.folder, office.officer)
    return refused.value.fault


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / "case.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_hold_written_into_the_case_by_hand_counts(flow: Flow, office: Office, advance: Advance) -> None:
    advance(flow, Step.CONFIRM)
    flow.close()
    edit(flow.folder, "disputes/**", "**")
    again = Flow.open(flow.folder, office.officer)
    assert not again.done(Step.LOCATE)
    advance(again, Step.WIPE)
    again.close()
    assert (office.folder / "customers" / "a.csv").exists()


@pytest.mark.parametrize(
    ("old", "new"), [("示例科技有限公司", "另一家公司"), ('"masked"', '"full"'), ('"pem"', '"age"')]
)
def test_nothing_declared_changes_after_signing(
    flow: Flow, office: Office, advance: Advance, old: str, new: str
) -> None:
    advance(flow, Step.SIGN)
    flow.close()
    edit(flow.folder, old, new)
    assert refusal(flow, office) is Fault.PLAN_CHANGED


def test_where_to_put_the_certificate_may_change(flow: Flow, office: Office, advance: Advance) -> None:
    advance(flow, Step.SIGN)
    flow.close()
    edit(flow.folder, str(office.folder / "out"), str(office.folder / "elsewhere"))
    again = Flow.open(flow.folder, office.officer)
    again.close()


def test_an_older_register_is_refused(flow: Flow, office: Office, advance: Advance) -> None:
    """Else a hold that the journal speaks of would be forgotten."""
    path = flow.folder / "register.db"
    fresh = path.read_bytes()
    advance(flow, Step.DECIDE)
    flow.close()
    old = path.read_bytes()
    again = Flow.open(flow.folder, office.officer)
    again.hold(again.rows()[0].record.id, "lawsuit")
    again.close()
    for earlier in (old, fresh):
        path.write_bytes(earlier)
        assert refusal(flow, office) is Fault.REGISTER_BROKEN


def test_an_older_or_a_new_made_journal_is_refused(flow: Flow, office: Office, advance: Advance) -> None:
    advance(flow, Step.SHRED)
    flow.close()
    path = flow.folder / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-8]))
    assert refusal(flow, office) is Fault.JOURNAL_BROKEN
    path.unlink()
    forged = Journal.create(path)
    for line in lines:
        entry = json.loads(line)
        forged.append(entry["event"], entry["body"])
    forged.close()
    assert refusal(flow, office) is Fault.JOURNAL_BROKEN


def test_a_case_folder_set_back_but_for_its_register_is_refused(
    flow: Flow, office: Office, advance: Advance
) -> None:
    """Journal and its key agree with each other; the register alone knows that there was more."""
    names = ("journal.jsonl", "journal.key")
    advance(flow, Step.DECIDE)
    flow.close()
    old = {name: (flow.folder / name).read_bytes() for name in names}
    again = Flow.open(flow.folder, office.officer)
    advance(again, Step.SHRED)
    again.close()
    for name, data in old.items():
        (flow.folder / name).write_bytes(data)
    assert refusal(flow, office) is Fault.JOURNAL_BROKEN


def test_two_cases_share_an_out_folder(flow: Flow, office: Office, advance: Advance) -> None:
    advance(flow, Step.CERTIFY)
    flow.close()
    (office.folder / "customers" / "b.csv").write_text(PERSON, encoding="utf-8")
    second = Flow.create(
        office.folder / "second", replace(office.case, number="2026-010", keys=()), office.officer
    )
    advance(second, Step.CERTIFY)
    second.close()
    first = Flow.open(flow.folder)
    assert first.certificate == office.folder / "out" / "certificate.pdf"
    assert second.certificate == office.folder / "out" / "2026-010" / "certificate.pdf"
    for one in (first, second):
        assert one.certificate
        assert hashlib.sha256(one.certificate.read_bytes()).hexdigest() == one._at.state.certified
        assert verify(one.certificate).valid
    (office.folder / "out" / "certificate.pdf").write_bytes(b"%PDF- of somebody else")
    assert first.certificate == flow.folder / "certificate" / "certificate.pdf"


def test_a_stranger_s_certificate_in_the_out_folder_is_kept(
    flow: Flow, office: Office, advance: Advance
) -> None:
    (office.folder / "out").mkdir()
    (office.folder / "out" / "certificate.pdf").write_bytes(b"%PDF- of somebody else")
    advance(flow, Step.CERTIFY)
    assert flow.certificate == office.folder / "out" / "2026-009" / "certificate.pdf"
    assert (office.folder / "out" / "certificate.pdf").read_bytes() == b"%PDF- of somebody else"


def test_a_folder_that_is_no_half_made_case_is_left_alone(office: Office) -> None:
    making = office.folder / ".case.making"
    making.mkdir()
    (making / "evidence").mkdir()
    (making / ".case.toml.x.tmp").touch()
    office.flow().close()
    making = office.folder / ".second.making"
    for inside in ("evidence/photo.jpg", "precious.txt"):
        (making / inside).parent.mkdir(parents=True, exist_ok=True)
        (making / inside).write_text("mine", encoding="utf-8")
        with pytest.raises(Refused) as refused:
            Flow.create(office.folder / "second", office.case, office.officer)
        assert refused.value.subject == str(making)
        assert (making / inside).exists()
    making.rename(office.folder / "mine")
    making.symlink_to("mine")
    with pytest.raises(Refused):
        Flow.create(office.folder / "second", office.case, office.officer)
