"""People are dear to make (two key derivations), so a session shares them."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from authority import Authority, Tokens, softhsm

from app.domain.case import Profile, Role
from app.domain.fate import Fate, Ground
from app.domain.plan import Plan, PlanItem, Subject
from app.domain.record import Stamp, Tier
from app.identity import create

AT = "2026-11-21T20:00:00+08:00"


@pytest.fixture(scope="session")
def people_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("people")


@pytest.fixture(scope="session")
def officer(people_dir):
    return create("王𬭚", Role.OFFICER, people_dir / "officer.p12", "经办 😀")


@pytest.fixture(scope="session")
def witness(people_dir):
    return create("李四", Role.WITNESS, people_dir / "witness.p12", "witness")


@pytest.fixture(scope="session")
def approver(people_dir):
    return create("张三", Role.APPROVER, people_dir / "approver.p12", "approver")


@pytest.fixture(scope="session")
def plan():
    stamp = Stamp(7, 2**60, 4096, 10**18, 10**18 + 1, 1)
    items = tuple(
        PlanItem(
            f"r-{n}", Subject.RECORD, f"/资料/{n}.csv", Fate.WIPE, Ground.RULE, "case.1", "",
            Tier.CORE, "crm.contact", 3, stamp, "ab" * 32, "/资料",
        )
        for n in range(3)
    )  # fmt: skip
    return Plan("2026-001", AT, "cn-1", Profile.STRICT, items)


@pytest.fixture(scope="session")
def authority():
    return Authority.make()


@pytest.fixture(scope="session")
def tokens(tmp_path_factory):
    pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed: no token was tried")
    module = softhsm()
    if module is None:
        pytest.skip("SoftHSM2 is not installed: no token was tried")
    return Tokens(tmp_path_factory.mktemp("softhsm"), module)
