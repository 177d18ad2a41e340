"""Whether the compressed streams of a PDF can be unpacked: pdfium passes over a broken one in silence."""

from __future__ import annotations

import base64
import mmap
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final

_HEAD: Final = 2048
"""Bytes before `stream` within which its dictionary begins."""
_STEP: Final = 1 << 20
_PASSED_OVER: Final = (b"/Image", b"/Length1", b"/FontFile", b"/DCTDecode", b"/LZWDecode", b"/Crypt")
"""Pictures and fonts hold no words; other codings are left to pdfium."""


def broken_stream(file: BinaryIO) -> bool:
    """Whether a stream that may hold text does not unpack to its end.

    Only FlateDecode, alone or under ASCII85Decode, is tried (ISO 32000-1 section 7.4); an
    encrypted file is not looked into. A file on disk is mapped, not read.
    """
    try:
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _broken(data)
    except (OSError, ValueError):
        return _broken(file.read())


def _broken(data: bytes | mmap.mmap) -> bool:
    return data.find(b"/Encrypt") < 0 and any(not _unpacks(head, body) for head, body in _streams(data))


def _streams(data: bytes | mmap.mmap) -> Iterator[tuple[bytes, bytes]]:
    at = data.find(b"stream")
    while at >= 0:
        start = data.find(b"\n", at, at + 8) + 1
        end = data.find(b"endstream", at)
        if data[at - 3 : at] != b"end" and start and end > 0:
            head = data[max(0, at - _HEAD) : at].rpartition(b"obj")[2]
            if b"/FlateDecode" in head and not any(word in head for word in _PASSED_OVER):
                yield head, data[start:end]
            at = end
        at = data.find(b"stream", at + 6)


def _unpacks(head: bytes, body: bytes) -> bool:
    try:
        if b"/ASCII85Decode" in head:
            body = base64.a85decode(body.strip().removesuffix(b"~>"))
        inflater = zlib.decompressobj()
        inflater.decompress(body, _STEP)
        while not inflater.eof and inflater.unconsumed_tail:
            inflater.decompress(inflater.unconsumed_tail, _STEP)
    except (zlib.error, ValueError):
        return False
    return inflater.eof
