"""Marked content, and the search for what is left of it on a raw image.

A marked file is a row of cells of 24 bytes: a word that is the same for the whole batch, the number
of the mark, the number of the cell. Any 32 bytes of it that survive hold the word whole, and
beside it the number of the mark, before or after.
"""

from __future__ import annotations

import os
import re
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
        head = self._word + b"%08x" % mark
        cells = (head + b"%07x\n" % number for number in range(start, start + size // _CELL + 1))
        return b"".join(cells)[:size]

    def hits(self, image: Path) -> Counter[int]:
        """How many cells of each mark stand on the image; mark 0 is for a cell that can't be told."""
        found: Counter[int] = Counter()
        pattern = re.compile(re.escape(self._word) + b"([0-9a-f]{8})|" + re.escape(self._word))
        for data in _parts(image):
            for match in pattern.finditer(data):
                found[self._owner(data, match)] += 1
        return found

    def _owner(self, data: bytes, match: re.Match[bytes]) -> int:
        if match[1]:
            return int(match[1], 16)
        before = data[max(0, match.start() - 16) : match.start() - 8]
        return int(before, 16) if re.fullmatch(b"[0-9a-f]{8}", before) else 0


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
