"""Where the entries of a folder lie on its device."""

from __future__ import annotations

import struct
import sys
from typing import Final

from app.system.extents import extents

# xfs_fs.h: XFS_IOC_GETBMAPX, struct getbmapx; offset, block and length count 512 bytes.
_GETBMAPX: Final = 0xC0205838
_ROW: Final = struct.Struct("=qqqiiiiii")
_ROWS: Final = 512
_SECTOR: Final = 512


def folder_blocks(fd: int, file_system: str) -> tuple[tuple[int, int], ...] | None:
    """The (offset, length) in bytes of an open folder's blocks; empty when its entries lie in the inode.

    None where the file system does not tell.
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
    except OSError:
        return None
    entries = _ROW.unpack_from(answer)[4]
    rows = (_ROW.unpack_from(answer, _ROW.size * (number + 1)) for number in range(entries))
    found = tuple((block * _SECTOR, length * _SECTOR) for _, block, length, *_ in rows if block >= 0)
    return found if entries < _ROWS else None
