"""What may be declared of a backup and of a custodian in the case file, and what of it goes together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from app.domain.case import Backup
from app.domain.copies import Disposal
from app.domain.wording import letters

DECLARED: Final = tuple(one.value for one in Disposal if one.declared)
DISPOSALS: Final = (*DECLARED, Disposal.DISCARD.value)
SHARES: Final = '"2 of 3", at most 16, without recipient and identity'


def undeclarable(backup: Backup) -> tuple[str, str] | None:
    """What of a declaration does not go together: the key and what was expected of it."""
    told = backup.disposal or backup.until or backup.declared_by or backup.paper
    named = bool(letters(backup.declared_by))
    if backup.kind == "duplicity" and told:
        fits = backup.disposal is Disposal.DISCARD and named and not backup.until
        return None if fits else ("disposal", 'discard, with declared_by = "name"')
    if backup.kind != "declared":
        return ("kind", '"declared", with disposal, until, declared_by or paper') if told else None
    if told and not (backup.disposal and backup.disposal.declared and named):
        return "disposal", f'{" | ".join(DECLARED)}, and declared_by = "name"'
    if (backup.disposal is not None and backup.disposal.dated) != (backup.until is not None):
        return "until", "YYYY-MM-DD, with disposal = expires | locked, and only then"
    if backup.disposal is Disposal.MEDIUM and backup.paper is None:
        return "paper", "the file that shows it, with disposal = medium"
    return None


def shares_of(one: Mapping[str, Any]) -> tuple[int, int] | None:
    """How many of how many shares a custodian declares; None when it is none that can be."""
    told = re.fullmatch(r"([0-9]{1,2}) of ([0-9]{1,2})", str(one["shares"]).strip())
    if told is None or "recipient" in one or "identity" in one:
        return None
    needed, made = int(told[1]), int(told[2])
    return (needed, made) if 2 <= needed <= made <= 16 else None
