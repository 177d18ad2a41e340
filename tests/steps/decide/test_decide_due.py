"""When a duty ends, and which of several keeps longest."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.steps.decide import RetentionRule, due_date, load_pack
from app.steps.decide.due import strictest
from app.steps.decide.pack import Bound, Clock, Confidence, Early, Unit
from app.system.paths import resource

TODAY = date(2026, 11, 21)
PACK = {rule.id: rule for rule in load_pack(resource("rules/retention-cn.toml")).rules}


def rule(n: int = 3, unit: Unit | None = Unit.YEARS, **changes) -> RetentionRule:
    values = {
        "id": "x",
        "name": "甲",
        "bound": Bound.MIN,
        "n": n,
        "unit": unit,
        "clock": Clock.CREATED,
        "src": "某法1",
        "conf": Confidence.TEXT,
        "early": Early.SEAL,
    }
    return RetentionRule(**{**values, **changes})


@pytest.mark.parametrize(
    ("one", "year", "due"),
    [
        (PACK["acct.voucher"], 2020, date(2051, 1, 1)),
        (PACK["acct.bank"], 2015, date(2026, 1, 1)),
        (PACK["hr.payroll"], 2024, date(2027, 1, 1)),
        (PACK["net.log"], 2026, date(2027, 7, 1)),
        (PACK["net.isp_record"], 2026, date(2027, 3, 2)),
        (PACK["cctv.public"], 2027, date(2028, 1, 31)),
        (rule(12, Unit.MONTHS), 2026, date(2028, 1, 1)),
        (rule(30, Unit.MONTHS), 2026, date(2029, 7, 1)),
        (PACK["acct.voucher"], None, None),
        (PACK["acct.voucher"], 1900, None),
        (PACK["acct.voucher"], 9999, None),
        (PACK["acct.voucher"], -1, None),
        (PACK["acct.report.annual"], 2020, None),
        (PACK["acct.unsettled"], 2020, None),
        (PACK["hr.contract"], 2001, None),
        (PACK["fin.credit_bad"], 2001, None),
        (PACK["crm.marketing"], 2020, None),
    ],
)
def test_due_date(one, year, due):
    assert due_date(one, year) == due


@given(
    n=st.integers(1, 1000),
    unit=st.sampled_from(list(Unit)),
    year=st.integers(-(10**6), 10**6) | st.none(),
    clock=st.sampled_from(list(Clock)),
)
def test_no_period_ends_before_it_has_run_in_full(n, unit, year, clock):
    due = due_date(rule(n, unit, clock=clock), year)
    if due is not None:
        last = date(year, 12, 31)
        whole = {Unit.YEARS: 365 * n, Unit.MONTHS: 28 * n, Unit.DAYS: n}[unit]
        assert due > last + timedelta(days=whole)


def test_a_period_that_is_over_keeps_nothing():
    assert strictest([rule(3)], 2022, date(2025, 12, 31)).due == date(2026, 1, 1)
    assert strictest([rule(3)], 2022, date(2026, 1, 1)) is None


def test_what_sets_no_duty_keeps_nothing():
    free = [
        rule(bound=Bound.MAX, early=Early.MUST_DELETE),
        rule(bound=Bound.MAX, early=Early.FORBID),
        rule(0, None, bound=Bound.NONE, early=Early.DESTROY, clock=Clock.NONE),
        rule(early=Early.ANONYMISE_OK),
    ]
    assert strictest(free, 2026, TODAY) is None
    assert strictest([], 2026, TODAY) is None


def test_the_longest_wins_and_a_ban_beats_the_longest():
    short, long = rule(3, id="short"), rule(10, id="long")
    assert strictest([short, long], 2026, TODAY).rule is long
    assert strictest([long, short], 2026, TODAY).rule is long
    assert strictest([short, long], None, TODAY).rule is long
    ban = rule(1, id="ban", early=Early.FORBID)
    assert strictest([long, ban, short], 2026, TODAY).rule is ban
    assert strictest([long, ban], 2020, TODAY).rule is long, "a ban that has run out bans no more"
    open_end = rule(1, id="open", clock=Clock.CONTRACT_END)
    assert strictest([long, open_end], 2026, TODAY).rule is open_end
    for_ever = rule(0, None, id="ever", bound=Bound.PERMANENT, clock=Clock.NONE)
    assert strictest([long, for_ever, open_end], None, TODAY).rule is for_ever
