"""VeraCrypt and TrueCrypt volumes: the header and its backup, the hidden volume's and its backup.

Only AES volumes with SHA-512, SHA-256 or BLAKE2s and without a PIM are opened; the headers of all
others are destroyed just so, but nothing is proven of them. No layout is read: the headers stand
at the same places in every volume.
"""

from __future__ import annotations

import hashlib
import zlib
from typing import Final

from app.domain.outcome import Reason
from app.steps.shred.ciphers import xts
from app.steps.shred.kinds.contract import Kind, NotOpened, Opened, Span, Store, master

_GROUP: Final = 131072
"""Bytes kept for headers at either end of a volume: the outer header, and the hidden one after it."""
_HIDDEN: Final = 65536
_SALT: Final = 64
_HEADER: Final = 512
_KEYS: Final = slice(192, 448)
_HASHES: Final = (
    ("TRUE", "sha512", 1000),
    ("VERA", "sha512", 500000),
    ("VERA", "sha256", 500000),
    ("VERA", "blake2s", 500000),
)


def _open(store: Store, passphrase: bytes) -> Opened:
    _spans(store)
    tail = store.size - _GROUP
    for at in (0, tail, _HIDDEN, tail + _HIDDEN):
        header = store.read(at, _HEADER)
        # Nobody's random salt is zeros: this one was overwritten.
        key = _tried(header, passphrase) if any(header) else b""
        if key:
            return (master("VeraCrypt AES-256-XTS", key),)
    raise NotOpened(Reason.WRONG_PASSPHRASE)


def _tried(header: bytes, passphrase: bytes) -> bytes:
    """Give the master keys; empty when nothing fits."""
    for magic, name, rounds in _HASHES:
        key = hashlib.pbkdf2_hmac(name, passphrase, header[:_SALT], rounds, 64)
        text = xts(key, header[_SALT:], unit=_HEADER - _SALT)
        total = int.from_bytes(text[8:12], "big")
        if text.startswith(magic.encode()) and zlib.crc32(text[_KEYS]) == total:
            return text[_KEYS][:64]
    return b""


def _spans(store: Store) -> tuple[Span, ...]:
    if store.size < 2 * _GROUP:
        raise NotOpened(Reason.UNREADABLE)
    return Span(0, _GROUP), Span(store.size - _GROUP, store.size)


def _marks(store: Store) -> tuple[bytes, ...]:
    """A header backup or a clone has the salts, and each header a salt of its own."""
    tail = store.size - _GROUP
    salts = (store.read(at, _SALT) for at in (0, _HIDDEN, tail, tail + _HIDDEN))
    return tuple(salt for salt in salts if any(salt))


KIND: Final = Kind("veracrypt", _open, _spans, _marks, container=True, drawn=True)
