"""The twelve conditions of a key's destruction, and how far each holds.

They follow NIST SP 800-88 Rev. 1, 2.6 and Appendix D: what must be known before the loss of a key
may count as the loss of what it encrypts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum

from app.domain.outcome import Evidence


class Condition(Enum):
    """What is asked, C1 to C12."""

    NEVER_CLEAR = "c1"
    STRENGTH = "c2"
    RANDOM = "c3"
    WRAPS = "c4"
    COPIES = "c5"
    ESCROW = "c6"
    MEDIUM = "c7"
    NO_SESSION = "c8"
    FINAL = "c9"
    CANARY = "c10"
    READ_BACK = "c11"
    HORIZON = "c12"

    @property
    def label(self) -> str:
        """As it is printed: C1 to C12."""
        return self.value.upper()


class Standing(Enum):
    """How far a condition holds, best first."""

    MET = "met"
    SEEN = "seen"
    """As far as can be seen from here."""
    DECLARED = "declared"
    """A person's word only."""
    OPEN = "open"
    """Not met, or nobody said so."""

    @property
    def known(self) -> bool:
        """Whether it rests on what was seen."""
        return self in (Standing.MET, Standing.SEEN)


class ClearBefore(Enum):
    """Whether the data lay unencrypted once (C1)."""

    UNKNOWN = "unknown"
    NO = "no"
    YES = "yes"


class Escrow(Enum):
    """Whether somebody else can give the key back (C6): a directory, a cloud, words on paper, a backup."""

    UNKNOWN = "unknown"
    NONE = "none"
    DESTROYED = "destroyed"
    STANDS = "stands"


@dataclass(frozen=True, slots=True)
class KeyWord:
    """What a named person says of a key, because nobody can see it from here.

    `secret_until` is the time for which what the key encrypts has to stay closed (C12).
    Without `by` nobody has said anything.
    """

    by: str = ""
    clear_before: ClearBefore = ClearBefore.UNKNOWN
    escrow: Escrow = Escrow.UNKNOWN
    secret_until: date | None = None


def standings(evidence: Evidence) -> dict[Condition, Standing]:
    """Read from the evidence of a key how far each condition holds; empty when it says nothing of them."""
    told = str(dict(evidence.facts).get("conditions", ""))
    pairs = (one.partition("=") for one in told.split())
    return {Condition(name.lower()): Standing(how) for name, _, how in pairs}
