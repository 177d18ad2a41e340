"""Cutting text into passages at places where no value is cut."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from app.steps.locate.read.source import BLOCK

OVERLAP: Final = 512
"""Bytes repeated at the start of the next passage, so that a label stays with its value.
A value seen twice is counted once, since only distinct values are counted."""

_LOOK_BACK: Final = 64 << 10
_LINE: Final = 4 << 10
"""Within so many bytes a line ends in nearly every text."""
_BOUNDARY: Final = re.compile(rb"[\n\r,;|<>\"'\0\t]")


def chunks(blocks: Iterator[bytes], overlap: int = OVERLAP) -> Iterator[bytes]:
    """Regroup blocks so that each ends at a line or at least between two fields.

    The last one is not cut, so that a text of one block stays whole.
    """
    carry = b""
    held = next(blocks, None)
    while held is not None:
        text = carry + held
        held = next(blocks, None)
        if held is None:
            break
        cut = _cut(text)
        yield text[:cut]
        carry = text[_back(text, cut, overlap) :]
    else:
        return
    if text:
        yield text


def stretches(file: BinaryIO, first: int, last: int) -> Iterator[bytes]:
    """Read from one place of a file to another as `chunks` would cut it, and copy nothing that was read.

    A file that has become shorter ends sooner.
    """
    while first < last:
        line = _to_line(file, first, last)
        size = line or min(BLOCK, last - first)
        file.seek(first)
        text = file.read(size)
        if len(text) < size:
            last = first + len(text)
        elif not line:
            text = text[: _cut(text)]
        if text:
            yield text
        first += len(text)
        if first < last:
            first -= len(text) - _back(text, len(text), OVERLAP)


def _to_line(file: BinaryIO, first: int, last: int) -> int:
    """Give how many bytes there are to the end of a line, of about a block; 0 where no line ends near."""
    if last - first <= BLOCK:
        return last - first
    file.seek(first + BLOCK - _LINE)
    end = file.read(_LINE).rfind(b"\n") + 1
    return BLOCK - _LINE + end if end else 0


def _cut(text: bytes) -> int:
    floor = max(0, len(text) - _LOOK_BACK)
    cut = text.rfind(b"\n", floor) + 1
    if cut <= OVERLAP:
        ends = [m.end() for m in _BOUNDARY.finditer(text, floor)]
        cut = ends[-1] if ends else 0
    if cut > OVERLAP:
        return cut
    cut = len(text)
    while cut and cut > len(text) - 4 and text[cut - 1] & 0xC0 == 0x80:
        cut -= 1  # not inside a character
    return cut - 1 if cut and text[cut - 1] >= 0xC0 else cut


def _back(text: bytes, cut: int, overlap: int) -> int:
    if not overlap:
        return cut
    boundary = _BOUNDARY.search(text, max(0, cut - overlap), cut)
    return boundary.end() if boundary else cut
