"""Seeing that what was written is there: on the device itself where it may be read, else through the file."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from app.domain.event import Progressed
from app.domain.outcome import Reason
from app.steps.wipe.examine import reason_of, same_file
from app.steps.wipe.keystream import Stream
from app.steps.wipe.overwrite import Overwritten, large_and_aligned
from app.steps.wipe.progress import Progress
from app.steps.wipe.pump import LARGE, Run, made
from app.steps.wipe.scene import Scene, Spared
from app.steps.wipe.verdict import Done, Verdict
from app.system.device import WINDOW, Device
from app.system.direct import buffer, same
from app.system.extents import Extent, ExtentFlag, extents, same_places

_PLAIN: Final = int(ExtentFlag.LAST | ExtentFlag.MERGED)
"""All that may be said of an extent whose address is to be trusted."""
_GAP: Final = 64 * 1024
"""What is read along rather than skipped between two places."""


@dataclass(frozen=True, slots=True)
class Place:
    """A run of bytes of a file and where it lies on the device. `owner` is the index of the file."""

    physical: int
    length: int
    logical: int
    owner: int


def placed(runs: Iterable[Run], mapped: Sequence[Extent], owner: int = 0) -> list[Place] | None:
    """Where runs of a file lie; None unless every byte of them has a place that is to be trusted."""
    found = []
    for start, end in runs:
        at = start
        for extent in mapped:
            shift = at - extent.logical
            if not 0 <= shift < extent.length:
                continue
            if extent.flags & ~_PLAIN:
                return None
            length = min(end, extent.logical + extent.length) - at
            found.append(Place(extent.physical + shift, length, at, owner))
            at += length
            if at == end:
                break
        if at != end:
            return None
    return found


def prove(
    written: Sequence[Overwritten], scene: Scene, progress: Progress
) -> Generator[Progressed, None, list[Done | Spared]]:
    """Read every synced file back, those that can be from their device, and compare with the last pass.

    Gives for each what may be said of it, or why it is left where it is: what was
    read back differs, or can't be read.
    """
    seen = yield from _seen_on_devices(written, scene, progress)
    ends: list[Done | Spared] = []
    for number, done in enumerate(written):
        if number in seen:
            ends.append(Done(done.item, done.verdict.proven(), seen[number]))
            continue
        try:
            ends.append((yield from _read_back(done, scene, progress)))
        except Spared as spared:
            ends.append(spared)
    return ends


def _seen_on_devices(
    written: Sequence[Overwritten], scene: Scene, progress: Progress
) -> Generator[Progressed, None, dict[int, int]]:
    """The files whose old places hold our last pass, every byte: index, and where the first byte lies."""
    seen: dict[int, int] = {}
    for ground in scene.grounds:
        if not ground.device:
            continue
        places: list[Place] = []
        here: dict[int, int] = {}
        for number, done in enumerate(written):
            if done.ground is ground and (own := placed(done.runs, done.places or (), number)):
                places += own
                here[number] = own[0].physical
        streams = {number: scene.terms.last(written[number].item) for number in here}
        wrong = _differing(places, ground.device, streams)
        seen |= {number: first for number, first in here.items() if number not in wrong}
        for number in here.keys() - wrong:
            yield from progress.add(written[number].item.stamp.size, written[number].item.path)
    return seen


def _differing(places: Sequence[Place], device: Device, streams: dict[int, Stream]) -> set[int]:
    """The owners of places that hold something else than their stream, or can't be read."""
    wrong = {
        place.owner
        for place in places
        if place.length >= LARGE and not _holds(place, device, streams[place.owner])
    }
    small = sorted((place for place in places if place.length < LARGE), key=lambda place: place.physical)
    for window in _windows(small):
        try:
            wrong |= _differing_in(window, device, streams)
        except OSError:
            wrong |= {place.owner for place in window}
    return wrong


def _holds(place: Place, device: Device, stream: Stream) -> bool:
    shift = place.physical - place.logical
    try:
        return all(
            same(device.read(offset + shift, len(wanted)), memoryview(wanted))
            for offset, wanted in made(stream, [(place.logical, place.logical + place.length)])
        )
    except OSError:
        return False


def _windows(places: Iterable[Place]) -> Iterator[list[Place]]:
    """Group places, in order, that are read at once."""
    window: list[Place] = []
    for place in places:
        if window:
            end = place.physical + place.length
            last = window[-1].physical + window[-1].length
            if place.physical - last > _GAP or end - window[0].physical > WINDOW:
                yield window
                window = []
        window.append(place)
    if window:
        yield window


def _differing_in(window: list[Place], device: Device, streams: dict[int, Stream]) -> set[int]:
    first = window[0].physical
    length = max(place.physical + place.length for place in window) - first
    held = device.read(first, length)
    return {
        place.owner
        for place in window
        if bytes(held[place.physical - first :][: place.length])
        != streams[place.owner].at(place.logical, place.length)
    }


def _read_back(done: Overwritten, scene: Scene, progress: Progress) -> Generator[Progressed, None, Done]:
    """Read a synced file back through the file.

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
        yield from _compare(done, fd, scene, progress)
        return Done(done.item, _where_it_lay(done, fd))
    except OSError as error:
        raise Spared(reason_of(error), touched=True) from error
    finally:
        os.close(fd)


def _compare(
    done: Overwritten, fd: int, scene: Scene, progress: Progress
) -> Generator[Progressed, None, None]:
    disk, stream = scene.terms.disk, scene.terms.last(done.item)
    disk.forget(fd)
    direct = large_and_aligned(done.runs) and disk.go_direct(fd)
    memory = memoryview(buffer(WINDOW)) if direct else None
    for offset, wanted in made(stream, done.runs):
        if memory is None:
            fits = disk.read_back(fd, offset, len(wanted)) == wanted
        else:
            held = memory[: len(wanted)]
            fits = disk.read_into(fd, held, offset) == len(wanted) and same(held, memoryview(wanted))
        if not fits:
            raise Spared(Reason.READ_BACK_DIFFERS, touched=True)
        yield from progress.add(len(wanted), done.item.path)


def _where_it_lay(done: Overwritten, fd: int) -> Verdict:
    if done.places is None or same_places(done.places, extents(fd) or ()):
        return done.verdict
    return done.verdict.doubted(Reason.COPY_ON_WRITE)
