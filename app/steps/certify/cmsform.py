"""The form of a CMS signature: no byte in it may be free, so that no bit can be changed unseen.

A signature covers the content and its signed attributes; versions, algorithm names and
lengths around them are covered by nothing. Here the whole is built again from what is
covered and the few values that Lethe's own signatures have (RFC 5652), and compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import Any, Final

from app.identity.names import cure_names

_DIGESTS: Final = frozenset(
    bytes.fromhex(der)
    for der in ("300b0609608648016503040201", "300d06096086480165030402010500")  # SHA-256
)
_SIGNATURES: Final = frozenset(
    bytes.fromhex(der)
    for der in (
        "300a06082a8648ce3d040302",  # ECDSA with SHA-256
        "300d06092a864886f70d01010b0500",  # RSA PKCS#1 v1.5 with SHA-256
        "300d06092a864886f70d0101010500",  # RSA, digest named beside it
    )
)
_VERSION_1: Final = bytes.fromhex("020101")
_SIGNED_DATA: Final = bytes.fromhex("06092a864886f70d010702")
_DATA: Final = bytes.fromhex("300b06092a864886f70d010701")
_SEQUENCE, _SET, _OCTETS, _FIRST = 0x30, 0x31, 0x04, 0xA0


def form_fault(der: bytes, fingerprints: Collection[str]) -> str:
    """Say what is not as it must be in a detached CMS signature by exactly these people; empty when nothing.

    `fingerprints` are SHA-256 of the signers' certificates, hex.
    """
    cure_names()
    # From here, so that the names of time stamps are known before names are looked up by meaning.
    from asn1crypto.tsp import ContentInfo

    try:
        signed = ContentInfo.load(der, strict=True)["content"]
        certificates = [choice.chosen for choice in signed["certificates"]]
        found = sorted(hashlib.sha256(one.dump()).hexdigest() for one in certificates)
        if found != sorted(fingerprints) or len(signed["signer_infos"]) != len(found):
            return "the certificates inside are not the signers'"
        return "" if _rebuilt(signed, certificates) == der else "it holds more or other than Lethe writes"
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        return f"not readable: {error}"


def embedded_fault(gap: bytes, fingerprint: str) -> str:
    """Say what is wrong with the hexadecimal signature in a PDF, brackets and padding included."""
    digits = gap[1:-1]
    if gap[:1] != b"<" or gap[-1:] != b">" or digits != digits.upper():
        return "the signature is not written in upper-case hexadecimal"
    try:
        value = bytes.fromhex(digits.decode("ascii"))
        size = _der_size(value)
    except (ValueError, IndexError) as error:
        return f"the signature is not readable: {error}"
    if any(value[size:]):
        return "there are bytes behind the signature"
    return form_fault(value[:size], {fingerprint})


def _rebuilt(signed: Any, certificates: list[Any]) -> bytes:
    """Write the signature anew: every part is fixed, or covered by a signature or a fingerprint."""
    holders = [
        _der(_SEQUENCE, body["issuer"].dump(), body["serial_number"].dump())
        for body in (one["tbs_certificate"] for one in certificates)
    ]
    signers = [_signer(one, holders) for one in signed["signer_infos"]]
    digests = [_known(one.dump(), _DIGESTS) for one in signed["digest_algorithms"]]
    content = _der(
        _SEQUENCE,
        _VERSION_1,
        _der(_SET, *digests),
        _DATA,
        _der(_FIRST, *(one.dump() for one in certificates)),
        _der(_SET, *signers),
    )
    return _der(_SEQUENCE, _SIGNED_DATA, _der(_FIRST, content))


def _signer(one: Any, holders: list[bytes]) -> bytes:
    return _der(
        _SEQUENCE,
        _VERSION_1,
        # Each holder signs once.
        holders.pop(holders.index(one["sid"].chosen.dump())),
        _known(one["digest_algorithm"].dump(), _DIGESTS),
        _der(_FIRST, one["signed_attrs"].contents),
        _known(one["signature_algorithm"].dump(), _SIGNATURES),
        _der(_OCTETS, one["signature"].native),
    )


def _known(der: bytes, allowed: Collection[bytes]) -> bytes:
    if der not in allowed:
        raise ValueError("another algorithm")
    return der


def _der(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def _der_size(value: bytes) -> int:
    """Length of the DER element at the start, header included."""
    first = value[1]
    if first < 0x80:
        return 2 + first
    count = first & 0x7F
    return 2 + count + int.from_bytes(value[2 : 2 + count], "big")
