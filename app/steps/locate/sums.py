"""Check characters of many numbers of one length at once.

The figures at one place of all numbers are every n-th byte of them joined. A table turns each
into what it adds to the sum; as no sum is over 255, the sums of all numbers are one addition of
large numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from operator import eq
from typing import Final

_FIGURES: Final = range(48, 58)
_ID: Final = 18
_ALL_RIGHT: Final = b"\1"


def identity_numbers(joined: bytes) -> bytes:
    """Tell of identity numbers of 18 characters, joined: 1 for each that ends as GB 11643 has it."""
    sums = _sums(joined, _ID, _id_tables())
    wanted, given = sums.translate(_id_characters()), joined[_ID - 1 :: _ID]
    return _ALL_RIGHT * len(given) if wanted == given else bytes(map(eq, wanted, given))


def cards(joined: bytes, length: int) -> bytes:
    """Tell of numbers of one length, joined: 1 for each that passes Luhn (ISO/IEC 7812-1)."""
    return _sums(joined, length, _luhn_tables(length)).translate(_TENS)


_TENS: Final = bytes(one % 10 == 0 for one in range(256))


def _sums(joined: bytes, length: int, tables: Sequence[bytes]) -> bytes:
    added = sum(
        int.from_bytes(joined[place::length].translate(table), "little") for place, table in enumerate(tables)
    )
    return added.to_bytes(len(joined) // length, "little")


def _table(weighed: Sequence[int]) -> bytes:
    return bytes(weighed[byte - 48] if byte in _FIGURES else 0 for byte in range(256))


@cache
def _id_tables() -> tuple[bytes, ...]:
    weights = (pow(2, _ID - 1 - place, 11) for place in range(_ID - 1))
    return tuple(_table([figure * weight % 11 for figure in range(10)]) for weight in weights)


@cache
def _id_characters() -> bytes:
    return bytes(b"10X98765432"[total % 11] for total in range(256))


@cache
def _luhn_tables(length: int) -> tuple[bytes, ...]:
    once, twice = _table(range(10)), _table([0, 2, 4, 6, 8, 1, 3, 5, 7, 9])
    return tuple(twice if (length - place) % 2 == 0 else once for place in range(length))
