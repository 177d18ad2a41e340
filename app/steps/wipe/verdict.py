"""Verdicts: what may be said of files that fared alike, up to where it is known."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

from app.domain.outcome import Outcome, Reason
from app.domain.plan import PlanItem


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of a file.

    `volume` names its volume, `seen` is where it was read: file | device, `holders` who
    keeps blocks that it shared.
    """

    outcome: Outcome
    limits: tuple[Reason, ...]
    file_system: str
    volume: str
    seen: str = "file"
    holders: tuple[str, ...] = ()

    def doubted(self, reason: Reason, *, last: bool = False) -> Verdict:
        """The same with this limit, first or last, and no better than RESIDUE_POSSIBLE."""
        outcome = Outcome.RESIDUE_POSSIBLE if self.outcome.good else self.outcome
        limits = (*self.limits, reason) if last else (reason, *self.limits)
        return replace(self, outcome=outcome, limits=tuple(dict.fromkeys(limits)))

    def proven(self) -> Verdict:
        """The same once its bytes were seen on the device itself, where nothing else is doubtful."""
        outcome = Outcome.PROVEN if self.outcome is Outcome.OVERWRITTEN else self.outcome
        limits = tuple(reason for reason in self.limits if reason is not Reason.NOT_READ_FROM_DEVICE)
        return replace(self, outcome=outcome, limits=limits, seen="device")


@dataclass(frozen=True, slots=True)
class Left:
    """What the system says of a file since our last write to it, or would, had nobody else been there."""

    size: int
    mtime_ns: int
    ctime_ns: int

    def fits(self, told: os.stat_result) -> bool:
        """Whether nobody has changed the file since, nor a name or mark of it."""
        return self == Left(told.st_size, told.st_mtime_ns, told.st_ctime_ns)


@dataclass(frozen=True, slots=True)
class Done:
    """A file whose content is overwritten, synced and read back, with what may be said of it.

    `place` is where on the device its first byte was seen, None when it was not read
    from there; `traced` whether this run saw where its folder's entries stood; `left`
    what it was like after our last write, None when that was in a run that stopped.
    """

    item: PlanItem
    verdict: Verdict
    place: int | None = None
    traced: bool = True
    left: Left | None = None

    def doubted(self, reason: Reason) -> Done:
        """The same with this limit first, and no better than RESIDUE_POSSIBLE."""
        return replace(self, verdict=self.verdict.doubted(reason))

    def held(self, holders: tuple[str, ...], outcome: Outcome) -> Done:
        """The same with who keeps its old blocks, and what that makes of its outcome."""
        return replace(self, verdict=replace(self.verdict, holders=holders, outcome=outcome))
