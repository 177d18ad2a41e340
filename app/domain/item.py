"""Items of a plan: one record, copy or key each, with its fate and what must still be true of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import Enum

from app.domain.canonical import canonical
from app.domain.fate import Fate, Ground
from app.domain.record import Rows, Stamp, Tier


class Subject(Enum):
    """What an item of the plan, or an outcome, is about."""

    RECORD = "record"
    COPY = "copy"
    KEY = "key"


@dataclass(frozen=True, slots=True)
class PlanItem:
    """One record, copy or key with its fate and what must still be true of it at the act.

    `people` is the estimate of persons in it; `bytes` equals `stamp.size`. `rows` is set
    when it is no file but rows of a database: it then says what must still be true of them.
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
    rows: Rows | None = None

    @property
    def protected(self) -> bool:
        """Whether a hold or the law keeps it."""
        return self.ground in (Ground.HOLD, Ground.RETENTION)

    def line(self) -> bytes:
        """The canonical JSON of the item: what the digest of a plan is taken over, and what is stored."""
        return canonical(self._fields())

    @classmethod
    def of(cls, line: bytes) -> PlanItem:
        """Read what `line` gave."""
        told = json.loads(line)
        return cls(
            told["id"],
            Subject(told["subject"]),
            told["path"],
            Fate(told["fate"]),
            Ground(told["ground"]),
            told["rule"],
            told["law"],
            Tier(told["tier"]),
            told["category"],
            told["people"],
            Stamp(*map(int, told["stamp"])),
            told["sha256"],
            told["location"],
            Rows(**told["rows"]) if "rows" in told else None,
        )

    def _fields(self) -> dict[str, object]:
        stamp = self.stamp
        return {
            **({"rows": asdict(self.rows)} if self.rows else {}),
            "id": self.id,
            "subject": self.subject.value,
            "path": self.path,
            "fate": self.fate.value,
            "ground": self.ground.value,
            "rule": self.rule,
            "law": self.law,
            "tier": self.tier.value,
            "category": self.category,
            "people": self.people,
            "location": self.location,
            "sha256": self.sha256,
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
