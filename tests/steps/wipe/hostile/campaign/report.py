"""What a campaign of hostile cases came to, and the table of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field


@dataclass
class Row:
    """What the cases of one kind came to."""

    cases: int = 0
    items: int = 0
    good: int = 0
    doubted: int = 0
    failed: int = 0
    pending: int = 0
    remained: int = 0
    """Items of which bytes remain on the image, whatever was said of them."""
    false_good: int = 0
    strangers: int = 0
    """Files in no plan that were changed or are gone."""
    names: int = 0
    """Good items whose name still stands though nothing says so."""
    earlier: int = 0
    """Cases with a good outcome of whose files something remains that they had given back before signing."""


@dataclass
class Finding:
    """One thing that must not be, with what is needed to see it again."""

    what: str
    kind: str
    ground: str
    seed: int
    detail: str


@dataclass
class Report:
    """What a campaign found. `skipped` are reasons why a ground or a kind could not be made here."""

    rows: dict[str, Row] = field(default_factory=lambda: defaultdict(Row))
    grounds: Counter[str] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Why items failed: kind, ground, reason."""
    findings: list[Finding] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)

    @property
    def cases(self) -> int:
        return sum(row.cases for row in self.rows.values())

    def table(self) -> str:
        """One line a kind, as it is printed."""
        head = ("kind", "cases", "items", "good", "doubted", "failed", "pending", "remained", "false good",
                "strangers", "names", "earlier")  # fmt: skip
        lines = [f"{head[0]:40}" + "".join(f"{each:>11}" for each in head[1:])]
        total = Row()
        for name, row in sorted(self.rows.items()):
            numbers = list(vars(row).values())
            lines.append(f"{name:40}" + "".join(f"{each:>11}" for each in numbers))
            for key, value in vars(row).items():
                setattr(total, key, getattr(total, key) + value)
        lines.append(f"{'all':40}" + "".join(f"{each:>11}" for each in vars(total).values()))
        return "\n".join(lines)
