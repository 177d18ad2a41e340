"""Which ground gives a record its fate, and what is quoted for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from app.domain.case import FateRule, HoldRule, Match
from app.domain.fate import Decision, Fate, Ground
from app.domain.record import Look, Record, Stamp, Tier
from app.steps.decide import Terms, decide, load_pack
from app.system.paths import resource

TODAY = date(2026, 11, 21)
PACK = load_pack(resource("rules/retention-cn.toml"))
WIPE_ALL = FateRule(Match(), Fate.WIPE)
TERMS = Terms(PACK, (), (WIPE_ALL,), frozenset(), TODAY, (Path("/c"),))


def record(path: str = "/c/a/b.txt", **changes) -> Record:
    values = {
        "id": "R-1",
        "path": path,
        "location": "/c",
        "stamp": Stamp(1, 1, 1, 1, 1, 1),
        "sha256": "",
        "look": Look.FOUND,
        "tier": Tier.GENERAL,
        "category": "crm.contact",
        "people": 1,
    }
    return Record(**{**values, **changes})


def one(rec: Record, **changes) -> Decision:
    (decision,) = decide([rec], replace(TERMS, **changes))
    assert decision.record == rec.id
    return decision


def test_a_hold_freezes_whatever_else_is_said():
    key = frozenset({"/c/a/b.txt"})
    held = one(
        record(category="acct.voucher", year=2020),
        holds=(HoldRule(Match(glob="a/**"), "lawsuit"),),
        rules=(FateRule(Match(path="/c/a/b.txt"), Fate.WIPE),),
        key_paths=key,
    )
    assert (held.fate, held.ground, held.rule, held.due) == (Fate.FREEZE, Ground.HOLD, "lawsuit", None)
    assert "刑法307" in held.law
    assert held.protected


def test_a_hold_holds_through_its_last_day_and_no_longer():
    hold = HoldRule(Match(), "complaint", until=TODAY)
    held = one(record(), holds=(hold,))
    assert (held.ground, held.due) == (Ground.HOLD, date(2026, 11, 22))
    assert one(record(), holds=(replace(hold, until=date(2026, 11, 20)),)).fate is Fate.WIPE


def test_of_several_holds_the_longest_counts():
    short = HoldRule(Match(), "complaint", until=date(2027, 1, 1))
    long = HoldRule(Match(), "arbitration", until=date(2028, 1, 1))
    endless = HoldRule(Match(), "investigation")
    assert one(record(), holds=(short, long)).rule == "arbitration"
    assert one(record(), holds=(short, endless, long)).rule == "investigation"
    assert one(record(), holds=(replace(long, until=date.max),)).due is None


def test_a_held_record_may_not_go_before_the_law_lets_it():
    hold = (HoldRule(Match(), "complaint", until=date(2027, 1, 1)),)
    assert one(record(category="acct.voucher", year=2020), holds=hold).due == date(2051, 1, 1)
    assert one(record(category="acct.voucher"), holds=hold).due is None
    assert one(record(category="hr.payroll", year=2024), holds=hold).due == date(2027, 1, 2)


def test_a_hold_counts_from_every_location_around_the_record():
    inner = record("/c/disputes/x.txt", location="/c/disputes")
    hold = (HoldRule(Match(glob="disputes/**"), "complaint"),)
    places = (Path("/c"), Path("/c/disputes"))
    assert one(inner, holds=hold, locations=places).ground is Ground.HOLD
    rules = (FateRule(Match(glob="disputes/**"), Fate.WIPE),)
    assert one(inner, rules=rules, locations=places).ground is Ground.UNDECIDED


@pytest.mark.parametrize(
    ("reason", "law"), [("request", "个人信息保护法50"), ("tax_check", "税收征管法24"), ("other", "")]
)
def test_the_law_of_a_hold(reason, law):
    assert one(record(), holds=(HoldRule(Match(), reason),)).law == law


@pytest.mark.parametrize(
    ("category", "year", "fate", "due"),
    [
        ("acct.voucher", 2020, Fate.SEAL, date(2051, 1, 1)),
        ("acct.voucher", None, Fate.SEAL, None),
        ("acct.report.annual", 1990, Fate.SEAL, None),
        ("acct.unsettled", 1990, Fate.SEAL, None),
        ("corp.contract", 1990, Fate.SEAL, None),
        ("aml.tx", 2020, Fate.TRANSFER, date(2031, 1, 1)),
        ("aml.kyc", 2020, Fate.TRANSFER, None),
        ("secret.state", 1990, Fate.FREEZE, None),
    ],
)
def test_what_the_law_keeps(category, year, fate, due):
    kept = one(record(category=category, year=year), rules=(FateRule(Match(path="a/b.txt"), Fate.WIPE),))
    assert (kept.fate, kept.ground, kept.rule, kept.due) == (fate, Ground.RETENTION, category, due)
    assert kept.law == next(rule.law for rule in PACK.rules if rule.id == category)
    assert kept.protected


def test_a_family_alone_is_kept_by_its_strictest_rule():
    kept = one(record(category="acct", year=2020))
    assert (kept.rule, kept.due) == ("acct.report.annual", None)


def test_what_was_never_checked_is_not_quoted_as_law():
    kept = one(record(category="travel"))
    assert kept.law == "旅行社条例实施细则（待核）"


@pytest.mark.parametrize(
    ("category", "year"),
    [("acct.bank", 2015), ("fin.credit_bad", 2026), ("child.pi", 2026), ("stats", 2026), ("", None)],
)
def test_what_no_duty_keeps_goes_by_the_rules_of_the_case(category, year):
    gone = one(record(category=category, year=year))
    assert (gone.fate, gone.ground, gone.rule, gone.due) == (Fate.WIPE, Ground.RULE, "case.1", None)


def test_the_law_of_a_rule_of_the_case():
    assert one(record(category="acct.bank", year=2015)).law == "个人信息保护法47; 会计档案管理办法附表1"
    assert one(record(category="crm.marketing")).law == "个人信息保护法19,47(二)"
    assert one(record(category="unknown.kind")).law == "个人信息保护法47"
    assert one(record(category="crm.marketing.2020")).law == "个人信息保护法19,47(二)"
    unchecked = one(record(category="child.pi")).law
    assert unchecked == "个人信息保护法47; 个人信息保护法31,47; 儿童规定23（待核）"
    left = (FateRule(Match(), Fate.LEAVE),)
    assert one(record(category="unknown.kind"), rules=left).law == ""


def test_a_declared_key_is_shredded_unless_it_is_kept():
    keys = frozenset({"/c/k.pem"})
    key = record("/c/k.pem", look=Look.UNREADABLE, category="")
    gone = one(key, key_paths=keys, rules=())
    assert (gone.fate, gone.ground, gone.law) == (Fate.SHRED, Ground.KEY, "个人信息保护法47")
    assert one(key, key_paths=keys, holds=(HoldRule(Match(), "other"),)).fate is Fate.FREEZE
    assert one(replace(key, category="acct.ledger"), key_paths=keys).fate is Fate.SEAL


@pytest.mark.parametrize("look", [Look.UNREADABLE, Look.NOT_LOOKED_AT])
def test_what_could_not_be_read_is_left_unless_the_officer_names_it(look):
    rec = record("/c/a/b.zip", look=look, category="")
    left = one(rec)
    assert (left.fate, left.ground, left.rule) == (Fate.LEAVE, Ground.UNREADABLE, "")
    assert one(rec, rules=(FateRule(Match(glob="**"), Fate.WIPE),)).fate is Fate.LEAVE
    assert one(rec, rules=(FateRule(Match(tier=Tier.GENERAL), Fate.WIPE),)).fate is Fate.LEAVE
    named = one(rec, rules=(WIPE_ALL, FateRule(Match(glob="a/*.zip"), Fate.TRASH)))
    assert (named.fate, named.ground, named.rule) == (Fate.TRASH, Ground.RULE, "case.2")
    assert one(rec, rules=(FateRule(Match(path="/c/a/b.zip"), Fate.WIPE),)).fate is Fate.WIPE
    assert one(rec, rules=(FateRule(Match(path="/c/a/b.zip"), Fate.WIPE),), holds=()).rule == "case.1"


def test_the_first_rule_that_matches_gives_the_fate():
    rules = (
        FateRule(Match(category="crm.marketing"), Fate.WIPE),
        FateRule(Match(category="crm.*"), Fate.TRASH),
        WIPE_ALL,
    )
    assert one(record(), rules=rules).rule == "case.2"
    assert one(record(category="x"), rules=rules).rule == "case.3"


def test_what_nothing_speaks_of_is_left():
    left = one(record(), rules=(FateRule(Match(glob="z/**"), Fate.WIPE),))
    assert left == Decision("R-1", Fate.LEAVE, Ground.UNDECIDED, "")


def test_a_record_without_its_location_is_matched_from_the_case_locations():
    rules = (FateRule(Match(glob="a/*"), Fate.WIPE),)
    assert one(record(location=""), rules=rules).fate is Fate.WIPE


def test_every_record_gets_one_decision_in_order_as_it_comes():
    seen = []

    def stream():
        for n in range(3):
            seen.append(n)
            yield record(id=f"R-{n}")

    decisions = decide(stream(), TERMS)
    assert next(decisions).record == "R-0"
    assert seen == [0]
    assert [d.record for d in decisions] == ["R-1", "R-2"]
