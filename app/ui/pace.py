"""How far a check has come, in one line: what is read now, and how much of it."""

from __future__ import annotations

from app.domain.event import Progressed
from app.ui import words
from app.ui.words import translate


def pace_told(pace: Progressed | None) -> str:
    """Say what is checked now, and how far it has come."""
    if pace is None:
        return translate("Pace", "Checking…")
    told = {
        "bytes": translate("Pace", "Journal, seal and chain: {n}"),
        "entries": translate("Pace", "Journal against certificate: {n}"),
        "rows": translate("Pace", "Rows of the inventory: {n}"),
        "leaves": translate("Pace", "Leaves of the proofs: {n}"),
        "signatures": translate("Pace", "Signatures: {n}"),
    }
    write = words.size if pace.unit == "bytes" else words.count
    amount = write(pace.done)
    if pace.total:
        amount = translate("Pace", "{done} of {total}").format(done=amount, total=write(pace.total))
    return told.get(pace.unit, "{n}").format(n=amount)
