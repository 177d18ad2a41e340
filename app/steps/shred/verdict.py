"""Verdicts: from what was seen of a key's end to its place on the ladder, never rounded up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from app.domain.outcome import Evidence, Fact, KeyOutcome, Reason
from app.steps.shred.surface import MEDIUM

CANARY: Final = "canary_sha256"
"""The fact that says a canary was laid and answered before the key was overwritten."""
DECLARED: Final = (Reason.COPIES_DECLARED_ONLY, Reason.ESCROW_UNKNOWN)
"""Conditions C5 and C6: Lethe searches what is declared and can't see escrow, so neither is ever met."""
_ACCESS_ONLY: Final = frozenset(
    {
        Reason.WRONG_PASSPHRASE,
        Reason.UNREADABLE,
        Reason.CANARY_FAILED,
        Reason.COPIES_REMAIN,
        Reason.OPEN_ELSEWHERE,
    }
)


def verdict(limits: Iterable[Reason]) -> KeyOutcome:
    """Grade a key that was overwritten and read back.

    CE_PURGE asks for all twelve conditions and can't be reached while DECLARED stands.
    """
    found = frozenset(limits)
    if found & _ACCESS_ONLY:
        return KeyOutcome.ACCESS_REMOVED
    return KeyOutcome.MEDIUM_RESIDUE if found & MEDIUM else KeyOutcome.KEY_DESTROYED_HERE


def concluded(noted: Evidence, more: Iterable[Reason]) -> Evidence:
    """Add what was seen at the removal, and name the conditions that were met."""
    limits = tuple(dict.fromkeys((*noted.limits, *more, *DECLARED)))
    seen: Fact = ("conditions_seen", _conditions(noted, limits))
    return Evidence(noted.method, limits, (*noted.facts, seen))


def _conditions(noted: Evidence, limits: tuple[Reason, ...]) -> str:
    """C8 is marked `?`: no other handle was seen, but agents and hibernation files can't be."""
    read_back = any(name == "sha256_read_back" for name, _ in noted.facts)
    met = {
        "C7": not MEDIUM.intersection(limits),
        "C8?": Reason.OPEN_ELSEWHERE not in limits,
        "C9": read_back,
        "C10": any(name == CANARY for name, _ in noted.facts),
        "C11": read_back,
    }
    return " ".join(name for name, holds in met.items() if holds)
