"""What a file in DER asks of whoever opens it: said in the clear, before anything is derived."""

from __future__ import annotations

from math import prod
from typing import Final

from app.steps.shred.ciphers import TooDear

_MOST: Final = 1 << 24
"""Rounds, or of scrypt N times r times p: some seconds."""
_CONSTRUCTED: Final = 0x20
_INTEGER: Final = 2
_TEXT: Final = 4
_SEQUENCE: Final = 0x30
_SCRYPT: Final = 3
"""Numbers that stand behind a salt, at least, where it is not the rounds alone."""


def affordable(der: bytes) -> None:
    """See that no derivation in it is too dear.

    Each has its numbers behind a salt: the rounds of PBKDF2 and of PKCS#12 (RFC 8018 A.2, RFC
    7292 4), N, r and p of scrypt (RFC 7914 7). The library does as it is asked, holding up
    everything else, however long that is.

    Raises:
        TooDear: when one is.
    """
    at, numbers, salted = 0, list[int](), False
    while at + 2 <= len(der):
        tag, start, stop = _element(der, at)
        if tag == _INTEGER and salted:
            numbers.append(int.from_bytes(der[start:stop], "big"))
        else:
            _compare(numbers)
            numbers, salted = [], tag == _TEXT
        if tag == _TEXT | _CONSTRUCTED and _is_der(whole := _joined(der, start)):
            affordable(whole)
        at = start if tag & _CONSTRUCTED or (tag == _TEXT and _is_der(der[start:stop])) else stop
    _compare(numbers)


def _compare(numbers: list[int]) -> None:
    if (prod(numbers) if len(numbers) >= _SCRYPT else sum(numbers[:1])) > _MOST:
        raise TooDear


def _element(der: bytes, at: int) -> tuple[int, int, int]:
    """The tag of what stands there, and where its content begins and ends; one without a length has none."""
    length, start = der[at + 1], at + 2
    if length & 0x80:
        wide = length & 0x7F
        length, start = int.from_bytes(der[start : start + wide], "big"), start + wide
    return der[at], start, start + length


def _joined(der: bytes, at: int) -> bytes:
    """A text that stands there in parts, as BER has it."""
    parts = []
    while at + 2 <= len(der) and der[at] == _TEXT:
        _, start, at = _element(der, at)
        parts.append(der[start:at])
    return b"".join(parts)


def _is_der(content: bytes) -> bool:
    """Whether what stands as a text is one more element, from end to end."""
    return len(content) > 1 and content[0] == _SEQUENCE and _element(content, 0)[2] == len(content)
