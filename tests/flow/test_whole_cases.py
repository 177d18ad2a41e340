"""Whole cases, from a CASE.toml to a verified certificate, with the copies that need most care."""

from __future__ import annotations

import io
import itertools
import json
import shutil
import subprocess
import tarfile
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.domain.case import Backup
from app.domain.copies import Disposal
from app.domain.event import BackupSearched
from app.domain.outcome import CopyOutcome, KeepOutcome, Outcome, Reason
from app.domain.step import Gate, Step
from app.flow import Flow, carry_out, from_environment, people_of, read_case_file
from app.steps.certify import Status
from app.steps.certify import verify as verify_certificate
from app.steps.confirm import verify_sealed
from app.steps.confirm.envelope import identities_in

if TYPE_CHECKING:
    from tests.flow.conftest import Office

HEAD = """
case = "2026-077"
rehearsal = true
[company]
name = "示例科技有限公司"
uscc = "91350100M000100Y43"
[[location]]
path = "customers"
[[decide]]
match = {}
fate = "wipe"
[[hold]]
reason = "complaint"
match = { glob = "disputes/**" }
[[person]]
role = "officer"
identity = "%s"
passphrase_env = "OFFICER"
[[person]]
role = "witness"
identity = "%s"
passphrase_env = "WITNESS"
[certificate]
out = "out"
names = "full"
"""
GONE = (Outcome.PROVEN, Outcome.OVERWRITTEN, Outcome.RESIDUE_POSSIBLE)


@pytest.fixture(autouse=True)
def phrases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFFICER", "a passphrase")
    monkeypatch.setenv("WITNESS", "another one")


def carried_out(office: Office, more: str) -> tuple[Flow, list[tuple[str, str, str]]]:
    """Run the case unattended, check its certificate, and give name, fate and outcome of each line."""
    people = office.case.people
    file = office.folder / "CASE.toml"
    if "[[custodian]]" not in more:
        for one in office.case.custodians:
            more += f'[[custodian]]\nname = "{one.name}"\nrecipient = "{one.recipient}"\n'
            more += f'identity = "{one.identity}"\nreceipt = "{one.receipt}"\n'
    file.write_text(HEAD % (people[0].identity, people[1].identity) + more, encoding="utf-8")
    case = read_case_file(file)
    signers = people_of(case, from_environment)
    flow = Flow.create(office.folder / "case", case, signers[0])
    for _ in carry_out(flow, signers, from_environment):
        pass
    assert flow.certificate
    assert verify_certificate(flow.certificate).valid
    account = json.loads((office.folder / "case/certificate/account.json").read_bytes())
    assert not any(one["fault"] for one in account["searched"])
    lines = account["lines"]
    return flow, [(one["name"], one["fate"], one["outcome"].partition(".")[2]) for one in lines]


def test_a_bag_and_a_custodian_with_shares(office: Office) -> None:
    """The bag loses what goes and is valid; what the law keeps opens with any two of three shares."""
    bagit, pyrage = pytest.importorskip("bagit"), pytest.importorskip("pyrage")
    books = "凭证/记账凭证-2025-03.csv"
    original = (office.folder / "customers" / books).read_bytes()
    bag = office.folder / "bag"
    shutil.copytree(office.folder / "customers", bag)
    bagit.make_bag(str(bag), checksums=["sha256", "sha512"])
    more = '[[backup]]\nkind = "bagit"\npath = "bag"\n[[custodian]]\nname = "律所"\nshares = "2 of 3"\n'
    more += 'without_receipt = "in the post"\n'
    flow, ended = carried_out(office, more)

    copies = [outcome for name, fate, outcome in ended if (name, fate) == ("a.csv", "wipe")]
    assert len(copies) == 2
    assert set(copies) <= {one.value for one in GONE}
    left = {path.relative_to(bag / "data").as_posix() for path in (bag / "data").rglob("*") if path.is_file()}
    assert left == {books, "disputes/投诉.txt", "clean.txt"}
    assert bagit.Bag(str(bag)).is_valid()
    assert not any("a.csv" in path.read_text() for path in bag.glob("*.txt"))

    sealed = office.folder / "out/sealed"
    (package,) = sealed.glob("*.tar.age")
    shares = [path.read_text() for path in sorted(sealed.glob("custodian-1-share-*-of-3.txt"))]
    assert len(shares) == 3
    for two in itertools.combinations(shares, 2):
        assert all(check.ok for check in verify_sealed(package, "\n".join(two)))
    assert not all(check.ok for check in verify_sealed(package, shares[0]))
    # and by nothing of ours but the words: decrypted, unpacked, checked by the library of bags
    plain = pyrage.decrypt(package.read_bytes(), list(identities_in("\n".join(shares[::2]))))
    with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
        archive.extractall(office.folder / "restored", filter="data")
    (top,) = (office.folder / "restored").iterdir()
    assert bagit.Bag(str(top)).is_valid()
    assert (top / "data/customers" / books).read_bytes() == original
    assert KeepOutcome.SEALED in {one.outcome for one in flow.results()}
    assert flow.status in (Status.ALL_DESTROYED, Status.WITH_EXCEPTIONS)
    flow.close()


