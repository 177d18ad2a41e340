"""A plan in pages is the plan it would be in memory, and can't change behind its digest."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.case import Profile
from app.domain.fate import Fate, Ground
from app.domain.fault import Fault, Refused
from app.domain.pages import PAGE, Pages
from app.domain.plan import Plan, PlanItem, Subject
from app.domain.record import Stamp, Tier

STAMP = Stamp(2**63, 2**62 + 1, 6000, 1_700_000_000_123_456_789, -1, 1)
ITEM = PlanItem(
    "r-0", Subject.RECORD, "/a/陈\udcff.csv", Fate.WIPE, Ground.RULE, "case.1", "PIPL 47", Tier.CORE, "crm",
    3, STAMP, "ab" * 32, "/a",
)  # fmt: skip


def pages(lines: list[bytes]) -> Pages:
    """Pages over lines that a test may change afterwards."""
    return Pages(lambda number: lines[number * PAGE : (number + 1) * PAGE])


def plan(items) -> Plan:
    """A plan of these items."""
    return Plan("2026-001", "2026-11-21T09:00:00Z", "cn-1", Profile.STANDARD, items)


@pytest.mark.parametrize("count", [0, 1, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE])
def test_pages_hold_the_very_items(count):
    items = tuple(replace(ITEM, id=f"r-{number}") for number in range(count))
    paged = pages([item.line() for item in items])
    assert tuple(paged) == items
    assert len(paged) == count
    assert plan(paged).digest() == plan(items).digest()
    assert list(plan(paged).with_fate(Fate.WIPE)) == list(items)
    if count:
        assert (paged[0], paged[count - 1], paged[-1]) == (items[0], items[-1], items[-1])
    with pytest.raises(IndexError):
        _ = paged[count]


@given(
    st.text(st.characters(codec="utf-8")),
    st.integers(0, 2**64),
    st.sampled_from(Fate),
    st.sampled_from(Subject),
)
def test_a_line_gives_back_its_item(text, number, fate, subject):
    item = replace(ITEM, path=text, rule=text, fate=fate, subject=subject, stamp=replace(STAMP, inode=number))
    assert PlanItem.of(item.line()) == item


def test_a_page_that_changed_is_refused():
    lines = [replace(ITEM, id=f"r-{number}").line() for number in range(PAGE + 3)]
    paged = pages(lines)
    whole = plan(paged)
    lines[PAGE + 1] = lines[PAGE + 1].replace(b"PIPL 47", b"PIPL 48")
    assert paged[0].id == "r-0"
    for act in (lambda: paged[PAGE], whole.digest, lambda: list(paged)):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.fault is Fault.PLAN_CHANGED
    del lines[PAGE:]
    with pytest.raises(Refused):
        whole.digest()


def test_pages_that_destroy_what_is_protected_make_no_plan():
    kept = replace(ITEM, ground=Ground.HOLD)
    with pytest.raises(Refused) as refused:
        plan(pages([kept.line()]))
    assert refused.value.fault is Fault.PLAN_PROTECTED


def test_pages_are_frozen():
    with pytest.raises(FrozenInstanceError):
        pages([]).read = None
