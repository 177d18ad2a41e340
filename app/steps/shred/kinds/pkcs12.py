"""PKCS#12 files, RFC 7292."""

from __future__ import annotations

from typing import Final

from app.domain.outcome import Reason
from app.steps.shred.kinds.contract import Kind, NotOpened, Opened, Store, described


def _open(store: Store, passphrase: bytes) -> Opened:
    from asn1crypto.pkcs12 import Pfx
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import pkcs12

    data = store.whole()
    try:
        whole = Pfx.load(data)["version"].native == "v3"
    except (ValueError, TypeError):
        whole = False
    try:
        key, _, _ = pkcs12.load_key_and_certificates(data, passphrase or None)
    except (ValueError, UnsupportedAlgorithm):
        raise NotOpened(Reason.WRONG_PASSPHRASE if whole else Reason.UNREADABLE) from None
    if key is None:
        raise NotOpened(Reason.UNREADABLE)
    return (described(key),)


KIND: Final = Kind("pkcs12", _open)
