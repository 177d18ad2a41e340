"""What makes a key on a PKCS#11 token this very one, whatever its name: its public half or a check value."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from typing import Any, Final

_OWN: Final = ("MODULUS", "PUBLIC_EXPONENT", "CHECK_VALUE", "UNIQUE_ID")
_DIGEST: Final = 32


def attribute(one: Any, name: str, default: Any) -> Any:
    """An attribute of an object; `default` where the token does not tell it."""
    import pkcs11

    try:
        return one[getattr(pkcs11.Attribute, name)]
    except pkcs11.PKCS11Error:
        return default


def print_of(one: Any) -> str:
    """SHA-256, hex, of what no other key has; empty where the token gives nothing that tells.

    The private half of a curve says nothing of itself: the public object of its name only
    counts when it verifies a signature that this half makes now.
    """
    parts = [attribute(one, name, b"") or b"" for name in _OWN]
    told = [part.encode() if isinstance(part, str) else bytes(part) for part in parts]
    told += [b"", _public_of(one)] if not any(told) else []
    return hashlib.sha256(b"|".join(told)).hexdigest() if any(told) else ""


def _public_of(one: Any) -> bytes:
    import pkcs11

    if one.key_type is not pkcs11.KeyType.EC or not attribute(one, "SIGN", False):
        return b""
    digest = secrets.token_bytes(_DIGEST)
    try:
        signed = bytes(one.sign(digest, mechanism=pkcs11.Mechanism.ECDSA))
        return next((half for half in _halves(one) if _verifies(half, signed, digest)), b"")
    except (pkcs11.PKCS11Error, ValueError, TypeError):
        return b""


def _halves(one: Any) -> Iterator[bytes]:
    """The public objects of the key's id or label, as SubjectPublicKeyInfo."""
    from pkcs11 import Attribute, KeyType, ObjectClass
    from pkcs11.util.ec import encode_ec_public_key

    public = {Attribute.CLASS: ObjectClass.PUBLIC_KEY, Attribute.KEY_TYPE: KeyType.EC}
    for name, value in ((Attribute.ID, bytes(one.id or b"")), (Attribute.LABEL, one.label or "")):
        if value:
            for half in list(one.session.get_objects({**public, name: value})):
                yield bytes(encode_ec_public_key(half))


def _verifies(half: bytes, signed: bytes, digest: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    middle = len(signed) // 2
    numbers = (int.from_bytes(part, "big") for part in (signed[:middle], signed[middle:]))
    try:
        # Any: what these bytes were made of is a curve's key.
        key: Any = load_der_public_key(half)
        key.verify(encode_dss_signature(*numbers), digest, ec.ECDSA(Prehashed(SHA256())))
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True
