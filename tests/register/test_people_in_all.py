"""The people of all records together: who is named by number and telephone in one record is one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.record import Finding, Look, Record, Stamp, Tier
from app.register import Looking, Register
from app.steps.locate.tally import PEOPLE

STAMP = Stamp(1, 1, 1, 1, 1, 1)
PLAIN = Record("r-0", "/a", "/", STAMP, "", Look.FOUND, Tier.GENERAL, "crm.contact", 0)


def looked(tmp_path: Path, *records: dict[str, str]) -> Looking:
    register = Register.create(tmp_path / "register.db", bytes(32))
    looking = Looking(register, "x")
    for at, found in enumerate(records):
        findings = tuple(
            Finding(kind, len(names), 1.0, (), tuple(name.encode().ljust(16) for name in names))
            for kind, names in found.items()
        )
        register.add_record(replace(PLAIN, id=f"r-{at}", path=f"/{at}", findings=findings))
    return looking


@pytest.mark.parametrize(
    ("records", "people"),
    [
        ((), 0),
        (({"cn.id": "ab"},), 2),
        (({"cn.id": "ab"}, {"cn.id": "bc"}), 3),
        (({"cn.id": "a", "cn.mobile": "x"}, {"cn.mobile": "x"}), 1),
        (({"cn.id": "a", "cn.mobile": "x"}, {"cn.mobile": "xy"}), 2),
        (({"cn.id": "a"}, {"cn.mobile": "x"}), 2),
        (({"cn.id": "a", "cn.mobile": "xyz"},), 3),
        (({"cn.mobile": "x", "email": "m"}, {"email": "mn"}, {"bank.card": "c", "cn.id": "a"}), 3),
        (({"cn.id": "a", "cn.residence": "a"},), 2),
        (({"minor.under14": "a", "ip": "i", "cn.plate": "p"},), 0),
    ],
)
def test_people_are_joined_over_records(tmp_path, records, people):
    assert looked(tmp_path, *records).people(PEOPLE) == people


def test_kinds_are_counted_once_a_value_and_once_a_record(tmp_path):
    looking = looked(tmp_path, {"cn.id": "ab"}, {"cn.id": "b", "custom.会员号": "xyz"})
    assert looking.kinds() == [("cn.id", 2, 2), ("custom.会员号", 3, 1)]
