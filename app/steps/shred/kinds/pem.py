"""PEM private keys, and OpenSSH's."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

from app.domain.outcome import Reason
from app.steps.shred.kinds.contract import Kind, NotOpened, Opened, PrivateKey, Rewrap, Store, described
from app.steps.shred.kinds.live import ssh_agent_quiet

_LINES: Final = re.compile(rb"-----[A-Z0-9 ]*-----")
_MARK: Final = b"PRIVATE KEY-----"
_PADDING: Final = 48
"""Bytes that a cipher's padding or tag adds at most, and those in which two forms of one key differ."""
_BLOCK: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----.*?-----END \1-----", re.DOTALL)


def _open(store: Store, passphrase: bytes) -> Opened:
    return tuple(described(_load(block, passphrase)) for block in _blocks(store)) or _none()


def _blocks(store: Store) -> tuple[bytes, ...]:
    return tuple(match[0] for match in _BLOCK.finditer(store.whole()))


def _none() -> Opened:
    raise NotOpened(Reason.UNREADABLE)


def _load(block: bytes, passphrase: bytes) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_ssh_private_key

    load = load_ssh_private_key if b"BEGIN OPENSSH" in block else load_pem_private_key
    try:
        return load(block, None)
    except TypeError:
        # The library's word for: this one is encrypted.
        pass
    except (ValueError, UnsupportedAlgorithm):
        raise NotOpened(Reason.UNREADABLE) from None
    try:
        return load(block, passphrase or b"\0")
    except (ValueError, UnsupportedAlgorithm):
        raise NotOpened(Reason.WRONG_PASSPHRASE) from None


def _rewrap(data: bytes, key: PrivateKey) -> Rewrap:
    """Whether a locked key of these bytes is as long as this one would be; OpenSSH's says which it is."""
    told = {_locked(match[0], key.secret) for match in _BLOCK.finditer(data)}
    return next((one for one in (Rewrap.YES, Rewrap.MAYBE) if one in told), Rewrap.NO)


def _locked(block: bytes, secret: Any) -> Rewrap:
    body = b"".join(block.replace(b"\r", b"").rpartition(b"\n\n")[2].split(b"\n"))
    try:
        sealed = b64decode(_LINES.sub(b"", body), validate=True)
        if b"BEGIN OPENSSH" in block:
            return Rewrap.YES if _in_clear(secret) in sealed else Rewrap.NO
        if b"BEGIN ENCRYPTED" in block:
            sealed = _sealed(sealed)
        elif b"Proc-Type: 4,ENCRYPTED" not in block:
            return Rewrap.NO
    except ValueError:
        return Rewrap.NO
    fits = any(0 <= len(sealed) - plain <= _PADDING for plain in _lengths(secret))
    return Rewrap.MAYBE if fits else Rewrap.NO


def _sealed(whole: bytes) -> bytes:
    """What is encrypted in a PKCS#8 EncryptedPrivateKeyInfo, RFC 5958 3."""
    from asn1crypto.keys import EncryptedPrivateKeyInfo

    return bytes(EncryptedPrivateKeyInfo.load(whole)["encrypted_data"].native)


def _in_clear(secret: Any) -> bytes:
    """The public half as OpenSSH writes it before what is locked."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    try:
        told = secret.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    except UnsupportedAlgorithm as error:
        raise ValueError from error
    return b64decode(told.split()[1])


def _lengths(secret: Any) -> Iterator[int]:
    """How many bytes the key has in the forms that are locked."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    for form in (PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL):
        with suppress(ValueError, TypeError):
            yield len(secret.private_bytes(Encoding.DER, form, NoEncryption()))


KIND: Final = Kind("pem", _open, marks=_blocks, rewrap=_rewrap, wrap_hint=_MARK, quiet=ssh_agent_quiet)
