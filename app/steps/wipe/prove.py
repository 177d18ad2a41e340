"""Seeing that what was written is there: on the device itself where it may be read, else through the file."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Final

from app.domain.event import Progressed
from app.domain.outcome import Reason
from app.domain.plan import PlanItem
from app.steps.wipe.examine import reason_of, same_file
from app.steps.wipe.keystream import Stream
from app.steps.wipe.overwrite import Overwritten, large_and_aligned
from app.steps.wipe.places import Place, placed
from app.steps.wipe.progress import Progress
from app.steps.wipe.pump import LARGE, made
from app.steps.wipe.scene import Ground, Scene, Spared, Terms
from app.steps.wipe.verdict import Done, Verdict
from app.system.device import WINDOW, Device, reads_raw
from app.system.direct import buffer, same
from app.system.extents import extents, same_places

_GAP: Final = 64 * 1024
"""What is read along rather than skipped between two places."""


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
            ends.append(Done(done.item, done.verdict.proven(), seen[number], left=done.left))
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
        here: dict[int, list[Place]] = {}
        for number, done in enumerate(written):
            if done.ground is ground and (own := placed(done.runs, done.places or (), number)):
                here[number] = own
        wrong = _wrong(here, [one.item for one in written], ground, scene.terms)
        for number in here.keys() - wrong:
            seen[number] = here[number][0].physical
            yield from progress.add(written[number].item.stamp.size, written[number].item.path)
    return seen


def _wrong(here: dict[int, list[Place]], items: Sequence[PlanItem], ground: Ground, terms: Terms) -> set[int]:
    """The files that were not seen to hold the last pass in all their places, by us or the reader."""
    if ground.device:
        streams = {number: terms.last(items[number]) for number in here}
        return differing([place for own in here.values() for place in own], ground.device, streams)
    if not terms.eye or not terms.wiping.device or not reads_raw(ground.volume):
        return set(here)
    seen = terms.eye.seen({items[number].id: own for number, own in here.items()})
    return {number for number in here if items[number].id not in seen}


def differing(places: Sequence[Place], device: Device, streams: dict[int, Stream]) -> set[int]:
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
        return Done(done.item, _where_it_lay(done, fd), left=done.left)
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
