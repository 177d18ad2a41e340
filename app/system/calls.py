"""The few calls of the system's C library that Python does not offer. Only for Linux; None elsewhere."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from functools import cache

RENAME_NOREPLACE = 1
AT_EMPTY_PATH = 0x1000
_ROOM = 128
"""MAX_HANDLE_SZ: bytes of the longest file handle."""


class FileHandle(ctypes.Structure):
    """A name for a file that no path is part of, and that is never given twice (open_by_handle_at(2))."""

    _fields_ = (("length", ctypes.c_uint), ("kind", ctypes.c_int), ("content", ctypes.c_ubyte * _ROOM))


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


def file_handle(fd: int) -> FileHandle | None:
    """The handle of an open file. None where its file system gives none."""
    handle, mount = FileHandle(_ROOM), ctypes.c_int()
    try:
        given = _call("name_to_handle_at", fd, b"", ctypes.byref(handle), ctypes.byref(mount), AT_EMPTY_PATH)
    except OSError:
        return None
    return handle if given else None


def open_by_handle(near: int, handle: FileHandle) -> int | None:
    """Open a file of the file system that `near` lies on, without any right to its bytes.

    None where that is not offered, or not allowed: it takes CAP_DAC_READ_SEARCH.

    Raises:
        OSError: ESTALE when there is no such file any more.
    """
    function = getattr(_libc(), "open_by_handle_at", None)
    if function is None:
        return None
    fd: int = function(near, ctypes.byref(handle), getattr(os, "O_PATH", os.O_RDONLY))
    if fd >= 0:
        return fd
    number = ctypes.get_errno()
    if number == errno.ESTALE:
        raise OSError(number, os.strerror(number))
    return None
