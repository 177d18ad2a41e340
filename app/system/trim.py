"""Trim: giving free blocks back to the device, which may or may not forget what they held."""

from __future__ import annotations

import os
import struct
import sys
from pathlib import Path
from typing import Final

from app.system.volumes import Volume

_FITRIM: Final = 0xC0185879


def trim(fd: int) -> int | None:
    """Tell the device which blocks of the file system of `fd` are free (FITRIM); gives how many bytes.

    None where the device or file system takes no such word, and without the right
    to give it. What the device does then is its own affair: only reading it tells.
    """
    if sys.platform != "linux":
        return None
    import fcntl

    asked = bytearray(struct.pack("=QQQ", 0, (1 << 64) - 1, 0))
    try:
        fcntl.ioctl(fd, _FITRIM, asked)
    except OSError:
        return None
    return int(struct.unpack("=QQQ", asked)[1])


def grain(volume: Volume) -> int:
    """The smallest run of bytes that the device of a volume frees; 0 when it frees none or does not say."""
    try:
        number = Path(volume.source).stat().st_rdev
        folder = Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}").resolve()
        disk = folder.parent if (folder / "partition").exists() else folder
        return int((disk / "queue" / "discard_granularity").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0
