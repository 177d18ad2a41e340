"""Overwriting in place, putting it on the disk, and reading it back."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable
from dataclasses import dataclass, replace
from typing import Final

from app.domain.event import Progressed
from app.domain.outcome import Outcome, Reason
from app.domain.plan import PlanItem
from app.domain.step import Stage
from app.steps.wipe.examine import CHUNK, Sight, examined, reason_of, same_file
from app.steps.wipe.foresight import foresee
from app.steps.wipe.keystream import Keystream
from app.steps.wipe.progress import Progress
from app.steps.wipe.scene import Ground, Scene, Spared
from app.system.extents import Extent, ExtentFlag, attributes, data_segments, extents, same_places
from app.system.volumes import Writes

_WORTH_ONE_SYNC: Final = 8
"""From this many files on, one sync of the whole file system is cheaper than one a file."""

Run = tuple[int, int]
"""First byte and the one after the last."""


@dataclass(frozen=True, slots=True)
class Overwritten:
    """A file whose runs hold our keystream, as far as was written; `places` is where they lay before."""

    item: PlanItem
    ground: Ground
    runs: tuple[Run, ...]
    places: tuple[Extent, ...] | None
    outcome: Outcome
    limits: tuple[Reason, ...]


def overwrite(
    item: PlanItem, stage: Stage, scene: Scene, progress: Progress
) -> Generator[Progressed, None, Overwritten]:
    """Overwrite one file in place. Nothing is synced yet.

    Raises:
        Spared: with the reason; `touched` when bytes may have been written.
    """
    touched = False
    try:
        with examined(item, stage, scene) as sight:
            done = _foreseen(item, sight, scene)
            keystream = Keystream(scene.terms.seed, item.id)
            for start, length in _chunks(done.runs):
                touched = True
                scene.terms.disk.overwrite(sight.fd, start, keystream.at(start, length))
                yield from progress.add(length, item.path)
    except OSError as error:
        raise Spared(reason_of(error), touched=touched) from error
    return done


def _foreseen(item: PlanItem, sight: Sight, scene: Scene) -> Overwritten:
    """Say what will be overwritten and what that can give at most, before it is."""
    ground = scene.ground(sight.fd, sight.told.st_dev)
    places = extents(sight.fd)
    size = sight.told.st_size
    found = tuple(data_segments(sight.fd, size))
    sparse = sum(end - start for start, end in found) < size
    outcome, limits = foresee(ground, places, attributes(sight.fd), sparse=sparse, half=sight.half)
    runs = _to_block_ends(found, size, _block(ground, places))
    return Overwritten(item, ground, runs, places, outcome, limits)


def _block(ground: Ground, places: tuple[Extent, ...] | None) -> int:
    """What the end is rounded up to, so that the slack of the last block goes too.

    Not for data that lies in the inode: growing it would move it out, and leave
    the old bytes there. Not where nothing is known of the blocks.
    """
    inline = any(extent.has(ExtentFlag.INLINE) for extent in places or ())
    return 1 if inline or ground.volume.writes is not Writes.IN_PLACE else ground.volume.block


def _to_block_ends(found: tuple[Run, ...], size: int, block: int) -> tuple[Run, ...]:
    if not found or found[-1][1] != size:
        return found
    return (*found[:-1], (found[-1][0], -(-size // block) * block))


def _chunks(runs: Iterable[Run]) -> Iterable[tuple[int, int]]:
    for start, end in runs:
        for offset in range(start, end, CHUNK):
            yield offset, min(CHUNK, end - offset)


def sync(written: list[Overwritten], scene: Scene) -> dict[str, Reason]:
    """Put all that was overwritten on its disk; gives the ids of those where it failed, and why."""
    failed: dict[str, Reason] = {}
    by_device: dict[int, list[Overwritten]] = {}
    for done in written:
        by_device.setdefault(done.item.stamp.device, []).append(done)
    for together in by_device.values():
        if not _synced_at_once(together, scene):
            failed |= _sync_each(together, scene)
    return failed


def _synced_at_once(together: list[Overwritten], scene: Scene) -> bool:
    # What syncfs means on other than plain local file systems is their own affair.
    if len(together) < _WORTH_ONE_SYNC or together[0].ground.volume.writes is not Writes.IN_PLACE:
        return False
    try:
        folder, _ = scene.place(together[0].item)
        return folder.fd is not None and scene.terms.disk.sync_volume(folder.fd)
    except OSError:
        return False  # the error may be another program's file; each is asked for itself


def _sync_each(together: list[Overwritten], scene: Scene) -> dict[str, Reason]:
    failed = {}
    disk = scene.terms.disk
    for done in together:
        try:
            fd = disk.open_in_place(*scene.place(done.item))
            try:
                disk.sync(fd)
            finally:
                os.close(fd)
        except OSError as error:
            failed[done.item.id] = reason_of(error)
    return failed


def read_back(
    done: Overwritten, scene: Scene, progress: Progress
) -> Generator[Progressed, None, Overwritten]:
    """Read a synced file back and compare it with the keystream.

    Gives it with a lower outcome when its blocks are no longer where they were:
    then the old ones were not overwritten.

    Raises:
        Spared: READ_BACK_DIFFERS, REPLACED or what the system says; `touched`.
    """
    disk = scene.terms.disk
    try:
        fd = disk.open_to_read(*scene.place(done.item))
    except OSError as error:
        raise Spared(reason_of(error), touched=True) from error
    try:
        if not same_file(os.fstat(fd), done.item.stamp):
            raise Spared(Reason.REPLACED, touched=True)
        disk.forget(fd)
        keystream = Keystream(scene.terms.seed, done.item.id)
        for start, length in _chunks(done.runs):
            if disk.read_back(fd, start, length) != keystream.at(start, length):
                raise Spared(Reason.READ_BACK_DIFFERS, touched=True)
            yield from progress.add(length, done.item.path)
        return _where_it_lay(done, fd)
    except OSError as error:
        raise Spared(reason_of(error), touched=True) from error
    finally:
        os.close(fd)


def _where_it_lay(done: Overwritten, fd: int) -> Overwritten:
    if done.places is None or same_places(done.places, extents(fd) or ()):
        return done
    limits = tuple(dict.fromkeys((Reason.COPY_ON_WRITE, *done.limits)))
    return replace(done, outcome=Outcome.RESIDUE_POSSIBLE, limits=limits)
