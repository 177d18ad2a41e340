"""Files that are seen once more in their places, apart: the disk under them may have stopped to answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Final

from app.domain.event import Progressed, Settled
from app.domain.outcome import Evidence, KeyOutcome, Outcome, Reason
from app.domain.plan import PlanItem
from app.domain.step import Step
from app.steps.confirm import check_gone, check_kept
from app.steps.confirm.ended import Ended
from app.steps.confirm.repositories.contract import Beat, Unusable
from app.steps.confirm.repositories.waiting import watched
from app.steps.confirm.repositories.work import PATIENCE

_BATCH: Final = 512
_NOTHING: Final = (Outcome.FAILED, Evidence(""))

Check = Callable[[Iterable[PlanItem]], Iterator[Progressed | Settled]]
"""Looks at items in their places."""


def see_kept(items: Iterable[PlanItem], patience: float = PATIENCE) -> Iterator[Progressed | Settled]:
    """As `check_kept`; what lies on a disk that is silent for so many seconds is FAILED with DISK_SILENT."""

    def unseen(item: PlanItem) -> Iterator[Settled]:
        told = Evidence("digest", (Reason.DISK_SILENT,))
        yield Settled(Step.CERTIFY, item.id, item.subject, Outcome.FAILED, told)

    yield from _seen(items, check_kept, unseen, patience)


def see_gone(
    items: Iterable[PlanItem], ended: Ended, patience: float = PATIENCE
) -> Iterator[Progressed | Settled]:
    """As `check_gone`; of what lay on a disk that is silent now, DISK_SILENT says that nobody looked again.

    It says so until somebody can.
    """

    def unseen(item: PlanItem) -> Iterator[Settled]:
        outcome, told = ended.get(item.id, _NOTHING)
        if item.fate.destroys and outcome not in (Outcome.FAILED, KeyOutcome.FAILED):
            limits = (*_cleared(told).limits, Reason.DISK_SILENT)
            yield Settled(Step.CERTIFY, item.id, item.subject, outcome, replace(told, limits=limits))

    def look(some: Iterable[PlanItem]) -> Iterator[Progressed | Settled]:
        for item in some:
            outcome, told = ended.get(item.id, _NOTHING)
            cleared, settled = _cleared(told), False
            for event in check_gone((item,), {item.id: (outcome, cleared)}):
                settled = settled or isinstance(event, Settled)
                yield event
            if cleared != told and not settled:
                yield Settled(Step.CERTIFY, item.id, item.subject, outcome, cleared)

    yield from _seen(items, look, unseen, patience)


def _cleared(told: Evidence) -> Evidence:
    """The evidence without what an earlier look could not see."""
    return replace(told, limits=tuple(one for one in told.limits if one is not Reason.DISK_SILENT))


def _seen(
    items: Iterable[PlanItem], check: Check, unseen: Callable[[PlanItem], Iterator[Settled]], patience: float
) -> Iterator[Progressed | Settled]:
    each, silent = iter(items), set[int]()
    # Read here: the plan lies in the register, which only this thread may ask.
    while batch := list(islice(each, _BATCH)):
        while batch := (yield from _answering(batch, silent, unseen)):
            looks = _Looks(batch, check)
            yield from _drawn(looks, patience)
            batch = batch[looks.done :]
            silent.update(item.stamp.device for item in batch[:1])


def _answering(
    items: Iterable[PlanItem], silent: set[int], unseen: Callable[[PlanItem], Iterator[Settled]]
) -> Generator[Settled, None, list[PlanItem]]:
    """Give the items on disks that answer, and say of the others that nobody sees them."""
    left = []
    for item in items:
        if item.stamp.device in silent:
            yield from unseen(item)
        else:
            left.append(item)
    return left


class _Looks:
    """Looks at some items, drawn in a thread of its own; what it saw is fetched by the one that asked.

    Attributes:
        done: how many items were seen. Of those the ends are there, and of no other.
    """

    def __init__(self, items: list[PlanItem], check: Check) -> None:
        self._items, self._check = items, check
        self._lock, self._over = threading.Lock(), False
        self._ends: list[Settled] = []
        self.done = 0

    def run(self) -> Generator[Beat, None, None]:
        """Look at one after another. Each chunk that was read is a sign of life."""
        for item in self._items:
            ends = []
            yield Beat()
            for event in self._check((item,)):
                if isinstance(event, Settled):
                    ends.append(event)
                else:
                    yield Beat()
            with self._lock:
                if self._over:
                    return
                self._ends += ends
                self.done += 1

    def fetched(self) -> list[Settled]:
        """Give the ends that were seen since this was asked last."""
        with self._lock:
            ends, self._ends = self._ends, []
        return ends

    def break_off(self) -> None:
        """Let nothing more be seen: what comes after this is too late."""
        with self._lock:
            self._over = True

    @property
    def now(self) -> str:
        """The path that is looked at."""
        return self._items[min(self.done, len(self._items) - 1)].path


def _drawn(looks: _Looks, patience: float) -> Iterator[Progressed | Settled]:
    """Draw these looks until they end, or no chunk of what is read comes for so many seconds.

    To read a large file takes its time: a disk that gives its bytes is waited for. What it knows by
    heart is no sign of life, for the system says that in its place.
    """
    events = watched(looks.run(), patience, grace=0)
    try:
        for _ in events:
            yield from looks.fetched()
            yield Progressed(Step.CERTIFY, 0, 0, "files", looks.now)
    except Unusable:
        # Its disk says nothing.
        pass
    finally:
        looks.break_off()
        events.close()
    yield from looks.fetched()
