"""Handles: whether someone else has a file open."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

Node = tuple[int, int]
"""Device and inode number: what names a file whatever its path is."""


def alone(fd: int) -> bool | None:
    """Ask the kernel whether `fd`, open for writing, is the only open handle on its file.

    A write lease is granted only then (fcntl(2), F_SETLEASE), and unlike a look
    through /proc it sees mappings, loop devices and other people's processes. It
    is given back at once. None where leases are not offered: network file
    systems, a file of another owner. Windows asks the Restart Manager, the Mac
    its list of processes.
    """
    if sys.platform == "win32":
        from app.system.windows.handles import alone as on_windows

        return on_windows(fd)
    if sys.platform == "darwin":
        from app.system.macos.handles import alone as on_mac

        return on_mac(fd)
    if sys.platform != "linux":
        return None
    import fcntl

    try:
        # A broken lease sends SIGIO, which ends the process by default; SIGURG is ignored by default.
        fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
    except OSError as error:
        return False if error.errno == errno.EAGAIN else None
    fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return True


def open_files() -> frozenset[Node]:
    """Look through every process but this one for open files, as far as it may be looked into."""
    return frozenset(_from_proc() if sys.platform == "linux" else _from_psutil())


def _from_proc() -> Iterator[Node]:
    me = str(os.getpid())
    for process in os.listdir("/proc"):
        if not process.isdigit() or process == me:
            continue
        with suppress(OSError), os.scandir(f"/proc/{process}/fd") as links:
            for link in links:
                with suppress(OSError):
                    told = link.stat()
                    yield told.st_dev, told.st_ino


def _from_psutil() -> Iterator[Node]:
    import psutil

    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        with suppress(psutil.Error, OSError):
            for opened in process.open_files():
                with suppress(OSError):
                    told = Path(opened.path).stat()
                    yield told.st_dev, told.st_ino
