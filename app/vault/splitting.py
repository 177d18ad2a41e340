"""The anti-forensic split of LUKS: a key spread over many stripes, of which one lost byte loses the key.

Where a device keeps a few old sectors of a slot that was overwritten, they are of no use
without all the others. Clemens Fruhwirth, "New Methods in Hard Disk Encryption" (2005),
section 3.4, with stripes as long as one digest.
"""

from __future__ import annotations

from typing import Final

from app.domain.vaulting import Suite
from app.system.memory import fill_with_random
from app.vault.suite import DIGEST, digest

STRIPES: Final = 4000
SIZE: Final = STRIPES * DIGEST
"""Bytes of a key of 32 bytes that was split."""
_NUMBER: Final = bytes(4)
"""Of the block of a stripe; a stripe has one."""


def split(suite: Suite, key: memoryview, into: memoryview) -> None:
    """Spread 32 bytes over `into`, SIZE bytes."""
    fill_with_random(into[:-DIGEST])
    _mix(key, _diffused(suite, into), into[-DIGEST:])


def merge(suite: Suite, stripes: memoryview, into: memoryview) -> None:
    """Put the 32 bytes together again. Of changed stripes other bytes come, without a word."""
    _mix(stripes[-DIGEST:], _diffused(suite, stripes), into)


def _diffused(suite: Suite, stripes: memoryview) -> bytes:
    state = 0
    for at in range(0, len(stripes) - DIGEST, DIGEST):
        mixed = state ^ int.from_bytes(stripes[at : at + DIGEST], "big")
        state = int.from_bytes(digest(suite, _NUMBER, mixed.to_bytes(DIGEST, "big")), "big")
    return state.to_bytes(DIGEST, "big")


def _mix(one: memoryview, other: bytes, into: memoryview) -> None:
    # Byte by byte, so that the key is never a number of Python, which nobody overwrites.
    for at in range(DIGEST):
        into[at] = one[at] ^ other[at]
