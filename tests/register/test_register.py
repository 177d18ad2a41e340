"""The register: what goes in comes out, nothing is readable without the key, the slot opens for one officer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.case import Profile
from app.domain.copies import Copy, Disposal, Searched
from app.domain.fate import Decision, Fate, Ground
from app.domain.fault import Fault, Refused
from app.domain.key import Key
from app.domain.outcome import Reason
from app.domain.plan import Plan, PlanItem, Subject
from app.domain.record import Finding, Look, Problem, Record, Stamp, Tier
from app.register import Register, case_keys, register_key

STAMP = Stamp(1, 2**63 + 5, 10, 1_700_000_000_123_456_789, 2, 1)
RECORD = Record(
    "r-1",
    "/甲/\udcff坏名.csv",
    "/甲",
    STAMP,
    "ab" * 32,
    Look.FOUND,
    Tier.SENSITIVE,
    "crm.contact",
    3,
    (Finding("cn.id", 3, 0.9, ("checksum",), (b"\x01" * 16, b"\x02" * 16)),),
    (Problem.ENCRYPTED,),
    2024,
)
KEY = bytes(range(32))


@pytest.fixture
def register(tmp_path: Path) -> Register:
    return Register.create(tmp_path / "register.db", KEY)


def test_records_come_back_without_the_values(register: Register) -> None:
    register.add_record(RECORD)
    register.add_record(replace(RECORD, people=4))
    (back,) = register.records()
    assert back.people == 4
    assert back.path == RECORD.path
    assert back.stamp == STAMP
    assert back.findings[0].macs == ()
    assert register.holding(b"\x01" * 16) == ["r-1"]
    assert register.holding(b"\x03" * 16) == []


def test_decisions_and_what_is_undecided(register: Register) -> None:
    register.add_record(RECORD)
    register.add_record(replace(RECORD, id="r-2"))
    register.add_record(replace(RECORD, id="r-3"))
    register.decide(
        [Decision("r-1", Fate.WIPE, Ground.RULE, "case.1"), Decision("r-2", Fate.LEAVE, Ground.UNDECIDED, "")]
    )
    assert register.undecided() == 2
    assert [row.decision and row.decision.fate for row in register.rows()] == [Fate.WIPE, Fate.LEAVE, None]
    assert register.row("r-1").decision == Decision("r-1", Fate.WIPE, Ground.RULE, "case.1")
    assert register.row("r-3").decision is None
    with pytest.raises(Refused) as refused:
        register.row("r-9")
    assert refused.value.fault is Fault.RECORD_UNKNOWN
    register.clear_decisions()
    assert register.undecided() == 3
    register.clear_records()
    assert list(register.rows()) == []


def test_keys_copies_searches_plan_and_facts(register: Register, tmp_path: Path) -> None:
    key = Key("k-1", "pem", "/k", STAMP, "cd" * 32, "RSA-2048")
    copy = Copy("c-1", ("r-1",), "/b", "", STAMP, "ab" * 32, Disposal.EXCEPTION, (Reason.MIXED_ARCHIVE,))
    searched = Searched("/b", 3, 2, 1, (Reason.DENIED,))
    item = PlanItem(
        "r-1",
        Subject.RECORD,
        RECORD.path,
        Fate.WIPE,
        Ground.RULE,
        "case.1",
        "PIPL 47",
        Tier.CORE,
        "c",
        1,
        STAMP,
        "ab",
    )
    plan = Plan("2026-001", "2026-11-21T00:00:00Z", "pack 1", Profile.STRICT, (item,))
    assert register.plan() is None
    register.set_keys([key])
    register.add_copy(copy)
    register.add_copy(replace(copy, declared_by="李四"))
    register.add_searched(searched)
    assert (
        register.draw_plan(replace(plan, items=()), [item, replace(item, id="c-1")]).digest() == plan.digest()
    )
    register.set_fact("coverage", {"files": 3})
    register.close()
    again = Register.open(tmp_path / "register.db", KEY)
    assert again.declared_keys() == [key]
    assert again.copies() == [replace(copy, declared_by="李四")]
    assert again.searched() == [searched]
    stored = again.plan()
    assert stored is not None
    assert tuple(stored.items) == plan.items
    assert stored.digest() == plan.digest()
    assert again.fact("coverage") == {"files": 3}
    assert again.fact("none") is None
    again.clear_copies()
    assert again.copies() == []


def test_the_file_tells_nothing_and_needs_its_key(register: Register, tmp_path: Path) -> None:
    register.add_record(RECORD)
    register.close()
    raw = (tmp_path / "register.db").read_bytes()
    assert b"crm.contact" not in raw
    assert b"SQLite format" not in raw
    with pytest.raises(Refused) as refused:
        Register.open(tmp_path / "register.db", bytes(32))
    assert refused.value.fault is Fault.REGISTER_BROKEN
    with pytest.raises(Refused):
        Register.open(tmp_path / "none.db", KEY)


def test_uncommitted_changes_do_not_survive(register: Register, tmp_path: Path) -> None:
    register.add_record(RECORD)
    register.commit()
    register.add_record(replace(RECORD, id="r-2"))
    other = Register.open(tmp_path / "register.db", KEY)
    assert len(list(other.records())) == 1


def test_the_keys_of_a_case_are_those_of_its_root() -> None:
    """Those that cases of all formats have: an older case keeps its ids and its register."""
    root = memoryview(bytes(range(32)))
    keys = case_keys(root)
    assert keys == case_keys(root)
    assert keys.handles.hex() == "5af846289c664c5f07ea0d8aed311200aeccb3537c6d2eeb59971d25d51d88ce"
    with register_key(root) as key:
        assert len({bytes(key), keys.handles, keys.keystream, keys.salts}) == 4
        assert bytes(key).hex() == "29f5483a8f8309668cfa7ae3551a66b64dced25a1d4624ccc26a40236f83c9e4"
    assert case_keys(memoryview(bytes(32))) != keys
