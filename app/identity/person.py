"""People: make a key file, unlock it, sign with it, forget it."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn, final

from typing_extensions import override

from app.domain.case import Role
from app.domain.fault import Fault, Refused
from app.identity.certificate import read_holder, self_issue
from app.identity.keyfile import pack, unpack
from app.system.durable import sync_file, sync_folder

if TYPE_CHECKING:
    from cryptography import x509

    from app.identity.certificate import PrivateKey

_LARGEST: Final = 1 << 20
_SALT: Final = b"lethe identity secret 1"


@final
class Identity:
    """An unlocked person. The key lives in memory until `lock`; Python can't wipe it there."""

    __slots__ = ("_certificate", "_key", "certificate_der", "fingerprint", "name", "path", "role")

    def __init__(self, path: Path, key: PrivateKey, certificate: x509.Certificate) -> None:
        from cryptography.hazmat.primitives.serialization import Encoding

        self.certificate_der: Final = certificate.public_bytes(Encoding.DER)
        holder = read_holder(self.certificate_der)
        self.name: Final = holder.name
        self.role: Final = holder.role
        self.fingerprint: Final = holder.fingerprint
        self.path: Final = path
        self._certificate = certificate
        self._key: PrivateKey | None = key

    @override
    def __repr__(self) -> str:
        return f"<Identity {self.role.value} {self.fingerprint[:16]}>"

    @override
    def __reduce__(self) -> NoReturn:
        raise TypeError("an unlocked person is not written anywhere")

    def sign(self, data: bytes) -> bytes:
        """Sign with SHA-256: ECDSA in DER, or RSA PKCS#1 v1.5 when the key file holds RSA.

        Raises:
            Refused: PASSPHRASE_MISSING after `lock`.
        """
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

        key, _ = self.key_and_certificate()
        if isinstance(key, rsa.RSAPrivateKey):
            return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return key.sign(data, ec.ECDSA(hashes.SHA256()))

    def secret(self, context: bytes) -> bytes:
        """Derive 32 bytes from the private key by HKDF-SHA256, so that file and passphrase are both needed.

        Raises:
            Refused: PASSPHRASE_MISSING after `lock`.
        """
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

        key, _ = self.key_and_certificate()
        private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return HKDF(algorithm=hashes.SHA256(), length=32, salt=_SALT, info=context).derive(private)

    def key_and_certificate(self) -> tuple[PrivateKey, x509.Certificate]:
        """Give the pair to a signer of PDF or CMS.

        Raises:
            Refused: PASSPHRASE_MISSING after `lock`.
        """
        if self._key is None:
            raise Refused(Fault.PASSPHRASE_MISSING, str(self.path))
        return self._key, self._certificate

    def lock(self) -> None:
        """Forget the key. Unlocking needs the passphrase again."""
        self._key = None


def create(name: str, role: Role, path: Path, passphrase: str) -> Identity:
    """Make a person: a new P-256 key and a self-signed certificate, synced to `path` with mode 0600.

    The directory must exist. Nothing is left at `path` when it fails.

    Raises:
        Refused: PASSPHRASE_MISSING, IDENTITY_EXISTS, DISK_FULL, CASE_FILE_WRONG_VALUE
            for the name, CASE_FILE_MISSING_PATH when it can't be written there.
    """
    from cryptography.hazmat.primitives.asymmetric import ec

    _refuse_unusable(passphrase, path)
    if os.path.lexists(path):
        raise Refused(Fault.IDENTITY_EXISTS, str(path))
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = self_issue(key, name, role)
    _write_new(path, pack(key, certificate, name, passphrase))
    return Identity(path, key, certificate)


def unlock(path: Path, passphrase: str, role: Role | None = None) -> Identity:
    """Open a person's key file, and refuse it when it is not for `role`.

    Raises:
        Refused: IDENTITY_UNREADABLE, PASSPHRASE_MISSING, WRONG_PASSPHRASE, or
            WRONG_ROLE, also when the certificate names no role at all.
    """
    _refuse_unusable(passphrase, path)
    key, certificate = unpack(_read(path), passphrase, str(path))
    try:
        person = Identity(path, key, certificate)
    except LookupError as error:
        raise Refused(Fault.WRONG_ROLE, str(path), str(error.args[0])) from error
    except ValueError as error:
        raise Refused(Fault.IDENTITY_UNREADABLE, str(path), str(error)) from error
    if role is not None and person.role is not role:
        raise Refused(Fault.WRONG_ROLE, str(path), person.role.value)
    return person


def _refuse_unusable(passphrase: str, path: Path) -> None:
    if not passphrase:
        raise Refused(Fault.PASSPHRASE_MISSING, str(path))
    if any("\ud800" <= letter <= "\udfff" for letter in passphrase):
        raise Refused(Fault.PASSPHRASE_MISSING, str(path), "UTF-8")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST)
    except OSError as error:
        raise Refused(Fault.IDENTITY_UNREADABLE, str(path), error.strerror or "") from error


def _write_new(path: Path, data: bytes) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    except FileExistsError as error:
        raise Refused(Fault.IDENTITY_EXISTS, str(path)) from error
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            sync_file(file.fileno())
        sync_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            path.unlink()
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> Refused:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    fault = Fault.DISK_FULL if full else Fault.CASE_FILE_MISSING_PATH
    return Refused(fault, str(path), error.strerror or "")
