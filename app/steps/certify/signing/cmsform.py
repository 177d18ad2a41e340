"""The form of a CMS signature: no byte in it may be free, so that no bit can be changed unseen.

A signature covers the content and its signed attributes; versions, algorithm names and
lengths around them are covered by nothing. Here the whole is built again from what is
covered and the few values that Lethe's own signatures have (RFC 5652), and compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from app.identity.names import cure_names
from app.steps.certify.signing.der import FIRST, OCTETS, SECOND, SEQUENCE, SET, der, der_size
from app.steps.certify.signing.timestamp import Stamped, read_stamp

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
_STAMP: Final = bytes.fromhex("060b2a864886f70d010910020e")
"""id-aa-timeStampToken (RFC 3161, appendix A)."""
_VERSION_1: Final = bytes.fromhex("020101")
_SIGNED_DATA: Final = bytes.fromhex("06092a864886f70d010702")
_DATA: Final = bytes.fromhex("300b06092a864886f70d010701")


def form_fault(cms: bytes, signers: Collection[str], above: Iterable[str] = ()) -> str:
    """Say what is not as it must be in a detached CMS signature by exactly these people; empty when nothing.

    `signers` are SHA-256 of the signers' certificates, hex, `above` of the chains over them.
    """
    try:
        signed, certificates = _opened(cms)
        found = sorted(certificates)
        if found != sorted({*signers, *above}) or len(signed["signer_infos"]) != len(signers):
            return "the certificates inside are not the signers'"
        own = [certificates[one] for one in signers]
        return "" if _rebuilt(signed, own) == cms else "it holds more or other than Lethe writes"
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        return f"not readable: {error}"


def embedded_fault(gap: bytes, signer: str, above: Iterable[str] = ()) -> str:
    """Say what is wrong with the hexadecimal signature in a PDF, brackets and padding included."""
    try:
        return form_fault(embedded(gap), {signer}, above)
    except ValueError as error:
        return str(error)


def embedded(gap: bytes) -> bytes:
    """Give the signature that stands in a PDF as hexadecimal, with brackets and padding.

    Raises:
        ValueError: when a byte there is other than Lethe writes it.
    """
    digits = gap[1:-1]
    if gap[:1] != b"<" or gap[-1:] != b">" or digits != digits.upper():
        raise ValueError("the signature is not written in upper-case hexadecimal")
    try:
        value = bytes.fromhex(digits.decode("ascii"))
        size = der_size(value)
    except (ValueError, IndexError) as error:
        raise ValueError(f"the signature is not readable: {error}") from error
    if any(value[size:]):
        raise ValueError("there are bytes behind the signature")
    return value[:size]


def stamp_in(cms: bytes) -> Stamped | None:
    """Read the time stamp in the signature of one person; None when there is none.

    Raises:
        ValueError: when there is one that does not hold, or the signature can't be read.
    """
    try:
        signed, _ = _opened(cms)
        (signer,) = signed["signer_infos"]
        token = _token(signer)
        return read_stamp(token, signer["signature"].native) if token else None
    except (TypeError, KeyError, AttributeError, IndexError) as error:
        raise ValueError(f"not readable: {error}") from error


def _opened(cms: bytes) -> tuple[Any, dict[str, Any]]:
    """The signed data, and its certificates by their SHA-256."""
    cure_names()
    # From here, so that the names of time stamps are known before names are looked up by meaning.
    from asn1crypto.tsp import ContentInfo

    signed = ContentInfo.load(cms, strict=True)["content"]
    certificates = [choice.chosen for choice in signed["certificates"]]
    named = {hashlib.sha256(one.dump()).hexdigest(): one for one in certificates}
    if len(named) != len(certificates):
        raise ValueError("a certificate stands there twice")
    return signed, named


def _token(signer: Any) -> bytes:
    """The time stamp token of a signer, as it stands there; empty without one."""
    attributes = signer["unsigned_attrs"]
    if not len(attributes):
        return b""
    (attribute,) = attributes
    (token,) = attribute["values"]
    if attribute["type"].native != "signature_time_stamp_token":
        raise ValueError("an attribute that nobody signed")
    return bytes(token.dump())


def _rebuilt(signed: Any, own: Sequence[Any]) -> bytes:
    """Write the signature anew: every part is fixed, or covered by a signature or a fingerprint."""
    holders = [
        der(SEQUENCE, body["issuer"].dump(), body["serial_number"].dump())
        for body in (one["tbs_certificate"] for one in own)
    ]
    signers = [_signer(one, holders) for one in signed["signer_infos"]]
    digests = [_known(one.dump(), _DIGESTS) for one in signed["digest_algorithms"]]
    content = der(
        SEQUENCE,
        _VERSION_1,
        der(SET, *digests),
        _DATA,
        der(FIRST, *(one.chosen.dump() for one in signed["certificates"])),
        der(SET, *signers),
    )
    return der(SEQUENCE, _SIGNED_DATA, der(FIRST, content))


def _signer(one: Any, holders: list[bytes]) -> bytes:
    token = _token(one)
    if token:
        read_stamp(token, one["signature"].native)
    return der(
        SEQUENCE,
        _VERSION_1,
        # Each holder signs once.
        holders.pop(holders.index(one["sid"].chosen.dump())),
        _known(one["digest_algorithm"].dump(), _DIGESTS),
        der(FIRST, one["signed_attrs"].contents),
        _known(one["signature_algorithm"].dump(), _SIGNATURES),
        der(OCTETS, one["signature"].native),
        *([der(SECOND, der(SEQUENCE, _STAMP, der(SET, token)))] if token else []),
    )


def _known(algorithm: bytes, allowed: Collection[bytes]) -> bytes:
    if algorithm not in allowed:
        raise ValueError("another algorithm")
    return algorithm
