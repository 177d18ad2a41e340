"""Time stamps of RFC 3161, read and checked offline.

A token is kept with the certificate of its signer alone, which its signed attributes
bind (RFC 5816); what the service sends beside it goes into the document before anyone
signs. So no byte of a token is free, and none can be changed unseen.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from app.identity.names import cure_names
from app.steps.certify.signing.der import FIRST, OCTETS, SEQUENCE, SET, der

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import HashAlgorithm

_DIGESTS: Final = {
    bytes.fromhex(f"0609608648016503040{number}"): name
    for number, name in (("201", "sha256"), ("202", "sha384"), ("203", "sha512"))
}
_SIGNATURES: Final = {
    bytes.fromhex("06082a8648ce3d040302"): ("ec", "sha256"),
    bytes.fromhex("06082a8648ce3d040303"): ("ec", "sha384"),
    bytes.fromhex("06082a8648ce3d040304"): ("ec", "sha512"),
    bytes.fromhex("06092a864886f70d01010b"): ("rsa", "sha256"),
    bytes.fromhex("06092a864886f70d01010c"): ("rsa", "sha384"),
    bytes.fromhex("06092a864886f70d01010d"): ("rsa", "sha512"),
    bytes.fromhex("06092a864886f70d010101"): ("rsa", ""),
}
_NULL: Final = bytes.fromhex("0500")
_SIGNED_DATA: Final = bytes.fromhex("06092a864886f70d010702")
_TST_INFO: Final = bytes.fromhex("060b2a864886f70d0109100104")
_VERSION_1, _VERSION_3 = bytes.fromhex("020101"), bytes.fromhex("020103")


@dataclass(frozen=True, slots=True)
class Stamped:
    """What a time stamp says. `certificate` is its signer's in DER; whom to trust is for people to say."""

    at: datetime
    name: str
    certificate: bytes

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, hex."""
        return hashlib.sha256(self.certificate).hexdigest()


def read_stamp(token: bytes, stamped: bytes) -> Stamped:
    """Read a token over the bytes `stamped`, and see that it holds and has no spare byte.

    Raises:
        ValueError: when anything is not as it must be.
    """
    return read_stamp_over(token, hashlib.sha256(stamped).digest())


def read_stamp_over(token: bytes, digest: bytes) -> Stamped:
    """Read a token over bytes of this SHA-256, as `read_stamp` does.

    Raises:
        ValueError: when anything is not as it must be.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.x509 import ExtensionNotFound, InvalidVersion

    strange = (UnsupportedAlgorithm, ExtensionNotFound, InvalidVersion)
    try:
        return _read(token, digest)
    except (TypeError, KeyError, AttributeError, IndexError, *strange) as error:
        raise ValueError(f"not readable: {error}") from error


def _read(token: bytes, digest: bytes) -> Stamped:
    cure_names()
    from asn1crypto import tsp
    from cryptography import x509

    signed = tsp.ContentInfo.load(token, strict=True)["content"]
    certificate = _only(signed["certificates"]).chosen.dump()
    signer = _only(signed["signer_infos"])
    if _rebuilt(signed, signer, certificate) != token:
        raise ValueError("it holds more or other than is signed")
    content = bytes(signed["encap_content_info"]["content"])
    told = tsp.TSTInfo.load(content, strict=True)
    imprint = told["message_imprint"]
    if imprint["hash_algorithm"]["algorithm"].native != "sha256":
        raise ValueError("it is not over a SHA-256")
    if imprint["hashed_message"].native != digest:
        raise ValueError("it is over something else")
    holder = x509.load_der_x509_certificate(certificate)
    _refuse_other(signer, content, holder, certificate)
    at: datetime = told["gen_time"].native
    if not holder.not_valid_before_utc <= at <= holder.not_valid_after_utc:
        raise ValueError("its certificate was not in force")
    return Stamped(at, _name(holder), certificate)


def _only(values: Any) -> Any:
    if len(values) != 1:
        raise ValueError("not one signer with their certificate alone")
    return values[0]


def _rebuilt(signed: Any, signer: Any, certificate: bytes) -> bytes:
    """Write the token anew: every part is fixed, or covered by the signature or a digest in it."""
    body = signed["certificates"][0].chosen["tbs_certificate"]
    digest, method = signer["digest_algorithm"].dump(), signer["signature_algorithm"].dump()
    _method(digest, method)
    holder = der(SEQUENCE, body["issuer"].dump(), body["serial_number"].dump())
    info = der(
        SEQUENCE,
        _VERSION_1,
        holder,
        digest,
        der(FIRST, signer["signed_attrs"].contents),
        method,
        der(OCTETS, signer["signature"].native),
    )
    content = der(OCTETS, bytes(signed["encap_content_info"]["content"]))
    whole = der(
        SEQUENCE,
        _VERSION_3,
        der(SET, digest),
        der(SEQUENCE, _TST_INFO, der(FIRST, content)),
        der(FIRST, certificate),
        der(SET, info),
    )
    return der(SEQUENCE, _SIGNED_DATA, der(FIRST, whole))


