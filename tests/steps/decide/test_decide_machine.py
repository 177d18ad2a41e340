"""No sequence of calls destroys what a hold or the law keeps.

The machine keeps its own account of what is held and retained, by rules simpler than the
step's: each record lies in a folder of its own, and the law is a table of last days.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from app.domain.case import FateRule, HoldRule, Match, Profile
from app.domain.fate import Decision, Fate, Ground
from app.domain.fault import Fault, Refused
from app.domain.plan import Plan, PlanItem, Subject
from app.domain.record import Look, Record, Stamp, Tier
from app.steps.decide import Terms, decide, load_pack
from app.system.paths import resource

PACK = load_pack(resource("rules/retention-cn.toml"))
DESTROYING = [fate for fate in Fate if fate.destroys]
FOLDERS = ("a", "b", "c/d", "争议")
KEPT_YEARS = {
    "acct.voucher": 30,
    "acct.bank": 10,
    "tax.invoice_stub": 5,
    "hr.payroll": 2,
    "aml.tx": 10,
    "pi.pia": 3,
}
KEPT_ALWAYS = ("acct.report.annual", "acct.unsettled", "corp.contract", "dispute", "secret.state", "acct")
FREE = ("crm.marketing", "crm.contact", "bio", "fin.credit_bad", "stats", "unknown.kind", "")

categories = st.sampled_from([*KEPT_YEARS, *KEPT_ALWAYS, *FREE])
matches = st.builds(
    Match,
    category=st.sampled_from(["", "crm.*", "acct.*", "acct.voucher", "crm.marketing"]),
    glob=st.sampled_from(["", "**", *(f"{folder}/**" for folder in FOLDERS), "**/*.txt"]),
    tier=st.sampled_from([None, *Tier]),
    path=st.sampled_from(["", "/c/a/R0.txt", "b/R1.txt"]),
)


class Deciding(RuleBasedStateMachine):
    """Records, holds and rules come and go, time goes on, and the plan is made anew each time."""

    def __init__(self) -> None:
        super().__init__()
        self.today = date(2026, 11, 21)
        self.records: list[Record] = []
        self.folders: dict[str, str] = {}
        self.holds: list[tuple[str, HoldRule]] = []
        self.rules: tuple[FateRule, ...] = (FateRule(Match(), Fate.WIPE),)
        self.keys: frozenset[str] = frozenset()
        self.decisions: list[Decision] = []
        self.plan: Plan | None = None

    @rule(
        folder=st.sampled_from(FOLDERS),
        category=categories,
        look=st.sampled_from([Look.FOUND, Look.UNREADABLE, Look.NOT_LOOKED_AT]),
        tier=st.sampled_from(list(Tier)),
        year=st.none() | st.integers(1990, 2030),
        key=st.booleans(),
    )
    def find(self, folder, category, look, tier, year, key) -> None:
        name = f"R{len(self.records)}"
        path = f"/c/{folder}/{name}.txt"
        stamp = Stamp(1, len(self.records), 1, 1, 1, 1)
        self.records.append(Record(name, path, "/c", stamp, "0" * 64, look, tier, category, 1, year=year))
        self.folders[name] = folder
        if key:
            self.keys |= {path}

    @rule(
        folder=st.sampled_from(FOLDERS),
        reason=st.sampled_from(["complaint", "tax_check", "request", "other"]),
        days=st.none() | st.sampled_from([-1, 0, 1, 2, 400]),
    )
    def hold(self, folder, reason, days) -> None:
        until = None if days is None else self.today + timedelta(days=days)
        self.holds.append((folder, HoldRule(Match(glob=f"{folder}/**"), reason, until=until)))

    @precondition(lambda self: self.holds)
    @rule(data=st.data())
    def release(self, data) -> None:
        self.holds.pop(data.draw(st.integers(0, len(self.holds) - 1)))

    @rule(match=matches, fate=st.sampled_from(list(Fate)))
    def rule_first(self, match, fate) -> None:
        self.rules = (FateRule(match, fate), *self.rules)[:6]

    @rule(days=st.sampled_from([1, 2, 40, 399, 2000]))
    def wait(self, days) -> None:
        self.today += timedelta(days=days)

    def held(self, record: Record) -> bool:
        folder = self.folders[record.id]
        return any(f == folder and (h.until is None or self.today <= h.until) for f, h in self.holds)

    def retained(self, record: Record) -> bool:
        if record.category in KEPT_ALWAYS:
            return True
        years = KEPT_YEARS.get(record.category)
        if years is None:
            return False
        return record.year is None or self.today.year <= record.year + years

    @invariant()
    def nothing_kept_is_destroyed(self) -> None:
        """Decide anew after every call, hold it against the own account, and make the plan."""
        holds = tuple(hold for _, hold in self.holds)
        terms = Terms(PACK, holds, self.rules, self.keys, self.today, (Path("/c"),))
        self.decisions = list(decide(self.records, terms))
        assert [d.record for d in self.decisions] == [r.id for r in self.records]
        for record, decision in zip(self.records, self.decisions, strict=True):
            if self.held(record):
                assert decision.ground is Ground.HOLD
            elif self.retained(record):
                assert decision.ground is Ground.RETENTION
            else:
                assert not decision.protected
            if decision.protected:
                assert not decision.fate.destroys
                assert decision.due is None or decision.due > self.today
            assert decision.law or not decision.fate.destroys
        items = tuple(map(self.item, self.records, self.decisions))
        self.plan = Plan("2026-001", self.today.isoformat(), PACK.label, Profile.STANDARD, items)
        doomed = {item.id for item in self.plan.with_fate(*DESTROYING)}
        assert not any(self.held(r) or self.retained(r) for r in self.records if r.id in doomed)

    def item(self, record: Record, decision: Decision) -> PlanItem:
        return PlanItem(
            id=record.id,
            subject=Subject.RECORD,
            path=record.path,
            fate=decision.fate,
            ground=decision.ground,
            rule=decision.rule,
            law=decision.law,
            tier=record.tier,
            category=record.category,
            people=record.people,
            stamp=record.stamp,
            sha256=record.sha256,
            location=record.location,
        )

    @precondition(lambda self: any(d.protected for d in self.decisions))
    @rule(data=st.data(), fate=st.sampled_from(DESTROYING))
    def tamper(self, data, fate) -> None:
        kept = [n for n, d in enumerate(self.decisions) if d.protected]
        at = data.draw(st.sampled_from(kept))
        items = list(self.plan.items)
        items[at] = replace(items[at], fate=fate)
        with pytest.raises(Refused) as refused:
            replace(self.plan, items=tuple(items))
        assert refused.value.fault is Fault.PLAN_PROTECTED
        # Calling it undecided as well makes a plan, but not the one that was signed.
        items[at] = replace(items[at], ground=Ground.RULE)
        assert replace(self.plan, items=tuple(items)).digest() != self.plan.digest()


TestDeciding = Deciding.TestCase
TestDeciding.settings = settings(max_examples=150, stateful_step_count=40)
