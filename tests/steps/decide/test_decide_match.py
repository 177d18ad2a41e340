"""Globs and matches, against an oracle that walks them letter by letter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.case import Match
from app.domain.record import Look, Record, Stamp, Tier
from app.steps.decide import glob_pattern
from app.steps.decide.match import matches, names_something, relative


def hit(glob: str, path: str) -> bool:
    return glob_pattern(glob).fullmatch(path) is not None


@pytest.mark.parametrize(
    ("glob", "yes", "no"),
    [
        ("disputes/**", ["disputes/a", "disputes/a/b"], ["disputes", "disputes2/a", "x/disputes/a"]),
        ("disputes/", ["disputes/a", "disputes/a/b"], ["disputes", "x/disputes/a"]),
        ("/disputes/**", ["disputes/a"], ["x/disputes/a"]),
        ("./a", ["a"], ["b/a"]),
        ("**", ["a", "a/b", ".hidden"], []),
        ("**/x", ["x", "a/x", "a/b/x"], ["ax", "x/y"]),
        ("a/**/b", ["a/b", "a/x/b", "a/x/y/b"], ["ab", "a/xb", "a/b/c"]),
        ("a/**/**/b", ["a/b", "a/x/y/b"], ["a/x"]),
        ("*", ["a", ".a", "甲"], ["a/b"]),
        ("*.csv", ["a.csv", ".csv"], ["a.CSV", "d/a.csv", "a.csv.bak"]),
        ("a?c", ["abc", "a甲c"], ["ac", "a/c", "abbc"]),
        ("a**c", ["ac", "abbc"], ["a/c"]),
        ("[ab].txt", ["[ab].txt"], ["a.txt"]),
        ("a.b", ["a.b"], ["axb"]),
        ("客户/*", ["客户/名单\n.txt"], ["客户/甲/乙"]),
        ("A", ["A"], ["a"]),
    ],
)
def test_glob(glob, yes, no):
    assert [path for path in yes if not hit(glob, path)] == []
    assert [path for path in no if hit(glob, path)] == []


def walk(glob: list[str], path: list[str]) -> bool:
    """The oracle: parts against parts."""
    if not glob:
        return not path
    if glob[0] == "**":
        if len(glob) == 1:
            return bool(path)
        return walk(glob[1:], path) or (bool(path) and walk(glob, path[1:]))
    return bool(path) and spell(glob[0], path[0]) and walk(glob[1:], path[1:])


def spell(glob: str, part: str) -> bool:
    """The oracle: letters against letters."""
    if not glob:
        return not part
    if glob[0] == "*":
        return spell(glob[1:], part) or (bool(part) and spell(glob, part[1:]))
    return bool(part) and glob[0] in ("?", part[0]) and spell(glob[1:], part[1:])


PART = st.text(alphabet="ab.甲", min_size=1, max_size=3).filter(lambda t: t.strip(".") or len(t) > 2)
GLOB_PART = st.one_of(
    st.just("**"), st.text(alphabet="ab.甲*?", min_size=1, max_size=4).filter(lambda t: t != ".")
)


@given(glob=st.lists(GLOB_PART, min_size=1, max_size=4), path=st.lists(PART, min_size=1, max_size=5))
def test_glob_agrees_with_the_oracle(glob, path):
    assert hit("/".join(glob), "/".join(path)) == walk(glob, path)


@given(path=st.lists(PART, min_size=1, max_size=5), data=st.data())
def test_a_glob_cut_from_a_path_matches_it(path, data):
    start = data.draw(st.integers(0, len(path) - 1))
    assert hit("/".join(["**", *path[start:]]), "/".join(path))
    assert hit("/".join(["*"] * len(path)), "/".join(path))


def record(path: str = "/c/a/b.txt", **changes) -> Record:
    values = {
        "id": "R-1",
        "path": path,
        "location": "/c",
        "stamp": Stamp(1, 1, 1, 1, 1, 1),
        "sha256": "",
        "look": Look.FOUND,
        "tier": Tier.SENSITIVE,
        "category": "acct.voucher",
        "people": 1,
    }
    return Record(**{**values, **changes})


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        (Match(), True),
        (Match(category="acct.voucher"), True),
        (Match(category="acct.*"), True),
        (Match(category="acct"), False),
        (Match(category="acct.v"), False),
        (Match(category="acct.v*"), False),
        (Match(category="acct.voucher.*"), True),
        (Match(category="acc.*"), False),
        (Match(tier=Tier.SENSITIVE), True),
        (Match(tier=Tier.CORE), False),
        (Match(path="/c/a/b.txt"), True),
        (Match(path="a/b.txt"), True),
        (Match(path="b.txt"), False),
        (Match(glob="a/*"), True),
        (Match(glob="*"), False),
        (Match(glob="/c/a/*"), False),
        (Match(category="acct.*", tier=Tier.CORE, glob="**"), False),
        (Match(category="acct.*", tier=Tier.SENSITIVE, glob="**", path="a/b.txt"), True),
    ],
)
def test_every_field_given_must_agree(match, expected):
    one = record()
    assert matches(match, one, relative(one.path, [one.location])) is expected


def test_relative_paths():
    assert relative("/c/a/b", ["/c"]) == ("a/b",)
    assert relative("/c/a/b", ["/c", "/c/a", "/d", ""]) == ("a/b", "b")
    assert relative("/c/a/b", ["/c/a/b"]) == ("b",)
    assert relative("/cc/a", ["/c"]) == ()


def test_one_name_in_two_normal_forms_is_one_name():
    decomposed = "Cafe\u0301"
    one = record(f"/c/{decomposed}/x")
    inner = relative(one.path, ["/c"])
    assert matches(Match(glob="Caf\u00e9/**"), one, inner)
    assert matches(Match(glob=decomposed + "/**"), one, inner)
    assert matches(Match(path="/c/Caf\u00e9/x"), one, inner)


def test_a_name_that_is_not_utf8_can_be_matched():
    one = record("/c/\udcff.txt")
    assert matches(Match(glob="*.txt"), one, relative(one.path, ["/c"]))


@pytest.mark.parametrize(
    ("match", "named"),
    [
        (Match(), False),
        (Match(glob="**"), False),
        (Match(glob="**/*.*"), False),
        (Match(category="x"), False),
        (Match(glob="*.zip"), True),
        (Match(path="a"), True),
    ],
)
def test_what_names_something(match, named):
    assert names_something(match) is named
