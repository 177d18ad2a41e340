"""Guards: writers kept off a file for a moment."""

from __future__ import annotations

import errno
import os
import signal
import sys
from typing import Final

from app.system.calls import FileHandle, open_by_handle

REMOVED_WHILE_OPEN: Final = sys.platform != "win32"
"""Whether the name of an open file can be taken away."""

_MANY: Final = 512
_FEW: Final = 16
_OTHERS: Final = 256


def guard(fd: int) -> bool | None:
    """Have the kernel keep writers off the file until `fd`, open for reading alone, is closed.

    False when somebody has it open, or mapped, for writing already. From then on
    whoever opens it for writing, or cuts it, waits; `guarded` tells whether somebody
    does. None where leases are not offered, as for `alone`.
    """
    if sys.platform != "linux":
        return None
    import fcntl

    try:
        fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return False if error.errno == errno.EAGAIN else None
    return True


def guarded(fd: int) -> bool:
    """Whether nobody has tried to open the file for writing since `guard` said True."""
    if sys.platform != "linux":
        return False
    import fcntl

    return fcntl.fcntl(fd, fcntl.F_GETLEASE) == fcntl.F_RDLCK


def outlived(handle: FileHandle | None, near: int | None) -> bool:
    """Whether a file that has no name, and that we have closed, is kept by somebody all the same.

    By a program that had found it and is not done with opening it, or that holds it
    with O_PATH, which no lease tells of. `near` is an open folder of its volume.
    False also where the system doesn't tell, or not to us.
    """
    if handle is None or near is None:
        return False
    try:
        fd = open_by_handle(near, handle)
    except OSError:
        return False
    if fd is None:
        return False
    os.close(fd)
    return True


def open_at_once() -> int:
    """How many files may be held open together: 16 to 512, and 256 less than this process may open."""
    if sys.platform == "win32":
        return _MANY
    import resource

    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MANY if allowed == resource.RLIM_INFINITY else max(_FEW, min(_MANY, allowed - _OTHERS))
