"""Handles on the Mac: who else has a file open."""

from __future__ import annotations

import os
import struct

from app.system.macos.api import F_GETPATH, Api, native


def holders(path: str, api: Api | None = None) -> tuple[int, ...] | None:
    """The processes that have `path` open, this one left out (proc_listpidspath(3)).

    None when the system does not answer. Who is not an administrator sees no
    other person's processes.
    """
    api = api or native()
    try:
        data = api.users(path)
        found = [pid for (pid,) in struct.iter_unpack("=i", data)]
    except (OSError, struct.error):
        return None
    return tuple(pid for pid in found if pid not in (0, os.getpid()))


def alone(fd: int, api: Api | None = None) -> bool | None:
    """Whether nobody else has the file of `fd` open. None when not every process could be looked into."""
    api = api or native()
    try:
        found = holders(path_of(fd, api), api)
    except OSError:
        return None
    if found:
        return False
    return True if found is not None and api.administrator() else None


def path_of(fd: int, api: Api | None = None) -> str:
    """Where an open file or folder really is (fcntl(2), F_GETPATH): in the case and form of the disk.

    What is protected must be asked of this path: the Mac's volumes take
    `/applications` for `/Applications`, and `/.vol/…` for anything.

    Raises:
        OSError: when it has no path any more.
    """
    api = api or native()
    return os.fsdecode(api.control(fd, F_GETPATH, bytes(1024)).split(b"\0", 1)[0])
