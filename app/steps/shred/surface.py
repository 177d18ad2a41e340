"""The surface a key file lies on: what an overwrite there can't reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.domain.outcome import Fact, Reason
from app.system.extents import Attribute, Extent, ExtentFlag, attributes, extents, same_places
from app.system.handles import alone
from app.system.limits import doubts_of
from app.system.media import medium_of, stands_on
from app.system.volumes import Writes, volume_of

MEDIUM: Final = frozenset(
    {
        Reason.COPY_ON_WRITE,
        Reason.SHARED_EXTENTS,
        Reason.JOURNALLED_DATA,
        Reason.COMPRESSED,
        Reason.INLINE,
        Reason.NETWORK,
        Reason.FLASH,
        Reason.UNKNOWN_MEDIUM,
        Reason.WRITTEN_ANEW,
    }
)
"""Condition C7 is not met: old bytes of the key may be left below the file."""
HANDLES: Final = "handles_told"
"""The fact that says that the system does not tell who else has the file open (condition C8)."""


@dataclass(frozen=True, slots=True)
class Surface:
    """What was seen of the place before the overwrite. `block` is bytes."""

    limits: tuple[Reason, ...]
    facts: tuple[Fact, ...]
    block: int
    mapped: tuple[Extent, ...] | None

    def moved(self, fd: int) -> bool:
        """Whether the file no longer lies where it lay, so that the old place was not overwritten."""
        now = extents(fd)
        return self.mapped is not None and now is not None and not same_places(self.mapped, now)


def surface_of(fd: int, links: int) -> Surface:
    """Look at the place of an open file.

    Raises:
        OSError: as the system gives it.
    """
    volume = volume_of(fd)
    medium = medium_of(volume)
    marks = attributes(fd) or Attribute(0)
    mapped = extents(fd)
    own = Writes.IN_PLACE if marks & Attribute.NO_COPY_ON_WRITE else volume.writes
    layers = {own, *stands_on(volume)}
    only = alone(fd)
    seen = {
        Reason.COPY_ON_WRITE: Writes.ELSEWHERE in layers,
        Reason.SHARED_EXTENTS: volume.may_share if mapped is None else _any(mapped, ExtentFlag.SHARED),
        Reason.JOURNALLED_DATA: bool(volume.journalled_data) or bool(marks & Attribute.JOURNAL_DATA),
        Reason.COMPRESSED: _compressed(mapped) or bool(marks & Attribute.COMPRESSED),
        Reason.INLINE: _any(mapped, ExtentFlag.INLINE | ExtentFlag.TAIL),
        Reason.NETWORK: Writes.SERVER in layers,
        Reason.FLASH: medium.rotational is False,
        Reason.UNKNOWN_MEDIUM: medium.rotational is None or Writes.UNKNOWN in layers,
        Reason.OPEN_ELSEWHERE: only is False,
        Reason.HARD_LINK: links > 1,
    }
    facts: tuple[Fact, ...] = (("file_system", volume.file_system), ("links", links))
    if only is None:
        facts += ((HANDLES, False),)
    if medium.bus:
        facts += (("bus", medium.bus),)
    # Grown to the end of a block, what lies in the inode would move out of it and leave the key behind.
    block = 1 if seen[Reason.INLINE] else volume.block
    limits = dict.fromkeys([*(reason for reason, holds in seen.items() if holds), *doubts_of(fd)])
    return Surface(tuple(limits), facts, block, mapped)


def _any(mapped: tuple[Extent, ...] | None, flag: ExtentFlag) -> bool:
    return any(extent.flags & flag for extent in mapped or ())


def _compressed(mapped: tuple[Extent, ...] | None) -> bool:
    """Encrypted extents are "encoded" too, but lie in place."""
    return any(e.has(ExtentFlag.ENCODED) and not e.has(ExtentFlag.ENCRYPTED) for e in mapped or ())
