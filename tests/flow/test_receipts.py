"""A receipt is one custodian's, for one package: journalled with both, and asked for anew with a new package."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.domain.case import Backup, Custodian
from app.domain.copies import Disposal
from app.domain.event import Event
from app.domain.fault import Fault, GateClosed, Refused
from app.domain.outcome import KeepOutcome, Reason
from app.domain.step import Gate, Step
from app.flow import Flow
from app.flow.papers import attach, attached, detach
from app.steps.certify import verify

if TYPE_CHECKING:
    from tests.flow.conftest import Office

Advance = Callable[[Flow, Step], list[Event]]


def opened(office: Office, *custodians: Custodian) -> Flow:
    """A case that is no rehearsal."""
    case = replace(office.case, custodians=custodians, rehearsal=False)
    return Flow.create(office.folder / "case", case, office.officer)


def unreceipted(office: Office) -> tuple[Custodian, ...]:
    return tuple(replace(one, receipt=None) for one in office.case.custodians)


def shut(flow: Flow) -> Gate | None:
    closed = flow.gate(Step.SIGN)
    return closed.gate if closed else None


def paper(office: Office, name: str, text: str = "") -> Path:
    path = office.folder / name
    path.write_text(text or f"移交与接收回执：封存包已收到，{name}", encoding="utf-8")
    return path


def package(flow: Flow) -> str:
    sealed = (one for one in flow.results() if one.outcome is KeepOutcome.SEALED)
    return str(dict(next(sealed).evidence.facts)["package_sha256"])


def journalled(flow: Flow) -> list[dict[str, object]]:
    lines = (flow.folder / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    return [one["body"] for one in map(json.loads, lines) if one["event"] == "receipt"]


def test_each_receipt_is_journalled_with_its_custodian_and_the_package(
    office: Office, advance: Advance
) -> None:
    first, second = unreceipted(office)
    flow = opened(office, first, second)
    advance(flow, Step.CONFIRM)
    of_second, of_first = paper(office, "b.txt"), paper(office, "a.txt")
    flow.declare(replace(flow.case, custodians=(first, replace(second, receipt=of_second))))
    assert shut(flow) is Gate.NO_RECEIPT, "the other one gave none"
    laid = [attach(flow.folder, one, "custodian").sha256 for one in (of_first, of_second)]
    assert shut(flow) is None
    advance(flow, Step.SIGN)
    assert journalled(flow) == [
        {"custodian": 2, "package": package(flow), "paper": laid[1]},
        {"custodian": 1, "package": package(flow), "paper": laid[0]},
    ]
    of_second.unlink()
    advance(flow, Step.CERTIFY)
    assert len(journalled(flow)) == 2
    assert flow.certificate
    assert verify(flow.certificate).valid
    told = json.loads((office.folder / "out" / "manifest.json").read_bytes())
    assert "no_receipt" not in dict(told["limits"])
    flow.close()


def test_a_receipt_from_before_the_package_counts_for_nothing(office: Office, advance: Advance) -> None:
    """Declared in the case file, or laid by hand: at that time there was nothing to take over."""
    first, second = office.case.custodians
    flow = opened(office, first, replace(second, receipt=None))
    advance(flow, Step.DECIDE)
    early = paper(office, "early.txt")
    attach(flow.folder, early, "custodian")
    advance(flow, Step.CONFIRM)
    assert {one.path.name for one in attached(flow.folder)} == {"receipt.txt", "early.txt"}
    assert shut(flow) is Gate.NO_RECEIPT
    with pytest.raises(GateClosed):
        flow.sign(office.people)
    flow.close()
    flow = Flow.open(office.folder / "case", office.officer)
    assert shut(flow) is Gate.NO_RECEIPT, "nor after it is opened again"
    assert first.receipt
    first.receipt.write_text("移交与接收回执：今日收到封存包一份", encoding="utf-8")
    flow.declare(flow.case)
    assert shut(flow) is Gate.NO_RECEIPT
    attach(flow.folder, paper(office, "late.txt"), "custodian")
    assert shut(flow) is None
    assert flow.done(Step.CONFIRM)
    flow.close()


def test_what_came_to_the_declared_place_is_taken_when_all_sign(office: Office, advance: Advance) -> None:
    first, second = office.case.custodians
    flow = opened(office, first, replace(second, receipt=None, without_receipt="in the post"))
    advance(flow, Step.CONFIRM)
    assert shut(flow) is Gate.NO_RECEIPT
    assert first.receipt
    first.receipt.write_text("移交与接收回执：今日收到封存包一份", encoding="utf-8")
    flow.sign(office.people)
    (told,) = journalled(flow)
    assert told["custodian"] == 1
    flow.close()


def test_sealing_anew_asks_for_new_receipts(office: Office, advance: Advance) -> None:
    from pyrage import x25519

    flow = opened(office, *unreceipted(office))
    advance(flow, Step.CONFIRM)
    old = [paper(office, name) for name in ("a.txt", "b.txt")]
    for one in old:
        attach(flow.folder, one, "custodian")
    assert shut(flow) is None
    before, new = package(flow), []
    for number in (7, 8):
        key = x25519.Identity.generate()
        file = office.folder / f"{number}.age"
        file.write_text(f"{key}\n", encoding="ascii")
        new.append(Custodian(f"新保管人{number}", str(key.to_public()), file))
    flow.declare(replace(flow.case, custodians=tuple(new)))
    advance(flow, Step.CONFIRM)
    assert package(flow) != before
    assert shut(flow) is Gate.NO_RECEIPT
    for known in attached(flow.folder):
        detach(flow.folder, known)
    for one in old:
        attach(flow.folder, one, "custodian")
    assert shut(flow) is Gate.NO_RECEIPT, "nor when they are laid there once more"
    for name in ("c.txt", "d.txt"):
        attach(flow.folder, paper(office, name), "custodian")
    assert shut(flow) is None
    flow.close()


def test_receipts_that_the_journal_has_are_old_with_the_next_package(
    office: Office, advance: Advance
) -> None:
    """Also those that were taken away before it was sealed anew."""
    first, second = unreceipted(office)
    flow = opened(office, first, replace(second, without_receipt="in the post"))
    advance(flow, Step.CONFIRM)
    old = paper(office, "a.txt")
    attach(flow.folder, old, "custodian")
    list(flow.begin(Step.DECIDE))
    assert [one["custodian"] for one in journalled(flow)] == [1]
    shutil.rmtree(flow.folder / "evidence" / "custodian")
    advance(flow, Step.CONFIRM)
    attach(flow.folder, old, "custodian")
    assert shut(flow) is Gate.NO_RECEIPT
    flow.close()


def test_one_paper_is_not_the_receipt_of_two(office: Office, advance: Advance) -> None:
    first, second = unreceipted(office)
    flow = opened(office, first, second)
    advance(flow, Step.CONFIRM)
    one = paper(office, "both.txt")
    same = office.folder / "same.txt"
    shutil.copy(one, same)
    flow.declare(replace(flow.case, custodians=(replace(first, receipt=one), replace(second, receipt=same))))
    assert shut(flow) is Gate.NO_RECEIPT
    flow.declare(
        replace(
            flow.case,
            custodians=(replace(first, receipt=one, without_receipt="x"), replace(second, receipt=same)),
        )
    )
    assert shut(flow) is Gate.NO_RECEIPT, "the reason of one who gave it is nobody else's"
    attach(flow.folder, paper(office, "other.txt"), "custodian")
    assert shut(flow) is None
    flow.close()


@pytest.mark.parametrize(
    "said", [b"", b"\n", b" \t\r\n" * 40, bytes(4096), "\u3000".encode() * 50, b"-" * 80, b"received", b"ok."]
)
def test_a_paper_that_says_nothing_is_no_receipt(office: Office, advance: Advance, said: bytes) -> None:
    first, second = unreceipted(office)
    flow = opened(office, first, replace(second, without_receipt="in the post"))
    advance(flow, Step.CONFIRM)
    blank = office.folder / "blank.txt"
    blank.write_bytes(said)
    attach(flow.folder, blank, "custodian")
    assert shut(flow) is Gate.NO_RECEIPT
    flow.declare(replace(flow.case, custodians=(replace(first, receipt=blank), flow.case.custodians[1])))
    assert shut(flow) is Gate.NO_RECEIPT
    flow.close()


def test_a_receipt_of_one_that_is_lost_after_wiping_is_a_limit(office: Office, advance: Advance) -> None:
    """The other custodian's receipt still lies there, so that it is told of nobody else."""
    flow = opened(office, *unreceipted(office))
    advance(flow, Step.CONFIRM)
    for name in ("a.txt", "b.txt"):
        attach(flow.folder, paper(office, name), "custodian")
    advance(flow, Step.WIPE)
    detach(flow.folder, attached(flow.folder)[1])
    advance(flow, Step.CERTIFY)
    told = json.loads((office.folder / "out" / "manifest.json").read_bytes())
    sealed = sum(one.outcome is KeepOutcome.SEALED for one in flow.results())
    assert dict(told["limits"])["no_receipt"] == sealed == 1
    assert flow.certificate
    assert verify(flow.certificate).valid
    flow.close()


