"""OpenPGP packets of secret keys, RFC 9580 5.5: an old `secring.gpg`, and what an export writes.

Keys of version 4 are read, which GnuPG has made since 1999. A key of another version, or on a card,
stands here as one that nothing opens.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from app.domain.outcome import Reason
from app.steps.shred.kinds.contract import NotOpened

_SECRET: Final = (5, 7)
"""Tags of a secret key and of a secret subkey."""
_NAMES: Final = {1: "RSA", 2: "RSA", 3: "RSA", 16: "ElGamal", 17: "DSA", 18: "ECDH", 19: "ECDSA", 22: "EdDSA"}
_PUBLIC: Final = {1: "ne", 2: "ne", 3: "ne", 16: "pgy", 17: "pqgy"}
_PRIVATE: Final = {1: "dpqu", 2: "dpqu", 3: "dpqu", 16: "x", 17: "x", 18: "d", 19: "d", 22: "d"}
_AGREED: Final = 18
_CURVES: Final = {
    "2b06010401da470f01": "Ed25519",
    "2b060104019755010501": "Curve25519",
    "2a8648ce3d030107": "NIST P-256",
    "2b81040022": "NIST P-384",
    "2b81040023": "NIST P-521",
    "2b8104000a": "secp256k1",
    "2b2403030208010107": "brainpoolP256r1",
    "2b240303020801010b": "brainpoolP384r1",
    "2b240303020801010d": "brainpoolP512r1",
}
HASHES: Final = {1: "md5", 2: "sha1", 3: "ripemd160", 8: "sha256", 9: "sha384", 10: "sha512", 11: "sha224"}
_CIPHERS: Final = {2: ("TripleDES", 24, 8), 3: ("CAST5", 16, 8), 4: ("Blowfish", 16, 8),
                   7: ("AES", 16, 16), 8: ("AES", 24, 16), 9: ("AES", 32, 16)}  # fmt: skip
"""By their numbers: name, bytes of the key, bytes of a block."""
_HASHED, _SUMMED, _PLAIN = 254, 255, 0
_DIGEST: Final = 20
_LARGEST_COUNT: Final = 1 << 31
"""Bytes that are hashed for a key: some seconds. GnuPG's agent takes as many as it can in a tenth of one."""
_SUM: Final = 2
Numbers = dict[str, bytes]


@dataclass(frozen=True, slots=True)
class SecretPacket:
    """One secret key. `public` are its numbers by their letters, `q` of a curve its point.

    `rest` is what follows the public half; `fingerprint` is in hex.
    """

    algorithm: int
    curve: str
    public: Numbers
    fingerprint: str
    body: bytes = field(repr=False)
    rest: bytes = field(repr=False)

    @property
    def name(self) -> str:
        """As it is printed, with the size or the curve where they are known."""
        size = 8 * len(next(iter(self.public.values()), b"").lstrip(b"\0"))
        return f"{_NAMES.get(self.algorithm, 'OpenPGP')}-{self.curve or size or ''}".removesuffix("-")

    @property
    def half(self) -> bytes:
        """All that stands before the secret."""
        return self.body[: len(self.body) - len(self.rest)]


def packets(data: bytes) -> list[SecretPacket]:
    """The secret keys in some packets, in their order.

    Raises:
        ValueError: when these are no packets, or they are cut.
    """
    return [_secret(body) for tag, body in _packets(data) if tag in _SECRET]


