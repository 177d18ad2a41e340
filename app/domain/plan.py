"""The plan: every item with its fate, frozen by digest; what two people sign."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.domain.canonical import canonical
from app.domain.case import Profile
from app.domain.fate import Fate
from app.domain.fault import Fault, Refused
from app.domain.item import PlanItem, Subject
from app.domain.pages import Pages
from app.domain.wiping import Wiping

__all__ = ["Items", "Pages", "Plan", "PlanItem", "Subject"]

Items = tuple[PlanItem, ...] | Pages
"""The items of a plan: held, or kept elsewhere and read in pages."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All items of a case, frozen: held in a tuple, or kept elsewhere and read in pages.

    Raises:
        Refused: PLAN_PROTECTED when a held or retained item has a fate that
            destroys; RECORD_UNKNOWN when two items of a tuple share an id. So a plan
            that destroys what the law keeps can't exist.
    """

    case: str
    made_at: str
    pack: str
    profile: Profile
    items: Items
    wiping: Wiping = field(default_factory=Wiping)

    def __post_init__(self) -> None:
        for item in self.items:
            if item.protected and item.fate.destroys:
                raise Refused(Fault.PLAN_PROTECTED, item.id, item.rule)
        if not isinstance(self.items, Pages):
            _refuse_twins(self.items)

    @property
    def head(self) -> dict[str, Any]:
        """All but the items, as JSON values."""
        return {
            "case": self.case,
            "made_at": self.made_at,
            "pack": self.pack,
            "profile": self.profile.value,
            "wiping": self.wiping.plain,
        }

    @classmethod
    def of(cls, head: Mapping[str, Any], items: Items) -> Plan:
        """Read what `head` gave, and put it before these items."""
        profile, wiping = Profile(head["profile"]), Wiping.of(head["wiping"])
        return cls(head["case"], head["made_at"], head["pack"], profile, items, wiping)

    def lines(self) -> Iterator[bytes]:
        """The canonical JSON of the head and of each item: what the digest is taken over."""
        yield canonical({**self.head, "items": len(self.items)})
        if isinstance(self.items, Pages):
            yield from self.items.lines()
        else:
            yield from (item.line() for item in self.items)

    def digest(self) -> str:
        """SHA-256, hex, over `lines`, each ended by a newline."""
        state = hashlib.sha256()
        for line in self.lines():
            state.update(line + b"\n")
        return state.hexdigest()

    def with_fate(self, *fates: Fate) -> Iterator[PlanItem]:
        """The items that have one of these fates, in plan order."""
        return (item for item in self.items if item.fate in fates)


def _refuse_twins(items: Iterable[PlanItem]) -> None:
    seen: set[str] = set()
    for item in items:
        if item.id in seen:
            raise Refused(Fault.RECORD_UNKNOWN, item.id)
        seen.add(item.id)
