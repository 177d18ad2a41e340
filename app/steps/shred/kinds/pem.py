"""PEM private keys, and OpenSSH's."""

from __future__ import annotations

import re
from base64 import b64decode, encodebytes
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

from app.domain.outcome import Reason
from app.steps.shred.ciphers import TooDear
from app.steps.shred.kinds.asked import affordable
from app.steps.shred.kinds.contract import Kind, NotOpened, Opened, PrivateKey, Rewrap, Store, described
from app.steps.shred.kinds.pairs import fits, is_pair, openssh_half
from app.steps.shred.kinds.ssh_agent import ssh_agent_quiet

_LINES: Final = re.compile(rb"-----[A-Z0-9 ]*-----")
_MARK: Final = b"PRIVATE KEY-----"
_BCRYPT: Final = b"\0\0\0\x06bcrypt"
_MOST_ROUNDS: Final = 4096
"""Of bcrypt: half a minute."""
_PUTTY: Final = b"PuTTY-User-Key-File-"
_HALVES: Final = re.compile(
    _PUTTY + rb".{0,1000}?\nPublic-Lines: \d+\s+((?:[A-Za-z0-9+/=]+\s+){1,100}?)Private-Lines:", re.DOTALL
)
"""The public half in a file of PuTTY's, which stands in the clear."""
_IN_PKCS5, _IN_PKCS12 = b"\x2a\x86\x48\x86\xf7\x0d\x01\x05", b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01"
"""How the names begin of all ways in which a PKCS#8 key is locked, RFC 8018 and RFC 7292."""
_NUMBER: Final = rb"(?:[\x00-\x7f]|\x81.|\x82..)"
_DER: Final = re.compile(
    b"\\x30%b\\x30%b\\x06.(?:%b|%b)" % (_NUMBER, _NUMBER, re.escape(_IN_PKCS5), re.escape(_IN_PKCS12)),
    re.DOTALL,
)
_BOUND: Final = re.compile(rb"-----(BEGIN|END) ([A-Z0-9 ]*PRIVATE KEY)-----")


def _open(store: Store, passphrase: bytes) -> Opened:
    return tuple(described(_load(block, passphrase)) for block in _blocks(store)) or _none()


def _blocks(store: Store) -> tuple[bytes, ...]:
    return tuple(_blocks_in(store.whole()))


def _blocks_in(data: bytes) -> Iterator[bytes]:
    """The blocks, each from the last beginning before its end."""
    start, name = 0, b""
    for bound in _BOUND.finditer(data):
        if bound[1] == b"BEGIN":
            start, name = bound.start(), bound[2]
        elif bound[2] == name:
            yield data[start : bound.end()]
            name = b""


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
        if b"BEGIN ENCRYPTED" in block:
            affordable(b64decode(_LINES.sub(b"", block)))
        elif load is load_ssh_private_key:
            _see(b64decode(_LINES.sub(b"", block)))
    except (ValueError, UnsupportedAlgorithm):
        raise NotOpened(Reason.UNREADABLE) from None
    try:
        return load(block, passphrase or b"\0")
    except UnsupportedAlgorithm:
        raise NotOpened(Reason.UNREADABLE) from None
    except ValueError:
        raise NotOpened(Reason.WRONG_PASSPHRASE) from None


def _see(sealed: bytes) -> None:
    """See that OpenSSH's derivation is not too dear: its rounds stand in the clear, behind the salt.

    Raises:
        TooDear: when it is.
    """
    _, _, told = sealed.partition(_BCRYPT)
    stop = 4 + int.from_bytes(told[:4], "big")
    if int.from_bytes(told[stop - 4 : stop], "big") > _MOST_ROUNDS:
        raise TooDear


def _rewrap(data: bytes, key: PrivateKey) -> Rewrap:
    """Whether a locked key of these bytes is as long as this one; OpenSSH's and PuTTY's name themselves."""
    if not is_pair(key.secret):
        return Rewrap.NO
    if _PUTTY in data and _is_puttys(data, key.secret):
        return Rewrap.YES
    return Rewrap.surest(_said(block, key.secret) for block in _sealed_in(data))


def _locked(data: bytes, key: PrivateKey) -> tuple[bytes, ...]:
    """The blocks of which nothing tells whether they are this key."""
    if not is_pair(key.secret):
        return ()
    return tuple(one for one in _sealed_in(data) if _said(one, key.secret) is Rewrap.MAYBE)


def _sealed_in(data: bytes) -> Iterator[bytes]:
    """The blocks, and a locked key that is no text as the block it would be."""
    yield from _blocks_in(data)
    if _DER.match(data):
        name = b"ENCRYPTED PRIVATE KEY-----"
        yield b"-----BEGIN " + name + b"\n" + encodebytes(data) + b"-----END " + name


def _is_puttys(data: bytes, secret: Any) -> bool:
    with suppress(ValueError):
        own = openssh_half(secret)
        return any(b64decode(b"".join(one[1].split())) == own for one in _HALVES.finditer(data))
    return False


def _said(block: bytes, secret: Any) -> Rewrap:
    body = b"".join(block.replace(b"\r", b"").rpartition(b"\n\n")[2].split(b"\n"))
    try:
        sealed = b64decode(_LINES.sub(b"", body), validate=True)
        if b"BEGIN OPENSSH" in block:
            return Rewrap.YES if openssh_half(secret) in sealed else Rewrap.NO
        if b"BEGIN ENCRYPTED" in block:
            sealed = _sealed(sealed)
        elif b"Proc-Type: 4,ENCRYPTED" not in block:
            return Rewrap.NO
    except ValueError:
        return Rewrap.NO
    return Rewrap.MAYBE if fits(len(sealed), secret) else Rewrap.NO


def _sealed(whole: bytes) -> bytes:
    """What is encrypted in a PKCS#8 EncryptedPrivateKeyInfo, RFC 5958 3."""
    from asn1crypto.keys import EncryptedPrivateKeyInfo

    return bytes(EncryptedPrivateKeyInfo.load(whole)["encrypted_data"].native)


KIND: Final = Kind(
    "pem",
    _open,
    marks=_blocks,
    rewrap=_rewrap,
    wrap_hints=(_MARK, _PUTTY, _IN_PKCS5, _IN_PKCS12),
    locked=_locked,
    quiet=ssh_agent_quiet,
)
