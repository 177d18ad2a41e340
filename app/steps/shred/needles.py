"""What every copy of a key has in it, in the writings that people keep keys in, and one sieve for all."""

from __future__ import annotations

import re
from base64 import b64encode, urlsafe_b64encode
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from app.steps.shred.kinds.contract import MasterKey, PrivateKey

_WINDOW: Final = 64
"""Bytes of a mark that are looked for: enough to be no accident, short enough to survive a new header."""
_SHORTEST: Final = 12
_SPACE: Final = b" \t\r\n\0-\\\"'>|#*:,"
"""What editors, mail and printouts put between the characters of a key, and OpenSSL's between its bytes."""
_ESCAPED: Final = (b"\\r\\n", b"\\n", b"\\r")
_TEXT_AT: Final = 4096
_TEXT_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")

Needles = frozenset[bytes]


def needles_of(marks: Iterable[bytes], keys: Sequence[PrivateKey] = ()) -> Needles:
    """Give the byte strings by which a copy of a key is known: its marks, and the secret of what opened.

    Each stands as it is, in hexadecimal and in base64 however it falls into the groups of three.
    """
    pieces = [_window(mark) for mark in marks]
    pieces += [_window(secret) for key in keys for secret in secrets_of(key)]
    return frozenset(one for piece in pieces if len(piece) >= _SHORTEST for one in _writings(piece))


def secrets_of(key: PrivateKey) -> tuple[bytes, ...]:
    """The private numbers of an opened key, as key files of any format write them."""
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa, x448, x25519

    secret: Any = key.secret
    if isinstance(secret, MasterKey):
        return (secret.content,)
    if isinstance(secret, rsa.RSAPrivateKey):
        told = secret.private_numbers()
        return _number(told.p), _number(told.q)
    if isinstance(secret, ec.EllipticCurvePrivateKey):
        return (secret.private_numbers().private_value.to_bytes(-(-secret.key_size // 8), "big"),)
    if isinstance(secret, dsa.DSAPrivateKey):
        return (_number(secret.private_numbers().x),)
    raw = (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey, x25519.X25519PrivateKey, x448.X448PrivateKey)
    if isinstance(secret, raw):
        # OpenPGP writes the numbers of Curve25519 the other way round.
        return secret.private_bytes_raw(), secret.private_bytes_raw()[::-1]
    text = str(secret).encode()
    return (text, text.lower()) if text.startswith(b"AGE-SECRET-KEY-1") else ()


def _number(value: int) -> bytes:
    return value.to_bytes(-(-value.bit_length() // 8), "big")


def _window(mark: bytes) -> bytes:
    """The middle of a mark: its ends are headers that strangers have too."""
    start = max(0, (len(mark) - _WINDOW) // 2)
    return mark[start : start + _WINDOW]


def _writings(piece: bytes) -> Iterator[bytes]:
    yield piece
    if piece.isascii() and b"\0" not in piece:
        yield _without_space(piece)
    yield piece.hex().encode()
    yield piece.hex().upper().encode()
    for encode in (b64encode, urlsafe_b64encode):
        for shift in range(3):
            text = encode(bytes(shift) + piece)
            # Characters that also hold bits of the bytes around it are left out.
            yield text[-(-shift * 8 // 6) : (shift + len(piece)) * 8 // 6]


def _without_space(data: bytes) -> bytes:
    for one in _ESCAPED:
        if one in data:
            data = data.replace(one, b"")
    return data.translate(None, _SPACE)


class Sieve:
    """Finds the needles of many keys in one pass. `wanted` are needles by their key's id: one at least."""

    def __init__(self, wanted: Mapping[str, Needles]) -> None:
        owners: defaultdict[bytes, set[str]] = defaultdict(set)
        for owner, needles in wanted.items():
            for needle in needles:
                owners[needle].add(owner)
        self._owners = [frozenset(found) for found in owners.values()]
        self.overlap = 2 * max(map(len, owners))
        """Bytes that two parts of a file share, so that a needle across them is found, line ends and all."""
        self._hits = _engine(list(owners))

    def owners(self, data: bytes) -> set[str]:
        """The keys of which something stands in these bytes."""
        found = self._hits(data)
        if _is_text(data):
            found |= self._hits(_without_space(data))
        return {owner for number in found for owner in self._owners[number]}


def _is_text(data: bytes) -> bool:
    """Whether it looks like text, of one byte a character or, as Windows writes it, of two."""
    start = data[:_TEXT_AT]
    return b"\0" not in start or start.startswith(_TEXT_MARKS) or not start[1::2].strip(b"\0")


def _engine(needles: Sequence[bytes]) -> Callable[[bytes], set[int]]:
    try:
        return _hyperscan(needles)
    except ImportError:
        return _standard(needles)


def _hyperscan(needles: Sequence[bytes]) -> Callable[[bytes], set[int]]:
    import hyperscan

    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        # Written out byte by byte: its own way with literals knows no zero byte.
        expressions=["".join(f"\\x{byte:02x}" for byte in needle).encode() for needle in needles],
        ids=list(range(len(needles))),
        elements=len(needles),
        flags=hyperscan.HS_FLAG_SINGLEMATCH,
    )

    def hits(data: bytes) -> set[int]:
        found: set[int] = set()

        def hit(which: int, _start: int, _end: int, _flags: int, _context: object) -> None:
            found.add(which)

        database.scan(data, match_event_handler=hit)
        return found

    return hits


def _standard(needles: Sequence[bytes]) -> Callable[[bytes], set[int]]:
    """Search with the standard library, where there is no engine: right, and slow."""
    any_of = re.compile(b"|".join(map(re.escape, needles)))

    def hits(data: bytes) -> set[int]:
        if not any_of.search(data):
            return set()
        return {number for number, needle in enumerate(needles) if needle in data}

    return hits
