"""Handles on Windows: who else has a file open, as the Restart Manager knows it."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import Final

from app.system.windows.api import Api, CallFailed, native, short

_PROCESS: Final = struct.Struct("<I8s512s128sIIIi")
"""RM_PROCESS_INFO: process, when it began, name, service, kind, status, session, whether it restarts."""


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that has a file open. `service` is empty for a program."""

    process: int
    name: str
    service: str


def holders(path: str, api: Api | None = None) -> tuple[Holder, ...] | None:
    """Who has `path` open, this process left out (RmStartSession, RmRegisterResources, RmGetList).

    None when the Restart Manager does not answer. It knows the processes of this
    machine; who holds a share open from another one, it does not.
    """
    api = api or native()
    try:
        data = api.users(path)
        if len(data) % _PROCESS.size:
            return None
        rows = _PROCESS.iter_unpack(data)
        return tuple(Holder(row[0], _text(row[2]), _text(row[3])) for row in rows if row[0] != os.getpid())
    except CallFailed:
        return None


def alone(fd: int, api: Api | None = None) -> bool | None:
    """Whether nobody else has the file of `fd` open, which was opened to be shared with nobody.

    Windows granted that only if no other handle was open; a mapping outlives its
    handle, so the Restart Manager is asked too. None when it does not answer.
    """
    api = api or native()
    try:
        found = holders(short(api.final_path(api.handle(fd))), api)
    except CallFailed:
        return None
    return None if found is None else not found


def _text(raw: bytes) -> str:
    return raw.decode("utf-16-le", "replace").split("\0", 1)[0]
