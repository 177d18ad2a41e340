"""When a duty to keep ends, and which of several duties keeps a record longest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from app.steps.decide.pack import Bound, Clock, Early, RetentionRule, Unit

_SEEN_IN_CONTENT: Final = (Clock.FISCAL_YEAR_END, Clock.CREATED, Clock.TXN_DONE)
"""Clocks that a year named in the content can start. When a contract or a relation ended it can't tell."""

_FIRST_YEAR: Final = 1949
"""A year before it is a misread number, not the age of a company's books."""
_LAST_YEAR: Final = 8000


@dataclass(frozen=True, slots=True)
class Duty:
    """A rule whose duty to keep still runs; `due` is None while its end can't be known."""

    rule: RetentionRule
    due: date | None


def due_date(rule: RetentionRule, year: int | None) -> date | None:
    """Give the first day on which a record of `year` may go under `rule`; None when it can't be known.

    Only the year is known, so the period starts on the first day after it. For accounting
    records that is the law itself (会计档案管理办法 15: 会计年度终了后的第一天); for the
    others it is the latest the event can have been.
    """
    if rule.bound is not Bound.MIN or rule.clock not in _SEEN_IN_CONTENT:
        return None
    if year is None or not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    start = year + 1
    if rule.unit is Unit.YEARS:
        return date(start + rule.n, 1, 1)
    if rule.unit is Unit.MONTHS:
        return date(start + rule.n // 12, rule.n % 12 + 1, 1)
    return date(start, 1, 1) + timedelta(days=rule.n)


def strictest(rules: Iterable[RetentionRule], year: int | None, today: date) -> Duty | None:
    """Give the duty that keeps a record of `year` today; None when none runs any more.

    A rule that forbids beats the others, then the one that ends last; what has no known end
    ends last.
    """
    running = [
        Duty(rule, due)
        for rule in rules
        if rule.protects
        for due in [due_date(rule, year)]
        if due is None or due > today
    ]
    return max(running, key=_strictness, default=None)


def _strictness(duty: Duty) -> tuple[bool, date, int]:
    days = {Unit.YEARS: 366, Unit.MONTHS: 31, Unit.DAYS: 1, None: 1_000_000}[duty.rule.unit]
    return duty.rule.early is Early.FORBID, duty.due or date.max, max(duty.rule.n, 1) * days
