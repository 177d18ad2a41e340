"""What is certified is seen once more at the end, and written from the account alone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from app.domain.event import Event, Settled
from app.domain.outcome import KeepOutcome, Outcome, Reason
from app.domain.step import Step
from app.flow import Flow
from app.flow.state import SLOT
from app.steps.certify import Status, verify

if TYPE_CHECKING:
    from tests.flow.conftest import Office

Advance = Callable[[Flow, Step], list[Event]]
PERSON = "姓名,身份证号,手机\n赵六,11010519491231002X,13812345678\n"


@pytest.mark.parametrize("place", ["customers/a.csv", "backup/a.csv", "key.pem"])
def test_what_came_back_is_not_certified_as_destroyed(
    flow: Flow, office: Office, advance: Advance, place: str
) -> None:
    before = (office.folder / place).read_bytes()
    advance(flow, Step.WIPE)
    (office.folder / place).write_bytes(before)
    advance(flow, Step.CERTIFY)
    assert [one.outcome for one in flow.results()].count(Outcome.SURVIVES) == 1
    assert flow.status is Status.WITH_EXCEPTIONS


def test_another_file_at_the_place_is_nobody_s_business(flow: Flow, office: Office, advance: Advance) -> None:
    advance(flow, Step.WIPE)
    (office.folder / "customers" / "a.csv").write_text(PERSON, encoding="utf-8")
    os.symlink("a.csv", office.folder / "customers" / "名单.csv")
    advance(flow, Step.CERTIFY)
    assert flow.status is Status.ALL_DESTROYED


@pytest.mark.parametrize("harm", ["gone", "changed", "unreadable"])
def test_a_sealed_package_must_still_be_there(
    flow: Flow, office: Office, advance: Advance, harm: str
) -> None:
    advance(flow, Step.WIPE)
    package = office.folder / "out" / "sealed" / "sealed-2026-009.tar.age"
    if harm == "changed":
        package.write_bytes(package.read_bytes()[:-1])
    else:
        shutil.rmtree(office.folder / "out")
    if harm == "unreadable":
        package.mkdir(parents=True)
    advance(flow, Step.CERTIFY)
    ends = [one for one in flow.results() if one.outcome is KeepOutcome.NOT_SEALED]
    assert len(ends) == 1
    assert Reason(harm) in ends[0].evidence.limits
    assert flow.status is Status.WITH_EXCEPTIONS


@pytest.mark.parametrize("name", ["inventory.csv", "leaves.jsonl"])
@pytest.mark.parametrize("harm", ["changed", "cut", "gone"])
def test_lists_changed_before_the_signing_are_written_anew(
    flow: Flow, office: Office, advance: Advance, name: str, harm: str
) -> None:
    advance(flow, Step.WIPE)
    steps = flow.begin(Step.CERTIFY, people=office.people)
    next(event for event in steps if isinstance(event, Settled) and event.id == SLOT)
    steps.close()
    path = flow.folder / "certificate" / name
    lied = path.read_bytes().replace(b"KeepOutcome.frozen", b"Outcome.overwritten")
    path.write_bytes({"changed": lied, "cut": lied[:100], "gone": b""}[harm])
    if harm == "gone":
        path.unlink()
    advance(flow, Step.CERTIFY)
    assert b"KeepOutcome.frozen" in path.read_bytes()
    assert verify(flow.folder / "certificate" / "certificate.pdf").valid
