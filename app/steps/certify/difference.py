"""The difference between the list that was approved and what happened."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.outcome import CopyOutcome, KeepOutcome
from app.steps.certify.account import Account, Line


@dataclass(frozen=True, slots=True)
class Difference:
    """Ids that stand in one list and not in the other, or otherwise in it.

    `unanswered` are planned and have no outcome; `unplanned` have one and were not planned;
    `otherwise` ended as another fate than theirs would end: kept instead of gone, or the reverse.
    """

    planned: int
    done: int
    unanswered: tuple[str, ...]
    unplanned: tuple[str, ...]
    otherwise: tuple[str, ...]

    @property
    def none(self) -> bool:
        """Whether what happened is what was approved, item by item."""
        return not (self.unanswered or self.unplanned or self.otherwise)


def difference_of(account: Account) -> Difference:
    """Compare the signed list with the outcomes. How well an item ended is no difference."""
    unanswered = tuple(line.id for line in account.lines if line.outcome is None)
    return Difference(
        planned=len(account.lines),
        done=len(account.lines) - len(unanswered) + len(account.unplanned),
        unanswered=unanswered,
        unplanned=account.unplanned,
        otherwise=tuple(line.id for line in account.lines if ended_otherwise(line)),
    )


def ended_otherwise(line: Line) -> bool:
    """Whether the outcome is of a kind that the line's fate does not lead to."""
    kept = isinstance(line.outcome, KeepOutcome) or (
        isinstance(line.outcome, CopyOutcome) and not line.outcome.good
    )
    return line.outcome is not None and kept == line.fate.destroys