def test_in_a_rehearsal_what_is_declared_was_given_today(office: Office, advance: Advance) -> None:
    flow = office.flow()
    advance(flow, Step.CONFIRM)
    assert shut(flow) is None
    list(flow.begin(Step.DECIDE))
    advance(flow, Step.CONFIRM)
    assert shut(flow) is None
    flow.declare(replace(flow.case, custodians=unreceipted(office)))
    assert shut(flow) is Gate.NO_RECEIPT, "what nobody declares is as in any case"
    flow.close()


def test_a_folder_of_receipts_that_is_a_link_holds_none(office: Office, advance: Advance) -> None:
    flow = opened(office, *unreceipted(office))
    advance(flow, Step.CONFIRM)
    for name in ("a.txt", "b.txt"):
        paper(office, f"custodians/{name}")
    (flow.folder / "evidence" / "custodian").symlink_to(office.folder / "custodians")
    assert shut(flow) is Gate.NO_RECEIPT
    flow.close()


def test_confirming_again_needs_no_source_of_what_lies_there(office: Office, advance: Advance) -> None:
    flow = office.flow()
    advance(flow, Step.CONFIRM)
    receipt = office.case.custodians[0].receipt
    assert receipt
    receipt.unlink()
    flow.declare(replace(flow.case, holds=()))
    advance(flow, Step.CONFIRM)
    assert flow.done(Step.CONFIRM)
    for known in attached(flow.folder):
        detach(flow.folder, known)
    list(flow.begin(Step.DECIDE))
    with pytest.raises(Refused) as refused:
        advance(flow, Step.CONFIRM)
    assert refused.value.fault is Fault.PAPER_UNREADABLE, "but one that lies nowhere is missed"
    flow.close()


