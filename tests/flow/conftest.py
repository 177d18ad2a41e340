"""A tiny company, two people, and a case on it, for tests of the flow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.domain.case import (
    Backup,
    Case,
    CertificateTerms,
    Company,
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
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own: what programs left there must not depend on who runs the tests."""
    place = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(place))
    return place


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
def advance(office: Office) -> Callable[[Flow, Step], list[Event]]:
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
