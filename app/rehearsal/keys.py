"""Keys of the synthetic company: three to be shredded, the custodians', and two people's."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app import identity
from app.domain.case import Role

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.x509 import Certificate

PASSPHRASES: Final = {
    "OFFICER_PASSPHRASE": "rehearsal-officer-2026",
    "WITNESS_PASSPHRASE": "rehearsal-witness-2026",
    "DATABASE_KEY_PASSPHRASE": "rehearsal-database-2026",
    "MAIL_KEY_PASSPHRASE": "rehearsal-mail-2026",
}
"""What opens the key files of every rehearsal, by the environment variable its case file names. No secret."""

OFFICER: Final = "林晓文"
WITNESS: Final = "周建国"


def write_keys(folder: Path) -> None:
    """Write the company's own keys: an encrypted RSA-2048 PEM, an age identity and a PKCS#12.

    Keys are drawn anew each time, from the system and not from the seed.
    """
    folder.mkdir()
    (folder / "database.pem").write_bytes(_rsa_pem(PASSPHRASES["DATABASE_KEY_PASSPHRASE"]))
    write_age(folder / "archive.age")
    (folder / "mail.p12").write_bytes(_pkcs12(PASSPHRASES["MAIL_KEY_PASSPHRASE"]))


def write_age(path: Path) -> str:
    """Write an age identity as age-keygen does and give its recipient."""
    from pyrage import x25519

    secret = x25519.Identity.generate()
    recipient = str(secret.to_public())
    path.write_text(f"# public key: {recipient}\n{secret}\n", encoding="ascii", newline="\n")
    return recipient


def write_people(folder: Path) -> None:
    """Write the officer's and the witness's key files, opened by `PASSPHRASES`."""
    identity.create(OFFICER, Role.OFFICER, folder / "officer.p12", PASSPHRASES["OFFICER_PASSPHRASE"])
    identity.create(WITNESS, Role.WITNESS, folder / "witness.p12", PASSPHRASES["WITNESS_PASSPHRASE"])


def _rsa_pem(passphrase: str) -> bytes:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase.encode()),
    )


def _pkcs12(passphrase: str) -> bytes:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

    secret = ec.generate_private_key(ec.SECP256R1())
    seal = BestAvailableEncryption(passphrase.encode())
    return pkcs12.serialize_key_and_certificates(b"mail", secret, _certificate(secret), None, seal)


def _certificate(secret: EllipticCurvePrivateKey) -> Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.example.com")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2024, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2034, 1, 1, tzinfo=UTC))
        .sign(secret, hashes.SHA256())
    )
