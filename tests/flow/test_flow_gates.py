"""What shuts a step's gate, who may open it, and what a signature locks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.domain.case import (
    Case,
    CaseKind,
    Company,
    Custodian,
    FateRule,
    HoldRule,
    LookTerms,
    Match,
)
from app.domain.fate import Fate, Ground
from app.domain.fault import Fault, GateClosed, Refused
from app.domain.pattern import Pattern
from app.domain.record import Tier
from app.domain.step import Gate, Step
from app.flow import Flow
from app.steps.certify import Status

if TYPE_CHECKING:
    from tests.flow.conftest import Advance, Office


def with_rules(case: Case, *rules: FateRule) -> Case:
    return replace(case, rules=rules)


def with_reasons(case: Case) -> tuple[Custodian, ...]:
    return tuple(
        replace(one, without_receipt="the post is on strike", receipt=None) for one in case.custodians
    )


def why(flow: Flow, step: Step) -> Gate | None:
    shut = flow.gate(step)
    return shut.gate if shut else None


def test_steps_come_in_order(flow: Flow, advance: Advance) -> None:
    assert why(flow, Step.LOCATE) is None
    assert why(flow, Step.DECIDE) is Gate.EARLIER_STEP
    assert why(flow, Step.SHRED) is Gate.NOT_SIGNED
    assert why(flow, Step.CERTIFY) is Gate.NOT_SIGNED
    with pytest.raises(GateClosed) as closed:
        flow.begin(Step.WIPE)
    assert (closed.value.step, closed.value.gate) == (Step.WIPE, Gate.NOT_SIGNED)
    with pytest.raises(GateClosed):
        flow.plan()
    for step in (Step.COMPANY, Step.SIGN):
        with pytest.raises(ValueError, match=step.value):
            flow.begin(step)
    advance(flow, Step.SIGN)
    assert [standing.done for standing in flow.standing()] == [True] * 5 + [False] * 3
    assert why(flow, Step.WIPE) is Gate.EARLIER_STEP
    assert why(flow, Step.CERTIFY) is Gate.EARLIER_STEP


def test_an_incomplete_company_shuts_the_gate(office: Office) -> None:
    wrong = replace(office.case, company=Company("示例", "91350100M000100Y44"))
    flow = Flow.create(office.folder / "case", wrong, office.officer)
    assert why(flow, Step.LOCATE) is Gate.COMPANY_INCOMPLETE
    assert not flow.done(Step.COMPANY)
    flow.declare(office.case)
    assert why(flow, Step.LOCATE) is None
    assert flow.done(Step.COMPANY)
    flow.close()


def test_a_simple_deregistration_with_a_suit_is_barred(office: Office) -> None:
    company = replace(office.case.company, kind=CaseKind.SIMPLE)
    suit = HoldRule(Match(glob="x"), "lawsuit")
    flow = Flow.create(
        office.folder / "case", replace(office.case, company=company, holds=(suit,)), office.officer
    )
    assert why(flow, Step.LOCATE) is Gate.SIMPLE_WITH_DISPUTE
    flow.close()


def test_what_nothing_decides_shuts_the_gate(flow: Flow, office: Office, advance: Advance) -> None:
    flow.declare(with_rules(office.case))
    advance(flow, Step.DECIDE)
    shut = flow.gate(Step.CONFIRM)
    assert shut
    assert (shut.gate, shut.count) == (Gate.UNDECIDED, 2)
    for row in flow.rows():
        if row.decision and row.decision.ground is Ground.UNDECIDED:
            assert flow.overrule(row.record.id, Fate.WIPE, "ended").rule == "officer"
    assert flow.gate(Step.CONFIRM) is None


def test_the_officer_cannot_overrule_the_law(flow: Flow, advance: Advance) -> None:
    advance(flow, Step.DECIDE)
    grounds = {row.decision.ground: row for row in flow.rows() if row.decision}
    for ground in (Ground.HOLD, Ground.RETENTION):
        with pytest.raises(Refused) as refused:
            flow.overrule(grounds[ground].record.id, Fate.WIPE, "please")
        assert refused.value.fault is Fault.RECORD_PROTECTED
    with pytest.raises(Refused):
        flow.overrule("r-none", Fate.WIPE, "")


def test_a_hold_on_one_record_keeps_it(flow: Flow, office: Office, advance: Advance) -> None:
    advance(flow, Step.CONFIRM)
    record = next(row.record for row in flow.rows() if row.record.path.endswith("a.csv"))
    held = flow.hold(record.id, "lawsuit", "(2026)京01民初1号")
    assert (held.fate, held.ground) == (Fate.FREEZE, Ground.HOLD)
    assert not flow.done(Step.CONFIRM)
    advance(flow, Step.WIPE)
    assert Path(record.path).exists()
    assert (office.folder / "backup" / "a.csv").exists(), "a copy of what is held is no copy of what goes"


def test_the_officer_s_word_does_not_shift_the_rules_numbers(flow: Flow, advance: Advance) -> None:
    advance(flow, Step.DECIDE)
    mine, other = [
        row.record.id for row in flow.rows() if row.decision and row.decision.ground is Ground.RULE
    ]
    flow.overrule(mine, Fate.TRASH, "keep for now")
    list(flow.begin(Step.DECIDE))
    rules = {row.record.id: row.decision.rule for row in flow.rows() if row.decision}
    assert (rules[mine], rules[other]) == ("officer", "case.1")


def test_after_signing_nothing_before_can_change(flow: Flow, office: Office, advance: Advance) -> None:
    advance(flow, Step.SIGN)
    record = flow.rows()[0].record.id
    for act in (
        lambda: flow.declare(office.case),
        lambda: flow.overrule(record, Fate.LEAVE, ""),
        lambda: flow.hold(record, "other"),
        lambda: flow.accept("c-1", "me"),
        lambda: flow.begin(Step.LOCATE),
        lambda: flow.begin(Step.CONFIRM),
        lambda: flow.sign(office.people),
    ):
        with pytest.raises(GateClosed) as closed:
            act()
        assert closed.value.gate is Gate.SIGNED
    assert flow.plan().digest() == flow.plan().digest()


def test_signing_needs_two_different_people(flow: Flow, office: Office, advance: Advance) -> None:
    advance(flow, Step.CONFIRM)
    with pytest.raises(Refused) as alone:
        flow.sign([office.officer])
    assert alone.value.fault is Fault.PERSON_MISSING
    assert not flow.done(Step.SIGN)
    advance(flow, Step.WIPE)
    with pytest.raises(Refused) as missing:
        flow.begin(Step.CERTIFY, people=[office.officer])
    assert missing.value.fault is Fault.PERSON_MISSING


def test_what_could_not_be_read_again_is_not_declared(flow: Flow, office: Office) -> None:
    """No rule expunges: only a copy in a repository is. A case that says so would never open again."""
    before = (flow.folder / "case.toml").read_bytes()
    with pytest.raises(Refused) as refused:
        flow.declare(replace(flow.case, rules=(FateRule(Match(), Fate.EXPUNGE),)))
    assert refused.value.fault is Fault.CASE_FILE_WRONG_VALUE
    assert (flow.folder / "case.toml").read_bytes() == before


def test_declarations_void_what_rests_on_them(flow: Flow, office: Office, advance: Advance) -> None:
    advance(flow, Step.CONFIRM)
    flow.declare(replace(office.case, certificate=replace(office.case.certificate, language="en")))
    assert flow.done(Step.CONFIRM)
    flow.declare(replace(flow.case, custodians=with_reasons(flow.case)))
    assert flow.done(Step.CONFIRM)
    flow.declare(replace(flow.case, custodians=flow.case.custodians[:1]))
    assert (flow.done(Step.DECIDE), flow.done(Step.CONFIRM)) == (True, False)
    advance(flow, Step.CONFIRM)
    moved = replace(flow.case.certificate, out=office.folder / "elsewhere")
    flow.declare(replace(flow.case, certificate=moved))
    assert (flow.done(Step.DECIDE), flow.done(Step.CONFIRM)) == (True, False)
    advance(flow, Step.CONFIRM)
    flow.declare(replace(flow.case, vault=replace(flow.case.vault, keep=True)))
    assert (flow.done(Step.DECIDE), flow.done(Step.CONFIRM)) == (True, False)
    flow.declare(with_rules(flow.case, FateRule(Match(), Fate.LEAVE)))
    assert (flow.done(Step.LOCATE), flow.done(Step.DECIDE)) == (True, False)
    flow.declare(replace(flow.case, backups=()))
    assert (flow.done(Step.COMPANY), flow.done(Step.LOCATE)) == (True, False)
    advance(flow, Step.LOCATE)
    own = Pattern("会员号", "HY[0-9]{8}", Tier.GENERAL, "", "", ("HY12345678",), ())
    flow.declare(replace(flow.case, looking=LookTerms(patterns=(own,))))
    assert (flow.done(Step.COMPANY), flow.done(Step.LOCATE)) == (True, False)


def test_a_plan_changed_after_signing_is_refused(flow: Flow, office: Office, advance: Advance) -> None:
    advance(flow, Step.SIGN)
    plan = flow.plan()
    desk = flow._at.desk()
    changed = replace(plan, items=(replace(plan.items[0], path="/etc/hostname"), *tuple(plan.items)[1:]))
    desk.register.draw_plan(replace(plan, items=()), changed.items)
    flow.close()
    again = Flow.open(flow.folder, office.officer)
    with pytest.raises(Refused) as refused:
        again.begin(Step.SHRED)
    assert refused.value.fault is Fault.PLAN_CHANGED
    again.close()


def test_a_file_changed_after_signing_is_not_destroyed(flow: Flow, office: Office, advance: Advance) -> None:
    advance(flow, Step.SIGN)
    changed = office.folder / "customers" / "a.csv"
    changed.write_text("something new", encoding="utf-8")
    advance(flow, Step.CERTIFY)
    assert changed.read_text(encoding="utf-8") == "something new"
    assert flow.status is Status.WITH_EXCEPTIONS


def test_an_archive_with_what_nobody_can_read_needs_a_person_s_word(
    flow: Flow, office: Office, advance: Advance
) -> None:
    mixed = office.mixed_archive()
    advance(flow, Step.CONFIRM)
    assert why(flow, Step.SIGN) is Gate.COPY_WITHOUT_DISPOSAL
    (copy,) = [copy for copy in flow.copies() if copy.path == str(mixed)]
    with pytest.raises(Refused):
        flow.accept("c-none", "林晓文")
    flow.accept(copy.id, "林晓文")
    assert why(flow, Step.SIGN) is None
    assert flow.plan() is flow.plan()
    advance(flow, Step.CERTIFY)
    assert mixed.exists()
    assert flow.status is Status.WITH_EXCEPTIONS


def test_what_could_not_be_sealed_shuts_the_gate(flow: Flow, office: Office, advance: Advance) -> None:
    advance(flow, Step.DECIDE)
    voucher = office.folder / "customers" / "凭证" / "记账凭证-2025-03.csv"
    voucher.write_text(voucher.read_text(encoding="utf-8") + "2,2025-03-02,改,1,1\n", encoding="utf-8")
    advance(flow, Step.CONFIRM)
    assert why(flow, Step.SIGN) is Gate.NOT_SEALED
