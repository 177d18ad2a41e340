"""Foresight: the best outcome a file can have, decided before its first byte is written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from app.domain.outcome import Outcome, Reason
from app.steps.wipe.scene import Ground
from app.system.extents import Attribute, Extent, ExtentFlag
from app.system.swap import may_swap
from app.system.volumes import IN_MEMORY, Writes

_WRITES: Final = {
    Writes.ELSEWHERE: Reason.COPY_ON_WRITE,
    Writes.TWICE: Reason.JOURNALLED_DATA,
    Writes.SERVER: Reason.NETWORK,
    Writes.UNKNOWN: Reason.UNKNOWN_MEDIUM,
}
_DOUBTFUL: Final = int(ExtentFlag.SHARED | ExtentFlag.ENCODED | ExtentFlag.INLINE)
# Said of every file until the device itself is read.
_ALWAYS: Final = (Reason.NOT_READ_FROM_DEVICE,)


def foresee(
    ground: Ground,
    places: tuple[Extent, ...] | None,
    marks: Attribute | None,
    *,
    sparse: bool,
    half: bool,
) -> tuple[Outcome, tuple[Reason, ...]]:
    """Give the outcome an overwrite of this file may claim at most, and every limit to name with it.

    `half` when a stopped run has overwritten some of it: what its extents were
    before that, nobody knows any more.
    """
    doubts = [
        *_of_volume(ground),
        *_of_file(ground, places or (), marks or Attribute(0)),
        *([Reason.SPARSE] if sparse else []),
    ]
    if ground.volume.may_share and (half or places is None):
        doubts.append(Reason.SHARED_EXTENTS)
    outcome = Outcome.RESIDUE_POSSIBLE if doubts else Outcome.OVERWRITTEN
    # An overwrite does not reach the spare cells of flash, and what does not say that it spins may be flash.
    medium = [] if ground.medium.rotational else [_not_spinning(ground)]
    return outcome, tuple(dict.fromkeys([*doubts, *medium, *_ALWAYS]))


def _not_spinning(ground: Ground) -> Reason:
    return Reason.IN_MEMORY if ground.volume.file_system in IN_MEMORY else Reason.FLASH


def _of_volume(ground: Ground) -> Iterator[Reason]:
    for writes in (ground.volume.writes, *ground.beneath):
        if writes in _WRITES:
            yield _WRITES[writes]
    if ground.volume.journalled_data:
        yield Reason.JOURNALLED_DATA
    # Pages may have been swapped, to where no overwrite of the file reaches.
    if ground.volume.file_system in IN_MEMORY and may_swap():
        yield Reason.IN_MEMORY


def _of_file(ground: Ground, places: tuple[Extent, ...], marks: Attribute) -> Iterator[Reason]:
    if marks & Attribute.JOURNAL_DATA and ground.volume.journalled_data is not None:
        yield Reason.JOURNALLED_DATA
    if any(extent.flags & _DOUBTFUL for extent in places):
        yield from _of_extents(places)


def _of_extents(places: tuple[Extent, ...]) -> Iterator[Reason]:
    if any(extent.has(ExtentFlag.SHARED) for extent in places):
        yield Reason.SHARED_EXTENTS
    # Encrypted extents are "encoded" too, but lie in place.
    if any(extent.has(ExtentFlag.ENCODED) and not extent.has(ExtentFlag.ENCRYPTED) for extent in places):
        yield Reason.COMPRESSED
    if any(extent.has(ExtentFlag.INLINE) for extent in places):
        yield Reason.INLINE
