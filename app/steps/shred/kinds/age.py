"""age identity files, plain or under a passphrase."""

from __future__ import annotations

import hashlib
from typing import Final

from app.domain.outcome import Reason
from app.steps.shred.kinds.contract import Kind, NotOpened, Opened, PrivateKey, Store

_FILE: Final = (b"age-encryption.org/", b"-----BEGIN AGE ENCRYPTED FILE-----")
_IDENTITY: Final = b"AGE-SECRET-KEY-1"


def _open(store: Store, passphrase: bytes) -> Opened:
    import pyrage

    data = store.whole()
    if data.startswith(_FILE):
        if not passphrase:
            raise NotOpened(Reason.WRONG_PASSPHRASE)
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
        PrivateKey("age-X25519", hashlib.sha256(str(one.to_public()).encode()).hexdigest(), one)
        for one in identities
    )


def _lines(data: bytes) -> tuple[bytes, ...]:
    return tuple(one.strip() for one in data.splitlines() if one.strip().upper().startswith(_IDENTITY))


def _marks(store: Store) -> tuple[bytes, ...]:
    """A plain identity may stand in any file; a locked one is known by its file."""
    data = store.whole()
    return _lines(data) or (data,)


KIND: Final = Kind("age", _open, marks=_marks)
