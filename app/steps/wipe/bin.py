"""Moving to the bin: what the plan says of TRASH. It destroys nothing and says so."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Final

from app.domain.event import Begun, Noted, Settled
from app.domain.outcome import Evidence, Outcome, Reason
from app.domain.plan import PlanItem
from app.domain.step import Step
from app.steps.wipe.ending import failed, settled
from app.steps.wipe.examine import content_fits, find, reason_of, unchanged
from app.steps.wipe.scene import Scene, Spared, Terms

_METHOD: Final = "trash"
_LIMITS: Final = (Reason.MOVED_TO_BIN,)


def move_batch(batch: Sequence[PlanItem], terms: Terms) -> Iterator[Begun | Noted | Settled]:
    """Move files to the bin of their volume.

    The intent is noted first: what a stopped run noted and is gone was moved, not lost.
    """
    yield Begun(Step.WIPE, tuple(item.id for item in batch), sum(item.stamp.size for item in batch))
    moving, endings = [], []
    for item in batch:
        try:
            with Scene(terms) as scene:
                _check(item, scene)
            moving.append(item)
        except Spared as spared:
            endings.append(failed(item, spared, terms))
    yield from endings
    if not moving:
        return
    facts = (("outcome", Outcome.REMOVED.value),)
    yield Noted(Step.WIPE, tuple(item.id for item in moving), "trashing", Evidence(_METHOD, _LIMITS, facts))
    for item in moving:
        yield _moved(item, terms)


def moved_before(item: PlanItem, terms: Terms) -> Settled | None:
    """Say of an item that a stopped run was about to move that it was moved; None when it is still there."""
    try:
        with Scene(terms) as scene:
            find(item, scene)
    except Spared as spared:
        return _binned(item) if spared.reason is Reason.GONE else None
    return None


def _check(item: PlanItem, scene: Scene) -> None:
    disk = scene.terms.disk
    folder, name, told = find(item, scene)
    if not unchanged(told, item.stamp):
        raise Spared(Reason.CHANGED)
    try:
        disk.permit(item.path)
        fd = disk.open_to_read(folder, name)
        try:
            crossed = scene.crosses(item.path, fd)
            fits = content_fits(disk, fd, item, scene.terms.profile)
        finally:
            os.close(fd)
    except OSError as error:
        raise Spared(reason_of(error)) from error
    if crossed:
        raise Spared(Reason.MOUNT_CROSSED)
    if not fits:
        raise Spared(Reason.CHANGED)


def _moved(item: PlanItem, terms: Terms) -> Settled:
    from send2trash import send2trash

    try:
        with Scene(terms) as scene:
            _check(item, scene)
            send2trash(item.path)
    except Spared as spared:
        return failed(item, spared, terms)
    except OSError as error:
        return failed(item, Spared(reason_of(error)), terms)
    return _binned(item)


def _binned(item: PlanItem) -> Settled:
    return settled(item, Outcome.REMOVED, Evidence(_METHOD, _LIMITS))
