"""Direct reading and writing: past the page cache, between aligned memory and the device."""

from __future__ import annotations

import ctypes
import mmap
import os
import sys
from typing import Final

ALIGNED: Final = 4096
"""What offsets and lengths are multiples of; every common device takes it."""


def buffer(length: int) -> mmap.mmap:
    """Memory aligned as direct reading and writing asks for it."""
    return mmap.mmap(-1, length)


def go_direct(fd: int) -> bool:
    """Let an open file be read and written past the page cache from now on. False where not offered."""
    if sys.platform != "linux":
        return False
    import fcntl

    try:
        fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_DIRECT)
    except OSError:
        return False
    return True


def same(one: memoryview, other: memoryview) -> bool:
    """Whether two writable buffers hold the same bytes. Unlike `==` it is fast and lets other threads run."""
    if len(one) != len(other):
        return False
    if sys.platform == "win32":
        return bytes(one) == bytes(other)
    first, second = (ctypes.addressof(ctypes.c_char.from_buffer(each)) for each in (one, other))
    compare = ctypes.CDLL(None).memcmp
    return not compare(ctypes.c_void_p(first), ctypes.c_void_p(second), ctypes.c_size_t(len(one)))
