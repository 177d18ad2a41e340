"""How strong a key's algorithm is, in bits, by the name it has here (condition C2)."""

from __future__ import annotations

import re
from typing import Final

ENOUGH: Final = 128
"""Bits of strength that condition C2 asks for."""

_FACTORING: Final = ((15360, 256), (7680, 192), (3072, 128), (2048, 112), (1024, 80))
"""Bits of the modulus, and the strength they give (NIST SP 800-57 part 1, table 2)."""
_LUKS: Final = re.compile(r"LUKS (?:aes|serpent|twofish|camellia|sm4)-(\w+)\S* (\d+)")
_PAIRED: Final = re.compile(r"\b(?:RSA|DSA|DH)[-_](?:PSS_)?(\d+)", re.IGNORECASE)
_CURVE: Final = re.compile(r"(?:secp|brainpool|sect|prime|ecdsa-p|NIST_P|brainpoolP)(\d{3})", re.IGNORECASE)
_CIPHER: Final = re.compile(
    r"\b(?:AES|HMAC|CAMELLIA|ARIA|SERPENT|TWOFISH)[-_]?(128|192|256|384|512)(?!\d)", re.IGNORECASE
)
_NAMED: Final = (
    ("chacha20", 256),
    ("symmetric_default", 256),
    ("ed448", 224),
    ("x448", 224),
    ("ed25519", 128),
    ("x25519", 128),
    ("sm4", 128),
    ("sm2", 128),
)


def strength_of(algorithm: str) -> int:
    """Give the bits of strength of a key of this algorithm; 0 where its name does not tell."""
    if disk := _LUKS.match(algorithm):
        # XTS takes two keys of half the length.
        return int(disk[2]) // (2 if disk[1] == "xts" else 1)
    if pair := _PAIRED.search(algorithm):
        return next((bits for size, bits in _FACTORING if int(pair[1]) >= size), 0)
    if curve := _CURVE.search(algorithm):
        return int(curve[1]) // 2
    if cipher := _CIPHER.search(algorithm):
        return min(int(cipher[1]), 256)
    low = algorithm.lower()
    return next((bits for name, bits in _NAMED if name in low), 0)
