"""VeraCrypt and TrueCrypt volumes: the header and its backup, the hidden volume's and its backup.

Tried are AES, and by libgcrypt, where it is, Serpent, Twofish, Camellia and their cascades, with SHA-512,
SHA-256 and BLAKE2s (and what TrueCrypt had). A second line of the passphrase, which no volume can have,
gives the PIM: `PIM=485`. Not tried are Kuznyechik, and Whirlpool, Streebog and RIPEMD-160 of VeraCrypt:
the headers of such a volume are destroyed just so, but nothing is proven of them. No layout is read: the
headers stand at the same places in every volume.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from dataclasses import replace
from typing import Final

from app.domain.outcome import Reason
from app.steps.shred.ciphers import TooDear, xts
from app.steps.shred.kinds.contract import (
    Kind,
    NotOpened,
    Opened,
    PrivateKey,
    Rewrap,
    Span,
    Store,
    master,
)
from app.system import gcrypt

_GROUP: Final = 131072
"""Bytes kept for headers at either end of a volume: the outer header, and the hidden one after it."""
_HIDDEN: Final = 65536
_SALT: Final = 64
_HEADER: Final = 512
_KEYS: Final = slice(192, 448)
_OLD: Final = (("sha512", 1000), ("ripemd160", 2000), ("whirlpool", 1000))
_HASHES: Final = ("sha512", "sha256", "blake2s")
_ROUNDS: Final = 500000
_MOST_ROUNDS: Final = 1 << 24
"""Some seconds for each hash: a PIM above 16762 is not tried."""
_PIM: Final = re.compile(rb"(.*)\r?\nPIM=(\d{1,7})\s*", re.DOTALL)
_WIDE: Final = 64
"""Bytes of the two keys of one cipher."""
_ALONE: Final = ("AES",)
_CASCADES: Final = (
    ("Serpent",),
    ("Twofish",),
    ("Camellia",),
    ("Twofish", "AES"),
    ("Serpent", "Twofish", "AES"),
    ("AES", "Serpent"),
    ("AES", "Twofish", "Serpent"),
    ("Serpent", "Twofish"),
    ("Serpent", "Camellia"),
)
"""In the order in which they encrypt, and their keys stand."""
_BACKUP: Final = _GROUP
"""Bytes of an exported header: the outer one, and at its half the hidden one."""
_RANDOM: Final = 230
"""Different bytes among 1024 that chance wrote: hardly ever fewer."""


def _open(store: Store, passphrase: bytes) -> Opened:
    if store.size != _BACKUP:
        _spans(store)
    for at in _places(store):
        header = store.read(at, _HEADER)
        # Nobody's random salt is zeros: this one was overwritten.
        found = _tried(header, passphrase) if any(header) else None
        if found:
            ciphers, key = found
            opened = master("VeraCrypt " + "+".join(f"{one}-256-XTS" for one in ciphers), key)
            return (replace(opened, body=store.read(_GROUP, _SALT) if store.size > _BACKUP else b""),)
    raise NotOpened(Reason.CIPHER_UNTRIED)


def _places(store: Store) -> tuple[int, ...]:
    tail = store.size - _GROUP
    return tuple(dict.fromkeys((0, tail, _HIDDEN, tail + _HIDDEN)))


def _tried(header: bytes, passphrase: bytes) -> tuple[tuple[str, ...], bytes] | None:
    """Give the ciphers and the master keys; None when nothing fits."""
    told = _PIM.fullmatch(passphrase)
    word, pim = (told[1], int(told[2])) if told else (passphrase, 0)
    rounds = 15000 + 1000 * pim if pim else _ROUNDS
    if rounds > _MOST_ROUNDS:
        raise TooDear
    cascades = (_ALONE, *_CASCADES) if gcrypt.is_here() else (_ALONE,)
    length = _WIDE * max(map(len, cascades))
    for magic, name, count in (
        *(("TRUE", *one) for one in _OLD),
        *(("VERA", one, rounds) for one in _HASHES),
    ):
        try:
            keys = _derived(name, word, header[:_SALT], count, length)
        except ValueError:
            continue
        for ciphers in cascades:
            text = _plain(ciphers, keys, header[_SALT:])
            total = int.from_bytes(text[8:12], "big")
            if text.startswith(magic.encode()) and zlib.crc32(text[_KEYS]) == total:
                return ciphers, text[_KEYS][: _WIDE * len(ciphers)]
    return None


def _derived(name: str, word: bytes, salt: bytes, rounds: int, length: int) -> bytes:
    if name in hashlib.algorithms_available:
        return hashlib.pbkdf2_hmac(name, word, salt, rounds, length)
    return gcrypt.derived(name, word, salt, rounds, length)


def _plain(ciphers: tuple[str, ...], keys: bytes, text: bytes) -> bytes:
    """Undo a cascade, the last cipher first; all first keys stand before all second ones."""
    half = _WIDE // 2
    for number in reversed(range(len(ciphers))):
        first, second = number * half, (len(ciphers) + number) * half
        key = keys[first : first + half] + keys[second : second + half]
        if ciphers == _ALONE:
            return xts(key, text, unit=len(text))
        text = gcrypt.decrypted(ciphers[number], key, text)
    return text


def _spans(store: Store) -> tuple[Span, ...]:
    if store.size < 2 * _GROUP:
        raise NotOpened(Reason.UNREADABLE)
    return Span(0, _GROUP), Span(store.size - _GROUP, store.size)


def _marks(store: Store) -> tuple[bytes, ...]:
    """A header backup or a clone has the salts, and each header a salt of its own."""
    tail = store.size - _GROUP
    salts = (store.read(at, _SALT) for at in (0, _HIDDEN, tail, tail + _HIDDEN))
    return tuple(salt for salt in salts if any(salt))


def _rewrap(data: bytes, key: PrivateKey) -> Rewrap:
    """Whether it is a clone, by what it encrypts, or could be an exported header, which looks like chance."""
    if any(key.body) and data[_GROUP : _GROUP + _SALT] == key.body:
        # Headers that are zeros were overwritten, and wrap nothing any more.
        return Rewrap.YES if any(data[:_HEADER]) else Rewrap.NO
    if len(data) != _BACKUP:
        return Rewrap.NO
    return Rewrap.MAYBE if len(set(data[: 2 * _HEADER])) >= _RANDOM else Rewrap.NO


def _locked(data: bytes, _: PrivateKey) -> tuple[bytes, ...]:
    """Its two headers, each alone: where the hidden volume's would stand, nothing tells whether one does."""
    return data[:_HIDDEN].ljust(_BACKUP, b"\0"), data[_HIDDEN:].rjust(_BACKUP, b"\0")


KIND: Final = Kind(
    "veracrypt",
    _open,
    _spans,
    _marks,
    container=True,
    rewrap=_rewrap,
    wrap_hints=(b"",),
    locked=_locked,
    drawn=True,
)
