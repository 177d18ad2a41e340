"""Canaries: what only the private key can answer, laid before it is destroyed, tried before and after."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from app.steps.shred.kinds.contract import MasterKey, PrivateKey

_INFO: Final = b"lethe canary 1"


@dataclass(frozen=True, slots=True)
class Canary:
    """One lock made with a key, or with the public half of one.

    `answers` says whether a key opens it. `challenge` is the ciphertext, or the text to
    be signed where the key can only sign.
    """

    fingerprint: str
    method: str
    challenge: bytes
    answers: Callable[[Any], bool] = field(repr=False, compare=False)


def lay(keys: Sequence[PrivateKey]) -> tuple[Canary, ...] | None:
    """Lay a canary for each key and see that each key answers its own; None when one does not."""
    canaries = tuple(found for found in map(_lay, keys) if found is not None)
    return canaries if len(canaries) == len(keys) and answered(canaries, keys) == len(keys) else None


def answered(canaries: Sequence[Canary], keys: Sequence[PrivateKey]) -> int:
    """Count the canaries that one of these keys still answers."""
    return sum(
        any(key.fingerprint == canary.fingerprint and _tries(canary, key) for key in keys)
        for canary in canaries
    )


def digest(canaries: Sequence[Canary]) -> str:
    """SHA-256, hex, over the challenges, in order: what the evidence keeps of them."""
    return hashlib.sha256(b"".join(canary.challenge for canary in canaries)).hexdigest()


def _tries(canary: Canary, key: PrivateKey) -> bool:
    import pyrage
    from cryptography.exceptions import InvalidSignature, InvalidTag

    try:
        return canary.answers(key.secret)
    except (ValueError, InvalidTag, InvalidSignature, pyrage.DecryptError):
        return False


def _lay(key: PrivateKey) -> Canary | None:
    for make in (_master, _age, _oaep, _agreement, _signature):
        made = make(key.secret)
        if made is not None:
            return Canary(key.fingerprint, *made)
    return None


_Made = tuple[str, bytes, Callable[[Any], bool]] | None


def _master(secret: Any) -> _Made:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if not isinstance(secret, MasterKey):
        return None
    text, nonce = secrets.token_bytes(32), secrets.token_bytes(12)
    sealed = AESGCM(_key(secret.content)).encrypt(nonce, text, None)

    def opens(other: Any) -> bool:
        return AESGCM(_key(other.content)).decrypt(nonce, sealed, None) == text

    return "master-aes-gcm", nonce + sealed, opens


def _age(secret: Any) -> _Made:
    import pyrage

    if not isinstance(secret, pyrage.x25519.Identity):
        return None
    text = secrets.token_bytes(32)
    sealed = bytes(pyrage.encrypt(text, [secret.to_public()]))
    return "age", sealed, lambda private: bool(pyrage.decrypt(sealed, [private]) == text)


def _oaep(secret: Any) -> _Made:
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from cryptography.hazmat.primitives.hashes import SHA256

    if not isinstance(secret, rsa.RSAPrivateKey):
        return None
    scheme = padding.OAEP(padding.MGF1(SHA256()), SHA256(), None)
    text = secrets.token_bytes(32)
    sealed = secret.public_key().encrypt(text, scheme)
    return "rsa-oaep", sealed, lambda private: bool(private.decrypt(sealed, scheme) == text)


def _agreement(secret: Any) -> _Made:
    from cryptography.hazmat.primitives.asymmetric import ec, x448, x25519
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    text, nonce = secrets.token_bytes(32), secrets.token_bytes(12)
    public = secret.public_key()
    other: Any
    how: tuple[Any, ...] = ()
    if isinstance(secret, ec.EllipticCurvePrivateKey):
        other = ec.generate_private_key(secret.curve)
        how = (ec.ECDH(),)
    elif isinstance(secret, x25519.X25519PrivateKey):
        other = x25519.X25519PrivateKey.generate()
    elif isinstance(secret, x448.X448PrivateKey):
        other = x448.X448PrivateKey.generate()
    else:
        return None
    there = other.public_key()
    sealed = AESGCM(_key(other.exchange(*how, public))).encrypt(nonce, text, None)

    def opens(private: Any) -> bool:
        return AESGCM(_key(private.exchange(*how, there))).decrypt(nonce, sealed, None) == text

    return "ecdh-aes-gcm", nonce + sealed, opens


def _key(shared: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), 32, None, _INFO).derive(shared)


def _signature(secret: Any) -> _Made:
    from cryptography.hazmat.primitives.asymmetric import dsa, ed448, ed25519
    from cryptography.hazmat.primitives.hashes import SHA256

    known = (dsa.DSAPrivateKey, ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)
    if not isinstance(secret, known):
        return None
    text, public = secrets.token_bytes(32), secret.public_key()
    how = (SHA256(),) if isinstance(secret, dsa.DSAPrivateKey) else ()

    def signs(private: Any) -> bool:
        public.verify(private.sign(text, *how), text, *how)
        return True

    return "signature", text, signs
