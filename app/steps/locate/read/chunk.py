"""Cutting text into passages at places where no value is cut."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

OVERLAP: Final = 512
"""Bytes repeated at the start of the next passage, so that a label stays with its value.
A value seen twice is counted once, since only distinct values are counted."""

_LOOK_BACK: Final = 64 << 10
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
