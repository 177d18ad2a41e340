"""Decide: a fate for each record, the strongest ground first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Final

from app.domain.case import FateRule, HoldRule
from app.domain.fate import Decision, Fate, Ground
from app.domain.record import Look, Record
from app.steps.decide.due import Duty, strictest
from app.steps.decide.match import covered_by_hold, matches, names_something, relative
from app.steps.decide.pack import Bound, Early, RulePack

_PIPL: Final = "个人信息保护法"
_HOLD_LAW: Final = {
    "request": _PIPL + "50",
    "tax_check": "税收征管法24",
}
_MATTERS: Final = ("complaint", "lawsuit", "arbitration", "investigation")
_UNSEEN: Final = (Look.UNREADABLE, Look.NOT_LOOKED_AT)
_OF_ROWS: Final = (Fate.WIPE, Fate.FREEZE, Fate.LEAVE)
"""What can become of rows of a database."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What decisions rest on: the law's rules, the case's holds and rules, the keys, and the day.

    `key_paths` are the absolute paths of the key files that the officer declared.
    """

    pack: RulePack
    holds: tuple[HoldRule, ...]
    rules: tuple[FateRule, ...]
    key_paths: frozenset[str]
    today: date
    locations: tuple[Path, ...]


def decide(records: Iterable[Record], terms: Terms) -> Iterator[Decision]:
    """Give each record its fate, in the order of the records; nothing is touched or written.

    A hold beats a retention rule, that beats a declared key, that beats what could not be
    read, that beats the rules of the case, of which the first that matches counts. What
    nothing speaks of is left where it is, and so is what a rule of the case would shred
    although it is no key.
    """
    places = tuple(str(location) for location in terms.locations)
    holds = tuple(hold for hold in terms.holds if hold.until is None or hold.until >= terms.today)
    covering = cache(terms.pack.covering)
    for record in records:
        duty = strictest(covering(record.category), record.year, terms.today)
        yield (
            _held(record, holds, terms, places, duty)
            or _retained(record, duty)
            or _key(record, terms)
            or _ruled(record, terms, places)
            or _left(record)
        )


def _held(
    record: Record, holds: tuple[HoldRule, ...], terms: Terms, places: tuple[str, ...], duty: Duty | None
) -> Decision | None:
    if not holds:
        return None
    # A hold counts from every location that contains the record: with nested locations
    # the officer may have meant either, and keeping too much can be mended.
    inner = relative(record.path, (record.location, *places))
    found = [hold for hold in holds if covered_by_hold(hold.match, record, inner)]
    if not found:
        return None
    longest = max(found, key=lambda hold: hold.until or date.max)
    law = _hold_law(longest.reason, terms.pack)
    return Decision(record.id, Fate.FREEZE, Ground.HOLD, longest.reason, law, _released(longest, duty))


def _released(hold: HoldRule, duty: Duty | None) -> date | None:
    """The first day on which neither the hold nor the law keeps the record; None when not known."""
    if hold.until is None or hold.until == date.max:
        return None
    after = hold.until + timedelta(days=1)
    if duty is None:
        return after
    return None if duty.due is None else max(after, duty.due)


def _hold_law(reason: str, pack: RulePack) -> str:
    if reason in _MATTERS:
        return "; ".join(rule.law for rule in pack.rules if rule.id == "dispute")
    return _HOLD_LAW.get(reason, "")


def _retained(record: Record, duty: Duty | None) -> Decision | None:
    if duty is None:
        return None
    rule = duty.rule
    if rule.bound is Bound.NONE or record.rows:
        # Forbidden without a period, as state secrets are: not even a sealed copy is made.
        # Of rows of a database none can be made: who takes it over keeps them.
        fate = Fate.FREEZE
    else:
        fate = Fate.TRANSFER if rule.early is Early.DESIGNATED else Fate.SEAL
    return Decision(record.id, fate, Ground.RETENTION, rule.id, rule.law, duty.due)


def _key(record: Record, terms: Terms) -> Decision | None:
    if record.path not in terms.key_paths:
        return None
    return Decision(record.id, Fate.SHRED, Ground.KEY, "", _PIPL + "47")


def _ruled(record: Record, terms: Terms, places: tuple[str, ...]) -> Decision | None:
    unseen = record.look in _UNSEEN
    inner = relative(record.path, [record.location]) or relative(record.path, places)
    for number, rule in enumerate(terms.rules, 1):
        if unseen and not names_something(rule.match):
            continue
        if matches(rule.match, record, inner):
            if rule.fate is Fate.SHRED or (record.rows and rule.fate not in _OF_ROWS):
                return None  # Only a key file can be shredded; rows have no bin, and no sealed copy is made.
            law = _case_law(record.category, rule.fate, terms.pack)
            return Decision(record.id, rule.fate, Ground.RULE, f"case.{number}", law)
    return None


def _case_law(category: str, fate: Fate, pack: RulePack) -> str:
    """The sources behind a rule of the case: PIPL 47 for what goes, and the category's own."""
    rules = [rule for rule in pack.rules if f"{category}.".startswith(f"{rule.id}.")]
    sources = [rule.law for rule in rules]
    # Named anew where the category's source was never checked: 47 itself was read in the full text.
    cited = any(r.law == r.src and r.src.startswith(_PIPL) and "47" in r.src for r in rules)
    return "; ".join(sources if cited or not fate.destroys else [_PIPL + "47", *sources])


def _left(record: Record) -> Decision:
    ground = Ground.UNREADABLE if record.look in _UNSEEN else Ground.UNDECIDED
    return Decision(record.id, Fate.LEAVE, ground, "")
