"""A person's certificate: issue it, read who it names, check what its key signed."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from app.domain.case import Role
from app.domain.fault import Fault, Refused
from app.identity.chain import chain_of

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.hazmat.primitives.hashes import HashAlgorithm

    PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

_ORGANISATION: Final = "Lethe"
_LIFE: Final = timedelta(days=30 * 365)
"""Accounting archives of a closed company are kept 30 years (会计档案管理办法)."""
_RSA_BITS: Final = 2048


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a certificate names. `public_key` is its SubjectPublicKeyInfo in DER.

    `chain` are the certificates above it in DER, the root last; empty for a self-issued one.
    """

    name: str
    role: Role
    fingerprint: str
    public_key: bytes
    chain: tuple[bytes, ...] = ()

    @property
    def plain_name(self) -> str:
        """The name as compared between people; see `plain_name`."""
        return plain_name(self.name)


def plain_name(name: str) -> str:
    """Fold what looks the same or can't be seen: width, case, spaces, control and format characters.

    Letters of another script that look alike are not folded.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return "".join(c for c in folded if unicodedata.category(c) not in ("Zs", "Zl", "Zp", "Cc", "Cf"))


def self_issue(key: ec.EllipticCurvePrivateKey, name: str, role: Role) -> x509.Certificate:
    """Issue the X.509 v3 certificate of a person who vouches for their own key.

    Raises:
        Refused: CASE_FILE_WRONG_VALUE for a name that is empty, holds control
            characters, or is over 64 bytes of UTF-8 (X.520 ub-common-name).
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    subject = _subject(name, role)
    now = datetime.now(UTC).replace(microsecond=0)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + _LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return builder.sign(key, hashes.SHA256())


def _subject(name: str, role: Role) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    if not plain_name(name) or any(unicodedata.category(c) in ("Cc", "Cs") for c in name):
        raise Refused(Fault.CASE_FILE_WRONG_VALUE, "name", "a name without control characters")
    try:
        return x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, _ORGANISATION),
                x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, role.value),
                x509.NameAttribute(NameOID.COMMON_NAME, name),
            ]
        )
    except ValueError as error:
        raise Refused(Fault.CASE_FILE_WRONG_VALUE, "name", str(error)) from error


def _usage() -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def read_holder(der: bytes, others: Iterable[bytes] = (), role: Role | None = None) -> Holder:
    """Say whom a certificate names.

    It must be signed by its own key, or by an authority whose chain up to its root is
    among `others`, for nothing else binds the name to the key offline; and the key must
    be P-256, or RSA of 2048 bits or more. An authority knows nothing of Lethe's roles:
    for a certificate of one that names none, `role` is what the person is in the case.

    Raises:
        ValueError: when it is not such a certificate.
        LookupError: when its OU is no role and none is given, with the OU as argument.
    """
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    certificate, key = _load(der)
    chain = chain_of(der, others)
    return Holder(
        name=_one(certificate, "CN"),
        role=_role_in(certificate, role if chain else None),
        fingerprint=hashlib.sha256(der).hexdigest(),
        public_key=key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        chain=chain,
    )


def _role_in(certificate: x509.Certificate, declared: Role | None) -> Role:
    try:
        return _role(_one(certificate, "OU"))
    except (ValueError, LookupError):
        if declared is None:
            raise
        return declared


def _one(certificate: x509.Certificate, which: str) -> str:
    from cryptography.x509.oid import NameOID

    oid = NameOID.COMMON_NAME if which == "CN" else NameOID.ORGANIZATIONAL_UNIT_NAME
    values = [a.value for a in certificate.subject.get_attributes_for_oid(oid)]
    if len(values) != 1 or not isinstance(values[0], str):
        raise ValueError(f"the certificate has not one {which}")
    return values[0]


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError:
        raise LookupError(text) from None


def _load(der: bytes) -> tuple[x509.Certificate, PublicKey]:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        certificate = x509.load_der_x509_certificate(der)
        return certificate, strong(certificate.public_key())
    except (UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise ValueError(str(error)) from error


def strong(key: object) -> PublicKey:
    """Give the public key back if it is one that Lethe trusts: P-256, or RSA of 2048 bits or more.

    Raises:
        ValueError: when it is not.
    """
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= _RSA_BITS:
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    raise ValueError("neither P-256 nor RSA of 2048 bits or more")


def has_signed(der: bytes, value: bytes, data: bytes, algorithm: HashAlgorithm | None = None) -> bool:
    """Whether `value` is the signature of `data` by the key of the certificate `der`; SHA-256 unless told.

    Raises:
        ValueError: when the certificate can't be read.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

    _, key = _load(der)
    digest = algorithm or hashes.SHA256()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(value, data, padding.PKCS1v15(), digest)
        else:
            key.verify(value, data, ec.ECDSA(digest))
    except InvalidSignature:
        return False
    return True
