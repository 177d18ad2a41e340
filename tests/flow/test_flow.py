"""The flow on real files: whole jobs, whatever lies among the records, and who may open a case."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.domain.case import (
    KeySource,
)
from app.domain.fault import Fault, GateClosed, Refused
from app.domain.outcome import KeepOutcome, KeyOutcome, Outcome
from app.domain.plan import Subject
from app.domain.step import Gate, Step
from app.flow import Flow, carry_out, people_of
from app.identity import Identity
from app.journal import Journal
from app.steps.certify import Status
from app.steps.certify import verify as verify_certificate

if TYPE_CHECKING:
    from tests.flow.conftest import Advance, Office


def test_the_whole_job(flow: Flow, office: Office, advance: Advance) -> None:
    advance(flow, Step.CERTIFY)
    assert flow.closed
    assert flow.status is Status.ALL_DESTROYED
    customers = office.folder / "customers"
    assert sorted(path.name for path in customers.rglob("*") if path.is_file()) == [
        "clean.txt",
        "投诉.txt",
        "记账凭证-2025-03.csv",
    ]
    assert not (office.folder / "key.pem").exists()
    assert [path for path in (office.folder / "backup").rglob("*") if path.is_file()] == []
    # Where root can read the disk itself, the same files end PROVEN.
    outcomes = {result.outcome for result in flow.results()}
    assert {Outcome.OVERWRITTEN if one is Outcome.PROVEN else one for one in outcomes} == {
        Outcome.OVERWRITTEN,
        KeepOutcome.SEALED,
        KeepOutcome.FROZEN,
        KeyOutcome.KEY_DESTROYED_HERE,
    }
    assert flow.certificate
    assert verify_certificate(flow.certificate).valid
    assert not (flow.folder / "key.slot").exists()
    assert not (flow.folder / "register.db").exists()
    assert [signer.name for signer in flow.signers()] == ["林晓文", "周建国"]
    assert flow.rows() == flow.keys() == flow.copies() == flow.searched() == []
    assert flow.coverage().files == 0
    shut = [flow.gate(step) for step in Step]
    assert [one and one.gate for one in shut] == [Gate.CLOSED] * len(Step)
    with pytest.raises(GateClosed):
        flow.declare(office.case)


def test_one_officer_at_a_time(flow: Flow, office: Office) -> None:
    with pytest.raises(Refused) as busy:
        Flow.open(flow.folder, office.officer)
    assert busy.value.fault is Fault.CASE_IN_USE
    with pytest.raises(Refused) as there:
        office.flow()
    assert there.value.fault is Fault.CASE_EXISTS


def test_only_the_case_s_officer_opens_it(
    flow: Flow, office: Office, people: tuple[Identity, Identity, Identity]
) -> None:
    flow.close()
    with pytest.raises(Refused) as witness:
        Flow.open(flow.folder, office.witness)
    assert witness.value.fault is Fault.WRONG_ROLE
    with pytest.raises(Refused) as stranger:
        Flow.open(flow.folder, people[2])
    assert stranger.value.fault is Fault.WRONG_PASSPHRASE
    Flow.open(flow.folder, office.officer).close()


def test_a_look_without_an_officer_changes_nothing(flow: Flow, office: Office, advance: Advance) -> None:
    advance(flow, Step.CONFIRM)
    seen = Flow.open(flow.folder)
    assert seen.officer is None
    assert flow.officer is office.officer
    assert [standing.done for standing in seen.standing()] == [standing.done for standing in flow.standing()]
    assert seen.certificate is seen.status is None
    for act in (lambda: list(seen.begin(Step.LOCATE)), lambda: seen.declare(office.case)):
        with pytest.raises(GateClosed) as locked:
            act()
        assert locked.value.gate is Gate.REGISTER_LOCKED
    with pytest.raises(Refused):
        Flow.open(office.folder / "none")


def test_a_newer_case_is_refused(flow: Flow, office: Office) -> None:
    flow.close()
    (flow.folder / "journal.jsonl").unlink()
    journal = Journal.create(flow.folder / "journal.jsonl")
    journal.append("opened", {"case": "x", "format": 99})
    journal.close()
    for officer in (None, office.officer):
        with pytest.raises(Refused) as newer:
            Flow.open(flow.folder, officer)
        assert newer.value.fault is Fault.CASE_TOO_NEW


def test_a_held_key_file_is_not_shredded(office: Office, advance: Advance) -> None:
    case = replace(
        office.case,
        keys=(replace(office.case.keys[0], path=office.folder / "customers" / "disputes" / "key.pem"),),
    )
    (office.folder / "key.pem").rename(office.folder / "customers" / "disputes" / "key.pem")
    flow = Flow.create(office.folder / "case", case, office.officer)
    advance(flow, Step.WIPE)
    assert (office.folder / "customers" / "disputes" / "key.pem").exists()
    flow.close()


def test_a_key_s_copy_beside_the_data_is_found(flow: Flow, office: Office, advance: Advance) -> None:
    (office.folder / "customers" / "钥匙.bin").write_bytes((office.folder / "key.pem").read_bytes())
    advance(flow, Step.CERTIFY)
    assert not (office.folder / "customers" / "钥匙.bin").exists()


def test_a_key_s_copy_that_nobody_can_read_goes_too(office: Office, advance: Advance) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

    key = ec.generate_private_key(ec.SECP256R1())
    p12 = pkcs12.serialize_key_and_certificates(b"mail", key, None, None, BestAvailableEncryption(b"x"))
    for place in ("mail.p12", "customers/旧.dat", "customers/disputes/证物.dat"):
        (office.folder / place).write_bytes(p12)
    source = KeySource("pkcs12", office.folder / "mail.p12")
    flow = Flow.create(office.folder / "case", replace(office.case, keys=(source,)), office.officer)
    advance(flow, Step.SHRED)
    assert not (office.folder / "customers" / "旧.dat").exists()
    assert (office.folder / "customers" / "disputes" / "证物.dat").exists(), "a hold keeps a key's copy too"
    (key_end,) = [one for one in flow.results() if one.id.startswith("k-")]
    assert not key_end.outcome.good, "a copy remains"
    flow.close()


def test_a_key_among_the_records_stands_in_the_list_once(office: Office, advance: Advance) -> None:
    place = office.folder / "customers" / "key.pem"
    (office.folder / "key.pem").rename(place)
    case = replace(office.case, keys=(replace(office.case.keys[0], path=place),))
    flow = Flow.create(office.folder / "case", case, office.officer)
    advance(flow, Step.CONFIRM)
    assert [item.subject for item in flow.plan().items if item.path == str(place)] == [Subject.KEY]
    advance(flow, Step.CERTIFY)
    assert flow.status is Status.ALL_DESTROYED
    assert not place.exists()
    flow.close()


def test_a_record_without_a_digest_has_no_copies(flow: Flow, office: Office, advance: Advance) -> None:
    advance(flow, Step.LOCATE)
    register = flow._at.desk().register
    register.add_record(replace(flow.rows()[0].record, sha256=""))
    advance(flow, Step.CONFIRM)
    assert len(flow.copies()) == 1


def test_traces_of_what_goes_go_with_it(flow: Flow, office: Office, home: Path, advance: Advance) -> None:
    customers = office.folder / "customers"
    (customers / "a.csv~").write_text("an older a.csv", encoding="utf-8")
    binned = home / ".local" / "share" / "Trash"
    (binned / "files").mkdir(parents=True)
    (binned / "info").mkdir()
    (binned / "files" / "a.csv").write_text("thrown away", encoding="utf-8")
    info = f"[Trash Info]\nPath={customers / 'a.csv'}\nDeletionDate=2026-11-01T10:00:00\n"
    (binned / "info" / "a.csv.trashinfo").write_text(info, encoding="utf-8")
    advance(flow, Step.CONFIRM)
    assert {copy.trace for copy in flow.copies() if copy.trace}
    advance(flow, Step.CERTIFY)
    assert [path for path in binned.rglob("*") if path.is_file()] == []
    assert not (customers / "a.csv~").exists()
    assert flow.status is Status.ALL_DESTROYED


def test_nothing_to_keep_no_keys_and_a_gap_in_the_list(office: Office, advance: Advance) -> None:
    (office.folder / "customers" / "凭证" / "记账凭证-2025-03.csv").unlink()
    case = replace(office.case, keys=(), number="清算")
    flow = Flow.create(office.folder / "case", case, office.officer)
    advance(flow, Step.CERTIFY)
    assert flow.status is Status.ALL_DESTROYED
    flow.close()


def test_a_case_folder_that_cannot_be_made(office: Office) -> None:
    with pytest.raises(Refused) as nowhere:
        Flow.create(office.folder / "none" / "case", office.case, office.officer)
    assert nowhere.value.fault is Fault.CASE_NOT_FOUND
    (office.folder / ".case.making").mkdir()
    (office.folder / ".case.making" / "key.slot").touch()
    office.flow().close()
    assert not (office.folder / ".case.making").exists()


def test_an_empty_location_in_the_case_s_own_out_folder(office: Office, advance: Advance) -> None:
    terms = replace(office.case.certificate, out=office.folder / "case" / "certificate")
    flow = Flow.create(office.folder / "case", replace(office.case, certificate=terms), office.officer)
    advance(flow, Step.CERTIFY)
    assert flow.certificate == office.folder / "case" / "certificate" / "certificate.pdf"
    flow.close()


def test_an_unreadable_file_is_left_and_stands_on_the_certificate(
    flow: Flow, office: Office, advance: Advance
) -> None:
    (office.folder / "customers" / "broken.xlsx").write_bytes(b"PK\x03\x04" + b"\0" * 50)
    advance(flow, Step.CERTIFY)
    assert (office.folder / "customers" / "broken.xlsx").exists()
    assert flow.status is Status.WITH_EXCEPTIONS


def test_carried_out_without_a_person_at_the_window(
    office: Office, people: tuple[Identity, Identity, Identity]
) -> None:
    office.mixed_archive()
    words = {"OFFICER": "a passphrase", "WITNESS": "another one"}
    unlocked = people_of(office.case, lambda _, name: words.get(name, ""))
    assert [person.name for person in unlocked] == ["林晓文", "周建国"]
    flow = office.flow()
    list(flow.begin(Step.LOCATE))
    list(carry_out(flow, unlocked, lambda *_: ""))
    assert flow.status is Status.WITH_EXCEPTIONS
    flow.close()
    with pytest.raises(Refused) as missing:
        people_of(replace(office.case, people=office.case.people[:1]), lambda *_: "a passphrase")
    assert missing.value.fault is Fault.PERSON_MISSING


def test_without_the_wish_no_list_is_printed(office: Office, advance: Advance) -> None:
    terms = replace(office.case.certificate, printed=False)
    flow = Flow.create(office.folder / "case", replace(office.case, certificate=terms), office.officer)
    advance(flow, Step.CERTIFY)
    assert flow.certificate
    assert sorted(path.name for path in flow.certificate.parent.glob("inventory*")) == ["inventory.csv"]
    assert verify_certificate(flow.certificate, flow.folder / "journal.jsonl").valid
    flow.close()
