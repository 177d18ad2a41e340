"""age identity files, plain or under a passphrase."""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from app.domain.outcome import Reason
from app.steps.shred.ciphers import TooDear
from app.steps.shred.kinds.contract import Kind, NotOpened, Opened, PrivateKey, Rewrap, Store

_PLAIN: Final = b"age-encryption.org/v1\n"
_ARMOUR: Final = b"-----BEGIN AGE ENCRYPTED FILE-----"
_ARMOURED: Final = re.compile(_ARMOUR + rb"(.*?)(?:-----END|\Z)", re.DOTALL)
_IDENTITY: Final = b"AGE-SECRET-KEY-"
_NAME: Final = "age-X25519"
_LEAST: Final = 60
_MOST: Final = 8192
"""Bytes of the shortest identity, and of the longest file of some with what people write around them."""
_AROUND: Final = 32
"""The nonce of a payload and the tag of its one chunk."""
_WORK: Final = re.compile(rb"-> scrypt [A-Za-z0-9+/]+ ([0-9]+)\n")
_DEAREST: Final = 20
"""The largest binary logarithm of scrypt's N that is tried: it takes a gibibyte."""
_END: Final = re.compile(rb"\n--- [A-Za-z0-9+/]{43}\n")


def _open(store: Store, passphrase: bytes) -> Opened:
    import pyrage

    data = store.whole()
    if data.startswith((_PLAIN, _ARMOUR)):
        if not passphrase:
            raise NotOpened(Reason.WRONG_PASSPHRASE)
        if any(int(one[1]) > _DEAREST for whole in _encrypted(data) for one in _WORK.finditer(whole)):
            raise TooDear
        try:
            data = pyrage.passphrase.decrypt(data, passphrase.decode())
        except pyrage.DecryptError:
            raise NotOpened(Reason.WRONG_PASSPHRASE) from None
    found = [line.decode("ascii", "replace") for line in _lines(data)]
    try:
        identities = [pyrage.x25519.Identity.from_str(text) for text in found]
    except pyrage.IdentityError:
        raise NotOpened(Reason.UNREADABLE) from None
    if not identities:
        raise NotOpened(Reason.UNREADABLE)
    return tuple(
        PrivateKey(_NAME, hashlib.sha256(str(one.to_public()).encode()).hexdigest(), one)
        for one in identities
    )


def _lines(data: bytes) -> tuple[bytes, ...]:
    return tuple(one.strip() for one in data.splitlines() if one.strip().upper().startswith(_IDENTITY))


def _marks(store: Store) -> tuple[bytes, ...]:
    """A plain identity may stand in any file; a locked one is known by its file."""
    data = store.whole()
    return _lines(data) or (data,)


def _rewrap(data: bytes, key: PrivateKey) -> Rewrap:
    """Whether a locked file is as short as one of identities: nothing in it tells what it holds."""
    return Rewrap.MAYBE if _locked(data, key) else Rewrap.NO


def _locked(data: bytes, key: PrivateKey) -> tuple[bytes, ...]:
    """The locked parts: what lies open beside them tells nothing of them."""
    return tuple(one for one in _encrypted(data) if _is_short(one)) if key.algorithm == _NAME else ()


def _encrypted(data: bytes) -> Iterator[bytes]:
    """All files of age in some bytes, without armour."""
    if data.startswith(_PLAIN):
        yield data
    for one in _ARMOURED.finditer(data):
        with suppress(ValueError):
            yield b64decode(b"".join(one[1].split()), validate=True)


def _is_short(locked: bytes) -> bool:
    end = _END.search(locked)
    return end is None or _LEAST <= len(locked) - end.end() - _AROUND <= _MOST


KIND: Final = Kind("age", _open, marks=_marks, rewrap=_rewrap, wrap_hints=(_PLAIN, _ARMOUR), locked=_locked)
