"""Patterns of the case: tried on their samples when the case is read, then looked for like any other kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Final

from app.domain.pattern import Pattern
from app.domain.record import Finding, Tier
from app.steps.locate import checks, grade, papers
from app.steps.locate.safe_regex import NotSafe, check
from app.steps.locate.sighting import Sighting
from app.steps.locate.tally import tier

MOST: Final = 32
_BEFORE: Final = 60
"""Bytes before a value in which the name of its pattern speaks for it."""
_NAME: Final = re.compile(r"[\w\- ]{1,40}")


def _digits(test: Callable[[str], bool], count: int = 0) -> Callable[[str], bool]:
    def tested(value: str) -> bool:
        digits = re.sub(r"[^0-9]", "", value)
        return len(digits) > 1 and count in (0, len(digits)) and test(digits)

    return tested


def _whole(test: Callable[[str], bool], form: str) -> Callable[[str], bool]:
    def tested(value: str) -> bool:
        bare = re.sub(r"[\s\-]", "", value).upper()
        return re.fullmatch(form, bare) is not None and test(bare)

    return tested


CHECKSUMS: Final[dict[str, Callable[[str], bool]]] = {
    "luhn": _digits(checks.luhn),
    "mod11_2": _whole(checks.id_checksum, r"\d{17}[\dX]"),
    "mod11_10": _digits(papers.registration, 15),
    "mod31": _whole(checks.uscc_checksum, "[0-9A-HJ-NP-RTUW-Y]{18}"),
    "gb11714": _whole(papers.organisation, "[0-9A-Z]{8}[0-9X]"),
}
"""By the name in the case file: ISO 7812, GB 11643, the old registration numbers, GB 32100, GB 11714."""


def fault_of(pattern: Pattern) -> tuple[str, str]:
    """Say which key of a pattern is wrong, and what is expected there; nothing when it is right.

    Its samples are tried: each of `matches` must be found as a whole, none of `not_matches`.
    """
    if not _NAME.fullmatch(pattern.name) or pattern.kind in ("custom.subject", "custom.customer"):
        return "name", '"会员号"'
    try:
        check(pattern.regex)
        _expression(pattern.regex)
    except (NotSafe, re.error) as error:
        return "regex", str(error)
    if not pattern.matches:
        return "matches", '["…"]'
    for sample in pattern.matches:
        if not any(value == sample and right for value, right in _found(pattern, sample)):
            return "matches", f"{sample!r} = {pattern.regex}" + (
                f" + {pattern.checksum}" if pattern.checksum else ""
            )
    for sample in pattern.not_matches:
        if any(right for _, right in _found(pattern, sample)):
            return "not_matches", f"{sample!r} ≠ {pattern.regex}"
    return "", ""


def _found(pattern: Pattern, text: str) -> Iterator[tuple[str, bool]]:
    test = CHECKSUMS.get(pattern.checksum)
    for m in _expression(pattern.regex).finditer(text.encode()):
        value = m[0].decode("utf-8", "replace")
        yield value, test is None or test(value)


@cache
def _expression(regex: str) -> re.Pattern[bytes]:
    """Compile it so that a value ends where a word does."""
    return re.compile(rb"(?<![0-9A-Za-z])(?:" + regex.encode() + rb")(?![0-9A-Za-z])", re.ASCII)


def in_lines(pattern: Pattern, data: bytes, header: str, ends: Iterable[int]) -> Iterator[Sighting]:
    """Give what of a pattern stands in the lines in which an engine reported it."""
    done = -1
    for end in ends:
        if end <= done:
            continue
        first = data.rfind(b"\n", 0, end) + 1
        done = data.find(b"\n", end)
        done = len(data) if done < 0 else done
        for m in _expression(pattern.regex).finditer(data, max(0, first - 1), done):
            yield _sighting(pattern, data, header, m)


def _sighting(pattern: Pattern, data: bytes, header: str, m: re.Match[bytes]) -> Sighting:
    value = m[0].decode("utf-8", "replace")
    test = CHECKSUMS.get(pattern.checksum)
    why = grade.PATTERN
    if test is not None:
        why |= grade.CHECKSUM if test(value) else grade.ODD
    if pattern.name in header:
        why |= grade.HEADER
    elif pattern.name.encode() in data[max(0, m.start() - _BEFORE) : m.start()]:
        why |= grade.CONTEXT
    return Sighting(*m.span(), pattern.kind, value, why)


def gravest(findings: Sequence[Finding], patterns: Sequence[Pattern]) -> Tier:
    """Grade a file as anyone's, and by what the case says of its own patterns."""
    found = {finding.kind for finding in findings if finding.confidence >= grade.FOUND}
    tiers = (tier(findings), *(one.tier for one in patterns if one.kind in found))
    return max(tiers, key=lambda one: one.rank)


def category_of(findings: Sequence[Finding], patterns: Sequence[Pattern]) -> str:
    """Give the category of the first pattern that was found and has one; nothing without."""
    found = {finding.kind for finding in findings if finding.confidence >= grade.FOUND}
    return next((one.category for one in patterns if one.category and one.kind in found), "")
