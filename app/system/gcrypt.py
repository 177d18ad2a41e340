"""Ciphers and hashes that no library here brings, by the system's libgcrypt where it is: GnuPG has it."""

from __future__ import annotations

import ctypes
import ctypes.util
import sys
from functools import cache
from typing import Final

_CIPHERS: Final = {"AES": 9, "Twofish": 10, "Serpent": 306, "Camellia": 312}
_HASHES: Final = {"ripemd160": 3, "sha256": 8, "sha512": 10, "whirlpool": 305}
_XTS: Final = 13
_PBKDF2: Final = 34
_NO_SECURE_MEMORY, _READY = 37, 38
_BLOCK: Final = 16


@cache
def _library() -> ctypes.CDLL | None:
    if sys.platform == "win32":
        return None
    name = ctypes.util.find_library("gcrypt")
    if name is None:
        return None
    library = ctypes.CDLL(name)
    library.gcry_check_version.restype = ctypes.c_char_p
    library.gcry_check_version(None)
    library.gcry_control(_NO_SECURE_MEMORY, 0)
    library.gcry_control(_READY, 0)
    return library


def is_here() -> bool:
    """Whether the system has it."""
    return _library() is not None


def decrypted(cipher: str, key: bytes, data: bytes) -> bytes:
    """Decrypt the first unit in XTS; `key` is both keys.

    Raises:
        ValueError: when the library does not do it, or is not here.
    """
    library = _library()
    if library is None:
        raise ValueError(cipher)
    handle, out = ctypes.c_void_p(), ctypes.create_string_buffer(len(data))
    _do(library.gcry_cipher_open(ctypes.byref(handle), _CIPHERS[cipher], _XTS, 0))
    try:
        _do(library.gcry_cipher_setkey(handle, key, ctypes.c_size_t(len(key))))
        _do(library.gcry_cipher_setiv(handle, bytes(_BLOCK), ctypes.c_size_t(_BLOCK)))
        sizes = ctypes.c_size_t(len(data))
        _do(library.gcry_cipher_decrypt(handle, out, sizes, data, sizes))
    finally:
        library.gcry_cipher_close(handle)
    return out.raw


def derived(hash_: str, passphrase: bytes, salt: bytes, rounds: int, length: int) -> bytes:
    """Derive by PBKDF2, RFC 8018 5.2.

    Raises:
        ValueError: as `decrypted`.
    """
    library = _library()
    if library is None or not passphrase:
        raise ValueError(hash_)
    out, size = ctypes.create_string_buffer(length), ctypes.c_size_t
    _do(
        library.gcry_kdf_derive(
            passphrase,
            size(len(passphrase)),
            _PBKDF2,
            _HASHES[hash_],
            salt,
            size(len(salt)),
            ctypes.c_ulong(rounds),
            size(length),
            out,
        )
    )
    return out.raw


def _do(error: int) -> None:
    if error:
        raise ValueError(error)
