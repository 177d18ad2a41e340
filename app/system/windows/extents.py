"""Extents on Windows: where on its volume a file lies, and which attributes its file system gave it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import IntFlag
from typing import Final

from app.system.extents import Attribute, Extent, ExtentFlag
from app.system.windows.api import (
    ATTRIBUTE_TAG_INFO,
    FSCTL_GET_RETRIEVAL_POINTERS,
    FSCTL_GET_RETRIEVAL_POINTERS_AND_REFCOUNT,
    FSCTL_QUERY_ALLOCATED_RANGES,
    HANDLE_EOF,
    NOT_OFFERED,
    STANDARD_INFO,
    Api,
    CallFailed,
    as_os_error,
    native,
)
from app.system.windows.volumes import VolumeFlag, flags_at, volume_of

_VCN: Final = struct.Struct("<q")
_HEAD: Final = struct.Struct("<I4xq")
_POINTER: Final = struct.Struct("<qq")
_COUNTED: Final = struct.Struct("<qqI4x")
_RANGE: Final = struct.Struct("<qq")
_STANDARD: Final = struct.Struct("<qqIBB2x")
_TAG: Final = struct.Struct("<II")
_ROOM: Final = 64 * 1024
_HOLE: Final = -1
_COUNTS_FROM_ITS_START: Final = frozenset({"NTFS", "ReFS"})
"""Where cluster 0 is the first of the volume; on FAT it is the first of the data area."""


class FileFlag(IntFlag):
    """Attributes of a file (winnt.h, FILE_ATTRIBUTE_*)."""

    READ_ONLY = 0x1
    DIRECTORY = 0x10
    SPARSE = 0x200
    REPARSE_POINT = 0x400
    COMPRESSED = 0x800
    OFFLINE = 0x1000
    ENCRYPTED = 0x4000
    RECALL_ON_OPEN = 0x40000
    RECALL_ON_DATA_ACCESS = 0x400000


_ELSEWHERE: Final = FileFlag.OFFLINE | FileFlag.RECALL_ON_OPEN | FileFlag.RECALL_ON_DATA_ACCESS
_NAME_SURROGATE: Final = 0x20000000
_WOF: Final = 0x80000017
_CLOUD: Final = 0x9000001A
_CLOUD_MASK: Final = 0xFFFF0FFF


class Mark:
    """What FileAttributeTagInfo says of an open file."""

    def __init__(self, flags: int, tag: int) -> None:
        self.flags = FileFlag(flags)
        self.tag = tag if flags & FileFlag.REPARSE_POINT else 0

    @property
    def link(self) -> bool:
        """Whether the name stands for another: a link or a mount point (IsReparseTagNameSurrogate)."""
        return bool(self.tag & _NAME_SURROGATE)

    @property
    def cloud(self) -> bool:
        """Whether a sync engine keeps the file (IO_REPARSE_TAG_CLOUD, CLOUD_1 to CLOUD_F)."""
        return self.tag & _CLOUD_MASK == _CLOUD

    @property
    def elsewhere(self) -> bool:
        """Whether the content is not here and would be fetched by reading or writing it."""
        return bool(self.flags & _ELSEWHERE)

    @property
    def compressed(self) -> bool:
        """Whether the file system, or the overlay filter that `compact` uses, keeps it compressed."""
        return bool(self.flags & FileFlag.COMPRESSED) or self.tag == _WOF


def mark_of(handle: int, api: Api) -> Mark:
    """Ask an open file for its attributes and reparse tag.

    Raises:
        CallFailed: when the file system does not answer.
    """
    return Mark(*_TAG.unpack_from(api.information(handle, ATTRIBUTE_TAG_INFO, _TAG.size)))


def standard_of(handle: int, api: Api) -> tuple[int, int]:
    """Ask an open file for its size in bytes and the number of its names (FileStandardInfo).

    Raises:
        CallFailed: when the file system does not answer.
    """
    row = _STANDARD.unpack_from(api.information(handle, STANDARD_INFO, _STANDARD.size))
    return row[1], row[2]


def is_resident(handle: int, api: Api) -> bool | None:
    """Whether the content lies in the MFT record. None when the file system does not say.

    The documented sign is that FSCTL_GET_RETRIEVAL_POINTERS ends at once
    (ERROR_HANDLE_EOF) for a file that is not empty.
    """
    try:
        api.control(handle, FSCTL_GET_RETRIEVAL_POINTERS, _VCN.pack(0), _ROOM)
    except CallFailed as failed:
        return standard_of(handle, api)[0] > 0 if failed.code == HANDLE_EOF else None
    return False


def extents(fd: int, api: Api | None = None) -> tuple[Extent, ...] | None:
    """Map the whole file (FSCTL_GET_RETRIEVAL_POINTERS). None where the file system does not say.

    A resident file is one INLINE extent whose place is not known. Where cluster 0
    is not the start of the volume every extent is UNKNOWN, since `physical` then
    counts from elsewhere. On a volume that counts references an extent with more
    than one is SHARED, and UNKNOWN when the count was not given.
    """
    api = api or native()
    try:
        volume = volume_of(fd, api)
        if not volume.bytes:
            return None
        handle = api.handle(fd)
        flags = _common_flags(mark_of(handle, api), volume.file_system)
        counted = VolumeFlag.BLOCK_REFCOUNTING in flags_at(volume.mount, api)
        return tuple(_map(handle, volume.block, flags, counted=counted, api=api))
    except (CallFailed, OSError, struct.error):
        return None


def _common_flags(mark: Mark, file_system: str) -> ExtentFlag:
    flags = ExtentFlag(0)
    if mark.compressed:
        flags |= ExtentFlag.ENCODED
    if mark.flags & FileFlag.ENCRYPTED:
        flags |= ExtentFlag.ENCODED | ExtentFlag.ENCRYPTED
    # The clusters of a reparse point may hold anything but the content.
    if file_system not in _COUNTS_FROM_ITS_START or mark.tag:
        flags |= ExtentFlag.UNKNOWN
    return flags


def _map(handle: int, block: int, flags: ExtentFlag, *, counted: bool, api: Api) -> Iterator[Extent]:
    first = 0
    while True:
        try:
            rows, first, more = _pointers(handle, first, counted=counted, api=api)
        except CallFailed as failed:
            if failed.code != HANDLE_EOF:
                raise
            size, _ = standard_of(handle, api)
            if first == 0 and size:
                yield Extent(0, 0, size, flags | ExtentFlag.INLINE | ExtentFlag.UNKNOWN | ExtentFlag.LAST)
            return
        for start, end, cluster, references in rows:
            if cluster == _HOLE:
                continue
            own = ExtentFlag.SHARED if references > 1 else ExtentFlag(0)
            if counted and references == 0:
                own = ExtentFlag.UNKNOWN
            yield Extent(start * block, cluster * block, (end - start) * block, flags | own)
        if not more:
            return


_Rows = list[tuple[int, int, int, int]]


def _pointers(handle: int, first: int, *, counted: bool, api: Api) -> tuple[_Rows, int, bool]:
    """One answer: (first cluster, the one after the last, place, references); where to go on; whether to."""
    shape, code = _POINTER, FSCTL_GET_RETRIEVAL_POINTERS
    try:
        if counted:
            told = api.control(handle, FSCTL_GET_RETRIEVAL_POINTERS_AND_REFCOUNT, _VCN.pack(first), _ROOM)
            shape = _COUNTED
        else:
            told = api.control(handle, code, _VCN.pack(first), _ROOM)
    except CallFailed as failed:
        if not counted or failed.code not in NOT_OFFERED:
            raise
        told = api.control(handle, code, _VCN.pack(first), _ROOM)
    count, start = _HEAD.unpack_from(told.data)
    rows: _Rows = []
    for i in range(count):
        end, cluster, *references = shape.unpack_from(told.data, _HEAD.size + i * shape.size)
        rows.append((start, end, cluster, references[0] if references else 0))
        start = end
    if told.more and not rows:
        raise struct.error("an answer that does not go on")
    return rows, start, told.more


def attributes(fd: int, api: Api | None = None) -> Attribute | None:
    """Ask for the attributes of an open file (FileAttributeTagInfo). None where there are none to give."""
    api = api or native()
    try:
        mark = mark_of(api.handle(fd), api)
    except CallFailed:
        return None
    found = Attribute.COMPRESSED if mark.compressed else Attribute(0)
    return found | Attribute.ENCRYPTED if mark.flags & FileFlag.ENCRYPTED else found


def data_segments(fd: int, size: int, api: Api | None = None) -> Iterator[tuple[int, int]]:
    """Give the runs of the file that are not holes (FSCTL_QUERY_ALLOCATED_RANGES), as (start, end).

    Where the system can't tell, the whole file is one run.

    Raises:
        OSError: when the file can't be asked.
    """
    api = api or native()
    handle, start = api.handle(fd), 0
    while start < size:
        try:
            told = api.control(handle, FSCTL_QUERY_ALLOCATED_RANGES, _RANGE.pack(start, size - start), _ROOM)
        except CallFailed as failed:
            if failed.code in NOT_OFFERED and start == 0:
                yield 0, size
                return
            with as_os_error():
                raise
        end = start
        for offset, length in _RANGE.iter_unpack(told.data):
            end = min(offset + length, size)
            if offset < end:
                yield offset, end
        if not told.more or end <= start:
            return
        start = end
