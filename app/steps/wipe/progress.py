"""How far the step has come, told now and then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from app.domain.event import Progressed
from app.domain.plan import PlanItem
from app.domain.step import Step

_TOLD_EVERY: Final = 32 * 1024 * 1024


class Progress:
    """Counts bytes; each counts twice, since it is written and read back."""

    def __init__(self, total: int) -> None:
        self._total = 2 * total
        self._finished = 0
        self._done = 0
        self._told = 0

    def add(self, length: int, now: str) -> Iterator[Progressed]:
        """Count what was written or read, and tell of it if enough was."""
        self._done += length
        if self._done - self._told >= _TOLD_EVERY:
            yield self._tell(now)

    def finish(self, batch: Sequence[PlanItem]) -> Progressed:
        """Count a batch as done, whatever became of its files."""
        self._finished += 2 * sum(item.stamp.size for item in batch)
        self._done = self._finished
        return self._tell(batch[-1].path)

    def _tell(self, now: str) -> Progressed:
        self._told = self._done
        # Ends are rounded up to a block, so the sum of what was written may pass the sum of the sizes.
        return Progressed(Step.WIPE, min(self._done, self._total), self._total, "bytes", now)
