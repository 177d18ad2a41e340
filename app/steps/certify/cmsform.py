"""The form of a CMS signature: no byte in it may be free, so that no bit can be changed unseen.

A signature covers the content and its signed attributes; versions, algorithm names and
lengths around them are covered by nothing. Here they are pinned to the few values that
Lethe's own signatures have (RFC 5652).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import Any, Final

from app.steps.certify.names import cure_names

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


def form_fault(der: bytes, fingerprints: Collection[str]) -> str:
    """Say what is not as it must be in a detached CMS signature by exactly these people; empty when nothing.

    `fingerprints` are SHA-256 of the signers' certificates, hex.
    """
    cure_names()
    from asn1crypto.cms import ContentInfo

    try:
        info = ContentInfo.load(der, strict=True)
        if info["content_type"].native != "signed_data":
            return "not signed data"
        signed = info["content"]
        fault = _outer_fault(signed) or _people_fault(signed, fingerprints)
        return fault or ("" if info.dump(force=True) == der else "not in DER")
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


def _outer_fault(signed: Any) -> str:
    if signed["version"].native != "v1":
        return "another version of signed data"
    if {algorithm.dump() for algorithm in signed["digest_algorithms"]} - _DIGESTS:
        return "another digest algorithm"
    content = signed["encap_content_info"]
    if content["content_type"].native != "data" or content["content"].native is not None:
        return "content inside a detached signature"
    return "revocation lists inside" if len(signed["crls"]) else ""


def _people_fault(signed: Any, fingerprints: Collection[str]) -> str:
    found = [choice.chosen for choice in signed["certificates"]]
    if sorted(hashlib.sha256(one.dump()).hexdigest() for one in found) != sorted(fingerprints):
        return "the certificates inside are not the signers'"
    holders = {
        (one["tbs_certificate"]["issuer"].dump(), one["tbs_certificate"]["serial_number"].native) for one in found
    }
    signers = list(signed["signer_infos"])
    named = {(s["sid"].chosen["issuer"].dump(), s["sid"].chosen["serial_number"].native) for s in signers}
    if named != holders or len(signers) != len(found):
        return "a signature names another certificate"
    return next(filter(None, map(_signer_fault, signers)), "")


def _signer_fault(signer: Any) -> str:
    if signer["version"].native != "v1":
        return "another version of signer"
    if signer["digest_algorithm"].dump() not in _DIGESTS:
        return "another digest algorithm of a signer"
    if signer["signature_algorithm"].dump() not in _SIGNATURES:
        return "another signature algorithm"
    return "unsigned attributes" if len(signer["unsigned_attrs"]) else ""


def _der_size(value: bytes) -> int:
    """Length of the DER element at the start, header included."""
    first = value[1]
    if first < 0x80:
        return 2 + first
    count = first & 0x7F
    return 2 + count + int.from_bytes(value[2 : 2 + count], "big")
