"""Patterns in CASE.toml: read back as written, refused with the line, and used by the look."""

from __future__ import annotations

import pytest

from app.domain.fault import Fault, Refused
from app.domain.pattern import Pattern
from app.domain.record import Tier
from app.flow.case_file import read_case_file
from app.flow.case_text import case_toml
from app.flow.looking import means_of
from app.flow.sought import Sought

HEAD = 'case = "1"\n[company]\nname = "示例"\nuscc = "91350100M000100Y43"\n'
GOOD = """[[pattern]]
name = "会员号"
regex = 'HY[0-9]{8}'
tier = "sensitive"
category = "crm.marketing"
matches = ["HY12345678"]
not_matches = ["HY1234"]
"""


def read(tmp_path, text):
    path = tmp_path / "CASE.toml"
    path.write_text(HEAD + text, encoding="utf-8")
    return read_case_file(path)


def test_a_pattern_is_read_and_written_back(tmp_path):
    case = read(tmp_path, GOOD)
    own = Pattern("会员号", "HY[0-9]{8}", Tier.SENSITIVE, "crm.marketing", "", ("HY12345678",), ("HY1234",))
    assert case.looking.patterns == (own,)
    assert means_of(case.looking, Sought()).patterns == (own,)
    again = tmp_path / "again.toml"
    again.write_text(case_toml(case), encoding="utf-8")
    assert read_case_file(again).looking == case.looking


@pytest.mark.parametrize(
    ("old", "new", "fault", "line", "told"),
    [
        ("'HY[0-9]{8}'", "'HY[0-9]+'", Fault.CASE_FILE_WRONG_VALUE, 7, "pattern.regex: + (8)"),
        ("'HY[0-9]{8}'", "'HZ[0-9]{8}'", Fault.CASE_FILE_WRONG_VALUE, 10, "pattern.matches: 'HY12345678'"),
        ('"HY1234"', '"HY87654321"', Fault.CASE_FILE_WRONG_VALUE, 11, "pattern.not_matches"),
        ('"sensitive"', '"grave"', Fault.CASE_FILE_WRONG_VALUE, 8, "general | sensitive | core"),
        ("not_matches", "never", Fault.CASE_FILE_UNKNOWN_KEY, 11, "pattern.never"),
        ('["HY1234"]', "[1]", Fault.CASE_FILE_WRONG_TYPE, 11, "pattern.not_matches"),
        ('category = "crm.marketing"', 'checksum = "md5"', Fault.CASE_FILE_WRONG_VALUE, 9, "luhn"),
        ("matches = [", "# [", Fault.CASE_FILE_MISSING_KEY, 5, "pattern.matches"),
    ],
)
def test_what_is_refused_and_where(tmp_path, old, new, fault, line, told):
    assert old in GOOD
    with pytest.raises(Refused) as refused:
        read(tmp_path, GOOD.replace(old, new, 1) if old != "not_matches" else GOOD.replace(old, new))
    assert refused.value.fault is fault
    assert told in refused.value.detail
    assert refused.value.line == line


def test_one_name_once_and_not_too_many(tmp_path):
    with pytest.raises(Refused) as refused:
        read(tmp_path, GOOD + GOOD)
    assert refused.value.line == 13
    many = "".join(GOOD.replace("会员号", f"号{n}") for n in range(33))
    with pytest.raises(Refused):
        read(tmp_path, many)
    assert len(read(tmp_path, many.replace(GOOD.replace("会员号", "号32"), "")).looking.patterns) == 32
