"""Look once more at what stays in place: still there, and still the same bytes."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator

from app.domain.event import Progressed, Settled
from app.domain.fate import Fate
from app.domain.outcome import AnyOutcome, Evidence, Fact, KeepOutcome, Outcome, Reason
from app.domain.plan import PlanItem
from app.domain.step import Step
from app.steps.confirm.reading import CantRead, reading, shown_digest

_ENDS = {Fate.FREEZE: KeepOutcome.FROZEN, Fate.LEAVE: KeepOutcome.LEFT}


def check_kept(items: Iterable[PlanItem]) -> Iterator[Progressed | Settled]:
    """Settle each item that is frozen or left by reading it again; other fates are passed over.

    An item whose content was never readable has no digest to compare with: size and
    times are compared instead, and the evidence is limited by UNREADABLE.
    """
    for item in items:
        if item.fate in _ENDS:
            outcome, evidence = yield from _look(item)
            yield Settled(Step.CERTIFY, item.id, item.subject, outcome, evidence)


def _look(item: PlanItem) -> Generator[Progressed, None, tuple[AnyOutcome, Evidence]]:
    try:
        with reading(item.path) as (file, stamp):
            if stamp.size != item.stamp.size:
                return _failed(Reason.CHANGED)
            if not item.sha256:
                same = stamp.mtime_ns == item.stamp.mtime_ns
                return _kept(item, Reason.UNREADABLE) if same else _failed(Reason.CHANGED)
            if (yield from shown_digest(file, Step.CERTIFY, item.path)) != item.sha256:
                return _failed(Reason.CHANGED)
            return _kept(item)
    except CantRead as error:
        return _not_read(item, error.reason)


def _not_read(item: PlanItem, reason: Reason) -> tuple[AnyOutcome, Evidence]:
    if reason in (Reason.LINK, Reason.NOT_A_FILE):
        return _failed(Reason.CHANGED, reason)
    if not item.sha256 and reason is Reason.DENIED:
        return _unopened(item)
    return _failed(reason)


def _unopened(item: PlanItem) -> tuple[AnyOutcome, Evidence]:
    """Settle what could not be opened when it was located and can't be now, by its stat alone."""
    try:
        seen = os.lstat(item.path)
    except OSError:
        return _failed(Reason.DENIED)
    same = (seen.st_size, seen.st_mtime_ns) == (item.stamp.size, item.stamp.mtime_ns)
    return _kept(item, Reason.UNREADABLE) if same else _failed(Reason.CHANGED)


def _kept(item: PlanItem, *limits: Reason) -> tuple[AnyOutcome, Evidence]:
    facts: tuple[Fact, ...] = (("bytes", item.stamp.size),)
    return _ENDS[item.fate], Evidence("stat" if limits else "digest", limits, facts)


def _failed(*reasons: Reason) -> tuple[AnyOutcome, Evidence]:
    return Outcome.FAILED, Evidence("digest", reasons)
