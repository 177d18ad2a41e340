"""What names a file on Windows whatever its path is."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from app.system.windows.api import ID_INFO, Api, CallFailed, native

_ID: Final = struct.Struct("<Q16s")


@dataclass(frozen=True, slots=True)
class Identity:
    """The serial number of the volume and the 128-bit number of the file, which ReFS needs whole."""

    volume: int
    file: bytes


def identity_of(fd: int, api: Api | None = None) -> Identity | None:
    """Ask an open file for its FILE_ID_INFO. None where the file system has none: then nothing is equal."""
    api = api or native()
    try:
        return Identity(*_ID.unpack_from(api.information(api.handle(fd), ID_INFO, _ID.size)))
    except (CallFailed, struct.error):
        return None