@pytest.mark.parametrize("why", [" ", "\u200b", "\u3000", "-", "——", "…"])
def test_what_says_nothing_is_no_reason(office: Office, advance: Advance, why: str) -> None:
    first, second = unreceipted(office)
    blank = replace(first, without_receipt=why)
    flow = opened(office, blank, replace(second, without_receipt="in the post"))
    assert flow.case.custodians[0].without_receipt == ""
    advance(flow, Step.CONFIRM)
    assert shut(flow) is Gate.NO_RECEIPT
    flow.declare(replace(flow.case, custodians=(blank, flow.case.custodians[1])))
    assert shut(flow) is Gate.NO_RECEIPT
    flow.declare(
        replace(flow.case, custodians=(replace(first, without_receipt="x"), flow.case.custodians[1]))
    )
    assert shut(flow) is None
    flow.close()


@pytest.mark.parametrize("name", ["林晓文", " 周 建国\u200b"])
def test_who_signs_can_t_be_who_keeps(office: Office, advance: Advance, name: str) -> None:
    first, second = office.case.custodians
    flow = Flow.create(
        office.folder / "case",
        replace(office.case, custodians=(replace(first, name=name), second)),
        office.officer,
    )
    if name == "林晓文":
        advance(flow, Step.DECIDE)
        with pytest.raises(Refused) as refused:
            list(flow.begin(Step.CONFIRM))
        assert refused.value.fault is Fault.CUSTODIAN_SIGNS
    else:
        advance(flow, Step.CONFIRM)
        with pytest.raises(Refused) as refused:
            flow.sign(office.people)
        assert (refused.value.fault, refused.value.subject) == (Fault.CUSTODIAN_SIGNS, "周建国")
    assert not flow.done(Step.SIGN)
    flow.close()


@pytest.mark.parametrize("by", ["", "  ", "\u200b", "-"])
def test_nobody_accepts_a_copy(office: Office, advance: Advance, by: str) -> None:
    flow = office.flow()
    advance(flow, Step.CONFIRM)
    (copy, *_) = flow.copies()
    with pytest.raises(Refused) as refused:
        flow.accept(copy.id, by)
    assert refused.value.fault is Fault.CASE_FILE_WRONG_VALUE
    assert flow.copies()[0] == copy
    flow.close()


def test_a_key_made_beside_the_package_is_no_second_key(office: Office, advance: Advance) -> None:
    first, _ = office.case.custodians
    flow = Flow.create(
        office.folder / "case", replace(office.case, custodians=(first, Custodian("乙"))), office.officer
    )
    advance(flow, Step.CONFIRM)
    assert shut(flow) is Gate.ONE_RECIPIENT
    flow.declare(replace(flow.case, custodians=(first, replace(office.case.custodians[1], name=first.name))))
    advance(flow, Step.CONFIRM)
    assert shut(flow) is Gate.ONE_RECIPIENT, "nor is a second one of the same person"
    sealed = next(one for one in flow.results() if one.outcome is KeepOutcome.SEALED)
    assert Reason.ONE_RECIPIENT in sealed.evidence.limits
    flow.close()


def test_an_empty_file_shows_of_no_medium_that_it_was_destroyed(office: Office, advance: Advance) -> None:
    empty = office.folder / "empty.pdf"
    empty.touch()
    tape = Backup("declared", office.folder / "t", "", "", Disposal.MEDIUM, None, "林晓文", empty)
    flow = Flow.create(office.folder / "case", replace(office.case, backups=(tape,)), office.officer)
    advance(flow, Step.DECIDE)
    with pytest.raises(Refused) as refused:
        list(flow.begin(Step.CONFIRM))
    assert (refused.value.fault, refused.value.subject) == (Fault.PAPER_UNREADABLE, str(empty))
    assert not flow.done(Step.CONFIRM)
    flow.close()


@pytest.mark.parametrize("by", [" ", "\u200b", "-"])
def test_nobody_declares_a_backup(office: Office, by: str) -> None:
    """And no case folder is left that can't be opened."""
    tape = Backup("declared", office.folder / "t", "", "", Disposal.UNREACHABLE, None, by)
    with pytest.raises(Refused) as refused:
        Flow.create(office.folder / "case", replace(office.case, backups=(tape,)), office.officer)
    assert refused.value.fault is Fault.CASE_FILE_WRONG_VALUE
    assert not (office.folder / "case").exists()
