"""Detached CMS signatures (RFC 5652), made and checked offline."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from app.domain.case import Role
from app.domain.fault import Fault, Refused
from app.identity.certificate import Holder, has_signed, read_holder
from app.identity.person import Identity

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.hashes import HashAlgorithm

_SET_OF: Final = b"\x31"


@dataclass(frozen=True, slots=True)
class Signer:
    """One signer of a CMS file, `certificate` in DER.

    `role` and `holder` are None and the name empty when their certificate can't be trusted.
    """

    name: str
    role: Role | None
    fingerprint: str
    valid: bool
    certificate: bytes = b""
    holder: Holder | None = None


def cms_detached(data: bytes, people: Sequence[Identity]) -> bytes:
    """Give the detached binary signature of all these people in DER; `openssl cms -verify -binary` reads it.

    The certificates are in it, with the chains of those that an authority issued.

    Raises:
        Refused: PERSON_MISSING for nobody; PASSPHRASE_MISSING for a locked person;
            TOKEN_UNUSABLE for a token that is gone.
    """
    # The names of time stamps must be known before any name is looked up by meaning.
    from asn1crypto import cms, tsp

    del tsp
    if not people:
        raise Refused(Fault.PERSON_MISSING, Role.OFFICER.value)
    at = datetime.now(UTC).replace(microsecond=0)
    certificates = dict.fromkeys(
        der for person in people for der in (person.certificate_der, *person.papers.chain)
    )
    signed = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [_sha256()],
            "encap_content_info": {"content_type": "data"},
            "certificates": [cms.Certificate.load(der) for der in certificates],
            "signer_infos": [_signed_by(person, data, at) for person in people],
        }
    )
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump())


def _signed_by(person: Identity, data: bytes, at: datetime) -> Any:
    """One person's part: their signature over content type, time and digest (RFC 5652, section 5.3)."""
    from asn1crypto import cms, core

    body = cms.Certificate.load(person.certificate_der)["tbs_certificate"]
    attributes = cms.CMSAttributes(
        [
            {"type": "content_type", "values": ["data"]},
            {"type": "signing_time", "values": [cms.Time({"utc_time": at})]},
            {"type": "message_digest", "values": [hashlib.sha256(data).digest()]},
        ]
    )
    rsa = body["subject_public_key_info"].algorithm == "rsa"
    method: dict[str, Any] = {"algorithm": "sha256_rsa" if rsa else "sha256_ecdsa"}
    return cms.SignerInfo(
        {
            "version": "v1",
            "sid": {
                "issuer_and_serial_number": {"issuer": body["issuer"], "serial_number": body["serial_number"]}
            },
            "digest_algorithm": _sha256(),
            "signed_attrs": attributes,
            "signature_algorithm": {**method, "parameters": core.Null()} if rsa else method,
            "signature": person.sign(attributes.dump()),
        }
    )


def _sha256() -> Any:
    from asn1crypto import algos

    return algos.DigestAlgorithm({"algorithm": "sha256"})


def cms_verify(data: bytes, p7s: bytes, roles: Mapping[str, Role] | None = None) -> tuple[Signer, ...]:
    """Say who signed `data` and whether each signature holds, by certificates as `read_holder` asks for.

    `roles`, by fingerprint, are for those whose authority's certificate names none.

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
        signers = tuple(_look(one, signed, data, roles or {}) for one in signed["signer_infos"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Refused(Fault.NOT_VERIFIABLE, "", str(error)) from error
    if not signers:
        raise Refused(Fault.NOT_VERIFIABLE, "", "no signer")
    return signers


def _look(info: Any, signed: Any, data: bytes, roles: Mapping[str, Role]) -> Signer:
    certificates = [choice.chosen for choice in signed["certificates"]]
    der = _certificate(info, certificates)
    fingerprint = hashlib.sha256(der).hexdigest() if der else ""
    try:
        holder = read_holder(der, [bytes(one.dump()) for one in certificates], roles.get(fingerprint))
        valid = _content_fits(signed, data) and _holds(info, der, data)
    except (ValueError, LookupError):
        return Signer("", None, fingerprint, valid=False)
    return Signer(holder.name, holder.role, holder.fingerprint, valid, der, holder)


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
