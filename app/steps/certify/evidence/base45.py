"""Base45 (RFC 9285): bytes as the characters that a QR code packs densest."""

from __future__ import annotations

from typing import Final

_CHARACTERS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def encoded(data: bytes) -> str:
    """Write two bytes as three characters, a last one as two."""
    out = []
    for at in range(0, len(data), 2):
        pair = data[at : at + 2]
        value = int.from_bytes(pair, "big")
        for _ in range(len(pair) + 1):
            value, digit = divmod(value, 45)
            out.append(_CHARACTERS[digit])
    return "".join(out)


def decoded(text: str) -> bytes:
    """Read what `encoded` gave.

    Raises:
        ValueError: for anything else.
    """
    out = bytearray()
    for at in range(0, len(text), 3):
        digits = [_CHARACTERS.index(character) for character in text[at : at + 3]]
        value = sum(digit * 45**place for place, digit in enumerate(digits))
        try:
            out += value.to_bytes(len(digits) - 1, "big")
        except OverflowError as error:
            raise ValueError("not base45") from error
    if encoded(bytes(out)) != text:
        raise ValueError("not base45")
    return bytes(out)
