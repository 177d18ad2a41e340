"""The raw device below a file system, opened for reading alone."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final

from app.system.direct import ALIGNED, buffer
from app.system.volumes import Volume

WINDOW: Final = 8 * 1024 * 1024
_PHYSICAL: Final = frozenset({"ext2", "ext3", "ext4", "xfs"})
"""File systems whose extents count from the first byte of the one device they are mounted from."""


class Device:
    """A block device that is read past every cache. Closing it leaves nothing open."""

    def __init__(self, fd: int) -> None:
        self._fd: int | None = fd
        self._memory = buffer(WINDOW + ALIGNED)

    def __enter__(self) -> Device:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the device. May be called again."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def read(self, offset: int, length: int) -> memoryview:
        """The bytes at `offset`, at most `WINDOW` of them; they hold until the next call.

        Raises:
            OSError: as the device gives it; EIO when it ends before.
        """
        if self._fd is None:
            raise ValueError("the device is closed")
        if sys.platform == "win32":
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), "preadv")
        start = offset % ALIGNED
        whole = -(-(start + length) // ALIGNED) * ALIGNED
        got = os.preadv(self._fd, [memoryview(self._memory)[:whole]], offset - start)
        if got < start + length:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return memoryview(self._memory)[start : start + length]

    def parts(self, offset: int, length: int) -> Iterator[tuple[int, memoryview]]:
        """Read any length in windows; gives (offset, bytes), which hold until the next is asked for."""
        for at in range(offset, offset + length, WINDOW):
            yield at, self.read(at, min(WINDOW, offset + length - at))


def open_device(volume: Volume) -> Device | None:
    """Open the device a volume is mounted from, where its extents' addresses are known to mean that device.

    None for other file systems, without the right to read it (root), and when what
    the mount table names is not the device the files are on.
    """
    return open_source(volume.source, volume.device) if reads_raw(volume) else None


def reads_raw(volume: Volume) -> bool:
    """Whether the addresses of a volume's extents are known to mean its one device."""
    # A realtime device has addresses of its own, which are not told apart in the extents.
    return volume.file_system in _PHYSICAL and "rtdev=" not in volume.options


def open_source(source: str, device: int | None) -> Device | None:
    """Open a block device by its path, if it is the one with this number, or whatever it is for None.

    None on Windows, which has no such files.
    """
    if sys.platform == "win32":
        return None
    with suppress(OSError):
        told = Path(source).stat()
        if not stat.S_ISBLK(told.st_mode) or device not in (None, told.st_rdev):
            return None
        fd = os.open(source, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_DIRECT", 0))
        if os.fstat(fd).st_rdev == told.st_rdev:
            return Device(fd)
        os.close(fd)
    return None
