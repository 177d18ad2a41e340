"""How locations are looked through: `[locate]` of a CASE.toml, and what it comes to when the look begins."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from app.domain.case import LookTerms
from app.flow.sought import Sought
from app.flow.toml_check import Form, Key
from app.steps.locate import Means, Passwords, read_passwords

LOOKING: Final[Form] = {"passwords": Key(str), "ocr": Key(bool)}


def looking_of(one: dict[str, Any], existing: Callable[[str, int, str, str], Path]) -> LookTerms:
    """Read `[locate]`; `existing` makes an absolute path of a key's text and refuses what is not there."""
    listed = existing("locate", 0, "passwords", one["passwords"]) if one.get("passwords") else None
    return LookTerms(listed, one.get("ocr", False))


def looking_toml(terms: LookTerms) -> dict[str, Any]:
    """Give the table in which `looking_of` reads these terms."""
    return {"passwords": terms.passwords, "ocr": terms.pictures or None}


def means_of(terms: LookTerms, sought: Sought) -> Means:
    """Put together what the case declares and what the officer gave for this look.

    Raises:
        Refused: PASSWORDS_UNREADABLE.
    """
    listed = read_passwords(terms.passwords) if terms.passwords else Passwords()
    return Means(listed.joined(sought.passwords), terms.pictures or sought.pictures)
