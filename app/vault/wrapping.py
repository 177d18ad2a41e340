"""Keys wrapped with keys: RFC 5649 (KWP), for many keys of one length at a time and in locked memory only.

With SM4 in the place of AES it is the same construction over another cipher of 128-bit
blocks, as ISO/IEC 19772 and GB/T 36624 allow for key wrap. The rounds go over all keys at once, because
a call for each block would take longer than the ciphers do.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Final

from app.domain.vaulting import Suite
from app.system.memory import Secret, secrets_of
from app.vault.suite import Bytes, cipher_of

_HALF: Final = 8
"""Bytes of a semiblock, the unit of RFC 3394."""
_BLOCK: Final = 16
_ROUNDS: Final = 6
_MARK: Final = bytes.fromhex("a65959a6")
_AT_ONCE: Final = 8192
"""Keys in one go, so that what must be locked stays below a process's usual limit of 8 MiB."""

_Crypt = Callable[[memoryview, memoryview], int]


class NotUnwrapped(Exception):
    """Wrapped with another key, or changed since."""


def wrapped_size(size: int) -> int:
    """How long a key of `size` bytes is when wrapped."""
    return _padded(size) + _HALF


def wrap(suite: Suite, key: Bytes, keys: memoryview, size: int) -> bytes:
    """Wrap keys of `size` bytes each, which lie one after the other."""
    step = size * _AT_ONCE
    return b"".join(_wrap_some(suite, key, keys[at : at + step], size) for at in range(0, len(keys), step))


def unwrap(suite: Suite, key: Bytes, wrapped: Bytes, into: memoryview, size: int) -> None:
    """Fill `into` with the keys, of `size` bytes each, that `wrapped` holds one after the other.

    Raises:
        NotUnwrapped: `into` is all zeros then.
    """
    each = wrapped_size(size)
    if len(wrapped) // each * size != len(into) or len(wrapped) % each:
        raise NotUnwrapped
    held, step = memoryview(wrapped), each * _AT_ONCE
    try:
        for at in range(0, len(wrapped), step):
            start = at // each * size
            _unwrap_some(suite, key, held[at : at + step], into[start : start + _AT_ONCE * size], size)
    except NotUnwrapped:
        into[:] = bytes(len(into))
        raise


def _padded(size: int) -> int:
    return -(-size // _HALF) * _HALF


def _wrap_some(suite: Suite, key: Bytes, keys: memoryview, size: int) -> bytes:
    count, halves = len(keys) // size, _padded(size) // _HALF
    with secrets_of(count * _padded(size), count * _BLOCK, (count + 1) * _BLOCK) as (rows, pair, out):
        for byte in range(size):
            # Column by column: all first bytes, all second ones …
            rows.view[byte :: _padded(size)] = keys[byte::size]
        words, left, right, result = _columns(rows, pair, out)
        check = memoryview(_initial(size) * count).cast("Q")
        left[:] = check
        crypt = _ecb(suite, key, encrypting=True)
        turn = 0
        for _ in range(_ROUNDS if halves > 1 else 0):
            for column in range(halves):
                turn += 1
                right[:] = words[column::halves]
                crypt(pair.view, out.view)
                left[:] = result[0 : 2 * count : 2]
                words[column::halves] = result[1 : 2 * count : 2]
                _count_in(pair.view, turn)
        if halves == 1:
            right[:] = words
            crypt(pair.view, out.view)
            return bytes(out.view[: count * _BLOCK])
        return _joined(left, words, halves)


def _unwrap_some(suite: Suite, key: Bytes, wrapped: memoryview, into: memoryview, size: int) -> None:
    count, halves = len(into) // size, _padded(size) // _HALF
    with secrets_of(count * _padded(size), count * _BLOCK, (count + 1) * _BLOCK) as (rows, pair, out):
        words, left, right, result = _columns(rows, pair, out)
        given = memoryview(bytes(wrapped)).cast("Q")
        left[:] = given[:: halves + 1]
        for column in range(halves):
            words[column::halves] = given[column + 1 :: halves + 1]
        crypt = _ecb(suite, key, encrypting=False)
        for turn in range(_ROUNDS * halves, 0, -1) if halves > 1 else ():
            column = (turn - 1) % halves
            _count_in(pair.view, turn)
            right[:] = words[column::halves]
            crypt(pair.view, out.view)
            left[:] = result[0 : 2 * count : 2]
            words[column::halves] = result[1 : 2 * count : 2]
        if halves == 1:
            right[:] = words
            crypt(pair.view, out.view)
            left[:] = result[0 : 2 * count : 2]
            words[:] = result[1 : 2 * count : 2]
        whole = left.tobytes() == _initial(size) * count
        if not whole or any(any(rows.view[byte :: _padded(size)]) for byte in range(size, _padded(size))):
            raise NotUnwrapped
        for byte in range(size):
            into[byte::size] = rows.view[byte :: _padded(size)]


def _columns(
    rows: Secret, pair: Secret, out: Secret
) -> tuple[memoryview, memoryview, memoryview, memoryview]:
    """The memory as semiblocks: of the keys, left and right of the blocks, and of what the cipher gives."""
    both = pair.view.cast("Q")
    return rows.view.cast("Q"), both[0::2], both[1::2], out.view.cast("Q")


def _initial(size: int) -> bytes:
    return _MARK + size.to_bytes(4, "big")


def _count_in(pair: memoryview, turn: int) -> None:
    """XOR the number of the turn, which is below 256, into the left semiblock of each block."""
    pair[_HALF - 1 :: _BLOCK] = pair[_HALF - 1 :: _BLOCK].tobytes().translate(_xor(turn))


@cache
def _xor(turn: int) -> bytes:
    return bytes(byte ^ turn for byte in range(256))


def _joined(left: memoryview, words: memoryview, halves: int) -> bytes:
    made = bytearray(len(left) * _HALF * (halves + 1))
    view = memoryview(made).cast("Q")
    view[:: halves + 1] = left
    for column in range(halves):
        view[column + 1 :: halves + 1] = words[column::halves]
    return bytes(made)


def _ecb(suite: Suite, key: Bytes, *, encrypting: bool) -> _Crypt:
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.modes import ECB

    cipher = Cipher(cipher_of(suite, key), ECB())  # noqa: S305 RFC 3394 encrypts each block by itself
    context = cipher.encryptor() if encrypting else cipher.decryptor()
    return context.update_into
