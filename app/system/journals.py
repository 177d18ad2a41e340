"""Journals of file systems: how big they are, where they stand, and what of them is still old."""

from __future__ import annotations

import hashlib
import os
import re
import struct
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from app.system.device import Device, open_device
from app.system.volumes import IN_MEMORY, Volume

_EXT: Final = frozenset({"ext2", "ext3", "ext4"})
# xfs_fs.h: XFS_IOC_FSGEOMETRY_V1; logblocks is its fifth number, blocksize the first.
_XFS_GEOMETRY: Final = 0x80705864
_XFS_GEOMETRY_BYTES: Final = 112
# ext4.h, struct ext4_super_block: offsets from byte 1024 of the device.
_SUPERBLOCK: Final = 1024
_MAGIC: Final = 0xEF53
_HAS_JOURNAL: Final = 0x4
_EXTENT_MAGIC: Final = 0xF30A
_EXTENT_ROW: Final = 12
_UP_TO: Final = 4
"""A transaction takes at most a third of the journal, on older kernels a fourth."""


class LogKind(Enum):
    """What kind of journal a file system writes its names through."""

    NONE = "none"
    EXT = "ext"
    XFS = "xfs"
    TREE = "tree"
    """No journal, but every change leaves the old block free elsewhere (btrfs)."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Log:
    """A journal. `bytes` is its size, rounded up where the system only hints at it."""

    kind: LogKind
    bytes: int = 0


def log_of(volume: Volume, fd: int) -> Log:
    """Find the journal of the volume that the open folder `fd` lies on."""
    if volume.file_system in IN_MEMORY:
        return Log(LogKind.NONE)
    if volume.file_system in _EXT:
        return _ext_log(volume)
    if volume.file_system == "xfs":
        size = _xfs_bytes(fd)
        return Log(LogKind.XFS, size) if size and position(volume) else Log(LogKind.UNKNOWN)
    return Log(LogKind.TREE if volume.file_system == "btrfs" else LogKind.UNKNOWN)


def position(volume: Volume) -> tuple[int, int] | None:
    """Where the head of an XFS log stands: (how often it went round, block)."""
    with suppress(OSError, ValueError):
        told = Path(f"/sys/fs/xfs/{_name(volume)}/log/log_head_lsn").read_text(encoding="ascii")
        cycle, block = told.strip().split(":")
        return int(cycle), int(block)
    return None


def commits_fast(volume: Volume) -> bool:
    """Whether an ext4 has written names, since it was mounted, to the part of its journal for fast commits.

    That part is not in the round that the rest goes. Where the system does not count
    (Linux before 5.10), there is no such part.
    """
    try:
        told = Path(f"/proc/fs/ext4/{_name(volume)}/fc_info").read_text(encoding="ascii")
    except OSError:
        return False
    return any(int(number) for number in re.findall(r"(\d+) (?:commits|ineligible)", told))


def went_round(before: tuple[int, int], now: tuple[int, int]) -> bool:
    """Whether every block of an XFS log was written between two positions."""
    return now[0] > before[0] + 1 or (now[0] == before[0] + 1 and now[1] >= before[1])


def _name(volume: Volume) -> str:
    return os.path.basename(os.path.realpath(volume.source))


def _xfs_bytes(fd: int) -> int:
    if sys.platform != "linux":
        return 0
    import fcntl

    answer = bytearray(_XFS_GEOMETRY_BYTES)
    try:
        fcntl.ioctl(fd, _XFS_GEOMETRY, answer)
    except OSError:
        return 0
    block, _, _, _, blocks = struct.unpack_from("=5I", answer)
    return int(block * blocks)


def _ext_log(volume: Volume) -> Log:
    name = _name(volume)
    with suppress(OSError):
        told = Path(f"/proc/fs/jbd2/{name}-8/info").read_text(encoding="ascii")
        if found := re.search(r"each up to (\d+) blocks", told):
            return Log(LogKind.EXT, int(found[1]) * _UP_TO * volume.block)
    with suppress(OSError):
        # Only with a journal do the options say what becomes of data.
        if "data=" not in Path(f"/proc/fs/ext4/{name}/options").read_text(encoding="ascii"):
            return Log(LogKind.NONE)
    return Log(LogKind.UNKNOWN)


class Trail:
    """The blocks of an ext journal as they were, read from the device; later it tells which still are."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._places = list(_ext_journal(device))
        self._was = list(self._digests())

    @property
    def size(self) -> int:
        """The size of the journal in bytes."""
        return sum(length for _, length in self._places)

    def close(self) -> None:
        """Let go of the device."""
        self._device.close()

    def old(self) -> int:
        """How many blocks hold what they held, empty ones and the journal's own head left out."""
        pairs = zip(self._was, self._digests(), strict=True)
        return sum(1 for number, (was, now) in enumerate(pairs) if number and was and was == now)

    def _digests(self) -> Iterator[bytes]:
        for offset, length in self._places:
            for _, held in self._device.parts(offset, length):
                for at in range(0, len(held), 4096):
                    block = bytes(held[at : at + 4096])
                    yield hashlib.blake2b(block, digest_size=8).digest() if block.strip(b"\0") else b""


def trail_of(volume: Volume) -> Trail | None:
    """Begin to watch the journal of an ext file system on its device. None where that can't be read.

    Raises:
        OSError: as the device gives it.
    """
    device = open_device(volume) if volume.file_system in _EXT else None
    if device is None:
        return None
    trail = Trail(device)
    if trail.size:
        return trail
    device.close()
    return None


def _ext_journal(device: Device) -> Iterator[tuple[int, int]]:
    """The places of the journal in bytes, from the copy of its inode that the superblock holds."""
    head = bytes(device.read(_SUPERBLOCK, 1024))
    magic, features = struct.unpack_from("<H", head, 0x38)[0], struct.unpack_from("<I", head, 0x5C)[0]
    external = struct.unpack_from("<I", head, 0xE4)[0]
    if magic != _MAGIC or not features & _HAS_JOURNAL or external:
        return
    block = 1024 << struct.unpack_from("<I", head, 0x18)[0]
    yield from _extent_tree(device, head[0x10C : 0x10C + 60], block)


def _extent_tree(device: Device, node: bytes, block: int) -> Iterator[tuple[int, int]]:
    magic, rows, _, depth = struct.unpack_from("<4H", node)
    if magic != _EXTENT_MAGIC:
        return
    for at in range(_EXTENT_ROW, _EXTENT_ROW * (rows + 1), _EXTENT_ROW):
        if depth:
            low, high = struct.unpack_from("<IH", node, at + 4)
            yield from _extent_tree(device, bytes(device.read((high << 32 | low) * block, block)), block)
        else:
            length, high, low = struct.unpack_from("<HHI", node, at + 4)
            yield (high << 32 | low) * block, length * block
