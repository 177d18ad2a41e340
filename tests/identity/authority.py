"""What strangers run: a small certificate authority with its CRL, and a software token. All offline."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

DAY = timedelta(days=1)
MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)
PIN = "246810"


def name_of(common, unit=""):
    parts = [x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"), x509.NameAttribute(NameOID.COMMON_NAME, common)]
    return x509.Name(parts + ([x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit)] if unit else []))


@dataclass
class Authority:
    """A root and an authority below it that issues for people, with a CRL of each."""

    root_key: ec.EllipticCurvePrivateKey
    root: x509.Certificate
    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @classmethod
    def make(cls):
        root_key = ec.generate_private_key(ec.SECP256R1())
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        root_name = name_of("示例根证书中心")
        root = certified(
            root_name, root_key.public_key(), root_name, root_key, root_key.public_key(), ca=True
        )
        below = certified(
            name_of("示例签发中心"), key.public_key(), root_name, root_key, root_key.public_key(), ca=True
        )
        return cls(root_key, root, key, below)

    def issue(self, common, public, unit="财务部", days=300, stamps=False):
        return certified(
            name_of(common, unit),
            public,
            self.certificate.subject,
            self.key,
            self.key.public_key(),
            days=days,
            stamps=stamps,
        )

    def crl(self, *revoked, days=30, since=DAY, of_root=False):
        signer, key = (self.root, self.root_key) if of_root else (self.certificate, self.key)
        now = datetime.now(UTC).replace(microsecond=0)
        builder = x509.CertificateRevocationListBuilder().issuer_name(signer.subject)
        builder = builder.last_update(now - since).next_update(now - since + days * DAY)
        builder = builder.add_extension(x509.CRLNumber(7), critical=False).add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        for one in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(one.serial_number)
            builder = builder.add_revoked_certificate(entry.revocation_date(now - DAY).build())
        return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)

    @property
    def crls(self):
        return self.crl(), self.crl(of_root=True)

    @property
    def chain(self):
        return tuple(one.public_bytes(Encoding.DER) for one in (self.certificate, self.root))

    def person(self, path: Path, common, passphrase, *, bits=2048, with_chain=True, **how):
        """Write a PKCS#12 file as an authority hands it out; give the certificate."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
        certificate = self.issue(common, key.public_key(), **how)
        above = [self.certificate, self.root] if with_chain else None
        secret = BestAvailableEncryption(passphrase.encode())
        path.write_bytes(pkcs12.serialize_key_and_certificates(b"k", key, certificate, above, secret))
        return certificate


def certified(subject, public, issuer, key, issuer_public, ca=False, days=3000, stamps=False):
    now = datetime.now(UTC).replace(microsecond=0)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 40 * DAY)
        .not_valid_after(now + days * DAY)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_public), critical=False)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not ca,
                content_commitment=not ca and not stamps,
                key_cert_sign=ca,
                crl_sign=ca,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    )
    if not ca:
        asked = x509.AccessDescription(
            AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier("http://ocsp.invalid")
        )
        builder = builder.add_extension(x509.AuthorityInformationAccess([asked]), critical=False)
    if stamps:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(key, hashes.SHA256())


def softhsm() -> Path | None:
    """The software token's module, where it is installed."""
    found = next((Path(one) for one in MODULES if Path(one).exists()), None)
    return found if found and shutil.which("softhsm2-util") else None


class Tokens:
    """Tokens in a folder of their own. The library reads where they lie once, when it is loaded."""

    def __init__(self, folder: Path, module: Path) -> None:
        self.module = module
        self.folder = folder
        (folder / "tokens").mkdir(parents=True)
        (folder / "softhsm2.conf").write_text(
            f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n"
        )
        os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")

    def put(self, label, key, certificate, *above, obj="签名"):
        """Make a token with a key that can't be taken out of it, and the certificates, in place of one of that label.

        A worker that is handed tests of this file once more makes its tokens once more.
        """
        import pkcs11
        from pkcs11 import Attribute, ObjectClass

        subprocess.run(
            ["softhsm2-util", "--delete-token", "--token", label], check=False, capture_output=True
        )
        self._tool("--init-token", "--free", "--label", label, "--so-pin", "97531", "--pin", PIN)
        pem = self.folder / f"{label}.pem"
        pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        self._tool(
            "--import", str(pem), "--token", label, "--label", obj, "--id", "0a0b", "--pin", PIN, "--so-pin", "97531"
        )  # fmt: skip
        pem.unlink()
        library = pkcs11.lib(str(self.module))
        library.reinitialize()
        token = next(one for one in library.get_tokens() if one.label == label)
        with token.open(user_pin=PIN, rw=True) as session:
            for number, one in enumerate((certificate, *above)):
                session.create_object(
                    {
                        Attribute.CLASS: ObjectClass.CERTIFICATE,
                        Attribute.CERTIFICATE_TYPE: pkcs11.CertificateType.X_509,
                        Attribute.TOKEN: True,
                        Attribute.LABEL: f"{obj}-{number}",
                        Attribute.ID: b"\x0a\x0b" if number == 0 else bytes([number]),
                        Attribute.SUBJECT: one.subject.public_bytes(),
                        Attribute.VALUE: one.public_bytes(Encoding.DER),
                    }
                )
        return Path(f"pkcs11:token={label};object={obj}")

    @staticmethod
    def _tool(*arguments):
        subprocess.run(["softhsm2-util", *arguments], check=True, capture_output=True)
