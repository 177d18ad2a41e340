"""Certificates that an authority issued: the chain above them, and whether they were revoked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from app.identity.names import cure_names

if TYPE_CHECKING:
    from cryptography import x509

_DEPTH: Final = 8
_RSA_BITS: Final = 2048
_PEM: Final = re.compile(rb"-----BEGIN [A-Z0-9 ]+-----.*?-----END [A-Z0-9 ]+-----\s*", re.DOTALL)
_DIGESTS: Final = ("sha256", "sha384", "sha512")


@dataclass(frozen=True, slots=True)
class Papers:
    """What others issued about a certificate, all in DER.

    `chain` are certificates, in any order; `crls` and `ocsps` are CRLs (RFC 5280) and
    OCSP responses (RFC 6960).
    """

    chain: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()

    def __add__(self, other: Papers) -> Papers:
        """Put two together, each part once."""
        return Papers(
            tuple(dict.fromkeys(self.chain + other.chain)),
            tuple(dict.fromkeys(self.crls + other.crls)),
            tuple(dict.fromkeys(self.ocsps + other.ocsps)),
        )


class Trust(Enum):
    """What the papers say of a certificate at a moment. Whether the root is to be trusted is not asked."""

    SELF_ISSUED = "self_issued"
    GOOD = "good"
    """The chain holds, and a CRL or OCSP response of that time does not call it revoked."""
    REVOKED = "revoked"
    UNKNOWN = "unknown"
    """The chain holds; nothing of that time says whether it was revoked."""
    BROKEN = "broken"
    """The chain does not hold, or did not at that time."""


def read_papers(files: Iterable[bytes]) -> Papers:
    """Sort what files hold, each DER or PEM.

    Raises:
        ValueError: when one holds anything else.
    """
    papers = Papers()
    for data in files:
        blocks = _PEM.findall(data) or [data]
        for block in blocks:
            papers += _paper(block)
    return papers


def _paper(block: bytes) -> Papers:
    from asn1crypto import crl, ocsp, pem
    from asn1crypto.x509 import Certificate

    der = pem.unarmor(block)[2] if block.startswith(b"-----") else block
    for kind, part in ((Certificate, "chain"), (crl.CertificateList, "crls"), (ocsp.OCSPResponse, "ocsps")):
        try:
            kind.load(der, strict=True).native  # noqa: B018 - the whole is parsed by asking for it
        except (ValueError, TypeError, KeyError):
            continue
        return Papers(**{part: (der,)})
    raise ValueError("neither a certificate nor a CRL nor an OCSP response")


def chain_of(der: bytes, others: Iterable[bytes]) -> tuple[bytes, ...]:
    """Find the certificates above `der` among others, its issuer first, the root last.

    Empty for a certificate signed by its own key. Signatures, digests and the right to
    issue are checked; times and revocation are not.

    Raises:
        ValueError: when the chain does not hold up to a root.
    """
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    try:
        pool = [x509.load_der_x509_certificate(one) for one in dict.fromkeys(others)]
        at, found = x509.load_der_x509_certificate(der), list[x509.Certificate]()
        while at.issuer.public_bytes() != at.subject.public_bytes():
            above = next(one for one in pool if _issued(at, one))
            found.append(above)
            at = above
            if len(found) > _DEPTH:
                raise ValueError("the chain is too long")
        at.verify_directly_issued_by(at)
    except StopIteration:
        raise ValueError("a certificate of the chain is missing, or does not issue the one below") from None
    except (InvalidSignature, UnsupportedAlgorithm, TypeError, x509.InvalidVersion) as error:
        raise ValueError("the certificate is not signed by its own key or an authority") from error
    return tuple(_der(one) for one in found)


def _issued(below: x509.Certificate, above: x509.Certificate) -> bool:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import rsa

    digest = below.signature_hash_algorithm
    try:
        below.verify_directly_issued_by(above)
        basic = above.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (InvalidSignature, UnsupportedAlgorithm, TypeError, ValueError):
        return False
    except (x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return False
    weak = isinstance(key := above.public_key(), rsa.RSAPublicKey) and key.key_size < _RSA_BITS
    return basic.ca and not weak and digest is not None and digest.name in _DIGESTS


def _der(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.DER)


def trust_of(der: bytes, chain: Sequence[bytes], papers: Papers, moment: datetime) -> Trust:
    """Say how a person's certificate stood at `moment`, by what is given and nothing else (RFC 5280)."""
    if not chain:
        return Trust.SELF_ISSUED
    from pyhanko_certvalidator import errors

    try:
        _validate(der, chain, papers, moment, "require")
    except errors.RevokedError:
        return Trust.REVOKED
    except errors.InsufficientRevinfoError:
        return _without(der, chain, moment)
    except (errors.ValidationError, errors.PathError, ValueError, TypeError, KeyError):
        return Trust.BROKEN
    return Trust.GOOD


def _without(der: bytes, chain: Sequence[bytes], moment: datetime) -> Trust:
    from pyhanko_certvalidator import errors

    try:
        _validate(der, chain, Papers(), moment, "soft-fail")
    except (errors.ValidationError, errors.PathError, ValueError, TypeError, KeyError):
        return Trust.BROKEN
    return Trust.UNKNOWN


def _validate(der: bytes, chain: Sequence[bytes], papers: Papers, moment: datetime, mode: str) -> None:
    import asyncio

    cure_names()
    from asn1crypto import crl, ocsp
    from asn1crypto.x509 import Certificate
    from pyhanko_certvalidator import CertificateValidator, ValidationContext

    certificate = Certificate.load(der)
    context: Any = ValidationContext(
        trust_roots=[Certificate.load(chain[-1])],
        other_certs=[Certificate.load(one) for one in chain],
        crls=[crl.CertificateList.load(one) for one in papers.crls],
        ocsps=[ocsp.OCSPResponse.load(one) for one in papers.ocsps],
        moment=moment,
        revocation_mode=mode,
        allow_fetching=False,
    )
    validator: Any = CertificateValidator(certificate, validation_context=context)
    asyncio.run(validator.async_validate_usage(set()))
