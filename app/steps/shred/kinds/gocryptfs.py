"""gocryptfs: `gocryptfs.conf`, which wraps the master key of a folder."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any, Final

from app.domain.outcome import Reason
from app.steps.shred.ciphers import scrypt
from app.steps.shred.kinds.contract import Kind, NotOpened, Opened, Store, master
from app.steps.shred.kinds.live import gocryptfs_quiet

_INFO: Final = b"AES-GCM file content encryption"
_TAG: Final = 16
_KEY: Final = 32
_BLOCK_NUMBER: Final = bytes(8)


def _told(store: Store) -> dict[str, Any]:
    return dict(json.loads(store.whole()))


def _open(store: Store, passphrase: bytes) -> Opened:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    told = _told(store)
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
    return (_told(store)["EncryptedKey"].encode(),)


KIND: Final = Kind("gocryptfs", _open, marks=_marks, quiet=gocryptfs_quiet, drawn=True)
