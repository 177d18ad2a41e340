"""What a person may declare of a backup in the case file, and what of it goes together."""

from __future__ import annotations

from typing import Final

from app.domain.case import Backup
from app.domain.copies import Disposal

DECLARED: Final = tuple(one.value for one in Disposal if one.declared)
DISPOSALS: Final = (*DECLARED, Disposal.DISCARD.value)
_DATED: Final = (Disposal.EXPIRES, Disposal.LOCKED)


def undeclarable(backup: Backup) -> tuple[str, str] | None:
    """What of a declaration does not go together: the key and what was expected of it."""
    told = backup.disposal or backup.until or backup.declared_by or backup.paper
    if backup.kind == "duplicity" and told:
        fits = backup.disposal is Disposal.DISCARD and backup.declared_by and not backup.until
        return None if fits else ("disposal", 'discard, with declared_by = "name"')
    if backup.kind != "declared":
        return ("kind", '"declared", with disposal, until, declared_by or paper') if told else None
    if told and not (backup.disposal and backup.disposal.declared and backup.declared_by):
        return "disposal", f'{" | ".join(DECLARED)}, and declared_by = "name"'
    if (backup.disposal in _DATED) != (backup.until is not None):
        return "until", "YYYY-MM-DD, with disposal = expires | locked, and only then"
    if backup.disposal is Disposal.MEDIUM and backup.paper is None:
        return "paper", "the file that shows it, with disposal = medium"
    return None
