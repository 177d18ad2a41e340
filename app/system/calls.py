"""The few calls of the system's C library that Python does not offer. Only for Linux; None elsewhere."""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache

RENAME_NOREPLACE = 1


@cache
def _libc() -> ctypes.CDLL | None:
    if sys.platform != "linux":
        return None
    return ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: object) -> bool:
    """Call `name`. False when the library or the kernel has no such call.

    Raises:
        OSError: with the call's errno when it failed.
    """
    import errno

    function = getattr(_libc(), name, None)
    if function is None:
        return False
    if function(*arguments) == 0:
        return True
    number = ctypes.get_errno()
    if number == errno.ENOSYS:
        return False
    raise OSError(number, os.strerror(number))


def sync_file_system(fd: int) -> bool:
    """Put everything of the file system `fd` lies on to its disk (syncfs). False where not offered.

    Raises:
        OSError: when writing back failed; since Linux 5.8 this includes errors of other files.
    """
    return _call("syncfs", fd)


def rename_without_replacing(folder: int, old: str, new: str) -> bool:
    """Rename within `folder`, never over an existing name (renameat2). False where not offered.

    Raises:
        OSError: EEXIST when `new` exists, EINVAL when the file system can't promise it.
    """
    return _call("renameat2", folder, os.fsencode(old), folder, os.fsencode(new), RENAME_NOREPLACE)
