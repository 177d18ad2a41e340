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
COPIES: Final = "copies_found"
"""The fact that says how many copies of a key the hunt found."""
COPIES_AT: Final = "copies_at"
"""The fact that names these copies by their ids; the register knows their paths."""
MADE_OF_PASSPHRASE: Final = "made_of_passphrase"
"""The fact that says that the key is made of a passphrase, which nobody can destroy."""
_ACCESS_ONLY: Final = frozenset(
    {
        Reason.WRONG_PASSPHRASE,
        Reason.UNREADABLE,
        Reason.CANARY_FAILED,
        Reason.COPIES_REMAIN,
        Reason.OPEN_ELSEWHERE,
        Reason.RESTORABLE,
        Reason.NO_ANSWER,
        Reason.DENIED,
        Reason.STORE_REFUSED,
    }
)
_UNSEEN: Final = MEDIUM | {Reason.STORE_WORD, Reason.STORE_BACKUPS, Reason.EXPORTABLE}
"""Of the bytes that held the key, or of what was made of them, something was not seen."""


def verdict(limits: Iterable[Reason]) -> KeyOutcome:
    """Grade a key that was overwritten and read back, or that its store no longer has.

    CE_PURGE asks for all twelve conditions and can't be reached while DECLARED stands.
    """
    found = frozenset(limits)
    if Reason.DECLARED in found:
        return KeyOutcome.CLAIMED
    if found & _ACCESS_ONLY:
        return KeyOutcome.ACCESS_REMOVED
    if Reason.DELETION_PENDING in found:
        return KeyOutcome.SCHEDULED
    return KeyOutcome.MEDIUM_RESIDUE if found & _UNSEEN else KeyOutcome.KEY_DESTROYED_HERE


def concluded(noted: Evidence, more: Iterable[Reason]) -> Evidence:
    """Add what was seen at the removal, and say of each condition whether it was met."""
    limits = tuple(dict.fromkeys((*noted.limits, *more, *DECLARED)))
    met = _met(noted, limits)
    seen: Fact = ("conditions_seen", " ".join(name for name in _SEEN if met[name.rstrip("?")]))
    every: Fact = ("conditions", " ".join(f"{name}={_word(name, holds)}" for name, holds in met.items()))
    return Evidence(noted.method, limits, (*noted.facts, seen, every))


_SEEN: Final = ("C7", "C8?", "C9", "C10", "C11")
"""C8 is marked `?`: no other handle was seen, but agents and hibernation files can't be."""
_PEOPLES_WORD: Final = frozenset({"C5"})
_AS_FAR_AS_SEEN: Final = frozenset({"C4", "C8"})


def _met(noted: Evidence, limits: tuple[Reason, ...]) -> dict[str, bool]:
    """Which of the twelve hold; of those in `_PEOPLES_WORD` only that nothing speaks against it.

    Nobody is asked yet of clear copies of the past (C1), of escrow (C6) and of the time
    for which the ciphertext has to hold (C12), so these stay open.
    """
    facts = dict(noted.facts)
    canary, read_back = CANARY in facts, "sha256_read_back" in facts
    dead = canary and not _ALIVE.intersection(limits)
    final = (read_back or "probes" in facts) and not _NOT_FINAL.intersection(limits)
    return {
        "C1": False,
        "C2": canary,
        "C3": canary and MADE_OF_PASSPHRASE not in facts,
        "C4": canary and Reason.COPIES_REMAIN not in limits,
        "C5": Reason.COPIES_REMAIN not in limits,
        "C6": False,
        "C7": not _UNSEEN.intersection(limits),
        "C8": Reason.OPEN_ELSEWHERE not in limits,
        "C9": final,
        "C10": dead,
        "C11": read_back,
        "C12": False,
    }


_ALIVE: Final = frozenset({Reason.CANARY_FAILED, Reason.STILL_OPENS})
_NOT_FINAL: Final = frozenset(
    {Reason.DELETION_PENDING, Reason.RESTORABLE, Reason.STILL_OPENS, Reason.NO_ANSWER, Reason.DECLARED}
)


def _word(name: str, holds: bool) -> str:
    """What is said of a condition: met, seen as far as it can be, a person's word only, or open."""
    if not holds:
        return "open"
    if name in _PEOPLES_WORD:
        return "declared"
    return "seen" if name in _AS_FAR_AS_SEEN else "met"
