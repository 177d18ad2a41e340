"""A tiny company, two people, and a case on it, for tests of the flow."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from zipfile import ZipFile

import pytest

from app.domain.case import (
    Backup,
    Case,
    CertificateTerms,
    Company,
    Custodian,
    FateRule,
    HoldRule,
    KeySource,
    Location,
    Match,
    PersonSource,
    Role,
)
from app.domain.event import Event
from app.domain.fate import Fate
from app.domain.step import Step
from app.flow import Flow
from app.identity import Identity, create
from app.steps.confirm.usual import volumes

sys.path.insert(0, str(Path(__file__).parents[1] / "steps/shred/services"))  # for servers

Advance = Callable[[Flow, Step], list[Event]]
"""Does every step that is not done, up to and with the one named."""

NOBODY = 65534
USCC = "91350100M000100Y43"
PERSON = "姓名,身份证号,手机\n张三,11010519491231002X,13812345678\n"


@dataclass(frozen=True, slots=True)
class Office:
    """A folder with a few records, a backup of one, a key with a copy in the backup, and two people."""

    folder: Path
    case: Case
    officer: Identity
    witness: Identity

    @property
    def people(self) -> tuple[Identity, Identity]:
        return self.officer, self.witness

    def flow(self) -> Flow:
        return Flow.create(self.folder / "case", self.case, self.officer)

    def carry_out(self) -> None:
        """Take the case from its first step to its certificate."""
        flow = self.flow()
        try:
            for step in (Step.LOCATE, Step.DECIDE, Step.CONFIRM):
                list(flow.begin(step))
            flow.sign(self.people)
            for step in (Step.SHRED, Step.WIPE):
                list(flow.begin(step))
            list(flow.begin(Step.CERTIFY, people=self.people))
        finally:
            flow.close()

    def mixed_archive(self) -> Path:
        """Lay one into the backup that holds a copy of a record, and beside it what nobody can read."""
        path = self.folder / "backup" / "mixed.zip"
        with ZipFile(path, "w") as archive:
            archive.write(self.folder / "customers" / "a.csv", "a.csv")
            archive.writestr("closed.7z", b"7z\xbc\xaf\x27\x1c" + bytes(50))
        return path


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> tuple[Identity, Identity, Identity]:
    folder = tmp_path_factory.mktemp("people")
    return (
        create("林晓文", Role.OFFICER, folder / "officer.p12", "a passphrase"),
        create("周建国", Role.WITNESS, folder / "witness.p12", "another one"),
        create("陈别人", Role.OFFICER, folder / "other.p12", "a third one"),
    )


def key_pem() -> bytes:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.fixture(autouse=True)
def home(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own: what programs left there must not depend on who runs the tests."""
    place = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(place))
    # What others keep among the temporary files of this machine is not the test's to search.
    monkeypatch.setattr("app.steps.confirm.strays.temporary", lambda: (place / "temporary",))
    # Nor are the disks that another test has mounted at this moment, with the same records in their bins.
    monkeypatch.setattr(
        "app.steps.confirm.strays.volumes", lambda: (one for one in volumes() if one.is_relative_to(tmp_path))
    )
    return place


def two_custodians(folder: Path) -> tuple[Custodian, Custodian]:
    """Two who bring their own keys for the restore and have given a receipt each."""
    from pyrage import x25519

    folder.mkdir()
    for name, number in (("receipt.txt", "一"), ("second.txt", "二")):
        (folder / name).write_text(f"移交与接收回执，第{number}号", encoding="utf-8")
    keys = [x25519.Identity.generate() for _ in range(2)]
    for number, key in enumerate(keys):
        (folder / f"{number}.age").write_text(f"{key}\n", encoding="ascii")
    first, second = (
        Custodian(name, str(key.to_public()), folder / f"{number}.age")
        for number, (name, key) in enumerate(zip(("示例档案馆", "示例律所"), keys, strict=True))
    )
    return replace(first, receipt=folder / "receipt.txt"), replace(second, receipt=folder / "second.txt")


@pytest.fixture
def office(tmp_path: Path, people: tuple[Identity, Identity, Identity]) -> Office:
    customers, backup = tmp_path / "customers", tmp_path / "backup"
    for name, text in {
        "a.csv": PERSON,
        "名单.csv": PERSON.replace("张三", "李四"),
        "disputes/投诉.txt": "投诉人 王五 身份证号 11010519491231002X",
        "凭证/记账凭证-2025-03.csv": "凭证号,日期,摘要,借方,贷方\n1,2025-03-01,收款 张三,100,0\n",
        "clean.txt": "nothing personal here",
    }.items():
        (customers / name).parent.mkdir(parents=True, exist_ok=True)
        (customers / name).write_text(text, encoding="utf-8")
    backup.mkdir()
    (backup / "a.csv").write_text(PERSON, encoding="utf-8")
    (tmp_path / "key.pem").write_bytes(key_pem())
    (backup / "key.pem").write_bytes((tmp_path / "key.pem").read_bytes())
    case = Case(
        "2026-009",
        Company("示例科技有限公司", USCC),
        CertificateTerms(tmp_path / "out"),
        locations=(Location(customers),),
        backups=(Backup("folder", backup),),
        keys=(KeySource("pem", tmp_path / "key.pem"),),
        custodians=two_custodians(tmp_path / "custodians"),
        rules=(FateRule(Match(), Fate.WIPE),),
        holds=(HoldRule(Match(glob="disputes/**"), "complaint"),),
        people=(
            PersonSource(Role.OFFICER, people[0].path, "OFFICER"),
            PersonSource(Role.WITNESS, people[1].path, "WITNESS"),
        ),
        rehearsal=True,
    )
    return Office(tmp_path, case, people[0], people[1])


@pytest.fixture
def flow(office: Office) -> Iterator[Flow]:
    opened = office.flow()
    yield opened
    opened.close()


@pytest.fixture
def advance(office: Office) -> Advance:
    """Do every step that is not done, up to and with the one named."""

    def go(flow: Flow, last: Step) -> list[Event]:
        events: list[Event] = []
        for step in list(Step)[Step.LOCATE.index : last.index + 1]:
            if flow.done(step):
                continue
            if step is Step.SIGN:
                flow.sign(office.people)
            else:
                events += flow.begin(step, people=office.people if step is Step.CERTIFY else ())
        return events

    return go


@pytest.fixture
def as_nobody(enterable: Callable[[Path], None]) -> Callable[[Path], AbstractContextManager[None]]:
    """Run as a user without any rights for a while, who may yet enter the folder that is given."""
    if os.geteuid() != 0:
        pytest.skip("to be another user for a while needs root")

    @contextmanager
    def without(folder: Path) -> Iterator[None]:
        enterable(folder)
        os.seteuid(NOBODY)
        try:
            yield
        finally:
            os.seteuid(0)

    return without


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """A server of our own that speaks S3 and has no bucket, and nobody's keys."""
    boto3 = pytest.importorskip("boto3")
    from servers import aws

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with aws() as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        from moto.s3.models import s3_backends

        s3_backends.reset()
        client = boto3.client("s3")
        yield client
        s3_backends.reset()
