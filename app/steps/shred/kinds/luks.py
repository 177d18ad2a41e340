"""LUKS1 and LUKS2 volumes and detached headers: both headers and every keyslot.

The layout is that of the LUKS1 On-Disk Format 1.2.3 and the LUKS2 On-Disk Format 1.1. What goes
is just what `cryptsetup luksHeaderBackup` would keep, so such a backup has the digest of the plan.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import time
from dataclasses import dataclass
from typing import Any, Final

from app.domain.outcome import Reason
from app.steps.shred.ciphers import SECTOR, TooDear, argon2, pbkdf2, xts
from app.steps.shred.kinds.contract import (
    Kind,
    MasterKey,
    NotOpened,
    Opened,
    PrivateKey,
    Rewrap,
    Span,
    Store,
    master,
    store_over,
)

_PRIMARY: Final = b"LUKS\xba\xbe"
_SECOND: Final = b"SKUL\xba\xbe"
_SECONDS: Final = tuple(0x4000 << n for n in range(9))
"""Where the second LUKS2 header may stand: as far in as the first is long."""
_BINARY: Final = 4096
_PAGE: Final = 4096
_SLOTS: Final = 8
_ACTIVE: Final = 0x00AC71F3
_MOST_DIGESTS: Final = 4
"""A volume has one, and two while it is encrypted anew; each takes a second to compare."""
_MOST_SLOTS: Final = 32
"""Of a LUKS2 header; LUKS1 has eight."""
_STRIPES: Final = 4000
"""Of every volume there is; the formats know no other number, and a header may say any."""
_WIDEST: Final = 128
"""Bytes of the longest volume key."""
_PATIENCE: Final = 120.0
"""Seconds after which no further slot is tried with a passphrase."""
_UUID: Final = slice(168, 208)
_CIPHER: Final = "aes-xts-plain64"


@dataclass(frozen=True, slots=True)
class _Slot:
    """One keyslot: how the passphrase becomes a key, and where the split volume key lies."""

    kdf: dict[str, Any]
    cipher: str
    wide: int
    offset: int
    stripes: int
    hash: str
    volume_key: int


@dataclass(frozen=True, slots=True)
class _Digest:
    hash: str
    salt: bytes
    iterations: int
    value: bytes

    def matches(self, key: bytes) -> bool:
        return pbkdf2(self.hash, key, self.salt, self.iterations, len(self.value)) == self.value


@dataclass(frozen=True, slots=True)
class _Header:
    first: int
    """Bytes of the first header, from which all else is found."""
    length: int
    """Bytes of the headers and keyslots."""
    uuid: bytes
    cipher: str
    slots: tuple[_Slot, ...]
    digests: tuple[_Digest, ...]

    def see(self) -> None:
        """See that it has no more of anything than a volume has.

        Raises:
            TooDear: when it does, so that all of it would take minutes.
        """
        if len(self.slots) > _MOST_SLOTS or len(self.digests) > _MOST_DIGESTS:
            raise TooDear


def _header(store: Store) -> _Header:
    """Read the header, or the second one where the first is damaged.

    Raises:
        NotOpened: UNREADABLE when there is none.
    """
    start = store.read(0, _BINARY)
    if start.startswith(_PRIMARY + b"\0\1"):
        return _luks1(start)
    for at, magic in ((0, _PRIMARY), *((at, _SECOND) for at in _SECONDS)):
        found = store.read(at, _BINARY)
        if found.startswith(magic + b"\0\2"):
            length = int.from_bytes(found[8:16], "big")
            if length in _SECONDS and _is_whole(header := store.read(at, length), found):
                return _luks2(header)
    raise NotOpened(Reason.UNREADABLE)


def _is_whole(header: bytes, binary: bytes) -> bool:
    blank = header[:448] + bytes(64) + header[512:]
    name = binary[72:104].rstrip(b"\0").decode("ascii", "replace")
    return name == "sha256" and hashlib.sha256(blank).digest() == binary[448:480]


def _luks1(start: bytes) -> _Header:
    mode, name = _text(start[40:72]), _text(start[8:40])
    hash_, cipher = _text(start[72:104]), f"{name}-{mode}"
    payload, wide = struct.unpack(">II", start[104:112])
    salt, iterations = start[132:164], int.from_bytes(start[164:168], "big")
    slots, stop = [], 0
    for number in range(_SLOTS):
        at = 208 + 48 * number
        active, rounds, own, offset, stripes = struct.unpack(">II32sII", start[at : at + 48])
        stop = max(stop, offset * SECTOR + wide * stripes)
        if active == _ACTIVE:
            kdf = {"type": "pbkdf2", "hash": hash_, "iterations": rounds, "salt": own}
            slots.append(_Slot(kdf, cipher, wide, offset * SECTOR, stripes, hash_, wide))
    length = -(-stop // _PAGE) * _PAGE
    if payload:
        length = min(length, payload * SECTOR)
    digest = _Digest(hash_, salt, iterations, start[112:132])
    return _Header(_BINARY, length, _text(start[_UUID]).encode(), cipher, tuple(slots), (digest,))


def _luks2(header: bytes) -> _Header:
    told = json.loads(header[_BINARY:].rstrip(b"\0"))
    length = 2 * len(header) + int(told["config"]["keyslots_size"])
    slots = tuple(
        _Slot(
            slot["kdf"] | {"salt": base64.b64decode(slot["kdf"]["salt"])},
            slot["area"]["encryption"],
            slot["area"]["key_size"],
            int(slot["area"]["offset"]),
            slot["af"]["stripes"],
            slot["af"]["hash"],
            slot["key_size"],
        )
        for slot in told["keyslots"].values()
    )
    digests = tuple(
        _Digest(
            one["hash"], base64.b64decode(one["salt"]), one["iterations"], base64.b64decode(one["digest"])
        )
        for one in told["digests"].values()
    )
    cipher = next((one["encryption"] for one in told["segments"].values() if "encryption" in one), "")
    return _Header(len(header), length, _text(header[_UUID]).encode(), cipher, slots, digests)


def _text(field: bytes) -> str:
    return field.split(b"\0")[0].decode("ascii")


def _open(store: Store, passphrase: bytes) -> Opened:
    header = _header(store)
    slots = [slot for slot in header.slots if slot.cipher == _CIPHER]
    if not slots:
        raise NotOpened(Reason.UNREADABLE)
    header.see()
    until, dear = time.monotonic() + _PATIENCE, False
    for slot in slots:
        if time.monotonic() > until:
            raise TooDear
        try:
            key = _candidate(store, slot, passphrase)
        except TooDear:
            dear = True
            continue
        if any(digest.matches(key) for digest in header.digests):
            return (master(f"LUKS {header.cipher} {len(key) * 8}", key),)
    if dear:
        raise TooDear
    raise NotOpened(Reason.WRONG_PASSPHRASE)


def _candidate(store: Store, slot: _Slot, passphrase: bytes) -> bytes:
    """The volume key, if this is the passphrase of the slot.

    Raises:
        TooDear: when its header asks for more than is given to one.
    """
    if slot.stripes > _STRIPES or slot.volume_key > _WIDEST:
        raise TooDear
    area = store.read(slot.offset, -(-slot.volume_key * slot.stripes // SECTOR) * SECTOR)
    split = xts(_derived(slot.kdf, passphrase, slot.wide), area)
    return _merged(split, slot.volume_key, slot.stripes, slot.hash)


def _derived(kdf: dict[str, Any], passphrase: bytes, length: int) -> bytes:
    if kdf["type"] == "pbkdf2":
        return pbkdf2(kdf["hash"], passphrase, kdf["salt"], kdf["iterations"], length)
    cost = kdf["memory"], kdf["time"], kdf["cpus"]
    return argon2(kdf["type"], passphrase, kdf["salt"], cost, length)


def _merged(split: bytes, length: int, stripes: int, hash_: str) -> bytes:
    """Undo the anti-forensic split: every stripe is needed."""
    mixed = bytes(length)
    for number in range(stripes):
        stripe = split[number * length : (number + 1) * length]
        mixed = (int.from_bytes(mixed, "big") ^ int.from_bytes(stripe, "big")).to_bytes(length, "big")
        if number < stripes - 1:
            mixed = _diffused(mixed, hash_)
    return mixed


def _diffused(data: bytes, hash_: str) -> bytes:
    size = hashlib.new(hash_).digest_size
    parts = []
    for number, at in enumerate(range(0, len(data), size)):
        part = data[at : at + size]
        parts.append(hashlib.new(hash_, number.to_bytes(4, "big") + part).digest()[: len(part)])
    return b"".join(parts)


def _spans(store: Store) -> tuple[Span, ...]:
    header = _header(store)
    return Span(header.first, min(header.length, store.size)), Span(0, header.first)


def _marks(store: Store) -> tuple[bytes, ...]:
    """Every header backup has the volume's UUID, filled up with zeros as no text has it."""
    return (_header(store).uuid.ljust(40, b"\0"),)


def _rewrap(data: bytes, key: PrivateKey) -> Rewrap:
    """Whether a header of whatever UUID has the digest of this very volume key."""
    secret = key.secret
    if not data.startswith(_PRIMARY) or not isinstance(secret, MasterKey):
        return Rewrap.NO
    try:
        header = _header(store_over(data))
        header.see()
        return Rewrap.YES if any(one.matches(secret.content) for one in header.digests) else Rewrap.NO
    except (NotOpened, ValueError, KeyError, struct.error):
        return Rewrap.NO


# Not `drawn`: cryptsetup takes a volume key that is brought, and no header tells.
KIND: Final = Kind("luks", _open, _spans, _marks, container=True, rewrap=_rewrap, wrap_hints=(_PRIMARY,))
