"""Trim: giving free blocks back to the device, which may or may not forget what they held."""

from __future__ import annotations

import struct
import sys
from typing import Final

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
