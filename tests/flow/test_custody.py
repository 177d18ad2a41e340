"""Before anything is destroyed, what the law keeps is in safe hands, or the officer says why it is not."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.domain.case import Case, Custodian, FateRule, HoldRule, Match
from app.domain.event import Event
from app.domain.fate import Fate
from app.domain.fault import Fault, GateClosed, Refused
from app.domain.outcome import KeepOutcome
from app.domain.step import Gate, Step
from app.flow import Flow
from app.flow.custody import without_identifiers
from app.flow.papers import attach, attached, detach
from app.steps.certify import verify as verify_certificate

if TYPE_CHECKING:
    from tests.flow.conftest import Office

Advance = Callable[[Flow, Step], list[Event]]


def opened(office: Office, *custodians: Custodian) -> Flow:
    case = replace(office.case, custodians=custodians)
    return Flow.create(office.folder / "case", case, office.officer)


def shut(flow: Flow, step: Step = Step.SIGN) -> Gate | None:
    closed = flow.gate(step)
    return closed.gate if closed else None


def account_of(flow: Flow) -> dict[str, list[object]]:
    return json.loads((flow.folder / "certificate" / "account.json").read_bytes())


def manifest_of(flow: Flow) -> dict[str, object]:
    return json.loads((flow.folder / "certificate" / "manifest.json").read_bytes())


def test_two_keys_a_restore_with_each_and_a_receipt_open_the_gate(office: Office, advance: Advance) -> None:
    flow = opened(office, *office.case.custodians)
    advance(flow, Step.CERTIFY)
    assert flow.certificate
    assert verify_certificate(flow.certificate).valid
    seen = {limit for line in account_of(flow)["lines"] for limit in line["evidence"]["limits"]}
    assert seen.isdisjoint({"one_recipient", "no_custodian_key", "no_receipt", "custodian_key_made_here"})
    assert "excuses" not in account_of(flow)
    assert "excused" not in manifest_of(flow)
    flow.close()


def test_one_key_shuts_the_gate_until_there_is_another(office: Office, advance: Advance) -> None:
    first, second = office.case.custodians
    flow = opened(office, first)
    advance(flow, Step.CONFIRM)
    assert shut(flow) is Gate.ONE_RECIPIENT
    with pytest.raises(GateClosed) as refused:
        flow.sign(office.people)
    assert (refused.value.step, refused.value.gate) == (Step.SIGN, Gate.ONE_RECIPIENT)
    with pytest.raises(GateClosed):
        flow.plan()
    assert (office.folder / "customers" / "a.csv").exists()
    flow.declare(replace(flow.case, custodians=(first, second)))
    assert shut(flow) is Gate.EARLIER_STEP, "the package is still sealed for one"
    advance(flow, Step.CONFIRM)
    assert shut(flow) is None
    flow.close()


def test_twice_the_same_key_is_one(office: Office, advance: Advance) -> None:
    first, _ = office.case.custodians
    flow = opened(office, first, replace(first, name="又一位"))
    advance(flow, Step.CONFIRM)
    assert shut(flow) is Gate.ONE_RECIPIENT
    flow.close()


@pytest.mark.parametrize("custodians", [(), (Custodian("档案馆"),), (Custodian("甲"), Custodian("乙"))])
def test_a_key_that_is_made_here_is_one(
    office: Office, advance: Advance, custodians: tuple[Custodian, ...]
) -> None:
    flow = opened(office, *custodians)
    advance(flow, Step.CONFIRM)
    assert shut(flow) is Gate.ONE_RECIPIENT
    flow.close()


def test_shares_need_no_second_key(office: Office, advance: Advance) -> None:
    flow = opened(office, Custodian("律所", shares=(2, 3), receipt=office.case.custodians[0].receipt))
    advance(flow, Step.CONFIRM)
    assert shut(flow) is None
    flow.close()


def test_what_holds_nothing_sealed_asks_for_nobody(office: Office, advance: Advance) -> None:
    (office.folder / "customers/凭证/记账凭证-2025-03.csv").unlink()
    flow = opened(office)
    advance(flow, Step.CONFIRM)
    assert not any(one.outcome is KeepOutcome.SEALED for one in flow.results())
    assert shut(flow) is None
    flow.close()


def test_a_custodian_s_key_that_was_not_there_shuts_the_gate(office: Office, advance: Advance) -> None:
    first, second = office.case.custodians
    away = replace(second, identity=None)
    flow = opened(office, first, away)
    advance(flow, Step.CONFIRM)
    assert shut(flow) is Gate.NOT_RESTORED
    # A word for the other one, whose key was there, excuses nothing.
    flow.declare(replace(flow.case, custodians=(replace(first, without_restore="in Urumqi"), away)))
    assert shut(flow) is Gate.NOT_RESTORED
    flow.declare(replace(flow.case, custodians=(first, replace(away, without_restore="in Urumqi"))))
    assert shut(flow) is None
    flow.declare(replace(flow.case, custodians=(first, second)))
    advance(flow, Step.CONFIRM)
    assert shut(flow) is None
    flow.close()


def test_a_receipt_is_asked_for_and_may_come_later(office: Office, advance: Advance) -> None:
    first, second = office.case.custodians
    flow = opened(office, replace(first, receipt=None), second)
    advance(flow, Step.CONFIRM)
    assert shut(flow) is Gate.NO_RECEIPT
    empty = office.folder / "empty.pdf"
    empty.touch()
    attach(flow.folder, empty, "custodian")
    attach(flow.folder, office.folder / "custodians/receipt.txt", "nda")
    assert shut(flow) is Gate.NO_RECEIPT
    attach(flow.folder, office.folder / "custodians/receipt.txt", "custodian")
    assert shut(flow) is None
    assert flow.done(Step.CONFIRM), "a receipt changes nothing in the package it is for"
    flow.close()


def test_a_receipt_that_is_declared_lies_with_the_case(office: Office, advance: Advance) -> None:
    first, second = office.case.custodians
    flow = opened(office, replace(first, receipt=None), second)
    advance(flow, Step.CONFIRM)
    flow.declare(replace(flow.case, custodians=(first, second)))
    assert flow.done(Step.CONFIRM)
    assert shut(flow) is None
    with pytest.raises(Refused) as refused:
        flow.declare(replace(flow.case, custodians=(replace(first, receipt=office.folder / "none"), second)))
    assert refused.value.fault is Fault.PAPER_UNREADABLE
    assert flow.case.custodians == (first, second)
    flow.close()


@pytest.mark.parametrize("step", [Step.SHRED, Step.WIPE])
def test_a_receipt_that_is_taken_away_after_signing_stops_the_act(
    office: Office, advance: Advance, step: Step
) -> None:
    flow = opened(office, *office.case.custodians)
    advance(flow, list(Step)[step.index - 1])
    paper, _ = attached(flow.folder)
    assert paper.path.name == "receipt.txt"
    detach(flow.folder, paper)
    with pytest.raises(GateClosed) as refused:
        flow.begin(step)
    assert (refused.value.step, refused.value.gate) == (step, Gate.NO_RECEIPT)
    assert (office.folder / "customers" / "a.csv").exists()
    attach(flow.folder, office.folder / "custodians/receipt.txt", "custodian")
    advance(flow, Step.CERTIFY)
    assert flow.closed
    flow.close()


def test_the_officer_s_reasons_open_the_gate_and_stand_on_the_certificate(
    office: Office, advance: Advance
) -> None:
    """The limit and the reason, in all that leaves the case; nobody's number with them."""
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext is not installed")
    only = replace(
        office.case.custodians[0],
        identity=None,
        receipt=None,
        one_recipient="股东会只指定一家保管，客户 13812345678 无异议",
        without_restore="保管人密钥存于外地保险柜",
        without_receipt="回执原件邮寄中",
    )
    flow = opened(office, only)
    flow.declare(replace(flow.case, certificate=replace(flow.case.certificate, language="both")))
    advance(flow, Step.CERTIFY)
    told = {
        "one_recipient": "股东会只指定一家保管，客户 … 无异议",
        "no_custodian_key": only.without_restore,
        "no_receipt": only.without_receipt,
    }
    assert {one["limit"]: one["why"] for one in account_of(flow)["excuses"]} == told
    assert dict(manifest_of(flow)["excused"]) == told
    assert set(told) <= {name for name, _ in manifest_of(flow)["limits"]}
    assert flow.certificate
    assert verify_certificate(flow.certificate).valid
    said = subprocess.run(["pdftotext", str(flow.certificate), "-"], capture_output=True, check=True)
    text = "".join(said.stdout.decode().split())
    for why in told.values():
        assert "".join(why.split()) in text, why
    assert text.count("经办人就此说明") == text.count("Theofficer'sreasonforthis") >= len(told)
    assert "13812345678" not in text
    flow.close()


