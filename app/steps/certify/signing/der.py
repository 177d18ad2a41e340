"""DER (ITU-T X.690), as much as it takes to write a signature anew from its parts."""

from __future__ import annotations

from typing import Final

OCTETS: Final = 0x04
SEQUENCE: Final = 0x30
SET: Final = 0x31
FIRST: Final = 0xA0
SECOND: Final = 0xA1
"""The context tags [0] and [1], constructed."""


def der(tag: int, *parts: bytes) -> bytes:
    """Write one element around its parts."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def der_size(value: bytes) -> int:
    """Length of the element at the start, header included."""
    first = value[1]
    if first < 0x80:
        return 2 + first
    count = first & 0x7F
    return 2 + count + int.from_bytes(value[2 : 2 + count], "big")
