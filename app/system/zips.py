"""Zip archives of anybody: their list of members, which is read into memory whole, and what it leaves out."""

from __future__ import annotations

import io
import struct
import zipfile
from dataclasses import dataclass
from typing import BinaryIO, Final

TAIL: Final = (1 << 16) + 22 + 20 + 56
"""Bytes of a zip's end with the longest comment behind it, and of what a large zip has before it."""
MOST: Final = 300_000
"""Members of which the list is held in memory: some 330 bytes each, and their names."""
_LISTED: Final = 32 << 20
"""Bytes of the list in a zip that is read."""
_END: Final = b"PK\x05\x06"
_END_OF_LARGE: Final = b"PK\x06\x06"
_POINTER: Final = b"PK\x06\x07"
_ENTRY: Final = 46
"""Bytes of an entry of the list before its name."""
_LENGTHS: Final = struct.Struct("<28xHHH12x")
"""Of an entry: how long its name, what is beside it, and its comment are."""
_SUMS: Final = 24
"""Bytes at most of the sizes and the checksum that may stand behind a member."""
_SUMS_BEHIND: Final = 0x08
_MARK: Final = 4
"""Bytes before the first member of one that was in parts once."""


class TooManyError(Exception):
    """A zip lists more members than are held in memory."""


class Zip(zipfile.ZipFile):
    """A zip that was opened. `behind` says that something follows its end."""

    behind = False


@dataclass(frozen=True, slots=True)
class _End:
    """The end of a zip, found as zipfile finds it: where its list begins, its bytes, those behind it all."""

    start: int
    listed: int
    behind: int


def opened_zip(file: BinaryIO, most: int = MOST) -> Zip:
    """Open a zip that lists no more than `most` members, whatever its end says of their number.

    Raises:
        TooManyError: when it lists more, or its list is longer than 32 MiB.
        zipfile.BadZipFile: when it is none.
    """
    end = _end(file)
    if end.listed > _LISTED:
        raise TooManyError
    file.seek(end.start)
    if _counted(file.read(end.listed), most) > most:
        raise TooManyError
    archive = Zip(file)
    archive.behind = end.behind > 0
    return archive


def members_of(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Give every member but folders in the order in which they lie, so that a packed zip is read forward."""
    return [info for info in in_order(archive) if not is_folder(info)]


def in_order(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Give every member, be it a folder, in the order in which they lie."""
    return sorted(archive.infolist(), key=lambda info: info.header_offset)


def is_folder(info: zipfile.ZipInfo) -> bool:
    """Whether a member is no more than a folder: one by its name alone may have content."""
    return info.is_dir() and not info.file_size


class Gaps:
    """Looks for bytes of a zip that belong to no member: one that its list leaves out, another file, a zip.

    Every member is opened in the order in which they lie, and told when the file stands where its content
    begins, as it does right after.
    """

    def __init__(self, file: BinaryIO, archive: Zip) -> None:
        self._file, self._last = file, archive.start_dir
        self._at, self._spare, self._found = 0, _MARK, archive.behind

    def opened(self, info: zipfile.ZipInfo) -> None:
        """Take in a member that was just opened."""
        self._see(info.header_offset)
        self._at = max(self._at, self._file.tell() + info.compress_size)
        self._spare = _SUMS if info.flag_bits & _SUMS_BEHIND else 0

    def any(self) -> bool:
        """Whether there are any, once all members were taken in."""
        self._see(self._last)
        return self._found

    def _see(self, following: int) -> None:
        self._found |= following - self._at > self._spare


def _end(file: BinaryIO) -> _End:
    """Find the end of a zip.

    Raises:
        zipfile.BadZipFile: when it has none.
    """
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - TAIL))
    tail = file.read(TAIL)
    first = size - len(tail)
    at = len(tail) - 22
    if at < 0 or tail[at : at + 4] != _END or tail[-2:] != b"\0\0":
        at = tail.rfind(_END, max(0, len(tail) - (1 << 16) - 22))
    if at < 0 or len(tail) < at + 22:
        raise zipfile.BadZipFile
    listed, start = int.from_bytes(tail[at + 12 : at + 16], "little"), at
    if tail[max(0, at - 20) : at - 16] == _POINTER and tail[max(0, at - 76) : at - 72] == _END_OF_LARGE:
        listed, start = int.from_bytes(tail[at - 36 : at - 28], "little"), at - 76
    behind = len(tail) - at - 22 - int.from_bytes(tail[at + 20 : at + 22], "little")
    return _End(max(0, first + start - listed), listed, behind)


def _counted(listed: bytes, most: int) -> int:
    """How many entries a list has, counted no further than one more than `most`."""
    at = count = 0
    while at + _ENTRY <= len(listed) and count <= most:
        at += _ENTRY + sum(_LENGTHS.unpack_from(listed, at))
        count += 1
    return count
