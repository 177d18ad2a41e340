"""The flow on real files: order, gates, what locks what, what a stop leaves."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.domain.case import Case, CaseKind, Company, FateRule, HoldRule, KeySource, Match
from app.domain.event import Begun, Event, Noted, Settled
from app.domain.fate import Fate, Ground
from app.domain.fault import Fault, GateClosed, Refused
from app.domain.outcome import Evidence, KeepOutcome, KeyOutcome, Outcome
from app.domain.plan import Subject
from app.domain.step import Gate, Stage, Step
from app.flow import Flow, carry_out, people_of
from app.flow.recording import Work
from app.flow.state import SLOT
from app.identity import Identity
from app.journal import Journal, verify
from app.steps.certify import Status
from app.steps.certify import verify as verify_certificate

if TYPE_CHECKING:
    from tests.flow.conftest import Office

Advance = Callable[[Flow, Step], list[Event]]


def with_rules(case: Case, *rules: FateRule) -> Case:
    return replace(case, rules=rules)


def why(flow: Flow, step: Step) -> Gate | None:
    shut = flow.gate(step)
    return shut.gate if shut else None


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
    for step in Step:
        assert why(flow, step) is Gate.CLOSED
    with pytest.raises(GateClosed):
        flow.declare(office.case)


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
    flow.declare(replace(flow.case, custodians=()))
    assert flow.done(Step.CONFIRM)
    moved = replace(flow.case.certificate, out=office.folder / "elsewhere")
    flow.declare(replace(flow.case, certificate=moved))
    assert (flow.done(Step.DECIDE), flow.done(Step.CONFIRM)) == (True, False)
    flow.declare(with_rules(flow.case, FateRule(Match(), Fate.LEAVE)))
    assert (flow.done(Step.LOCATE), flow.done(Step.DECIDE)) == (True, False)
    flow.declare(replace(flow.case, backups=()))
    assert (flow.done(Step.COMPANY), flow.done(Step.LOCATE)) == (True, False)


def test_a_step_stopped_between_events_resumes(flow: Flow, office: Office, advance: Advance) -> None:
    advance(flow, Step.SHRED)
    events = flow.begin(Step.WIPE)
    assert isinstance(next(event for event in events if isinstance(event, Begun)), Begun)
    events.close()
    assert not flow.done(Step.WIPE)
    flow.close()
    again = Flow.open(flow.folder, office.officer)
    assert {Stage.BEGUN} >= {again._state.stages[item] for item in again._state.stages if item[0] != "k"} - {
        Stage.SETTLED
    }
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
    import zipfile

    with zipfile.ZipFile(office.folder / "backup" / "mixed.zip", "w") as archive:
        archive.write(office.folder / "customers" / "a.csv", "a.csv")
        archive.writestr("closed.7z", b"7z\xbc\xaf\x27\x1c" + bytes(50))
    advance(flow, Step.CONFIRM)
    assert why(flow, Step.SIGN) is Gate.COPY_WITHOUT_DISPOSAL
    (copy,) = [copy for copy in flow.copies() if copy.path.endswith("mixed.zip")]
    with pytest.raises(Refused):
        flow.accept("c-none", "林晓文")
    flow.accept(copy.id, "林晓文")
    assert why(flow, Step.SIGN) is None
    assert flow.plan() is flow.plan()
    advance(flow, Step.CERTIFY)
    assert (office.folder / "backup" / "mixed.zip").exists()
    assert flow.status is Status.WITH_EXCEPTIONS


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


def test_outcomes_are_synced_in_groups(flow: Flow) -> None:
    def many() -> Work:
        for number in range(600):
            yield Settled(Step.WIPE, f"r-{number}", Subject.RECORD, Outcome.OVERWRITTEN, Evidence("test"))

    journal = flow.folder / "journal.jsonl"
    for event in flow._at.recorder().follow(Step.WIPE, many(), lambda: [0, 0, 0]):
        assert isinstance(event, Settled)
        assert f'"{event.id}"' in journal.read_text(encoding="utf-8")
    assert len(flow.results()) == 600


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


def test_what_could_not_be_sealed_shuts_the_gate(flow: Flow, office: Office, advance: Advance) -> None:
    advance(flow, Step.DECIDE)
    voucher = office.folder / "customers" / "凭证" / "记账凭证-2025-03.csv"
    voucher.write_text(voucher.read_text(encoding="utf-8") + "2,2025-03-02,改,1,1\n", encoding="utf-8")
    advance(flow, Step.CONFIRM)
    assert why(flow, Step.SIGN) is Gate.NOT_SEALED


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
    import zipfile

    with zipfile.ZipFile(office.folder / "backup" / "mixed.zip", "w") as archive:
        archive.write(office.folder / "customers" / "a.csv", "a.csv")
        archive.writestr("closed.7z", b"7z\xbc\xaf\x27\x1c" + bytes(50))
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
        subprocess.run(["umount", small], check=False)