def _packets(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        first, at = data[at], at + 1
        if not first & 0x80:
            raise ValueError("no packet")
        if first & 0x40:
            tag, (length, at) = first & 0x3F, _new_length(data, at)
        else:
            tag, wide = first >> 2 & 0x0F, 1 << (first & 3)
            if wide == 8:
                raise ValueError("a packet without an end")
            length, at = int.from_bytes(data[at : at + wide], "big"), at + wide
        if at + length > len(data):
            raise ValueError("a packet that is cut")
        yield tag, data[at : at + length]
        at += length


def _new_length(data: bytes, at: int) -> tuple[int, int]:
    first = data[at]
    if first < 192:
        return first, at + 1
    if first < 224:
        return (first - 192 << 8) + data[at + 1] + 192, at + 2
    if first < 255:
        raise ValueError("a packet in parts")
    return int.from_bytes(data[at + 1 : at + 5], "big"), at + 5


def _secret(body: bytes) -> SecretPacket:
    if not body or body[0] != 4:
        return SecretPacket(0, "", {}, "", body, b"")
    algorithm, at, curve = body[5], 6, ""
    public: Numbers = {}
    if algorithm in _PUBLIC:
        public, at = _numbers(body, at, _PUBLIC[algorithm])
    elif algorithm in _PRIVATE:
        stop = at + 1 + body[at]
        curve, at = _CURVES.get(body[at + 1 : stop].hex(), "?"), stop
        public, at = _numbers(body, at, "q")
        at += 1 + body[at] if algorithm == _AGREED else 0
    half = body[:at]
    print_ = hashlib.sha1(b"\x99" + len(half).to_bytes(2, "big") + half, usedforsecurity=False).hexdigest()
    return SecretPacket(algorithm, curve, public, print_.upper(), body, body[at:])


def _numbers(data: bytes, at: int, letters: str) -> tuple[Numbers, int]:
    """Numbers of any length, each after its bits."""
    found = {}
    for letter in letters:
        size = -(-int.from_bytes(data[at : at + 2], "big") // 8)
        found[letter] = data[at + 2 : at + 2 + size]
        at += 2 + size
        if at > len(data):
            raise ValueError("a number that is cut")
    return found, at


def unlocked(packet: SecretPacket, passphrase: bytes) -> Numbers:
    """The secret numbers of a key.

    Raises:
        NotOpened: WRONG_PASSPHRASE, or UNREADABLE for what is on a card, or locked in a way that is
            not known here.
    """
    letters, rest = _PRIVATE.get(packet.algorithm), packet.rest
    if letters is None or not rest:
        raise NotOpened(Reason.UNREADABLE)
    if rest[0] == _PLAIN:
        plain, left = _numbers(rest, 1, letters)
        if int.from_bytes(rest[left : left + _SUM], "big") != sum(rest[1:left]) & 0xFFFF:
            raise NotOpened(Reason.UNREADABLE)
        return plain
    text, check = _decrypted(rest, passphrase)
    if not check:
        raise NotOpened(Reason.WRONG_PASSPHRASE)
    return _numbers(text, 0, letters)[0]


def _decrypted(rest: bytes, passphrase: bytes) -> tuple[bytes, bool]:
    """The secret numbers, and whether they are what was locked."""
    from cryptography.hazmat.primitives.ciphers import Cipher

    usage, number, how, hashed = rest[0], rest[1], rest[2], rest[3]
    if usage not in (_HASHED, _SUMMED) or number not in _CIPHERS or how not in (0, 1, 3):
        raise NotOpened(Reason.UNREADABLE)
    name, wide, block = _CIPHERS[number]
    at = 4
    salt, at = (rest[at : at + 8], at + 8) if how else (b"", at)
    count, at = ((16 + (rest[at] & 15)) << (rest[at] >> 4) + 6, at + 1) if how == 3 else (0, at)
    secret = s2k(HASHES.get(hashed, ""), salt, count, passphrase, wide)
    vector, sealed = rest[at : at + block], rest[at + block :]
    plain = Cipher(*_cipher(name, secret, vector)).decryptor().update(sealed)
    if usage == _HASHED:
        text, check = plain[:-_DIGEST], plain[-_DIGEST:]
        return text, hashlib.sha1(text, usedforsecurity=False).digest() == check
    text, check = plain[:-_SUM], plain[-_SUM:]
    return text, sum(text) & 0xFFFF == int.from_bytes(check, "big")


def _cipher(name: str, secret: bytes, vector: bytes) -> tuple[Any, Any]:
    from cryptography.hazmat.decrepit.ciphers import algorithms as old
    from cryptography.hazmat.decrepit.ciphers.modes import CFB
    from cryptography.hazmat.primitives.ciphers.algorithms import AES

    return (AES if name == "AES" else getattr(old, name))(secret), CFB(vector)


def s2k(name: str, salt: bytes, count: int, passphrase: bytes, wide: int) -> bytes:
    """Make a key of a passphrase, RFC 9580 3.7.1; `count` is in bytes, none means once.

    Raises:
        NotOpened: UNREADABLE for a hash that is not known here, for nothing at all to make it of, or
            for more bytes than anybody waits for.
    """
    once, made = salt + passphrase, b""
    if not once or count > _LARGEST_COUNT:
        raise NotOpened(Reason.UNREADABLE)
    try:
        zeros = 0
        while len(made) < wide:
            made += _hashed(name, zeros, once, count)
            zeros += 1
    except ValueError:
        raise NotOpened(Reason.UNREADABLE) from None
    return made[:wide]


def _hashed(name: str, zeros: int, once: bytes, count: int) -> bytes:
    state = hashlib.new(name, bytes(zeros), usedforsecurity=False)
    block, left = once * (1 + (1 << 20) // max(1, len(once))), max(count, len(once))
    while left > 0:
        state.update(block[:left])
        left -= len(block)
    return state.digest()
