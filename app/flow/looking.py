"""How locations are looked through: `[locate]` and `[[pattern]]` of a CASE.toml, and what they come to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from app.domain.case import LookTerms
from app.domain.fault import Fault
from app.domain.pattern import Pattern
from app.domain.record import Tier
from app.flow.sought import Sought
from app.flow.toml_check import Form, Key, Source
from app.steps.locate import Means, Passwords, read_passwords
from app.steps.locate.custom import CHECKSUMS, MOST, fault_of

LOOKING: Final[Form] = {"passwords": Key(str), "ocr": Key(bool)}
PATTERN: Final[Form] = {
    "name": Key(str, required=True),
    "regex": Key(str, required=True),
    "tier": Key(str, choices=tuple(tier.value for tier in Tier)),
    "category": Key(str),
    "checksum": Key(str, choices=tuple(CHECKSUMS)),
    "matches": Key(list, required=True),
    "not_matches": Key(list),
}


def looking_of(
    one: dict[str, Any],
    existing: Callable[[str, int, str, str], Path],
    patterns: tuple[Pattern, ...] = (),
) -> LookTerms:
    """Read `[locate]`; `existing` makes an absolute path of a key's text and refuses what is not there."""
    listed = existing("locate", 0, "passwords", one["passwords"]) if one.get("passwords") else None
    return LookTerms(listed, one.get("ocr", False), patterns)


def pattern_reader(source: Source) -> Callable[[dict[str, Any], int], Pattern]:
    """Give what reads one `[[pattern]]` and tries its samples.

    It raises Refused, CASE_FILE_WRONG_VALUE, where the expression is not one that every engine reads alike,
    a sample is not found or one is that should not be, a name stands twice, or there are too many.
    """
    names: set[str] = set()

    def read(one: dict[str, Any], index: int) -> Pattern:
        samples = {key: one.get(key, []) for key in ("matches", "not_matches")}
        for key, texts in samples.items():
            if any(not isinstance(text, str) for text in texts):
                raise source.refuse(Fault.CASE_FILE_WRONG_TYPE, "pattern", index, key, '["text", …]')
        pattern = Pattern(
            one["name"].strip(),
            one["regex"],
            Tier(one.get("tier", Tier.GENERAL.value)),
            one.get("category", ""),
            one.get("checksum", ""),
            tuple(samples["matches"]),
            tuple(samples["not_matches"]),
        )
        key, expected = fault_of(pattern)
        if not key and (pattern.name in names or index >= MOST):
            key, expected = "name", f"once, {MOST} patterns at the most"
        if key:
            raise source.refuse(Fault.CASE_FILE_WRONG_VALUE, "pattern", index, key, expected)
        names.add(pattern.name)
        return pattern

    return read


def pattern_toml(pattern: Pattern) -> dict[str, Any]:
    """Give the table in which `pattern_reader` reads this pattern."""
    return {
        "name": pattern.name,
        "regex": pattern.regex,
        "tier": pattern.tier,
        "category": pattern.category,
        "checksum": pattern.checksum,
        "matches": list(pattern.matches),
        "not_matches": list(pattern.not_matches),
    }


def looking_toml(terms: LookTerms) -> dict[str, Any]:
    """Give the table in which `looking_of` reads these terms."""
    return {"passwords": terms.passwords, "ocr": terms.pictures or None}


def means_of(terms: LookTerms, sought: Sought) -> Means:
    """Put together what the case declares and what the officer gave for this look.

    Raises:
        Refused: PASSWORDS_UNREADABLE.
    """
    listed = read_passwords(terms.passwords) if terms.passwords else Passwords()
    return Means(listed.joined(sought.passwords), terms.pictures or sought.pictures, patterns=terms.patterns)
