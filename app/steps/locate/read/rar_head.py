"""What the heads of a rar of version 5 say that libarchive passes over: encryption, checksums, volumes."""

from __future__ import annotations

from typing import BinaryIO, Final, NamedTuple

FIVE: Final = b"Rar!\x1a\x07\x01\0"
_FILE: Final = 2
_END: Final = 5
_EXTRA, _DATA = 1, 2
_LOCKED: Final = 1
"""The record of a file's head that says how it is encrypted."""
_TIMED, _CHECKED = 2, 4
_LONGEST: Final = 2 << 20
_MOST: Final = 200_000


class Member(NamedTuple):
    """What the head of a member says: whether it is encrypted, and the CRC-32 of it where it has one."""

    locked: bool = False
    crc: int | None = None


def is_volume(head: bytes) -> bool:
    """Whether an archive is one of several files: what goes over their borders can't be read."""
    if not head.startswith(FIVE):
        return len(head) > 11 and bool(head[10] & 1)
    numbers = _numbers(head[len(FIVE) + 4 :], 5)
    # Size, kind, flags, the size of more where the flags say so, and what the archive is.
    return len(numbers) == 5 and bool(numbers[4 if numbers[2] & _EXTRA else 3] & 1)


def members_of(file: BinaryIO) -> list[Member]:
    """Give what is said of each member in order. Where the heads end or break, so does the list."""
    members: list[Member] = []
    at = len(FIVE)
    for _ in range(_MOST):
        file.seek(at + 4)
        start = file.read(3)
        size = _numbers(start, 1)
        if not size or size[0] > _LONGEST:
            break
        length = _length(start)
        file.seek(at + 4 + length)
        head = file.read(size[0])
        parts = _numbers(head, 8)
        if len(parts) < 2 or parts[0] == _END:
            break
        more = parts[2] if parts[1] & _EXTRA and len(parts) > 2 else 0
        if parts[0] == _FILE:
            members.append(Member(_is_locked(head[len(head) - more :] if more else b""), _crc(head, parts)))
        data = parts[3 if parts[1] & _EXTRA else 2 :][:1] if parts[1] & _DATA else [0]
        at += 4 + length + size[0] + (data[0] if data else 0)
    return members


def _crc(head: bytes, parts: list[int]) -> int | None:
    """Give the CRC-32 of a member, which stands behind its attributes and its time."""
    before = 2 + bool(parts[1] & _EXTRA) + bool(parts[1] & _DATA)
    if len(parts) < before + 3 or not parts[before] & _CHECKED:
        return None
    at = _length(head, before + 3) + (4 if parts[before] & _TIMED else 0)
    return int.from_bytes(head[at : at + 4], "little") if at + 4 <= len(head) else None


def _is_locked(records: bytes) -> bool:
    while records:
        told = _numbers(records, 2)
        if len(told) < 2:
            return False
        if told[1] == _LOCKED:
            return True
        records = records[_length(records) + told[0] :]
    return False


def _length(data: bytes, count: int = 1) -> int:
    """Give how many bytes so many numbers at the start take; some are written longer than they need."""
    ends = [place for place, byte in enumerate(data[:64], 1) if not byte & 0x80]
    return ends[count - 1] if len(ends) >= count else len(data[:64])


def _numbers(data: bytes, most: int) -> list[int]:
    """Read numbers of seven bits a byte, the lowest first."""
    numbers: list[int] = []
    value = shift = 0
    for byte in data[:64]:
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            numbers.append(value)
            value = shift = 0
            if len(numbers) == most:
                break
    return numbers
