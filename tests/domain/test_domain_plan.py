"""A plan that destroys what is kept can't exist, and its digest covers every field."""

from __future__ import annotations

import hashlib
from dataclasses import fields, replace
from itertools import product

import pytest

from app.domain.case import Profile
from app.domain.fate import Decision, Fate, Ground
from app.domain.fault import Fault, Refused
from app.domain.plan import Plan, PlanItem, Subject
from app.domain.record import Rows, Stamp, Tier

STAMP = Stamp(2**60, 2**61, 4096, 2**62 + 1, 2**62 + 2, 1)
ITEM = PlanItem(
    id="R-1",
    subject=Subject.RECORD,
    path="/c/客户.csv",
    fate=Fate.WIPE,
    ground=Ground.RULE,
    rule="case.1",
    law="个人信息保护法47",
    tier=Tier.SENSITIVE,
    category="crm.contact",
    people=12,
    stamp=STAMP,
    sha256="ab" * 32,
    location="/c",
)
OTHER = replace(ITEM, id="R-2", fate=Fate.SEAL, ground=Ground.RETENTION, rule="acct.voucher")
PLAN = Plan(
    "2026-001", "2026-11-21T10:00:00Z", "cn-retention 1 (2026-11-21)", Profile.STANDARD, (ITEM, OTHER)
)


@pytest.mark.parametrize(("ground", "fate"), list(product(Ground, Fate)))
def test_only_what_is_not_kept_may_be_destroyed(ground, fate):
    kept = ground in (Ground.HOLD, Ground.RETENTION)
    item = replace(ITEM, ground=ground, fate=fate)
    assert item.protected is kept
    assert Decision("R-1", fate, ground, "x").protected is kept
    if kept and fate in (Fate.WIPE, Fate.SHRED, Fate.EXPUNGE, Fate.TRASH):
        with pytest.raises(Refused) as refused:
            replace(PLAN, items=(OTHER, item))
        assert refused.value.fault is Fault.PLAN_PROTECTED
        assert (refused.value.subject, refused.value.detail) == ("R-1", "case.1")
    else:
        assert replace(PLAN, items=(item,)).items == (item,)


def test_two_items_with_one_id_are_refused():
    with pytest.raises(Refused) as refused:
        replace(PLAN, items=(ITEM, replace(OTHER, id="R-1")))
    assert (refused.value.fault, refused.value.subject) == (Fault.RECORD_UNKNOWN, "R-1")


def test_the_digest_is_over_the_lines():
    lines = list(PLAN.lines())
    assert len(lines) == 3
    assert PLAN.digest() == hashlib.sha256(b"".join(line + b"\n" for line in lines)).hexdigest()
    assert replace(PLAN).digest() == PLAN.digest()


CHANGES = {
    "id": "R-9",
    "subject": Subject.COPY,
    "path": "/c/x",
    "fate": Fate.LEAVE,
    "ground": Ground.KEY,
    "rule": "case.2",
    "law": "",
    "tier": Tier.CORE,
    "category": "bio",
    "people": 13,
    "sha256": "cd" * 32,
    "location": "/d",
    "rows": Rows("ef" * 32, 3, 1000, "01" * 32),
}


@pytest.mark.parametrize("name", [f.name for f in fields(PlanItem) if f.name != "stamp"])
def test_every_field_of_an_item_is_in_the_digest(name):
    changed = replace(ITEM, **{name: CHANGES[name]})
    assert replace(PLAN, items=(changed, OTHER)).digest() != PLAN.digest()


@pytest.mark.parametrize("name", [f.name for f in fields(Rows)])
def test_every_field_of_rows_is_in_the_digest_and_comes_back(name):
    rows = Rows("ef" * 32, 3, 1000, "01" * 32)
    other = {"schema": "aa" * 32, "count": 2, "of": 1001, "digest": "02" * 32, "whole": True}
    one, two = replace(ITEM, rows=rows), replace(ITEM, rows=replace(rows, **{name: other[name]}))
    assert replace(PLAN, items=(one, OTHER)).digest() != replace(PLAN, items=(two, OTHER)).digest()
    assert PlanItem.of(two.line()) == two


@pytest.mark.parametrize("name", [f.name for f in fields(Stamp)])
def test_every_field_of_a_stamp_is_in_the_digest(name):
    stamp = replace(STAMP, **{name: getattr(STAMP, name) + 1})
    assert replace(PLAN, items=(replace(ITEM, stamp=stamp), OTHER)).digest() != PLAN.digest()


@pytest.mark.parametrize(
    "changed",
    [
        replace(PLAN, case="2026-002"),
        replace(PLAN, made_at="2026-11-22T10:00:00Z"),
        replace(PLAN, pack="other"),
        replace(PLAN, profile=Profile.STRICT),
        replace(PLAN, items=(ITEM,)),
        replace(PLAN, items=(OTHER, ITEM)),
        replace(PLAN, items=()),
    ],
)
def test_the_head_and_the_order_are_in_the_digest(changed):
    assert changed.digest() != PLAN.digest()


def test_items_by_fate_come_in_plan_order():
    third = replace(ITEM, id="R-3")
    plan = replace(PLAN, items=(third, OTHER, ITEM))
    assert list(plan.with_fate(Fate.WIPE)) == [third, ITEM]
    assert tuple(plan.with_fate(Fate.WIPE, Fate.SEAL)) == plan.items
    assert not list(plan.with_fate())
