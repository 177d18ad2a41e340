"""Outlook mails, one in a file: properties as streams, attachments and mails inside ([MS-OXMSG])."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from app.domain.record import Problem
from app.steps.locate.limits import Reading
from app.steps.locate.passage import Passage
from app.steps.locate.read.source import Source

if TYPE_CHECKING:
    from app.steps.locate.read.ole import Streams

_PROPERTY: Final = re.compile(r"(?:(.*)/)?__substg1\.0_([0-9A-F]{4})([0-9A-F]{4})")
NOT_WORDS: Final = frozenset({"001A", "1035", "1039", "1042", "300B", "3702", "3709", "3FDE"})
"""Class names, message ids and record keys: they look like addresses and name no one."""
_MAIL: Final = "__substg1.0_3701000D"
"""The storage of a mail that is attached to another."""
_INSIDE: Final = "attached.msg"
_HTML: Final = "1013"
_RICH: Final = "1009"
_DATA: Final = "3701"
_NAMES: Final = ("3707", "3704", "3001")
_LZFU: Final = 0x75465A4C
_STORED: Final = 0x414C454D
_PRESET: Final = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript "
    b"\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    b"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
"""What the dictionary of compressed Rich Text begins with ([MS-OXRTFCP] 2.1.2.1)."""


def read_msg(streams: Streams, reading: Reading) -> Iterator[Passage]:
    """Read every text of the mail, its bodies and its attachments; a mail inside lies in a storage below."""
    for name in streams.names:
        found = _PROPERTY.fullmatch(name)
        if not found or found[2] in NOT_WORDS:
            continue
        storage, tag, kind = found[1] or "", found[2], found[3]
        place = "!".join([_INSIDE] * storage.count(_MAIL))
        if storage.count(_MAIL) + reading.depth >= reading.limits.depth:
            reading.note(Problem.TOO_DEEP)
            continue
        for passage in _property(streams, name, storage, (tag, kind), reading):
            yield passage.within(place) if place else passage


def _property(
    streams: Streams, name: str, storage: str, what: tuple[str, str], reading: Reading
) -> Iterator[Passage]:
    tag, kind = what
    if kind == "001F":
        yield Passage(streams.read(name).decode("utf-16-le", "replace").encode("utf-8", "replace"))
    elif kind == "001E":
        yield Passage(streams.read(name).decode("gb18030", "replace").encode())
    elif kind == "0102" and tag in (_HTML, _RICH, _DATA):
        yield from reading.enter(_member(streams, name, storage, tag))


def _member(streams: Streams, name: str, storage: str, tag: str) -> Source:
    data = streams.read(name)
    if tag == _HTML:
        return Source.of_bytes("body.html", data)
    if tag == _RICH:
        return Source.of_bytes("body.rtf", rich_text(data))
    return Source.of_bytes(_attached(streams, storage), data)


def _attached(streams: Streams, storage: str) -> str:
    for tag in _NAMES:
        for kind, codec in (("001F", "utf-16-le"), ("001E", "gb18030")):
            name = f"{storage}/__substg1.0_{tag}{kind}"
            if name in streams.names:
                return streams.read(name).decode(codec, "replace").rstrip("\0")
    return "attachment"


def rich_text(data: bytes) -> bytes:
    """Unpack compressed Rich Text ([MS-OXRTFCP] 2.2).

    Raises:
        ValueError: when it is neither packed nor stored, or cut short.
    """
    size, raw_size, kind, _ = struct.unpack_from("<LLLL", data)
    if kind == _STORED:
        return data[16 : 16 + raw_size]
    if kind != _LZFU or size + 4 > len(data) + 3:
        raise ValueError("not compressed Rich Text")
    window = bytearray(_PRESET.ljust(4096, b"\0"))
    place, at, out = len(_PRESET), 16, bytearray()
    while at < len(data):
        control = data[at]
        at += 1
        for bit in range(8):
            if at >= len(data):
                return bytes(out)
            if not control >> bit & 1:
                piece, at = data[at : at + 1], at + 1
            else:
                word = int.from_bytes(data[at : at + 2], "big")
                at += 2
                if word >> 4 == place:
                    return bytes(out)
                piece = _copied(window, word >> 4, (word & 15) + 2, place)
            for byte in piece:
                window[place] = byte
                place = (place + 1) & 4095
            out += piece
    return bytes(out)


def _copied(window: bytearray, start: int, length: int, place: int) -> bytes:
    """Give what a reference means; it may reach into what it writes itself."""
    distance = (place - start) & 4095 or 4096
    piece = bytearray()
    for step in range(length):
        piece.append(piece[step - distance] if step >= distance else window[(start + step) & 4095])
    return bytes(piece)
