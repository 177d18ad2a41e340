"""Read the little MessagePack that a Borg key is packed in: one map of short names."""

from __future__ import annotations

from typing import Any, Final

_FIXED_MAP: Final = 0x80
_FIXED_TEXT: Final = 0xA0
_NUMBER_LENGTHS: Final = {0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8}
_BYTES_LENGTHS: Final = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4}


def unpacked(data: bytes) -> dict[bytes, Any]:
    """Read a map of at most 15 entries, whose names are bytes and values bytes or whole numbers.

    Raises:
        ValueError: for anything else.
    """
    if not data or data[0] & 0xF0 != _FIXED_MAP:
        raise ValueError("not a small map")
    found, at = {}, 1
    for _ in range(data[0] & 0x0F):
        name, at = _value(data, at)
        found[name], at = _value(data, at)
    return found


def _value(data: bytes, at: int) -> tuple[Any, int]:
    first, at = data[at], at + 1
    if first < _FIXED_MAP:
        return first, at
    if first & 0xE0 == _FIXED_TEXT:
        length = first & 0x1F
    elif first in _NUMBER_LENGTHS:
        stop = at + _NUMBER_LENGTHS[first]
        return int.from_bytes(data[at:stop], "big"), stop
    elif first in _BYTES_LENGTHS:
        wide = _BYTES_LENGTHS[first]
        length, at = int.from_bytes(data[at : at + wide], "big"), at + wide
    else:
        raise ValueError(f"a value of type {first:#x}")
    return data[at : at + length], at + length
