"""gocryptfs: `gocryptfs.conf`, which wraps the master key of a folder."""

from __future__ import annotations

from base64 import b64decode
from typing import Final

from app.domain.outcome import Reason
from app.steps.shred.ciphers import scrypt
from app.steps.shred.kinds.contract import (
    Kind,
    NotOpened,
    Opened,
    PrivateKey,
    Rewrap,
    Store,
    master,
    may_wrap,
    told_in,
)
from app.steps.shred.kinds.live import gocryptfs_quiet

_INFO: Final = b"AES-GCM file content encryption"
_TAG: Final = 16
_KEY: Final = 32
_BLOCK_NUMBER: Final = bytes(8)


def _open(store: Store, passphrase: bytes) -> Opened:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    told = told_in(store)
    how = told["ScryptObject"]
    key = scrypt(passphrase, b64decode(how["Salt"]), (how["N"], how["R"], how["P"]), how["KeyLen"])
    if "HKDF" in told["FeatureFlags"]:
        key = HKDF(SHA256(), _KEY, None, _INFO).derive(key)
    wrapped = b64decode(told["EncryptedKey"])
    nonce = len(wrapped) - _KEY - _TAG
    try:
        found = AESGCM(key).decrypt(wrapped[:nonce], wrapped[nonce:], _BLOCK_NUMBER)
    except InvalidTag:
        raise NotOpened(Reason.WRONG_PASSPHRASE) from None
    return (master("gocryptfs AES-256-GCM", found),)


def _marks(store: Store) -> tuple[bytes, ...]:
    return (told_in(store)["EncryptedKey"].encode(),)


def _rewrap(data: bytes, _: PrivateKey) -> Rewrap:
    """Nothing in a `gocryptfs.conf` tells what it wraps: it is tried with passphrases, or doubted."""
    return may_wrap(data, "EncryptedKey", "ScryptObject")


KIND: Final = Kind(
    "gocryptfs",
    _open,
    marks=_marks,
    quiet=gocryptfs_quiet,
    rewrap=_rewrap,
    wrap_hints=(b'"ScryptObject"',),
    drawn=True,
)
