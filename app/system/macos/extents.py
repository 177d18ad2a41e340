"""Extents on the Mac: where on its volume a file lies, what it shares, and its flags."""

from __future__ import annotations

import errno
import struct
from collections.abc import Iterator
from typing import Final

from app.system.extents import Attribute, Extent, ExtentFlag
from app.system.macos.api import (
    EF_MAY_SHARE_BLOCKS,
    F_LOG2PHYS_EXT,
    SF_APPEND,
    SF_IMMUTABLE,
    UF_APPEND,
    UF_COMPRESSED,
    UF_IMMUTABLE,
    Api,
    native,
)
from app.system.macos.volumes import volume_of

_LOG2PHYS: Final = struct.Struct("=Iqq")
"""struct log2phys of sys/fcntl.h, which is packed to 4: flags, bytes in one piece, where on the device."""
_RETURNED: Final = struct.Struct("=I5IQ")
_ATTR_CMNEXT_EXT_FLAGS: Final = 0x200
_COUNTS_FROM_ITS_START: Final = frozenset({"hfs"})


def extents(fd: int, api: Api | None = None) -> tuple[Extent, ...] | None:
    """Map the whole file (fcntl(2), F_LOG2PHYS_EXT). None where the file system does not say.

    A compressed file (decmpfs) keeps its content in an extended attribute or the
    resource fork: one INLINE extent whose place is not known. Every extent is
    SHARED when the file may share blocks with a clone (EF_MAY_SHARE_BLOCKS), and
    UNKNOWN where the numbers do not count from the volume's start, as on APFS.
    """
    api = api or native()
    try:
        size = api.size(fd)
        if api.stat_flags(fd) & UF_COMPRESSED:
            flags = ExtentFlag.INLINE | ExtentFlag.ENCODED | ExtentFlag.UNKNOWN | ExtentFlag.LAST
            return (Extent(0, 0, size, flags),)
        flags = _common_flags(fd, volume_of(fd, api).file_system, api)
        return tuple(_map(fd, size, flags, api))
    except (OSError, struct.error):
        return None


def _common_flags(fd: int, file_system: str, api: Api) -> ExtentFlag:
    flags = ExtentFlag(0) if file_system in _COUNTS_FROM_ITS_START else ExtentFlag.UNKNOWN
    return flags | ExtentFlag.SHARED if may_share(fd, api) else flags


def _map(fd: int, size: int, flags: ExtentFlag, api: Api) -> Iterator[Extent]:
    for start, end in api.runs(fd, size):
        at = start
        while at < end:
            told = api.control(fd, F_LOG2PHYS_EXT, _LOG2PHYS.pack(0, end - at, at))
            _, length, physical = _LOG2PHYS.unpack(told)
            if length <= 0 or physical < 0:
                raise OSError(errno.ERANGE, "no place is told for what is no hole")
            length = min(length, end - at)
            yield Extent(at, physical, length, flags)
            at += length


def may_share(fd: int, api: Api | None = None) -> bool | None:
    """Whether the file may share blocks with a clone (getattrlist(2), EF_MAY_SHARE_BLOCKS).

    None where the file system does not say.
    """
    api = api or native()
    try:
        row = _RETURNED.unpack_from(api.extended_flags(fd))
    except (OSError, struct.error):
        return None
    return bool(row[6] & EF_MAY_SHARE_BLOCKS) if row[5] & _ATTR_CMNEXT_EXT_FLAGS else None


def attributes(fd: int, api: Api | None = None) -> Attribute | None:
    """Ask for the flags of an open file (chflags(2)). None where there are none to give."""
    api = api or native()
    try:
        flags = api.stat_flags(fd)
    except OSError:
        return None
    found = Attribute(0)
    if flags & UF_COMPRESSED:
        found |= Attribute.COMPRESSED
    if flags & (UF_IMMUTABLE | SF_IMMUTABLE):
        found |= Attribute.IMMUTABLE
    if flags & (UF_APPEND | SF_APPEND):
        found |= Attribute.APPEND_ONLY
    return found