def test_a_bag_that_could_not_be_mended_is_an_exception(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wiping says so when it happens, and the certificate afterwards; a second run puts it right."""
    from app.steps.confirm import bags

    bagit = pytest.importorskip("bagit")
    bag = office.folder / "bag"
    bag.mkdir()
    shutil.copy(office.folder / "customers/a.csv", bag)
    (bag / "odd.zip").write_bytes(b"PK\x03\x04 damaged")
    bagit.make_bag(str(bag))
    case = replace(office.case, backups=(Backup("bagit", bag),))
    flow = Flow.create(office.folder / "case", case, office.officer)
    for step in (Step.LOCATE, Step.DECIDE, Step.CONFIRM):
        list(flow.begin(step))
    (before,) = [one for one in flow.searched() if one.backup == str(bag)]
    assert before.limits == (Reason.UNREADABLE,)
    for copy in flow.copies():
        if copy.disposal is Disposal.EXCEPTION:
            flow.accept(copy.id, "林晓文")
    flow.sign(office.people)
    list(flow.begin(Step.SHRED))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(bags, "write_durably", full)
        told = [event.searched for event in flow.begin(Step.WIPE) if isinstance(event, BackupSearched)]
    assert [(one.backup, one.fault) for one in told] == [(str(bag), Reason.NOT_MENDED)]
    (after,) = [one for one in flow.searched() if one.backup == str(bag)]
    assert (after.fault, after.limits) == (Reason.NOT_MENDED, (Reason.UNREADABLE, Reason.NOT_MENDED))
    list(flow.begin(Step.WIPE))
    (mended,) = [one for one in flow.searched() if one.backup == str(bag)]
    assert mended == before
    assert bagit.Bag(str(bag)).is_valid()
    flow.close()


def test_a_mail_with_the_file_attached_lowers_what_is_said_of_the_record(office: Office) -> None:
    """It shuts the gate until somebody accepts it, stands on the list, and the record's line says so."""
    made = EmailMessage()
    made["From"], made["Subject"] = "a@example.cn", "名单"
    made.set_content("见附件\n")
    data = (office.folder / "customers/a.csv").read_bytes()
    made.add_attachment(data, maintype="text", subtype="csv", filename="客户.csv")
    (office.folder / "backup/sent.eml").write_bytes(made.as_bytes())
    flow = office.flow()
    for step in (Step.LOCATE, Step.DECIDE, Step.CONFIRM):
        list(flow.begin(step))
    shut = flow.gate(Step.SIGN)
    assert shut
    assert (shut.gate, shut.count) == (Gate.COPY_WITHOUT_DISPOSAL, 1)
    (copy,) = [one for one in flow.copies() if one.reasons == (Reason.IN_MAIL,)]
    assert (Path(copy.path).name, copy.member) == ("sent.eml", "客户.csv")
    flow.accept(copy.id, "林晓文")
    flow.sign(office.people)
    list(flow.begin(Step.SHRED))
    list(flow.begin(Step.WIPE))
    list(flow.begin(Step.CERTIFY, people=office.people))
    assert flow.status is Status.WITH_EXCEPTIONS
    assert (office.folder / "backup/sent.eml").exists()
    account = json.loads((office.folder / "case/certificate/account.json").read_bytes())
    limits = {one["id"]: one["evidence"]["limits"] for one in account["lines"]}
    assert [one["rule"] for one in account["lines"] if one["id"] == copy.id] == ["in_mail"]
    (record,) = copy.of
    assert "copies_remain" in limits[record]
    assert sum("copies_remain" in told for told in limits.values()) == 1
    assert flow.certificate
    assert verify_certificate(flow.certificate).valid
    flow.close()


def test_a_copy_that_turns_up_after_the_list_was_signed_is_told(office: Office, home: Path) -> None:
    """A sync program, or the backup of the night, brings back what was wiped: nobody signed for that."""
    data = (office.folder / "customers/a.csv").read_bytes()
    gone = office.folder / "gone"
    gone.mkdir()
    backups = (*office.case.backups, Backup("folder", gone))
    flow = Flow.create(office.folder / "case", replace(office.case, backups=backups), office.officer)
    for step in (Step.LOCATE, Step.DECIDE, Step.CONFIRM):
        list(flow.begin(step))
    flow.sign(office.people)
    list(flow.begin(Step.SHRED))
    list(flow.begin(Step.WIPE))
    gone.rmdir()
    (office.folder / "backup/tonight.csv").write_bytes(data)
    (office.folder / "backup/tonight.zip").write_bytes(b"PK\x03\x04 damaged")
    (home / "Downloads").mkdir()
    for name in ("again.csv", "again(1).csv"):
        (home / "Downloads" / name).write_bytes(data)
    list(flow.begin(Step.CERTIFY, people=office.people))
    assert flow.status is Status.WITH_EXCEPTIONS
    account = json.loads((office.folder / "case/certificate/account.json").read_bytes())
    late = {one["backup"]: one["copies"] for one in account["searched"] if "found_late" in one["limits"]}
    # two of the backup were known, and one came late
    assert sorted(late.values()) == [2, 3]
    unread = [one["limits"] for one in account["searched"] if "unreadable" in one["limits"]]
    assert [set(limits) for limits in unread] == [{"unreadable", "found_late"}]
    assert len(account["searched"]) == 4
    assert flow.certificate
    assert verify_certificate(flow.certificate).valid
    flow.close()


@pytest.mark.usefixtures("own_gnupg")
def test_a_7z_archive_and_a_duplicity_chain(
    office: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The archive is written anew without what goes; the chain, in which nothing else is, goes whole."""
    for name in ("7z", "duplicity", "gpg"):
        if not shutil.which(name):
            pytest.skip(f"{name} is not installed")
    monkeypatch.setenv("PASSPHRASE", "of the chain")
    monkeypatch.setenv("CHAIN", "of the chain")
    customers, archive = office.folder / "customers", office.folder / "backup/all.7z"
    (office.folder / "theirs.txt").write_text("of somebody else", encoding="utf-8")
    ran("7z", "a", "-bd", str(archive), str(customers), str(office.folder / "theirs.txt"))
    (office.folder / "chained").mkdir()
    shutil.copy(customers / "a.csv", office.folder / "chained")
    ran("duplicity", "full", str(office.folder / "chained"), f"file://{office.folder}/repo")
    shutil.rmtree(office.folder / "chained")
    more = (
        '[[backup]]\nkind = "archive"\npath = "backup/all.7z"\n'
        '[[backup]]\nkind = "duplicity"\npath = "repo"\npassword_env = "CHAIN"\n'
    )
    flow, ended = carried_out(office, more)

    (rewritten,) = [outcome for name, _, outcome in ended if name == "all.7z"]
    assert rewritten in {one.value for one in GONE}
    listed = ran("7z", "l", "-slt", "-ba", str(archive))
    assert "theirs.txt" in listed
    assert "投诉.txt" in listed
    assert "a.csv" not in listed
    assert "名单.csv" not in listed
    ran("7z", "t", str(archive))
    assert [path.name for path in (office.folder / "repo").iterdir()] == [".lethe-going"]
    assert [outcome for _, fate, outcome in ended if fate == "expunge"] == [CopyOutcome.EXPUNGED.value]
    flow.close()


def ran(*command: str) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout
