"""fscrypt: the metadata below `.fscrypt` of an ext4, F2FS or UBIFS volume that google/fscrypt keeps.

A policy wraps the key of a folder once for each of its protectors, a protector is unwrapped by a
passphrase. Declared is a mount point, its `.fscrypt`, or one of the files. A protector that lies on
another volume, as those of login passphrases do, only opens what its policy wraps: with the policy
gone it opens nothing. The formats are those of fscrypt's metadata.proto and crypto.go.
"""

from __future__ import annotations

import errno
import hashlib
import hmac
import os
import re
import struct
import sys
from collections.abc import Iterator
from typing import Any, Final

from app.domain.outcome import Reason
from app.steps.shred.ciphers import argon2, ctr
from app.steps.shred.kinds.contract import Kind, NotOpened, Opened, PrivateKey, Rewrap, Store, master

_FOLDER: Final = ".fscrypt"
_PROTECTORS: Final = "protectors"
_POLICIES: Final = "policies"
_PASSPHRASE: Final = 2
_VARINT: Final = 0
_BYTES: Final = 2
_WIDEST: Final = 63
"""Bits of a number before its last seven."""
_LARGEST: Final = 1 << 16
"""Bytes of the largest of these files."""
_WORDS: Final = (Reason.UNREADABLE, Reason.WRONG_PASSPHRASE)
"""Why a policy does not open, by what its reader can do about it."""
_REMOVE_ALL_USERS: Final = 0xC0406619
"""FS_IOC_REMOVE_ENCRYPTION_KEY_ALL_USERS of linux/fscrypt.h, whose argument has 64 bytes."""
_BY_DESCRIPTOR: Final = 1
_BY_IDENTIFIER: Final = 2
_IDENTIFIER: Final = 16
_POLICY: Final = re.compile(r"[0-9a-f]{16}|[0-9a-f]{32}")
"""The name of a policy, of version 1 and of version 2."""
_NAMED: Final = (b"\n\x10", b"\n\x20")
"""How metadata begins: with the name of its key, of 16 or 32 letters."""

Message = dict[int, list[Any]]


def _read(data: bytes) -> Message:
    """Read a message of Protocol Buffers that has only numbers and bytes in it."""
    found: Message = {}
    at = 0
    while at < len(data):
        tag, at = _number(data, at)
        if tag & 7 == _VARINT:
            value: Any
            value, at = _number(data, at)
        elif tag & 7 == _BYTES:
            length, at = _number(data, at)
            if at + length > len(data):
                raise NotOpened(Reason.UNREADABLE)
            value, at = data[at : at + length], at + length
        else:
            raise NotOpened(Reason.UNREADABLE)
        found.setdefault(tag >> 3, []).append(value)
    return found


