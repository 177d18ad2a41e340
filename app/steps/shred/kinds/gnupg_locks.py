"""How GnuPG's agent locks a secret key in its file, after its agent/keyformat.txt and agent/cvt-openpgp.c."""

from __future__ import annotations

from typing import Final

from app.domain.outcome import Reason
from app.steps.shred.kinds.contract import NotOpened
from app.steps.shred.kinds.openpgp import HASHES, Numbers, SecretPacket, s2k, unlocked
from app.steps.shred.kinds.sexp import Sexp, canonical, named, parse

_WIDE: Final = 16
_NATIVE: Final = b"openpgp-native"
"""The lock of the packet that was imported: it stays until somebody types the passphrase."""
_ALGORITHMS: Final = {b"rsa": 1, b"elg": 16, b"dsa": 17, b"ecc": 18}
_CHECKS: Final = {b"sha1": 254, b"sum": 255}
_CIPHERS: Final = {b"3DES": 2, b"CAST5": 3, b"BLOWFISH": 4, b"AES": 7, b"AES192": 8, b"AES256": 9}
_HASHES: Final = {name.upper().encode(): number for number, name in HASHES.items()}


def opened(key: list[Sexp], passphrase: bytes) -> list[Sexp]:
    """The secret numbers of a key, each in a list after its letter.

    Raises:
        NotOpened: WRONG_PASSPHRASE, or UNREADABLE for a lock that is not known here.
    """
    match named(key, b"protected"):
        case [_, way, list(packet)] if way == _NATIVE:
            return lists(unlocked(_packet(key, packet), passphrase))
        case [_, bytes(way), [[_, bytes(salt), bytes(count)], bytes(nonce)], bytes(text)]:
            secret = s2k("sha1", salt, int(count), passphrase, _WIDE)
        case _:
            raise NotOpened(Reason.UNREADABLE)
    if way == b"openpgp-s2k3-ocb-aes":
        plain = _unsealed(secret, nonce, text, [one for one in key if one[:1] != [b"protected"]])
    elif way == b"openpgp-s2k3-sha1-aes-cbc":
        plain = _decrypted(secret, nonce, text)
    else:
        raise NotOpened(Reason.UNREADABLE)
    return _numbers(plain)


def sealed(key: list[Sexp]) -> bytes:
    """What is locked of a key; nothing where it is locked in no way that is known here."""
    last = named(key, b"protected")[-1]
    text = named(last, b"skey")[-1] if isinstance(last, list) else last
    return text if isinstance(text, bytes) else b""


def lists(numbers: Numbers) -> list[Sexp]:
    """Numbers as they stand in a key of the agent."""
    return [[name.encode(), number] for name, number in numbers.items()]


def _packet(key: list[Sexp], told: list[Sexp]) -> SecretPacket:
    """The packet that was imported, as far as it takes to unlock it."""
    match key[0], named(told, b"skey"), named(told, b"protection"):
        case (
            bytes(name),
            [*_, b"e", bytes(text)],
            [_, bytes(check), bytes(cipher), bytes(vector), b"3", bytes(hashed), bytes(salt), bytes(count)],
        ):
            how = bytes([_CHECKS[check], _CIPHERS[cipher], 3, _HASHES[hashed]])
            rest = how + salt + bytes([int(count)]) + vector + text
            return SecretPacket(_ALGORITHMS[name], "", {}, "", rest, rest)
    raise NotOpened(Reason.UNREADABLE)


def _unsealed(secret: bytes, nonce: bytes, text: bytes, rest: list[Sexp]) -> bytes:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESOCB3

    try:
        return AESOCB3(secret).decrypt(nonce, text, canonical(rest))
    except InvalidTag:
        raise NotOpened(Reason.WRONG_PASSPHRASE) from None


def _decrypted(secret: bytes, nonce: bytes, text: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CBC

    return Cipher(AES(secret), CBC(nonce)).decryptor().update(text)


def _numbers(plain: bytes) -> list[Sexp]:
    """Read what was unlocked; a lock without a seal gives noise for a wrong passphrase."""
    try:
        numbers, *_ = parse(plain)
    except ValueError:
        raise NotOpened(Reason.WRONG_PASSPHRASE) from None
    return [*numbers]
