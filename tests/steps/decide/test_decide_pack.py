"""The rule pack: the shipped one is read whole, a broken one is refused with its place."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest

from app.domain.fault import Fault, Refused
from app.steps.decide import load_pack
from app.steps.decide.pack import Bound, Clock, Confidence, Early, Unit
from app.system.paths import resource

SHIPPED = resource("rules/retention-cn.toml")
GOOD = {
    "id": '"a.b"',
    "name": '"甲"',
    "bound": '"min"',
    "n": "3",
    "u": '"y"',
    "clock": '"created"',
    "src": '"某法1"',
    "conf": '"V"',
    "early": '"seal"',
}
HEAD = 'pack = "p"\nversion = "1"\nas_of = 2026-11-21\n'


def written(tmp_path: Path, head: str, *rows: dict[str, str]) -> Path:
    body = ",\n".join("{ " + ", ".join(f"{k} = {v}" for k, v in row.items()) + " }" for row in rows)
    path = tmp_path / "pack.toml"
    path.write_text(f"{head}rules = [\n{body}\n]\n", encoding="utf-8")
    return path


def test_the_shipped_pack_is_read_whole():
    pack = load_pack(SHIPPED)
    raw = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
    assert [rule.id for rule in pack.rules] == [row["id"] for row in raw["rules"]]
    assert pack.label == "cn-retention 2026.11-draft (2026-11-21)"
    assert pack.as_of == date(2026, 11, 21)
    assert len(pack.sha256) == 64
    (voucher,) = pack.covering("acct.voucher")
    assert (voucher.n, voucher.unit, voucher.clock) == (30, Unit.YEARS, Clock.FISCAL_YEAR_END)
    assert (voucher.bound, voucher.early, voucher.conf) == (Bound.MIN, Early.FORBID, Confidence.SECONDARY)


def test_what_was_not_checked_is_marked_where_it_is_quoted():
    for rule in load_pack(SHIPPED).rules:
        assert rule.law.startswith(rule.src)
        assert rule.law.endswith("（待核）") == (rule.conf is Confidence.MEMORY)
        assert (rule.law == rule.src) == (rule.conf in (Confidence.TEXT, Confidence.SECONDARY))


def test_a_family_is_covered_by_all_its_rules_and_a_rule_covers_what_is_below_it():
    pack = load_pack(SHIPPED)
    family = [rule.id for rule in pack.rules if rule.id.startswith("acct.")]
    assert [rule.id for rule in pack.covering("acct")] == family
    assert [rule.id for rule in pack.covering("acct.*")] == family
    assert [rule.id for rule in pack.covering("acct.voucher.2021")] == ["acct.voucher"]
    assert pack.covering("acc") == ()
    assert pack.covering("") == ()


def test_a_good_small_pack_is_read(tmp_path):
    assert load_pack(written(tmp_path, HEAD, GOOD)).rules[0].name == "甲"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"bound": '"mni"'}, "a.b.bound: 'mni'"),
        ({"u": '"w"'}, "a.b.u: 'w'"),
        ({"u": None}, "a.b.u: None"),
        ({"n": None}, "a.b.n: None"),
        ({"n": "0"}, "a.b.n: 0"),
        ({"n": "true"}, "a.b.n: True"),
        ({"n": "3.0"}, "a.b.n: 3.0"),
        ({"n": "100000"}, "a.b.n: 100000"),
        ({"clock": '"tomorrow"'}, "a.b.clock: 'tomorrow'"),
        ({"early": '"maybe"'}, "a.b.early: 'maybe'"),
        ({"conf": '"X"'}, "a.b.conf: 'X'"),
        ({"conf": None}, "a.b.conf: None"),
        ({"src": '""'}, "a.b.src: ''"),
        ({"name": "7"}, "a.b.name: 7"),
        ({"colour": '"red"'}, "a.b.colour: ?"),
        ({"bound": '"permanent"'}, "a.b.n: 3"),
        ({"bound": '"none"', "n": None}, "a.b.u: 'y'"),
        ({"id": None}, "rules 1: id"),
        ({"id": "4"}, "rules 1: id"),
    ],
)
def test_a_broken_rule_is_refused_with_its_place(tmp_path, change, place):
    row = {key: value for key, value in {**GOOD, **change}.items() if value is not None}
    path = written(tmp_path, HEAD, row)
    with pytest.raises(Refused) as refused:
        load_pack(path)
    assert (refused.value.fault, refused.value.subject) == (Fault.RULES_BROKEN, str(path))
    assert refused.value.detail == place


@pytest.mark.parametrize(
    ("head", "place"),
    [
        ('pack = "p"\nversion = "1"\n', "as_of: None"),
        ('pack = "p"\nversion = "1"\nas_of = 2026-11-21T10:00:00\n', "as_of"),
        ('pack = ""\nversion = "1"\nas_of = 2026-11-21\n', "pack: ''"),
        (HEAD + "author = 1\n", "author: ?"),
    ],
)
def test_a_broken_head_is_refused(tmp_path, head, place):
    with pytest.raises(Refused) as refused:
        load_pack(written(tmp_path, head, GOOD))
    assert refused.value.fault is Fault.RULES_BROKEN
    assert place in refused.value.detail


def test_two_rules_with_one_id_are_refused(tmp_path):
    with pytest.raises(Refused) as refused:
        load_pack(written(tmp_path, HEAD, GOOD, {**GOOD, "n": "5"}))
    assert "'a.b'" in refused.value.detail


@pytest.mark.parametrize(
    "raw", [b"", b"rules = [", b"\xff\xfe", b"rules = 1", b"\x00", b"a = " + b"[" * 5000]
)
def test_what_is_no_pack_is_refused(tmp_path, raw):
    path = tmp_path / "pack.toml"
    path.write_bytes(raw)
    with pytest.raises(Refused) as refused:
        load_pack(path)
    assert refused.value.fault is Fault.RULES_BROKEN


def test_a_row_that_is_no_rule_is_refused(tmp_path):
    path = tmp_path / "pack.toml"
    path.write_text(HEAD + "rules = [3]\n")
    with pytest.raises(Refused) as refused:
        load_pack(path)
    assert refused.value.detail == "rules 1: id"


def test_a_missing_pack_is_refused(tmp_path):
    with pytest.raises(Refused) as refused:
        load_pack(tmp_path / "none.toml")
    assert refused.value.fault is Fault.RULES_BROKEN
    assert refused.value.detail
