"""Where the entries of a folder lie on its device."""

from __future__ import annotations

import os
import struct
import sys
from typing import Final

from app.system.extents import extents

# xfs_fs.h: XFS_IOC_GETBMAPX, struct getbmapx; offset, block and length count 512 bytes.
_GETBMAPX: Final = 0xC0205838
_ROW: Final = struct.Struct("=qqqiiiiii")
_ROWS: Final = 512
_SECTOR: Final = 512
# XFS_IOC_FSGEOMETRY_V1; its first numbers are the sizes of a block, a realtime extent, a group (in
# blocks), how many groups, the log (in blocks), a sector and an inode.
_GEOMETRY: Final = 0x80705864
_GEOMETRY_BYTES: Final = 112


def folder_blocks(fd: int, file_system: str) -> tuple[tuple[int, int], ...] | None:
    """The (offset, length) in bytes of an open folder's blocks, and on XFS of its inode.

    The few entries of a small XFS folder lie in the inode, and stay there when it grows
    out of it. None where the file system does not tell.
    """
    if file_system == "xfs":
        return _xfs_blocks(fd)
    mapped = extents(fd)
    return None if mapped is None else tuple((one.physical, one.length) for one in mapped)


def _xfs_blocks(fd: int) -> tuple[tuple[int, int], ...] | None:
    if sys.platform != "linux":
        return None
    import fcntl

    answer = bytearray(_ROW.size * (_ROWS + 1))
    _ROW.pack_into(answer, 0, 0, 0, -1, _ROWS + 1, 0, 0, 0, 0, 0)
    try:
        fcntl.ioctl(fd, _GETBMAPX, answer)
        inode = _xfs_inode(fd)
    except OSError:
        return None
    entries = _ROW.unpack_from(answer)[4]
    rows = (_ROW.unpack_from(answer, _ROW.size * (number + 1)) for number in range(entries))
    found = tuple((block * _SECTOR, length * _SECTOR) for _, block, length, *_ in rows if block >= 0)
    return (*found, inode) if entries < _ROWS else None


def _xfs_inode(fd: int) -> tuple[int, int]:
    """Where an inode lies, which its number tells: group, block in it, place in that (xfs_format.h)."""
    if sys.platform != "linux":
        return 0, 0
    import fcntl

    answer = bytearray(_GEOMETRY_BYTES)
    fcntl.ioctl(fd, _GEOMETRY, answer)
    block, _, group, _, _, _, size = struct.unpack_from("=7I", answer)
    number = os.fstat(fd).st_ino
    place_bits = (block // size).bit_length() - 1
    group_bits = place_bits + (group - 1).bit_length()
    inside = number & ((1 << group_bits) - 1)
    blocks = (number >> group_bits) * group + (inside >> place_bits)
    return int(blocks * block + (inside & ((1 << place_bits) - 1)) * size), int(size)
