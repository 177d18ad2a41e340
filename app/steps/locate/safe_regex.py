r"""The regular expressions that every engine reads alike, and none can be stopped by.

Characters, classes in brackets, `\d`, groups, alternatives, and counts with an end: `?`, `{4}`, `{2,8}`.
No anchors, look-around, back-references, lazy or endless counts: Hyperscan has no groups to refer back to,
RE2 no look-around, and an endless count can hold a backtracking engine for ever.
"""

from __future__ import annotations

import re
from typing import Final

SHORTEST: Final = 4
"""Characters a value must have at the least: what is shorter stands everywhere."""
LONGEST: Final = 64
_ESCAPED: Final = frozenset("\\.^$*+?{}[]|()/-\"' ")
_COUNT: Final = re.compile(r"\{(\d{1,2})(?:,(\d{1,2}))?\}")
_CLASS: Final = re.compile(
    r"\[(?:[^\[\]\\^\-&~|]|\\[\\\]\[\-d^.]|(?:[0-9]-[0-9]|[A-Z]-[A-Z]|[a-z]-[a-z])|-(?=\]))+\]"
)
_DEPTH: Final = 8

Width = tuple[int, int]


class NotSafe(Exception):
    """An expression that is not read alike everywhere; `place` is the character, from 0."""

    def __init__(self, place: int, why: str) -> None:
        super().__init__(f"{why} ({place + 1})")
        self.place = place


def check(regex: str) -> Width:
    """Give how many bytes a match has at the least and at the most.

    Raises:
        NotSafe: where it stops to be such an expression.
    """
    width, end = _alternatives(regex, 0, 0)
    if end < len(regex):
        raise NotSafe(end, ")")
    low, high = width
    if low < SHORTEST:
        raise NotSafe(0, f"at least {SHORTEST} characters")
    if high > LONGEST:
        raise NotSafe(0, f"at most {LONGEST} bytes")
    return width


def _alternatives(regex: str, at: int, depth: int) -> tuple[Width, int]:
    if depth > _DEPTH:
        raise NotSafe(at, "(((((((((")
    (low, high), at = _sequence(regex, at, depth)
    while at < len(regex) and regex[at] == "|":
        (other_low, other_high), at = _sequence(regex, at + 1, depth)
        low, high = min(low, other_low), max(high, other_high)
    return (low, high), at


def _sequence(regex: str, at: int, depth: int) -> tuple[Width, int]:
    low = high = 0
    while at < len(regex) and regex[at] not in "|)":
        (least, most), at = _atom(regex, at, depth)
        (first, last), at = _count(regex, at)
        low, high = low + least * first, high + most * last
        if high > 1 << 16:
            raise NotSafe(at - 1, f"at most {LONGEST} bytes")
    return (low, high), at


def _atom(regex: str, at: int, depth: int) -> tuple[Width, int]:
    letter = regex[at]
    if letter == "(":
        start = at + 3 if regex.startswith("(?:", at) else at + 1
        if regex.startswith("(?", at) and start == at + 1:
            raise NotSafe(at, "(?")
        width, end = _alternatives(regex, start, depth + 1)
        if regex[end : end + 1] != ")":
            raise NotSafe(at, "(")
        return width, end + 1
    if letter == "[":
        told = _CLASS.match(regex, at)
        if told is None or not told[0].isascii() or not all(map(_ordered, re.findall(r"(\w)-(\w)", told[0]))):
            raise NotSafe(at, "[")
        return (1, 1), told.end()
    if letter == "\\":
        if regex[at + 1 : at + 2] != "d" and regex[at + 1 : at + 2] not in _ESCAPED:
            raise NotSafe(at, "\\")
        return (1, 1), at + 2
    if letter in "^$*+?{}]." or not letter.isprintable():
        raise NotSafe(at, letter)
    return (len(letter.encode()),) * 2, at + 1


def _ordered(ends: tuple[str, str]) -> bool:
    return ends[0] <= ends[1]


def _count(regex: str, at: int) -> tuple[Width, int]:
    told = _COUNT.match(regex, at)
    if told:
        first, last, end = int(told[1]), int(told[2] or told[1]), told.end()
    elif regex[at : at + 1] == "?":
        first, last, end = 0, 1, at + 1
    else:
        return (1, 1), at
    if first > last or not last or regex[end : end + 1] in ("?", "+", "*", "{"):
        raise NotSafe(end, regex[end : end + 1] or "{")
    if not regex[at - 1].isascii():
        raise NotSafe(at, f"(?:{regex[at - 1]})")
    return (first, last), end
