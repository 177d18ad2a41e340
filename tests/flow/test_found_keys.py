"""Keys and passwords that locate met are named before signing, unless they were declared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.domain.case import Case, CertificateTerms, Company, KeySource, Location
from app.domain.event import Located
from app.domain.record import Tier
from app.domain.step import Step
from app.flow import Flow
from app.flow.found_keys import FoundKey, found_keys
from app.register import Register
from app.steps.locate import locate

KEY = bytes(32)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    root = tmp_path / "in"
    root.mkdir()
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    (root / "server.pem").write_bytes(pem)
    (root / "users.csv").write_text("用户名,密码\nzhang,abc12345\nli,qwe98765\n", encoding="utf-8")
    (root / "app.ini").write_text("access_key = AKIAIOSFODNN7EXAMPLE\nsecret: wJalrXUtnFEMI/K7MDENG\n")
    (root / "list.txt").write_text("手机 13812345678")
    return root


def test_they_are_core_and_told_until_they_are_declared(tmp_path, place):
    register = Register.create(tmp_path / "register.db", KEY)
    tiers = {}
    for event in locate([Location(place)], key=KEY, jobs=0):
        if isinstance(event, Located) and event.record:
            register.add_record(event.record)
            tiers[Path(event.path).name] = event.record.tier
    assert tiers == {
        "server.pem": Tier.CORE,
        "users.csv": Tier.CORE,
        "app.ini": Tier.CORE,
        "list.txt": Tier.GENERAL,
    }
    case = Case("1", Company("x", "91350100M000100Y43"), CertificateTerms(tmp_path))
    assert found_keys(register, case) == (
        FoundKey(str(place / "app.ini"), 1, 0, ""),
        FoundKey(str(place / "server.pem"), 1, 0, "pem"),
        FoundKey(str(place / "users.csv"), 0, 2, ""),
    )
    declared = replace(case, keys=(KeySource("pem", place / "server.pem"),))
    assert [Path(one.path).name for one in found_keys(register, declared)] == ["app.ini", "users.csv"]
    (place / "server.pem").unlink()
    assert found_keys(register, case)[1] == FoundKey(str(place / "server.pem"), 1, 0, ""), (
        "what is gone is none"
    )


def test_a_case_names_them_until_its_register_is_gone(flow, office, advance):
    copy = office.folder / "customers" / "server.pem"
    copy.write_bytes((office.folder / "key.pem").read_bytes())
    advance(flow, Step.LOCATE)
    assert flow.found_keys() == (FoundKey(str(copy), 1, 0, "pem"),)
    assert Flow.open(flow.folder).found_keys() == ()