def _method(digest: bytes, method: bytes) -> tuple[str, str]:
    """Kind of key and digest; both must be known and fit each other."""
    name = next((one for oid, one in _DIGESTS.items() if digest in _forms(oid)), "")
    kind, named = next((one for oid, one in _SIGNATURES.items() if method in _forms(oid)), ("", ""))
    if not name or not kind or named not in ("", name):
        raise ValueError("another algorithm")
    return kind, name


def _forms(oid: bytes) -> tuple[bytes, bytes]:
    return der(SEQUENCE, oid), der(SEQUENCE, oid, _NULL)


def _refuse_other(signer: Any, content: bytes, holder: x509.Certificate, certificate: bytes) -> None:
    """Refuse a signature that is not over this content, by this certificate, made for time stamps."""
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID

    kind, name = _method(signer["digest_algorithm"].dump(), signer["signature_algorithm"].dump())
    attributes = signer["signed_attrs"]
    told = {one["type"].native: one["values"] for one in attributes}
    if told["content_type"].native != ["tst_info"] or len(told) != len(attributes):
        raise ValueError("it is no time stamp")
    if told["message_digest"].native != [hashlib.new(name, content).digest()]:
        raise ValueError("the digest is another")
    if not _names(told, certificate):
        raise ValueError("it does not name its certificate")
    if not _has_signed(holder, kind, name, signer["signature"].native, der(SET, attributes.contents)):
        raise ValueError("the signature does not hold")
    usage = holder.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    if ExtendedKeyUsageOID.TIME_STAMPING not in usage:
        raise ValueError("the certificate is not for time stamps")


def _names(told: dict[str, Any], certificate: bytes) -> bool:
    """Whether the signed attributes hold the digest of the certificate (RFC 5035, RFC 2634)."""
    if "signing_certificate_v2" in told:
        first = told["signing_certificate_v2"][0]["certs"][0]
        name = first["hash_algorithm"]["algorithm"].native
        return (
            name in _DIGESTS.values() and first["cert_hash"].native == hashlib.new(name, certificate).digest()
        )
    first = told["signing_certificate"][0]["certs"][0]
    return bool(first["cert_hash"].native == hashlib.sha1(certificate).digest())  # noqa: S324 - the form of RFC 2634


def _has_signed(holder: x509.Certificate, kind: str, name: str, value: bytes, data: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

    digest: dict[str, HashAlgorithm] = {
        "sha256": hashes.SHA256(),
        "sha384": hashes.SHA384(),
        "sha512": hashes.SHA512(),
    }
    key = holder.public_key()
    try:
        if kind == "rsa" and isinstance(key, rsa.RSAPublicKey) and key.key_size >= 2048:
            key.verify(value, data, padding.PKCS1v15(), digest[name])
        elif kind == "ec" and isinstance(key, ec.EllipticCurvePublicKey) and key.key_size >= 256:
            key.verify(value, data, ec.ECDSA(digest[name]))
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _name(holder: x509.Certificate) -> str:
    from cryptography.x509.oid import NameOID

    names = holder.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else holder.subject.rfc4514_string()


def slim(token: bytes) -> tuple[bytes, tuple[bytes, ...]]:
    """Leave in a token the certificate of its signer alone; give the token and the others, in DER.

    Raises:
        ValueError: when it is no token of one signer with their certificate.
    """
    cure_names()
    from asn1crypto import cms, tsp

    try:
        signed = tsp.ContentInfo.load(token, strict=True)["content"]
        signer = _only(signed["signer_infos"])
        own, others = b"", list[bytes]()
        for one in signed["certificates"]:
            body = one.chosen["tbs_certificate"]
            if signer["sid"].chosen.dump() == der(
                SEQUENCE, body["issuer"].dump(), body["serial_number"].dump()
            ):
                own = one.chosen.dump()
            else:
                others.append(one.chosen.dump())
        signed["certificates"] = [cms.Certificate.load(own)]
        return _rebuilt(signed, signer, own), tuple(others)
    except (TypeError, KeyError, AttributeError, IndexError) as error:
        raise ValueError(f"not readable: {error}") from error
