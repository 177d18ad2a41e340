"""Without leave nothing is destroyed, and without its library no store is spoken to."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.case import ServiceKey
from app.domain.fate import Fate
from app.domain.fault import Fault, Refused
from app.steps.shred.services.asking import inquire
from app.steps.shred.services.contract import Warrant


@pytest.fixture
def signed(tmp_path, counter):
    paper = tmp_path / "protocol.pdf"
    paper.write_bytes(b"%PDF signed by hand")
    return counter(ServiceKey("declared", "escrow key", by="李四", paper=paper)).plan


def test_a_plan_that_nobody_signed_gives_no_leave(signed):
    with pytest.raises(TypeError):
        Warrant(signed.plan, signed.plan.items[0], b"k" * 32)


@pytest.mark.parametrize(
    "change", [{"fate": Fate.LEAVE}, {"id": "k-another"}, {"sha256": "0" * 64}, {"path": "aws_kms:x"}]
)
def test_a_signed_plan_gives_no_leave_for_what_does_not_stand_in_it(signed, change):
    item = signed.plan.items[0]
    assert Warrant(signed, item, b"k" * 32).keystream == b"k" * 32
    with pytest.raises(PermissionError):
        Warrant(signed, replace(item, **change), b"k" * 32)


@pytest.mark.parametrize(
    ("kind", "library", "wanted"),
    [
        ("aws_kms", "boto3", "pip install lethe[aws]"),
        ("openbao", "hvac", "pip install lethe[vault]"),
        ("pkcs11", "pkcs11", "pip install python-pkcs11"),
        ("secret_service", "secretstorage", "pip install lethe[keychain]"),
    ],
)
def test_without_its_library_a_store_says_what_to_install(monkeypatch, kind, library, wanted):
    # What Python itself keeps of a module that can't be imported.
    monkeypatch.setitem(sys.modules, library, None)
    one = ServiceKey(kind, "x", url="http://127.0.0.1:1", region="eu-west-1", module=Path("/nowhere.so"))
    with pytest.raises(Refused) as refused:
        list(inquire([one], key=b"k" * 32, passphrase=lambda _: ""))
    assert refused.value.fault is Fault.KEY_LIBRARY_MISSING
    assert refused.value.detail == wanted
