"""Word documents before 2007, and WPS documents: the text by its pieces ([MS-DOC] 2.4.1)."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from app.domain.record import Problem
from app.steps.locate.limits import Reading
from app.steps.locate.passage import Passage
from app.steps.locate.read.chunk import chunks
from app.steps.locate.read.locked_office import Locked
from app.steps.locate.read.raw import read_raw
from app.steps.locate.read.source import Source

if TYPE_CHECKING:
    from app.steps.locate.read.ole import Streams

_ENCRYPTED: Final = 0x0100
_FIRST_TABLE: Final = 0x0200
_CLX: Final = 0x01A2
"""Where the FIB says where the piece table is."""
_COMPRESSED: Final = 0x40000000
_MARKS: Final = str.maketrans({"\r": "\n", "\x07": "\n", "\x0b": "\n", "\x0c": "\n", "\x1e": "-", "\x1f": ""})
_PICTURE: Final = re.compile(rb"\x89PNG\r\n|\xff\xd8\xff[\xe0\xe1]|\x01\x00\x09\x00\x00\x03")
_TEXT_OF_ITS_OWN: Final = ("WordDocument", "0Table", "1Table")


def read_doc(streams: Streams, reading: Reading) -> Iterator[Passage]:
    """Read the text of all pieces, then the other streams as bytes: objects and properties.

    Raises:
        Locked: when it needs a password.
        ValueError: when the piece table is broken.
    """
    main = streams.read("WordDocument")
    (flags,) = struct.unpack_from("<H", main, 0x0A)
    if flags & _ENCRYPTED:
        raise Locked
    table = streams.read("1Table" if flags & _FIRST_TABLE else "0Table")
    text = "".join(_pieces(main, _piece_table(main, table))).translate(_MARKS)
    yield from map(Passage, chunks(iter([text.encode("utf-8", "replace")])))
    for name in streams.names:
        if name not in _TEXT_OF_ITS_OWN:
            data = streams.read(name)
            if _PICTURE.search(data):
                reading.note(Problem.IMAGE_NOT_READ)
            yield from read_raw(Source.of_bytes(name, data), reading)


def _piece_table(main: bytes, table: bytes) -> bytes:
    """Give the PlcPcd: past the property modifiers (1) stands the table itself (2)."""
    start, size = struct.unpack_from("<LL", main, _CLX)
    clx = table[start : start + size]
    at = 0
    while at < len(clx) and clx[at] == 1:
        at += 3 + struct.unpack_from("<H", clx, at + 1)[0]
    if at >= len(clx) or clx[at] != 2:
        raise ValueError("no piece table")
    (length,) = struct.unpack_from("<L", clx, at + 1)
    plc = clx[at + 5 : at + 5 + length]
    if len(plc) != length or length < 16 or (length - 4) % 12:
        raise ValueError("the piece table is cut")
    return plc


def _pieces(main: bytes, plc: bytes) -> Iterator[str]:
    count = (len(plc) - 4) // 12
    places = struct.unpack_from(f"<{count + 1}L", plc)
    for number in range(count):
        length = places[number + 1] - places[number]
        (at,) = struct.unpack_from("<L", plc, (count + 1) * 4 + number * 8 + 2)
        narrow = at & _COMPRESSED
        start = (at & ~_COMPRESSED) // 2 if narrow else at
        data = main[start : start + (length if narrow else length * 2)]
        if length < 0 or len(data) != (length if narrow else length * 2):
            raise ValueError("a piece lies outside of the text")
        yield data.decode("cp1252", "replace") if narrow else data.decode("utf-16-le", "replace")
