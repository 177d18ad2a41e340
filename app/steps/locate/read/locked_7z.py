"""What 7z encrypts: AES-256 in CBC, its key from SHA-256 over the password a chosen number of times."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any, BinaryIO, Final

CIPHER: Final = b"\x06\xf1\x07\x01"
_BLOCK: Final = 16
_PLAIN: Final = 0x3F
_MOST: Final = 24
"""The power of two of rounds that 7-Zip itself takes at the most."""
_AT_ONCE: Final = 1 << 12


class Deciphered:
    """A packed stream of a 7z archive, decrypted; read in order, as if it were the file."""

    def __init__(self, file: BinaryIO, at: int, settings: bytes, password: str) -> None:
        """Take the settings of the coder.

        Raises:
            ValueError: when they are no settings of this cipher.
        """
        from cryptography.hazmat.primitives.ciphers import Cipher
        from cryptography.hazmat.primitives.ciphers.algorithms import AES
        from cryptography.hazmat.primitives.ciphers.modes import CBC

        power, salt, vector = _settings(settings)
        self._file = file
        self._at = at
        self._plain: Any = Cipher(AES(_key(password, salt, power)), CBC(vector)).decryptor()

    def seek(self, _at: int) -> None:
        """Stay: what is encrypted so can only be read in order."""

    def read(self, size: int) -> bytes:
        """Give the next bytes, in whole blocks."""
        self._file.seek(self._at)
        data = self._file.read(size - size % _BLOCK)
        self._at += len(data)
        plain: bytes = self._plain.update(data[: len(data) - len(data) % _BLOCK])
        return plain


def _settings(data: bytes) -> tuple[int, bytes, bytes]:
    if not data:
        raise ValueError("no settings")
    first, second = data[0], data[1] if len(data) > 1 else 0
    salt = (first >> 7) + (second >> 4) if first & 0xC0 else 0
    vector = (first >> 6 & 1) + (second & 15) if first & 0xC0 else 0
    power = first & _PLAIN
    rest = data[2:]
    if len(rest) < salt + vector or _MOST < power < _PLAIN:
        raise ValueError("no settings of this cipher")
    return power, rest[:salt], rest[salt : salt + vector].ljust(_BLOCK, b"\0")


@lru_cache(maxsize=64)
def _key(password: str, salt: bytes, power: int) -> bytes:
    word = salt + password.encode("utf-16-le", "surrogatepass")
    if power == _PLAIN:
        return word[:32].ljust(32, b"\0")
    state, rounds = hashlib.sha256(), 1 << power
    for first in range(0, rounds, _AT_ONCE):
        numbers = range(first, min(first + _AT_ONCE, rounds))
        state.update(b"".join([word + n.to_bytes(8, "little") for n in numbers]))
    return state.digest()
