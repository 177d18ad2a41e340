"""The plan: every item with its fate, frozen by digest; what two people sign."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from app.domain.canonical import canonical
from app.domain.case import Profile
from app.domain.fate import Fate, Ground
from app.domain.fault import Fault, Refused
from app.domain.record import Stamp, Tier
from app.domain.wiping import Wiping


class Subject(Enum):
    """What an item of the plan, or an outcome, is about."""

    RECORD = "record"
    COPY = "copy"
    KEY = "key"


@dataclass(frozen=True, slots=True)
class PlanItem:
    """One record, copy or key with its fate and what must still be true of it at the act.

    `people` is the estimate of persons in it; `bytes` equals `stamp.size`.
    """

    id: str
    subject: Subject
    path: str
    fate: Fate
    ground: Ground
    rule: str
    law: str
    tier: Tier
    category: str
    people: int
    stamp: Stamp
    sha256: str
    location: str = ""

    @property
    def protected(self) -> bool:
        """Whether a hold or the law keeps it."""
        return self.ground in (Ground.HOLD, Ground.RETENTION)


@dataclass(frozen=True, slots=True)
class Plan:
    """All items of a case, frozen.

    Raises:
        Refused: PLAN_PROTECTED when a held or retained item has a fate that
            destroys; RECORD_UNKNOWN when two items share an id. So a plan that
            destroys what the law keeps can't exist.
    """

    case: str
    made_at: str
    pack: str
    profile: Profile
    items: tuple[PlanItem, ...]
    wiping: Wiping = field(default_factory=Wiping)

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for item in self.items:
            if item.protected and item.fate.destroys:
                raise Refused(Fault.PLAN_PROTECTED, item.id, item.rule)
            if item.id in seen:
                raise Refused(Fault.RECORD_UNKNOWN, item.id)
            seen.add(item.id)

    def lines(self) -> Iterator[bytes]:
        """The canonical JSON of the head and of each item: what the digest is taken over."""
        yield canonical(
            {
                "case": self.case,
                "made_at": self.made_at,
                "pack": self.pack,
                "profile": self.profile.value,
                "wiping": self.wiping.plain,
                "items": len(self.items),
            }
        )
        for item in self.items:
            yield canonical(_item_fields(item))

    def digest(self) -> str:
        """SHA-256, hex, over `lines`, each ended by a newline."""
        state = hashlib.sha256()
        for line in self.lines():
            state.update(line + b"\n")
        return state.hexdigest()

    def with_fate(self, *fates: Fate) -> tuple[PlanItem, ...]:
        """The items that have one of these fates, in plan order."""
        return tuple(item for item in self.items if item.fate in fates)


def _item_fields(item: PlanItem) -> dict[str, object]:
    stamp = item.stamp
    return {
        "id": item.id,
        "subject": item.subject.value,
        "path": item.path,
        "fate": item.fate.value,
        "ground": item.ground.value,
        "rule": item.rule,
        "law": item.law,
        "tier": item.tier.value,
        "category": item.category,
        "people": item.people,
        "location": item.location,
        "sha256": item.sha256,
        # Inode and time numbers pass 2^53, so they travel as strings (RFC 8785 section 3.2.2.3).
        "stamp": [
            str(n)
            for n in (
                stamp.device,
                stamp.inode,
                stamp.size,
                stamp.mtime_ns,
                stamp.ctime_ns,
                stamp.links,
            )
        ],
    }
