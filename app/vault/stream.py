"""Sealed bytes: chunks of 1 MiB that can't be changed, moved, repeated or cut without being refused.

STREAM of Hoang, Reyhanitabar, Rogaway and Vizár, "Online Authenticated-Encryption and its
Nonce-Reuse Misuse-Resistance" (2015): the nonce is 7 random bytes of the file, the number of the
chunk (4, big endian), and 1 for the last chunk, else 0. What is authenticated besides is the
record's id and the digest of the head. A file is a head of 128 bytes and the chunks, each
with its tag of 16 bytes. Every file has a key of its own, wrapped in its head with the
customer's.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import BinaryIO, Final

from app.domain.vaulting import Suite
from app.system.memory import Secret, secrets_of
from app.vault.suite import TAG, Bytes, cipher_of, digest
from app.vault.wrapping import NotUnwrapped, unwrap, wrap

MAGIC: Final = b"LETHE SEAL 0001\n"
CHUNK: Final = 1 << 20
HEAD: Final = 128
_FIELDS: Final = struct.Struct(">16s16s16s8s40s")
"""Magic, suite, customer, prefix of the nonces, wrapped key."""
_PREFIX: Final = 7
_MOST: Final = 1 << 32
_SUITES: Final = {suite.value.encode().ljust(16, b"\0"): suite for suite in Suite}

_Act = Callable[[bytes, memoryview, bytes, memoryview], None]
"""Takes nonce, input, what is authenticated besides, and where the output goes."""


class NotOpened(Exception):
    """Sealed bytes that were changed, cut or moved, or that this key or record does not open."""


def seal(
    source: BinaryIO, target: BinaryIO, key: Bytes, *, suite: Suite, customer: bytes, record: str
) -> int:
    """Seal all of `source` into `target` under a new key, which `key` wraps; give how many bytes went in.

    Raises:
        OSError: as the files give it; `target` then holds a part.
    """
    with Secret.random(suite.key_bytes) as own, Secret.random(_PREFIX) as prefix:
        wrapped = wrap(suite, key, own.view, len(own))
        name = suite.value.encode().ljust(16, b"\0")
        head = _FIELDS.pack(MAGIC, name, customer, bytes(prefix.view), wrapped).ljust(HEAD, b"\0")
        _write(target, memoryview(head))
        beside, act = _beside(suite, record, head), _sealing(suite, own.view)
        with secrets_of(CHUNK, CHUNK, CHUNK + TAG) as (now, ahead, out):
            return _seal_chunks(source, target, (now, ahead, out), bytes(prefix.view), beside, act)


def unseal(source: BinaryIO, target: BinaryIO, key: Bytes, *, record: str) -> int:
    """Open what `seal` made of `record` into `target`; give how many bytes came out.

    Only proven chunks are written, but a cut is seen at the end: what stands in `target`
    counts when this returns.

    Raises:
        NotOpened: when anything of it is not as it was sealed.
    """
    head = source.read(HEAD)
    suite, prefix, wrapped = _read_head(head)
    with Secret(suite.key_bytes) as own:
        try:
            unwrap(suite, key, wrapped, own.view, len(own))
        except (NotUnwrapped, ValueError) as error:
            raise NotOpened("key") from error
        beside, act = _beside(suite, record, head), _opening(suite, own.view)
        with secrets_of(CHUNK + TAG, CHUNK + TAG, CHUNK) as (now, ahead, out):
            return _open_chunks(source, target, (now, ahead, out), prefix, beside, act)


def customer_of(head: bytes) -> bytes:
    """Whose key wraps the key in this head of a sealed file.

    Raises:
        NotOpened: when it is no such head.
    """
    _read_head(head)
    return bytes(_FIELDS.unpack_from(head)[2])


def _read_head(head: bytes) -> tuple[Suite, bytes, bytes]:
    if len(head) != HEAD:
        raise NotOpened("head")
    magic, name, _, prefix, wrapped = _FIELDS.unpack_from(head)
    suite = _SUITES.get(name)
    if magic != MAGIC or suite is None:
        raise NotOpened("head")
    return suite, prefix[:_PREFIX], wrapped[: suite.key_bytes + 8]


def _beside(suite: Suite, record: str, head: bytes) -> bytes:
    return record.encode("utf-8", "surrogatepass") + b"\0" + digest(suite, head)


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    if number >= _MOST:
        raise NotOpened("longer than 4 PiB")
    return prefix + number.to_bytes(4, "big") + bytes((last,))


def _seal_chunks(
    source: BinaryIO,
    target: BinaryIO,
    memory: tuple[Secret, Secret, Secret],
    prefix: bytes,
    beside: bytes,
    act: _Act,
) -> int:
    now, ahead, out = (one.view for one in memory)
    total = number = 0
    length = _fill(source, now)
    while True:
        # The chunk after it says whether this one is the last.
        following = _fill(source, ahead) if length == CHUNK else 0
        last = not following
        sealed = out[: length + TAG]
        act(_nonce(prefix, number, last=last), now[:length], beside, sealed)
        _write(target, sealed)
        total, number = total + length, number + 1
        if last:
            return total
        now, ahead, length = ahead, now, following


def _open_chunks(
    source: BinaryIO,
    target: BinaryIO,
    memory: tuple[Secret, Secret, Secret],
    prefix: bytes,
    beside: bytes,
    act: _Act,
) -> int:
    now, ahead, out = (one.view for one in memory)
    total = number = 0
    length = _fill(source, now)
    while True:
        following = _fill(source, ahead) if length == len(now) else 0
        if length < TAG:
            raise NotOpened("cut")
        plain = out[: length - TAG]
        act(_nonce(prefix, number, last=not following), now[:length], beside, plain)
        _write(target, plain)
        total, number = total + len(plain), number + 1
        if not following:
            return total
        now, ahead, length = ahead, now, following


def _sealing(suite: Suite, key: memoryview) -> _Act:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if suite is Suite.AES:
        cipher = AESGCM(key)

        def by_aes(nonce: bytes, plain: memoryview, beside: bytes, into: memoryview) -> None:
            cipher.encrypt_into(nonce, plain, beside, into)

        return by_aes

    def by_sm4(nonce: bytes, plain: memoryview, beside: bytes, into: memoryview) -> None:
        from cryptography.hazmat.primitives.ciphers import Cipher
        from cryptography.hazmat.primitives.ciphers.modes import GCM

        context = Cipher(cipher_of(suite, key), GCM(nonce)).encryptor()
        context.authenticate_additional_data(beside)
        context.update_into(plain, into)
        context.finalize()
        into[len(plain) :] = context.tag

    return by_sm4


def _opening(suite: Suite, key: memoryview) -> _Act:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.ciphers.modes import GCM

    cipher = AESGCM(key) if suite is Suite.AES else None

    def act(nonce: bytes, sealed: memoryview, beside: bytes, into: memoryview) -> None:
        try:
            if cipher:
                cipher.decrypt_into(nonce, sealed, beside, into)
                return
            context = Cipher(cipher_of(suite, key), GCM(nonce, bytes(sealed[-TAG:]))).decryptor()
            context.authenticate_additional_data(beside)
            context.update_into(sealed[:-TAG], into)
            context.finalize()
        except InvalidTag:
            raise NotOpened("chunk") from None

    return act


def _fill(source: BinaryIO, memory: memoryview) -> int:
    """Read until the memory is full or the file ends."""
    at = 0
    while at < len(memory):
        count: int = source.readinto(memory[at:]) or 0  # type: ignore[attr-defined]  # BinaryIO lacks it
        if not count:
            break
        at += count
    return at


def _write(target: BinaryIO, data: memoryview) -> None:
    rest = data
    while rest:
        rest = rest[target.write(rest) :]
