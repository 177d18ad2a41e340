"""The objects in a git pack, unpacked one after the other; gitformat-pack(5)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final

_HEAD: Final = 12
_CHUNK: Final = 1 << 20
_STEP: Final = 256
"""Bytes that an object is first looked for in: most are short, and what is left is copied each time."""
_LARGEST: Final = 64 << 20
"""Bytes of one object that are given; a pack with a larger one is taken for damaged."""
_AT_OFFSET: Final = 6
_BY_NAME: Final = 7
_NAME: Final = 20


class _Reading:
    """The bytes of the pack in their order."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._held, self._at = b"", 0

    def _more(self) -> None:
        part = self._file.read(_CHUNK)
        if not part:
            raise EOFError
        self._held, self._at = self._held[self._at :] + part, 0

    def some(self, count: int) -> bytes:
        """Up to `count` bytes, at least one; what is not used of them is given back."""
        if self._at == len(self._held):
            self._more()
        taken = self._held[self._at : self._at + count]
        self._at += len(taken)
        return taken

    def give_back(self, count: int) -> None:
        self._at -= count

    def take(self, count: int) -> bytes:
        while len(self._held) - self._at < count:
            self._more()
        return self.some(count)


def objects(file: BinaryIO, most: int) -> Iterator[bytes]:
    """Give each object. One that is kept as a difference is given as that: what it adds stands in it.

    Raises:
        EOFError, ValueError, zlib.error: when the pack is damaged, or unpacks to more than `most` bytes.
    """
    reading = _Reading(file)
    for _ in range(int.from_bytes(reading.take(_HEAD)[8:], "big")):
        kind = _skip_size(reading)
        if kind == _AT_OFFSET:
            while reading.take(1)[0] & 0x80:
                pass
        elif kind == _BY_NAME:
            reading.take(_NAME)
        data = _inflated(reading)
        most -= len(data)
        if most < 0:
            raise ValueError("too much for a pack")
        yield data


def _skip_size(reading: _Reading) -> int:
    first = reading.take(1)[0]
    more = first & 0x80
    while more:
        more = reading.take(1)[0] & 0x80
    return (first >> 4) & 7


def _inflated(reading: _Reading) -> bytes:
    unpacked = zlib.decompressobj()
    parts, size, step = [], 0, _STEP
    while not unpacked.eof:
        part = unpacked.decompress(reading.some(step), _LARGEST + 1 - size)
        size += len(part)
        if size > _LARGEST:
            raise ValueError("too large an object")
        parts.append(part)
        reading.give_back(len(unpacked.unconsumed_tail or unpacked.unused_data))
        step = min(2 * step, _CHUNK)
    return b"".join(parts)
