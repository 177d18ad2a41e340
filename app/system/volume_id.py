"""What a file system is known by, also after the next start and at another place."""

from __future__ import annotations

import os
import struct
import sys
from contextlib import suppress
from typing import Final

from app.system.volumes import volume_of

_XFS_GEOMETRY: Final = 0x80705864
_XFS_UUID: Final = slice(64, 80)
_XFS_ANSWER: Final = 112
_UUID: Final = 0x80111500
_UUID_ANSWER: Final = 17
_FAT_ID: Final = 0x80047213
_UNSTEADY: Final = frozenset({"vfat", "msdos", "exfat", "cifs", "smb3", "9p", "virtiofs"})
"""Where a folder has another number after the next mount."""


def volume_id(place: str | os.PathLike[str]) -> str:
    """Tell what the file system is known by that a file or a folder lies on.

    On Linux it is what statvfs gives, or where that is but the number of the device (XFS, FAT) what
    the file system itself answers; of a share the server's name for it. Two copies of one image
    have the same. On a Mac it is no more than the size, elsewhere the number of the volume.

    Raises:
        OSError: when `place` does not exist or can't be reached.
    """
    device = os.stat(place).st_dev
    if sys.platform == "win32":
        return f"{device:x}"
    told = os.statvfs(place)
    if sys.platform == "darwin":
        return f"{told.f_frsize * told.f_blocks:x}"
    volume = volume_of(place)
    if volume.network:
        return f"{volume.file_system} {volume.source}"
    if told.f_fsid not in (0, device):
        return f"{told.f_fsid:x}"
    return _asked(place) or f"d{device:x}"


def folder_id(place: str | os.PathLike[str]) -> str:
    """Tell what a folder is known by: its file system, and in that its number, where mounts leave it alone.

    Renamed, it is still the same.

    Raises:
        OSError: as `volume_id`.
    """
    volume = volume_id(place)
    return f"{volume} {os.stat(place).st_ino:x}" if _has_steady_numbers(place) else volume


def _has_steady_numbers(place: str | os.PathLike[str]) -> bool:
    """Whether a folder there keeps its number when the file system is mounted anew."""
    kind = volume_of(place).file_system
    return kind not in _UNSTEADY and not kind.startswith("fuse")


def _asked(place: str | os.PathLike[str]) -> str:
    """Ask the file system itself; empty when it has no answer."""
    if sys.platform != "linux":
        return ""
    import fcntl

    descriptor = os.open(place, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        with suppress(OSError):
            return fcntl.ioctl(descriptor, _XFS_GEOMETRY, bytes(_XFS_ANSWER))[_XFS_UUID].hex()
        with suppress(OSError):
            return fcntl.ioctl(descriptor, _UUID, bytes(_UUID_ANSWER))[1:].hex()
        with suppress(OSError):
            # The FAT driver gives its serial number as the result of the call.
            return struct.pack(">i", fcntl.ioctl(descriptor, _FAT_ID)).hex()
    finally:
        os.close(descriptor)
    return ""
