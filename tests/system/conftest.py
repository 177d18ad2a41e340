"""A plan two people signed, for the tests that wipe behind recorded answers."""

from __future__ import annotations

import hashlib

import pytest

from app.domain.case import Profile, Role
from app.domain.fate import Fate, Ground
from app.domain.plan import Plan, PlanItem, Subject
from app.domain.record import Stamp, Tier
from app.domain.wiping import Wiping
from app.identity import create, sign_plan


@pytest.fixture(scope="session")
def signers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("signers")
    return [
        create(name, role, folder / f"{role.value}.p12", "四 个 不 相干 的 词")
        for name, role in (("张三", Role.OFFICER), ("李四", Role.WITNESS))
    ]


@pytest.fixture
def sign(signers):
    """Sign what becomes of files: (path, what `os.stat` says, content, location) each."""

    def signed(*files, wiping=None, subject=Subject.RECORD, fate=Fate.WIPE):
        items = tuple(
            PlanItem(
                f"r-{number:06d}", subject, path, fate, Ground.RULE, "case.1", "", Tier.CORE, "crm.contact", 1,
                Stamp(told.st_dev, told.st_ino, told.st_size, told.st_mtime_ns, told.st_ctime_ns, told.st_nlink),
                hashlib.sha256(content).hexdigest(), location,
            )
            for number, (path, told, content, location) in enumerate(files)
        )  # fmt: skip
        plan = Plan(
            "2026-001", "2026-11-21T09:00:00+08:00", "cn-1", Profile.STANDARD, items, wiping or Wiping()
        )
        return sign_plan(plan, signers, "2026-11-21T09:30:00+08:00")

    return signed
