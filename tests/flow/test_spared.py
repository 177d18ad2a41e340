"""What must stay, whatever way the case spells it: holds on keys and copies, links, people's own keys."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from app.domain.case import (
    Backup,
    Case,
    CertificateTerms,
    Custodian,
    FateRule,
    HoldRule,
    KeySource,
    Location,
    Match,
    PersonSource,
    Role,
)
from app.domain.copies import Disposal
from app.domain.event import Event
from app.domain.fate import Fate
from app.domain.fault import Fault, GateClosed, Refused
from app.domain.outcome import KeepOutcome, KeyOutcome
from app.domain.plan import Subject
from app.domain.step import Gate, Step
from app.flow import Flow
from app.steps.certify import Status

if TYPE_CHECKING:
    from tests.flow.conftest import Office

Advance = Callable[[Flow, Step], list[Event]]
PERSON = "姓名,身份证号,手机\n赵六,11010519491231002X,13812345678\n"


@pytest.fixture
def ended(office: Office, advance: Advance) -> Callable[[Case], Flow]:
    """Carry a case out to its certificate, each exception accepted."""

    def end(case: Case) -> Flow:
        flow = Flow.create(office.folder / "case", case, office.officer)
        advance(flow, Step.CONFIRM)
        for copy in flow.copies():
            if copy.disposal is Disposal.EXCEPTION:
                flow.accept(copy.id, "林晓文")
        advance(flow, Step.CERTIFY)
        flow.close()
        return flow

    return end


Ended = Callable[[Case], Flow]


def held(case: Case, match: Match) -> Case:
    return replace(case, holds=(*case.holds, HoldRule(match, "lawsuit")))


def test_a_hold_on_a_copy_in_a_backup(office: Office, ended: Ended) -> None:
    copy = office.folder / "backup" / "a.csv"
    flow = ended(held(office.case, Match(path=str(copy))))
    assert copy.exists()
    assert flow.status is Status.WITH_EXCEPTIONS


def test_a_hold_on_a_key_s_copy_in_a_backup(office: Office, ended: Ended) -> None:
    copy = office.folder / "backup" / "key.pem"
    ended(held(office.case, Match(path=str(copy))))
    assert copy.stat().st_size


def test_a_hold_on_a_key(office: Office, ended: Ended) -> None:
    flow = ended(held(office.case, Match(path=str(office.folder / "key.pem"))))
    assert (office.folder / "key.pem").stat().st_size
    assert next(one.outcome for one in flow.results() if one.subject is Subject.KEY) is KeepOutcome.FROZEN


def test_a_held_key_that_is_reached_by_a_link(office: Office, ended: Ended) -> None:
    held_key = office.folder / "customers" / "disputes" / "key.pem"
    (office.folder / "key.pem").rename(held_key)
    (office.folder / "0link").symlink_to(held_key.parent)
    ended(replace(office.case, keys=(KeySource("pem", office.folder / "0link" / "key.pem"),)))
    assert held_key.stat().st_size


def test_a_key_that_is_another_name_of_a_held_record(office: Office, ended: Ended) -> None:
    name = office.folder / "customers" / "disputes" / "key.pem"
    os.link(office.folder / "key.pem", name)
    before = name.read_bytes()
    ended(office.case)
    assert name.read_bytes() == before


def test_a_key_reached_by_a_link_stands_in_the_list_once(office: Office, advance: Advance) -> None:
    (office.folder / "key.pem").rename(office.folder / "customers" / "key.pem")
    (office.folder / "0link").symlink_to(office.folder / "customers")
    case = replace(office.case, keys=(KeySource("pem", office.folder / "0link" / "key.pem"),))
    flow = Flow.create(office.folder / "case", case, office.officer)
    advance(flow, Step.CONFIRM)
    names = [item.path for item in flow.plan().items if item.path.endswith("key.pem")]
    assert sorted(names) == sorted(str(office.folder / one / "key.pem") for one in ("0link", "backup"))
    flow.close()


def test_a_key_that_is_saved_anew_while_copies_are_sought_stands_in_the_list_once(
    office: Office, advance: Advance
) -> None:
    """As an editor saves: the same bytes in another file, which the search takes for a copy of the first."""
    key, anew = office.folder / "backup" / "key.pem", office.folder / "anew"
    flow = Flow.create(
        office.folder / "case", replace(office.case, keys=(KeySource("pem", key),)), office.officer
    )
    advance(flow, Step.DECIDE)
    for _ in flow.begin(Step.CONFIRM):
        if not anew.is_dir():
            anew.mkdir()
            (anew / "key.pem").write_bytes(key.read_bytes())
            (anew / "key.pem").replace(key)
    assert str(key) in {one.path for one in flow.copies()}
    assert [item.subject for item in flow.plan().items if item.path == str(key)] == [Subject.KEY]
    advance(flow, Step.WIPE)
    assert key.stat().st_size, "what was signed for is another file"
    flow.close()


@pytest.mark.parametrize("fate", [Fate.LEAVE, Fate.FREEZE])
def test_a_key_in_other_lines_that_is_a_record_to_stay_stays(
    office: Office, advance: Advance, fate: Fate
) -> None:
    """It is found as a copy of the key that goes; but what is decided of the file itself comes first."""
    folder = office.folder / "customers" / ("disputes" if fate is Fate.FREEZE else "old")
    folder.mkdir(exist_ok=True)
    copy = folder / "KEY.OLD"
    copy.write_bytes((office.folder / "key.pem").read_bytes().replace(b"\n", b"\r\n"))
    rules = (FateRule(Match(glob="old/**"), Fate.LEAVE), *office.case.rules)
    flow = Flow.create(office.folder / "case", replace(office.case, rules=rules), office.officer)
    advance(flow, Step.CONFIRM)
    for one in flow.copies():
        if one.disposal is Disposal.EXCEPTION:
            flow.accept(one.id, "林晓文")
    (item,) = [one for one in flow.plan().items if one.path == str(copy)]
    assert (item.fate, item.subject) == (fate, Subject.RECORD)
    before = copy.read_bytes()
    advance(flow, Step.WIPE)
    assert copy.read_bytes() == before
    (end,) = [one for one in flow.results() if one.subject is Subject.KEY]
    assert end.outcome is KeyOutcome.ACCESS_REMOVED, "a copy of it is still there"
    flow.close()


def test_a_held_folder_that_is_reached_by_a_link(office: Office, ended: Ended) -> None:
    inner = office.folder / "customers" / "disputes" / "in" / "x.txt"
    inner.parent.mkdir()
    inner.write_text(PERSON, encoding="utf-8")
    (office.folder / "0link").symlink_to(office.folder / "customers" / "disputes")
    ended(replace(office.case, locations=(Location(office.folder / "0link" / "in"), *office.case.locations)))
    assert inner.exists()


def test_a_hold_that_names_a_record_by_a_link(office: Office, ended: Ended) -> None:
    (office.folder / "0link").symlink_to(office.folder / "customers")
    ended(held(office.case, Match(path=str(office.folder / "0link" / "a.csv"))))
    assert (office.folder / "customers" / "a.csv").exists()


@pytest.mark.parametrize("who", ["officer", "custodian"])
def test_a_person_s_own_key_is_never_shredded(office: Office, who: str) -> None:
    own, copy = office.folder / "own.key", office.folder / "copy.key"
    own.write_bytes(b"a key")
    copy.write_bytes(b"a key")
    people = (PersonSource(Role.OFFICER, own, ""), *office.case.people[1:])
    custodian = Custodian("保管人", "age1x", own)
    case = replace(office.case, keys=(KeySource("age", copy),))
    case = replace(case, people=people) if who == "officer" else replace(case, custodians=(custodian,))
    with pytest.raises(Refused) as refused:
        Flow.create(office.folder / "case", case, office.officer)
    assert refused.value.fault is Fault.PROTECTED_PLACE
    assert not (office.folder / "case").exists()


def test_the_case_s_own_slot_is_no_key_to_declare(flow: Flow, office: Office) -> None:
    with pytest.raises(Refused) as refused:
        flow.declare(replace(office.case, keys=(KeySource("pem", flow.folder / "key.slot"),)))
    assert refused.value.fault is Fault.PROTECTED_PLACE


def test_an_archive_of_nothing_but_a_key_goes_with_it(office: Office, ended: Ended) -> None:
    archive = office.folder / "backup" / "keys.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(office.folder / "key.pem", "key.pem")
    assert ended(office.case).closed
    assert not archive.exists()


def test_a_rule_that_would_shred_what_is_no_key_decides_nothing(office: Office, advance: Advance) -> None:
    shredding = (FateRule(Match(glob="a.csv"), Fate.SHRED), FateRule(Match(), Fate.WIPE))
    flow = Flow.create(office.folder / "case", replace(office.case, rules=shredding), office.officer)
    advance(flow, Step.DECIDE)
    shut = flow.gate(Step.CONFIRM)
    assert shut
    assert (shut.gate, shut.count) == (Gate.UNDECIDED, 1)
    flow.close()


@pytest.mark.parametrize("place", ["other", "customers/backup", "customers/out"])
@pytest.mark.parametrize("kind", ["folder", "restic"])
def test_nothing_in_a_location_stays_unseen(office: Office, ended: Ended, place: str, kind: str) -> None:
    """A backup that is a location, one inside it, and an out folder that holds other things."""
    folder = office.folder / place
    folder.mkdir()
    (folder / "z.csv").write_text(PERSON, encoding="utf-8")
    case = office.case
    if place.endswith("out"):
        case = replace(case, certificate=CertificateTerms(folder))
    else:
        case = replace(case, backups=(Backup(kind, folder),))
    if place == "other":
        case = replace(case, locations=(*case.locations, Location(folder)))
    if kind == "restic" and case.backups != office.case.backups:
        # It is no repository: what can't be checked stops the job before anything is signed.
        with pytest.raises(GateClosed) as shut:
            ended(case)
        assert (shut.value.gate, shut.value.count) == (Gate.BACKUP_NOT_CHECKED, 1)
        assert (folder / "z.csv").exists()
        return
    flow = ended(case)
    assert not (folder / "z.csv").exists() or flow.status is Status.WITH_EXCEPTIONS
    assert not (folder / "z.csv").exists()


@pytest.mark.parametrize(
    "match",
    [
        Match(path="kept"),
        Match(path="kept/"),
        Match(path="./Kept/X.csv"),
        Match(glob="kept"),
        Match(glob="kept/"),
        Match(glob="KEPT/**"),
        Match(glob="kept\\**"),
        Match(glob="**/kept"),
    ],
)
def test_a_hold_holds_however_it_is_spelled(office: Office, advance: Advance, match: Match) -> None:
    folder = office.folder / "customers" / "kept"
    folder.mkdir()
    (folder / "x.csv").write_text(PERSON, encoding="utf-8")
    flow = Flow.create(office.folder / "case", held(office.case, match), office.officer)
    advance(flow, Step.DECIDE)
    protected = {row.record.path for row in flow.rows() if row.decision and row.decision.rule == "lawsuit"}
    assert protected == {str(folder / "x.csv")}
    flow.close()
