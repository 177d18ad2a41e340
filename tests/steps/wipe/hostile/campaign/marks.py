"""Marked content, and the search for what is left of it on a raw image.

A marked file is a row of cells of 24 bytes: a word that is the same for the whole batch, the number
of the mark, its check, the number of the cell. Any 32 bytes of it that survive hold the word whole,
and beside it the mark with its check, before or after. The check is for files in pieces: where two
files' blocks meet, a word may stand before digits that are another's.
"""

from __future__ import annotations

import os
import re
from binascii import crc_hqx
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

RUN = 32
"""The shortest run of bytes that the search is sure to see."""
_CELL = 24
_PART = 32 << 20
_AROUND = 64


class Marks:
    """Makes marked content for one batch and finds it again."""

    def __init__(self, word: bytes) -> None:
        assert len(word) == 8
        self._word = word
        self._count = 0

    def new(self) -> int:
        """A number of its own for one file's content."""
        self._count += 1
        return self._count

    def content(self, mark: int, size: int, start: int = 0) -> bytes:
        """`size` bytes marked with `mark`, as they stand from cell `start` of its file."""
        head = self._word + _told(mark)
        cells = (head + b"%06x\n" % number for number in range(start, start + size // _CELL + 1))
        return b"".join(cells)[:size]

    def hits(self, image: Path) -> Counter[int]:
        """How many cells of each mark stand on the image; mark 0 is for a cell that can't be told."""
        found: Counter[int] = Counter()
        for data in _parts(image):
            for match in re.finditer(re.escape(self._word), data):
                found[_owner(data, match.start())] += 1
        return found


def _told(mark: int) -> bytes:
    number = b"%05x" % mark
    return number + b"%04x" % crc_hqx(number, 0)


def _owner(data: bytes, word: int) -> int:
    """The mark of the cell whose word stands at `word`, or of the cell before it; 0 when neither can be told."""
    for at in (word + 8, word - _CELL + 8):
        told = data[max(0, at) : max(0, at + 9)]
        if re.fullmatch(b"[0-9a-f]{9}", told) and _told(int(told[:5], 16)) == told:
            return int(told[:5], 16)
    return 0


def _parts(image: Path) -> Iterator[bytes]:
    """The image in parts that overlap, holes left out."""
    fd = os.open(image, os.O_RDONLY)
    try:
        size, at = os.fstat(fd).st_size, 0
        while at < size:
            try:
                at = os.lseek(fd, at, os.SEEK_DATA)
            except OSError:
                return
            end = os.lseek(fd, at, os.SEEK_HOLE)
            tail = b""
            while at < end:
                part = os.pread(fd, min(_PART, end - at), at)
                yield tail + part
                tail, at = part[-_AROUND:], at + len(part)
    finally:
        os.close(fd)
