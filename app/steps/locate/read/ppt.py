"""PowerPoint documents before 2007: the text atoms of the slides ([MS-PPT] 2.9)."""

from __future__ import annotations

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

_WIDE: Final = (0x0FA0, 0x0FBA)
"""TextCharsAtom and CString: UTF-16."""
_NARROW: Final = 0x0FA8
"""TextBytesAtom: the low bytes of UTF-16."""
_LOCKED: Final = 0xF3D1C4DF
"""The token of an encrypted document in the Current User stream."""
_CONTAINER: Final = 0xF


def read_ppt(streams: Streams, reading: Reading) -> Iterator[Passage]:
    """Read the text of the slides and notes, then the other streams as bytes.

    Raises:
        Locked: when it needs a password.
        ValueError: when a record reaches past the end.
    """
    if "Current User" in streams.names and _token(streams.read("Current User")) == _LOCKED:
        raise Locked
    text = "\n".join(_atoms(streams.read("PowerPoint Document")))
    yield from map(Passage, chunks(iter([text.encode("utf-8", "replace")])))
    for name in streams.names:
        if name == "Pictures":
            reading.note(Problem.IMAGE_NOT_READ)
        elif name != "PowerPoint Document":
            yield from read_raw(Source.of_bytes(name, streams.read(name)), reading)


def _token(data: bytes) -> int:
    return int.from_bytes(data[12:16], "little")


def _atoms(data: bytes) -> Iterator[str]:
    at = 0
    while at + 8 <= len(data):
        version, kind, length = struct.unpack_from("<HHL", data, at)
        at += 8
        if version & 0xF == _CONTAINER:
            continue  # its records follow
        if at + length > len(data):
            raise ValueError("a record reaches past the end")
        if kind in _WIDE:
            yield data[at : at + length].decode("utf-16-le", "replace").replace("\r", "\n")
        elif kind == _NARROW:
            yield data[at : at + length].decode("latin-1").replace("\r", "\n")
        at += length
