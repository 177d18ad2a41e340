"""Overwriting in place, and putting it on the disk."""

from __future__ import annotations

import os
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Final

from app.domain.event import Progressed
from app.domain.outcome import Reason
from app.domain.plan import PlanItem
from app.domain.step import Stage
from app.steps.wipe.examine import Sight, examined, reason_of
from app.steps.wipe.foresight import foresee
from app.steps.wipe.keystream import Stream
from app.steps.wipe.progress import Progress
from app.steps.wipe.pump import LARGE, Run, made
from app.steps.wipe.scene import Ground, Scene, Spared
from app.steps.wipe.verdict import Left, Verdict
from app.system.direct import ALIGNED
from app.system.extents import Extent, ExtentFlag, attributes, data_segments, extents
from app.system.limits import doubts_of
from app.system.volumes import Writes

_SECTOR: Final = 512
"""What `st_blocks` counts in (stat(2))."""
_IN_THE_INODE: Final = 4
"""Extents that ext4 keeps in the inode itself."""
_WORTH_ONE_SYNC: Final = 8
"""From this many files on, one sync of the whole file system is cheaper than one a file."""


@dataclass(frozen=True, slots=True)
class Overwritten:
    """A file whose runs hold our last pass, as far as was written.

    `places` is where they lay before, `left` what the file is like since.
    """

    item: PlanItem
    ground: Ground
    runs: tuple[Run, ...]
    places: tuple[Extent, ...] | None
    verdict: Verdict
    left: Left | None = None


def overwrite(
    item: PlanItem, stage: Stage, scene: Scene, progress: Progress
) -> Generator[Progressed, None, Overwritten]:
    """Overwrite one file in place, each pass but the last synced. The last is not yet.

    Raises:
        Spared: with the reason; `touched` when bytes may have been written.
    """
    touched = False
    try:
        with examined(item, stage, scene) as sight:
            done = _foreseen(item, sight, scene)
            disk, streams = scene.terms.disk, scene.terms.streams(item)
            if large_and_aligned(done.runs):
                disk.go_direct(sight.fd)
            touched = bool(done.runs)
            for stream in streams[:-1]:
                yield from _write(done, sight.fd, stream, scene, progress)
                disk.sync(sight.fd)
            yield from _write(done, sight.fd, streams[-1], scene, progress)
            if Reason.SHARED_EXTENTS in done.verdict.limits:
                # Whoever shares with it and comes next may have the blocks alone then, and is overwritten.
                disk.sync(sight.fd)
            return replace(done, left=_left(done, sight))
    except OSError as error:
        raise Spared(reason_of(error), touched=touched) from error


def _left(done: Overwritten, sight: Sight) -> Left:
    """What the file is like now, with the size that we gave it, whatever somebody has made of that."""
    told = os.fstat(sight.fd)
    end = done.runs[-1][1] if done.runs else 0
    return Left(max(sight.told.st_size, end), told.st_mtime_ns, told.st_ctime_ns)


def _write(
    done: Overwritten, fd: int, stream: Stream, scene: Scene, progress: Progress
) -> Generator[Progressed, None, None]:
    for offset, data in made(stream, done.runs):
        scene.terms.disk.overwrite(fd, offset, data)
        yield from progress.add(len(data), done.item.path)


def large_and_aligned(runs: tuple[Run, ...]) -> bool:
    """Whether direct reading and writing pays for these runs and is allowed."""
    return sum(end - start for start, end in runs) >= LARGE and not any(
        start % ALIGNED or end % ALIGNED for start, end in runs
    )


def _foreseen(item: PlanItem, sight: Sight, scene: Scene) -> Overwritten:
    """Say what will be overwritten and what that can give at most, before it is."""
    ground = scene.ground(sight.fd, sight.told.st_dev)
    places = extents(sight.fd)
    size = sight.told.st_size
    found = tuple(data_segments(sight.fd, size))
    sparse = sum(end - start for start, end in found) < size
    outcome, limits = foresee(ground, places, attributes(sight.fd), sparse=sparse, half=sight.half)
    runs = _to_block_ends(found, size, _block(ground, places))
    verdict = Verdict(outcome, limits, ground.volume.file_system, ground.label)
    behind = [Reason.BEYOND_END] if _holds_more(ground, places or (), sight) else []
    for doubt in (*behind, *doubts_of(sight.fd)):
        verdict = verdict.doubted(doubt)
    return Overwritten(item, ground, runs, places, verdict)


def _holds_more(ground: Ground, places: tuple[Extent, ...], sight: Sight) -> bool:
    """Whether blocks behind the end of the last one it uses are the file's.

    Given to it and not yet used, or the rest of a cluster (ext4's bigalloc), of which
    only the count of blocks tells, where no more than four extents need no block of their own.
    """
    whole = -(-sight.told.st_size // ground.volume.block) * ground.volume.block
    if any(extent.logical + extent.length > whole for extent in places):
        return ground.volume.writes is Writes.IN_PLACE
    counted = ground.volume.file_system == "ext4" and 0 < len(places) <= _IN_THE_INODE
    held = getattr(sight.told, "st_blocks", 0) * _SECTOR  # Windows does not tell it
    return counted and held > sum(extent.length for extent in places)


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
