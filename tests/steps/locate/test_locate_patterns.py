"""Patterns of a case: only what all engines read alike, tried on its samples, found and counted under its name."""

from __future__ import annotations

import random
from datetime import date

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.case import Location
from app.domain.event import Located
from app.domain.pattern import Pattern
from app.domain.record import Look, Tier
from app.steps.locate import Means, edition, locate
from app.steps.locate import engine as engines
from app.steps.locate.custom import fault_of
from app.steps.locate.passage import Passage
from app.steps.locate.safe_regex import NotSafe, check
from app.steps.locate.sight import sightings

MEMBER = Pattern("会员号", "HY[0-9]{8}", Tier.SENSITIVE, "crm.marketing", matches=("HY12345678",))
CONTRACT = Pattern(
    "合同号", r"(?:合同|协议)\d{4}-\d{3,6}", matches=("合同2024-0012",), not_matches=("合同2024",)
)
CHECKED = Pattern("卡券", r"\d{11}", checksum="luhn", matches=("79927398713",), not_matches=("79927398714",))
OWN = (MEMBER, CONTRACT, CHECKED)
KEY = bytes(range(32))


def run(root, patterns=OWN, jobs=0):
    means = Means(patterns=patterns)
    return {
        e.path[len(str(root)) + 1 :]: e
        for e in locate([Location(root)], key=KEY, means=means, jobs=jobs)
        if isinstance(e, Located)
    }


@pytest.mark.parametrize("pattern", OWN, ids=lambda one: one.name)
def test_good_patterns_hold(pattern):
    assert fault_of(pattern) == ("", "")


@pytest.mark.parametrize(
    ("regex", "key"),
    [
        *(("(a+)+bcd", "regex"), ("abcd*", "regex"), ("abc.d", "regex"), ("^abcd", "regex"), ("abcd$", "regex")),
        *((r"\babcd", "regex"), (r"(\d)\1\1\1\1", "regex"), ("(?=a)abcd", "regex"), ("(?i)abcd", "regex")),
        *(("[^0-9]{5}", "regex"), ("[9-0]{5}", "regex"), ("[中]{5}", "regex"), ("abc", "regex"), ("", "regex")),
        *(("a{5}{5}", "regex"), ("a{5,2}", "regex"), ("a{65}", "regex"), ("(abcd", "regex"), ("abcd)", "regex")),
        *(("中{4}", "regex"), ("a{2,}bcd", "regex"), ("a{5}?", "regex"), ("a{5}+", "regex"), ("ab\ncd", "regex")),
        *(("(" * 20 + "abcd" + ")" * 20, "regex"), (r"\w{5}", "regex"), ("[[:alpha:]]{5}", "regex")),
        *(("HY[0-9]{9}", "matches"), ("Y[0-9]{8}", "matches"), ("|HY12345678", "regex")),
    ],
)  # fmt: skip
def test_what_is_refused_and_at_which_key(regex, key):
    assert fault_of(Pattern("x", regex, matches=("HY12345678",)))[0] == key


@pytest.mark.parametrize("name", ["", "a\nb", "customer", "subject", "x" * 41, "a/b", "<b>"])
def test_a_name_that_is_none_is_refused(name):
    assert fault_of(Pattern(name, "HY[0-9]{8}", matches=("HY12345678",)))[0] == "name"


def test_samples_that_must_not_match_are_tried():
    assert (
        fault_of(Pattern("x", "HY[0-9]{4}", matches=("HY1234",), not_matches=("编号HY1234。",)))[0]
        == "not_matches"
    )
    assert fault_of(Pattern("x", "HY[0-9]{4}", matches=()))[0] == "matches"
    assert fault_of(Pattern("x", "[0-9]{6}", checksum="luhn", matches=("123456",)))[0] == "matches"


@given(st.text("aA0(|)?{1,3}[-]\\d.+*^$中 ", max_size=24))
def test_whatever_passes_compiles_everywhere_and_keeps_to_its_width(regex):
    import re

    import hyperscan
    import re2

    try:
        low, high = check(regex)
    except NotSafe:
        return
    assert 4 <= low <= high <= 64
    re.compile(regex.encode())
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    re2.compile(regex.encode(), options)
    hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK).compile(
        expressions=[regex.encode()], ids=[0], elements=1
    )


def test_three_engines_see_the_same():
    wanted = engines.expressions("", OWN)
    made = [engines.hyperscan_engine, engines.re2_engine, engines.re_engine]
    scans = [make(wanted)._replace(patterns=OWN) for make in made]
    rng = random.Random(random.SystemRandom().randrange(1 << 30))
    pieces = [
        "HY12345678",
        "HY1234567",
        "合同2024-001",
        "协议2024-123456",
        "79927398713",
        "79927398714",
        "会员号：",
    ]
    pieces += ["-", " ", "\n", "a", "7", "，", "13812345678"]
    total = 0
    for _ in range(200):
        data = "".join(rng.choices(pieces, k=40)).encode()
        first, second, third = (sightings(Passage(data), scan, date(2026, 11, 22)) for scan in scans)
        assert first == second == third, data
        total += sum(one.kind.startswith("custom.") for one in first)
    assert total > 300


@pytest.mark.parametrize("jobs", [0, 1])
def test_found_counted_graded_and_sorted(tmp_path, jobs, counts):
    root = tmp_path / "in"
    root.mkdir()
    (root / "a.txt").write_text("会员号 HY12345678，HY12345679，XHY12345670，HY123456789", encoding="gb18030")
    (root / "b.csv").write_text(
        "合同号,金额\n合同2024-0012,1\n协议2024-0013,2\n合同2024-0012,3\n", encoding="utf-8"
    )
    (root / "c.txt").write_text("79927398713 与 79927398714")
    (root / "d.txt").write_text("会议记录")
    book = openpyxl.Workbook()
    for row in (("会员号", "金额"), ("HY00000001", 5), ("HY00000002", 6)):
        book.active.append(row)
    book.save(root / "e.xlsx")
    found = run(root, jobs=jobs)
    assert counts(found["a.txt"]) == {"custom.会员号": 2}
    assert found["a.txt"].record.tier is Tier.SENSITIVE
    assert found["a.txt"].record.category == "crm.marketing"
    assert found["a.txt"].record.findings[0].why == ("pattern", "context")
    assert counts(found["b.csv"]) == {"custom.合同号": 2}
    assert found["b.csv"].record.tier is Tier.GENERAL
    assert counts(found["c.txt"]) == {"custom.卡券": 2}, "a checksum is evidence and no filter"
    assert found["d.txt"].look is Look.CLEAN
    assert counts(found["e.xlsx"]) == {"custom.会员号": 2}


def test_a_pattern_hides_no_identifier(tmp_path, counts):
    root = tmp_path / "in"
    root.mkdir()
    (root / "a.txt").write_text("110101199003074610")
    own = Pattern("客户号", "[0-9]{18}", matches=("110101199003074610",))
    found = run(root, (own,))
    assert counts(found["a.txt"]) == {"cn.id": 1, "custom.客户号": 1}
    assert found["a.txt"].record.tier is Tier.SENSITIVE


def test_another_pattern_is_another_edition(tmp_path):
    places = [Location(tmp_path)]
    names = {edition(places, means=Means(patterns=one)) for one in ((), (MEMBER,), (MEMBER, CONTRACT))}
    assert len(names) == 3
