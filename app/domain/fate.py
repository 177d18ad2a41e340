"""Fates and decisions: what is to become of a record, and by which rule and law."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum


class Fate(Enum):
    """What the plan says of a record."""

    WIPE = "wipe"
    SHRED = "shred"
    EXPUNGE = "expunge"
    """Of a copy in a repository: it is taken out there, and the rest stays."""
    SEAL = "seal"
    TRANSFER = "transfer"
    FREEZE = "freeze"
    TRASH = "trash"
    LEAVE = "leave"

    @property
    def destroys(self) -> bool:
        """Whether the bytes, or the way to them, are gone after this fate."""
        return self in (Fate.WIPE, Fate.SHRED, Fate.EXPUNGE, Fate.TRASH)


class Ground(Enum):
    """What a decision rests on; the earlier beats the later."""

    HOLD = "hold"
    RETENTION = "retention"
    KEY = "key"
    UNREADABLE = "unreadable"
    RULE = "rule"
    COPY = "copy"
    """A copy of something that goes; it goes with it."""
    EXCEPTION = "exception"
    """A copy that stays, accepted by a named person."""
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Decision:
    """The fate of one record, with its reason and its law.

    `rule` is the id of the retention rule, the hold's reason, or `case.N` for the
    N-th rule of the case. `law` is the source text to print. `due` is the first
    day on which a retained record may go.
    """

    record: str
    fate: Fate
    ground: Ground
    rule: str
    law: str = ""
    due: date | None = None

    @property
    def protected(self) -> bool:
        """Whether a hold or a retention rule forbids any fate that destroys."""
        return self.ground in (Ground.HOLD, Ground.RETENTION)