def test_a_reason_that_was_not_needed_is_told_nobody(office: Office, advance: Advance) -> None:
    first, second = office.case.custodians
    flow = opened(office, replace(first, one_recipient="one is enough", without_restore="no"), second)
    advance(flow, Step.CERTIFY)
    assert "excuses" not in account_of(flow)
    flow.close()


def test_a_reason_can_t_be_written_in_after_signing(office: Office, advance: Advance) -> None:
    flow = opened(office, *office.case.custodians)
    advance(flow, Step.SIGN)
    flow.close()
    file = office.folder / "case" / "case.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(
        text.replace("[[custodian]]", '[[custodian]]\nwithout_receipt = "lost"', 1), encoding="utf-8"
    )
    with pytest.raises(Refused) as refused:
        Flow.open(office.folder / "case", office.officer)
    assert refused.value.fault is Fault.PLAN_CHANGED


def test_a_reopened_case_still_knows_what_its_package_lacks(office: Office, advance: Advance) -> None:
    flow = opened(office, office.case.custodians[0])
    advance(flow, Step.CONFIRM)
    flow.close()
    assert shut(Flow.open(office.folder / "case")) is Gate.ONE_RECIPIENT
    again = Flow.open(office.folder / "case", office.officer)
    assert shut(again) is Gate.ONE_RECIPIENT
    case: Case = again.case
    again.declare(
        replace(
            case, rules=(FateRule(Match(), Fate.LEAVE),), holds=(HoldRule(Match(), "lawsuit"),), backups=()
        )
    )
    advance(again, Step.CONFIRM)
    assert shut(again) is None, "what a hold keeps stays where it is, and is sealed for nobody"
    again.close()


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("保管人在外地", "保管人在外地"),
        ("见 11010519491231002X 的信", "见 … 的信"),
        ("电话 13812345678、zhang.san@example.com", "电话 …、…"),
        ("", ""),
        ("电话１３８１２３４５６７８，在外地", "电话…，在外地"),
        (r"电话 \u0031\u0033812345678 号", "电话 … 号"),
        (r"电话 \u005cu0031\u0033812345678 号", "电话 … 号"),
        ("电话 &#49;3812345678 号", "电话 … 号"),
        ("电话 &#38;#49;3812345678 号", "电话 … 号"),
        ("电话 ＆#49;3812345678，号", "电话 …,号"),
        ("甲，乙 11010519491231002X，13812345678，丙", "甲，乙 …，…，丙"),
        ("保管人在外地，下周回来（已约）", "保管人在外地，下周回来（已约）"),
    ],
)
def test_a_reason_keeps_its_words_and_loses_numbers(reason: str, told: str) -> None:
    assert without_identifiers(reason) == told


def test_the_folder_of_receipts_may_be_a_link_to_elsewhere(office: Office, advance: Advance) -> None:
    """A link is followed by nobody: what the certificate does not list opens no gate."""
    first, second = office.case.custodians
    flow = opened(office, replace(first, receipt=None), second)
    advance(flow, Step.CONFIRM)
    evidence: Path = flow.folder / "evidence"
    (evidence / "custodian").mkdir(parents=True, exist_ok=True)
    (evidence / "custodian" / "receipt.txt").symlink_to(office.folder / "custodians/receipt.txt")
    assert shut(flow) is Gate.NO_RECEIPT
    flow.close()
