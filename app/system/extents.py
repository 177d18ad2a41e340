"""Extents: where on its volume a file lies, and which attributes its file system gave it."""

from __future__ import annotations

import array
import os
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntFlag
from typing import Final

# linux/fiemap.h and linux/fs.h
_FS_IOC_FIEMAP: Final = 0xC020660B
_FS_IOC_GETFLAGS: Final = 0x80086601
_FIEMAP_FLAG_SYNC: Final = 0x1
_HEAD: Final = struct.Struct("=QQIIII")
_EXTENT: Final = struct.Struct("=QQQQQIIII")
_AT_ONCE: Final = 128


class ExtentFlag(IntFlag):
    """What the file system says of one extent (linux/fiemap.h)."""

    LAST = 0x1
    UNKNOWN = 0x2
    DELALLOC = 0x4
    ENCODED = 0x8
    ENCRYPTED = 0x80
    NOT_ALIGNED = 0x100
    INLINE = 0x200
    TAIL = 0x400
    UNWRITTEN = 0x800
    MERGED = 0x1000
    SHARED = 0x2000


class Attribute(IntFlag):
    """Attributes of a file as chattr(1) sets them (linux/fs.h)."""

    COMPRESSED = 0x4
    IMMUTABLE = 0x10
    APPEND_ONLY = 0x20
    ENCRYPTED = 0x800
    JOURNAL_DATA = 0x4000
    NO_COPY_ON_WRITE = 0x800000
    INLINE_DATA = 0x10000000


@dataclass(frozen=True, slots=True)
class Extent:
    """A run of bytes of a file. All numbers are bytes; `physical` counts from the start of the volume.

    On btrfs `physical` is an address of its own that must go through the chunk tree.
    """

    logical: int
    physical: int
    length: int
    flags: int

    def has(self, flag: ExtentFlag) -> bool:
        """Whether the file system set `flag`."""
        return bool(self.flags & flag)


def extents(fd: int, *, sync: bool = True) -> tuple[Extent, ...] | None:
    """Map the whole file, its dirty pages written out first unless `sync` is False.

    None where the file system does not say.
    """
    if sys.platform == "win32":
        from app.system.windows.extents import extents as on_windows

        return on_windows(fd)
    if sys.platform == "darwin":
        from app.system.macos.extents import extents as on_mac

        return on_mac(fd)
    found: list[Extent] = []
    start = 0
    while True:
        part = _fiemap(fd, start, _FIEMAP_FLAG_SYNC if sync else 0)
        if part is None:
            return None
        found += part
        if len(part) < _AT_ONCE or part[-1].has(ExtentFlag.LAST):
            return tuple(found)
        start = part[-1].logical + part[-1].length


_BUFFER_BYTES: Final = _HEAD.size + _AT_ONCE * _EXTENT.size


def _fiemap(fd: int, start: int, how: int) -> list[Extent] | None:
    if sys.platform != "linux":
        return None
    import fcntl

    buffer = bytearray(_BUFFER_BYTES)
    _HEAD.pack_into(buffer, 0, start, (1 << 64) - 1 - start, how, 0, _AT_ONCE, 0)
    try:
        fcntl.ioctl(fd, _FS_IOC_FIEMAP, buffer)
    except OSError:
        return None
    mapped = _HEAD.unpack_from(buffer)[3]
    rows = (_EXTENT.unpack_from(buffer, _HEAD.size + i * _EXTENT.size) for i in range(mapped))
    return [Extent(row[0], row[1], row[2], row[5]) for row in rows]


def attributes(fd: int) -> Attribute | None:
    """Ask for the attributes of an open file. None where the file system has none to give."""
    if sys.platform == "win32":
        from app.system.windows.extents import attributes as on_windows

        return on_windows(fd)
    if sys.platform == "darwin":
        from app.system.macos.extents import attributes as on_mac

        return on_mac(fd)
    if sys.platform != "linux":
        return None
    import fcntl

    answer = array.array("l", [0])
    try:
        fcntl.ioctl(fd, _FS_IOC_GETFLAGS, answer)
    except OSError:
        return None
    return Attribute(answer[0] & 0xFFFFFFFF)


def data_segments(fd: int, size: int) -> Iterator[tuple[int, int]]:
    """Give the runs of the file that are not holes, as (start, end) in bytes, in order.

    Where the system can't tell, the whole file is one run.
    """
    if sys.platform == "win32":
        from app.system.windows.extents import data_segments as on_windows

        yield from on_windows(fd, size)
        return
    if size == 0:
        return
    if not hasattr(os, "SEEK_HOLE"):
        yield 0, size
        return
    end = 0
    while end < size:
        try:
            start = os.lseek(fd, end, os.SEEK_DATA)
        except OSError as error:
            import errno

            if error.errno == errno.ENXIO:
                return
            raise
        end = min(os.lseek(fd, start, os.SEEK_HOLE), size)
        if start < end:
            yield start, end


def same_places(before: tuple[Extent, ...], after: tuple[Extent, ...]) -> bool:
    """Whether every written byte of `before` still lies where it lay: the overwrite was in place."""
    now = _runs(after)
    return all(
        any(low <= start and end <= high and shift == physical_shift for low, high, shift in now)
        for start, end, physical_shift in _runs(tuple(e for e in before if not e.has(ExtentFlag.UNWRITTEN)))
    )


def _runs(mapped: tuple[Extent, ...]) -> list[tuple[int, int, int]]:
    """Join neighbours: (first, end, physical - logical), since writing splits and joins extents."""
    runs: list[tuple[int, int, int]] = []
    for extent in mapped:
        shift = extent.physical - extent.logical
        end = extent.logical + extent.length
        if runs and runs[-1][1] == extent.logical and runs[-1][2] == shift:
            runs[-1] = (runs[-1][0], end, shift)
        else:
            runs.append((extent.logical, end, shift))
    return runs
