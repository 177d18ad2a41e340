"""Columns that say the same of each of their cells, counted as a whole."""

from __future__ import annotations

import re
from typing import Final

from app.steps.locate import checks, grade
from app.steps.locate.passage import Passage
from app.steps.locate.words import ODD, header_kinds

_MOBILES: Final = re.compile(rb"1[3-9][0-9]{9}(?:\n1[3-9][0-9]{9})*+\n?")


def column_of_mobiles(passage: Passage) -> dict[str, int] | None:
    """Give the values of a passage that is mobile numbers and nothing else, with what speaks for each.

    Such a column is most of what a list of customers is, and says the same of each of its cells.
    """
    if passage.data[:1] != b"1" or not _MOBILES.fullmatch(passage.data):
        return None
    headers = header_kinds(passage.header) if passage.header else frozenset[str]()
    named = grade.HEADER if "cn.mobile" in headers else 0
    if passage.column and ODD in headers and not named:
        return {}
    whys = {
        prefix: grade.PATTERN | named | (grade.PREFIX if checks.mobile_prefix(prefix + "00000000") else 0)
        for prefix in (f"1{n}" for n in range(30, 100))
    }
    return {value: whys[value[:3]] for value in passage.data.decode().split()}