def _number(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while data[at] & 0x80:
        number, shift, at = number | (data[at] & 0x7F) << shift, shift + 7, at + 1
        if shift > _WIDEST:
            raise NotOpened(Reason.UNREADABLE)
    return number | data[at] << shift, at + 1


def _open(store: Store, passphrase: bytes) -> Opened:
    data = store.whole()
    if not any(data):
        raise NotOpened(Reason.UNREADABLE)
    told = _read(data)
    if os.path.basename(os.path.dirname(store.path)) != _POLICIES:
        return (master("fscrypt protector AES-256-CTR HMAC-SHA256", _protector(told, passphrase)),)
    reason = Reason.UNREADABLE
    for wrap in told[3]:
        one = _read(wrap)
        try:
            key = _protector(_beside(store.path, one[1][0].decode("ascii")), passphrase)
            return (master("fscrypt policy AES-256", _unwrapped(key, one[2][0])),)
        except NotOpened as shut:
            reason = max(reason, shut.reason, key=_WORDS.index)
    raise NotOpened(reason)


def _beside(policy: str, descriptor: str) -> Message:
    """A protector of the same volume.

    Raises:
        NotOpened: when it is not here, as those of other volumes are not, or was overwritten.
    """
    folder = os.path.dirname(os.path.dirname(policy))
    try:
        with open(os.path.join(folder, _PROTECTORS, os.path.basename(descriptor)), "rb") as file:
            data = file.read(_LARGEST)
    except OSError:
        data = b""
    if not any(data):
        raise NotOpened(Reason.UNREADABLE)
    return _read(data)


def _protector(told: Message, passphrase: bytes) -> bytes:
    if told[2] != [_PASSPHRASE]:
        # Of a login passphrase, which is the system's; or of a raw key, which lies somewhere as a file.
        raise NotOpened(Reason.UNREADABLE)
    costs = _read(told[4][0])
    (rounds,), (memory,), (lanes,) = costs[2], costs[3], costs[4]
    secret = argon2("argon2id", passphrase, told[5][0], (memory, rounds, lanes), 32)
    return _unwrapped(secret, told[7][0])


def _unwrapped(key: bytes, wrapped: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    told = _read(wrapped)
    (nonce,), (sealed,), (check,) = told[1], told[2], told[3]
    keys = HKDF(SHA256(), 64, None, None).derive(key)
    if not hmac.compare_digest(hmac.digest(keys[32:], nonce + sealed, hashlib.sha256), check):
        raise NotOpened(Reason.WRONG_PASSPHRASE)
    return ctr(keys[:32], nonce, sealed)


def _wraps(store: Store) -> Iterator[bytes]:
    told = _read(store.whole())
    if 7 in told:
        yield told[7][0]
    else:
        yield from (_read(wrap)[2][0] for wrap in told[3])


def _marks(store: Store) -> tuple[bytes, ...]:
    """Each wrapped key with the check over it, as a copy of the metadata has them."""
    found = [_read(wrap) for wrap in _wraps(store)]
    return tuple(one[number][0] for one in found for number in (2, 3))


def _files(path: str) -> tuple[str, ...]:
    """The protectors and policies of a volume; links to protectors of other volumes are none."""
    base = path if os.path.basename(path) == _FOLDER else os.path.join(path, _FOLDER)
    found = []
    for folder in (_POLICIES, _PROTECTORS):
        inside = os.path.join(base, folder)
        if os.path.isdir(inside):
            names = sorted(os.listdir(inside))
            found += [f"{inside}{os.sep}{name}" for name in names if not name.endswith(".link")]
    return tuple(found)


def _quiet(path: str, _: Opened = ()) -> bool:
    """Take a policy's key out of the kernel, which locks its folders. False while files there are open.

    The key of a policy of version 1 may be in the keyring of any session, which nobody else sees.
    """
    folder, name = os.path.split(path)
    if os.path.basename(folder) != _POLICIES or sys.platform != "linux":
        return True
    if not _POLICY.fullmatch(name):
        return False
    import fcntl

    key = bytes.fromhex(name)
    how = _BY_IDENTIFIER if len(key) == _IDENTIFIER else _BY_DESCRIPTOR
    argument = bytearray(struct.pack("<II32sI20x", how, 0, key, 0))
    try:
        fd = os.open(os.path.dirname(os.path.dirname(folder)), os.O_RDONLY)
        try:
            fcntl.ioctl(fd, _REMOVE_ALL_USERS, argument)
        finally:
            os.close(fd)
    except OSError as error:
        # Not there, or no encryption on this volume: nothing to end.
        gone = error.errno in (errno.ENOKEY, errno.ENOTTY, errno.EOPNOTSUPP)
    else:
        gone = struct.unpack_from("<I", argument, 40) == (0,)
    return gone and how == _BY_IDENTIFIER


def _rewrap(data: bytes, key: PrivateKey) -> Rewrap:
    """Whether metadata wraps this key, by the name that is made of the key itself."""
    if len(data) > _LARGEST or not data.startswith(_NAMED):
        return Rewrap.NO
    try:
        told = _read(data)
        (name,) = told[1]
    except (NotOpened, IndexError, KeyError, ValueError):
        return Rewrap.NO
    return Rewrap.YES if name in _names(key.secret.content) and (3 in told or 7 in told) else Rewrap.NO


def _names(key: bytes) -> tuple[bytes, ...]:
    """What fscrypt calls a key: a protector or a policy of version 1, and one of version 2."""
    from cryptography.hazmat.primitives.hashes import SHA512
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    descriptor = hashlib.sha512(hashlib.sha512(key).digest()).digest()[: _IDENTIFIER // 2]
    identifier = HKDF(SHA512(), _IDENTIFIER, None, b"fscrypt\0\1").derive(key)
    return descriptor.hex().encode(), identifier.hex().encode()


KIND: Final = Kind(
    "fscrypt", _open, marks=_marks, files=_files, quiet=_quiet, rewrap=_rewrap, wrap_hints=_NAMED, drawn=True
)
