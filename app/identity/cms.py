"""Detached CMS signatures (RFC 5652), made and checked offline."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from app.domain.case import Role
from app.domain.fault import Fault, Refused
from app.identity.certificate import has_signed, read_holder
from app.identity.person import Identity

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.hashes import HashAlgorithm

_SET_OF: Final = b"\x31"


@dataclass(frozen=True, slots=True)
class Signer:
    """One signer of a CMS file, `certificate` in DER.

    `role` is None and the name empty when their certificate can't be trusted.
    """

    name: str
    role: Role | None
    fingerprint: str
    valid: bool
    certificate: bytes = b""


def cms_detached(data: bytes, people: Sequence[Identity]) -> bytes:
    """Give the detached binary signature of all these people in DER; `openssl cms -verify -binary` reads it.

    Raises:
        Refused: PERSON_MISSING for nobody; PASSPHRASE_MISSING for a locked person.
    """
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

    if not people:
        raise Refused(Fault.PERSON_MISSING, Role.OFFICER.value)
    builder = pkcs7.PKCS7SignatureBuilder().set_data(data)
    for person in people:
        key, certificate = person.key_and_certificate()
        builder = builder.add_signer(certificate, key, hashes.SHA256())
    options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
    return builder.sign(Encoding.DER, options)


def cms_verify(data: bytes, p7s: bytes) -> tuple[Signer, ...]:
    """Say who signed `data` and whether each signature holds; certificates must be self-signed.

    The signing time in the file is the signer's word and is not checked. There is at least one signer.

    Raises:
        Refused: NOT_VERIFIABLE when it is no signed CMS file in DER, or nobody signed.
    """
    # From here, so that the names of time stamps are known before names are looked up by meaning.
    from asn1crypto.tsp import ContentInfo

    try:
        info = ContentInfo.load(p7s, strict=True)
        if info["content_type"].native != "signed_data":
            raise Refused(Fault.NOT_VERIFIABLE, "", "CMS signed data")
        signed = info["content"]
        certificates = [choice.chosen for choice in signed["certificates"]]
        signers = tuple(_look(one, certificates, signed, data) for one in signed["signer_infos"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Refused(Fault.NOT_VERIFIABLE, "", str(error)) from error
    if not signers:
        raise Refused(Fault.NOT_VERIFIABLE, "", "no signer")
    return signers


def _look(info: Any, certificates: Sequence[Any], signed: Any, data: bytes) -> Signer:
    der = _certificate(info, certificates)
    try:
        holder = read_holder(der)
        valid = _content_fits(signed, data) and _holds(info, der, data)
    except (ValueError, LookupError):
        return Signer("", None, hashlib.sha256(der).hexdigest() if der else "", valid=False)
    return Signer(holder.name, holder.role, holder.fingerprint, valid, der)


def _certificate(info: Any, certificates: Sequence[Any]) -> bytes:
    """Find the signer's certificate by issuer bytes and serial: never by parsed names.

    asn1crypto prepares names by Unicode 3.2 and fails on newer characters.
    """
    if info["sid"].name != "issuer_and_serial_number":
        return b""
    issuer = info["sid"].chosen["issuer"].dump()
    serial = info["sid"].chosen["serial_number"].native
    for certificate in certificates:
        body = certificate["tbs_certificate"]
        if body["issuer"].dump() == issuer and body["serial_number"].native == serial:
            return bytes(certificate.dump())
    return b""


def _content_fits(signed: Any, data: bytes) -> bool:
    """Detached, or the very same data inside: else a reader would be shown other content than was signed."""
    content = signed["encap_content_info"]
    return content["content_type"].native == "data" and content["content"].native in (None, data)


def _holds(info: Any, der: bytes, data: bytes) -> bool:
    name = info["digest_algorithm"]["algorithm"].native
    algorithm = _algorithm(name)
    value = info["signature"].native
    attributes = info["signed_attrs"]
    if not len(attributes):
        return has_signed(der, value, data, algorithm)
    found = {one["type"].native: [v.native for v in one["values"]] for one in attributes}
    if found.get("message_digest") != [hashlib.new(name, data).digest()]:
        return False
    if found.get("content_type") != ["data"] or len(found) != len(attributes):
        return False
    # RFC 5652 section 5.4: signed is the SET OF tag, not the [0] that stands in the file.
    return has_signed(der, value, _SET_OF + attributes.dump()[1:], algorithm)


def _algorithm(name: str) -> HashAlgorithm:
    from cryptography.hazmat.primitives import hashes

    known: dict[str, HashAlgorithm] = {
        "sha256": hashes.SHA256(),
        "sha384": hashes.SHA384(),
        "sha512": hashes.SHA512(),
    }
    if name not in known:
        raise ValueError(f"digest {name}")
    return known[name]
