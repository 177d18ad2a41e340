"""restic: the files below `keys/` of a repository, each of which wraps the one master key."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from typing import Final

from app.domain.outcome import Reason
from app.steps.shred.ciphers import block, ctr, scrypt
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
from app.steps.shred.kinds.live import restic_quiet

_NAME: Final = re.compile(r"[0-9a-f]{64}")
_IV: Final = 16
_TAG: Final = 16


def _open(store: Store, passphrase: bytes) -> Opened:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.poly1305 import Poly1305

    told = told_in(store)
    key = scrypt(passphrase, b64decode(told["salt"]), (told["N"], told["r"], told["p"]), 64)
    data = b64decode(told["data"])
    nonce, sealed, tag = data[:_IV], data[_IV:-_TAG], data[-_TAG:]
    secret, mac, rest = key[:32], key[32:48], key[48:]
    try:
        # Poly1305-AES, Bernstein 2005.
        Poly1305.verify_tag(rest + block(mac, nonce), sealed, tag)
    except InvalidSignature:
        raise NotOpened(Reason.WRONG_PASSPHRASE) from None
    found = json.loads(ctr(secret, nonce, sealed))
    parts = found["encrypt"], found["mac"]["k"], found["mac"]["r"]
    return (master("restic AES-256-CTR Poly1305", b"".join(map(b64decode, parts))),)


def _marks(store: Store) -> tuple[bytes, ...]:
    return (told_in(store)["data"].encode(),)


def _is_wrap(name: str) -> bool:
    return bool(_NAME.fullmatch(name))


def _rewrap(data: bytes, _: PrivateKey) -> Rewrap:
    """Nothing in a key file tells which repository it opens: it is tried with passphrases, or doubted."""
    return may_wrap(data, "kdf", "salt", "data")


KIND: Final = Kind(
    "restic",
    _open,
    marks=_marks,
    is_wrap=_is_wrap,
    quiet=restic_quiet,
    rewrap=_rewrap,
    wrap_hints=(b'"kdf"',),
    drawn=True,
)
