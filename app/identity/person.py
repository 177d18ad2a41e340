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
from app.identity.certificate import Holder, read_holder, self_issue, strong
from app.identity.chain import Papers
from app.identity.keyfile import pack, unpack
from app.identity.keys import KeyInMemory, SigningKey, derived
from app.identity.token import SCHEME, open_token
from app.system.durable import sync_file, sync_folder

if TYPE_CHECKING:
    from app.identity.certificate import PublicKey

_LARGEST: Final = 1 << 20


@final
class Identity:
    """An unlocked person. Their key is in memory, or on a token that is logged in, until `lock`.

    Attributes:
        holder: whom their certificate names.
        papers: what others issued about it: the chain above it, CRLs, OCSP responses.
    """

    __slots__ = ("_key", "certificate_der", "fingerprint", "holder", "name", "papers", "path", "role")

    def __init__(
        self, path: Path, key: SigningKey, certificate: bytes, holder: Holder, papers: Papers
    ) -> None:
        self.certificate_der: Final = certificate
        self.holder: Final = holder
        self.name: Final = holder.name
        self.role: Final = holder.role
        self.fingerprint: Final = holder.fingerprint
        self.path: Final = path
        self.papers: Final = Papers(holder.chain, papers.crls, papers.ocsps)
        self._key: SigningKey | None = key

    @override
    def __repr__(self) -> str:
        return f"<Identity {self.role.value} {self.fingerprint[:16]}>"

    @override
    def __reduce__(self) -> NoReturn:
        raise TypeError("an unlocked person is not written anywhere")

    @property
    def public_key(self) -> PublicKey:
        """The key that checks what this person signs."""
        from cryptography.hazmat.primitives.serialization import load_der_public_key

        return strong(load_der_public_key(self.holder.public_key))

    def sign(self, data: bytes) -> bytes:
        """Sign with SHA-256: ECDSA in DER, or RSA PKCS#1 v1.5 when the key is RSA.

        Raises:
            Refused: PASSPHRASE_MISSING after `lock`; TOKEN_UNUSABLE for a token that is gone.
        """
        return self._unlocked().sign(data)

    def secret(self, context: bytes) -> bytes:
        """Derive 32 bytes from the private key by HKDF-SHA256, so that key and passphrase are both needed.

        Raises:
            Refused: PASSPHRASE_MISSING after `lock`; TOKEN_UNUSABLE for a token with an elliptic curve.
        """
        return derived(self._unlocked(), context)

    def lock(self) -> None:
        """Forget the key, or log the token out. Unlocking needs the passphrase again."""
        if self._key is not None:
            self._key.close()
        self._key = None

    def _unlocked(self) -> SigningKey:
        if self._key is None:
            raise Refused(Fault.PASSPHRASE_MISSING, str(self.path))
        return self._key


def create(name: str, role: Role, path: Path, passphrase: str) -> Identity:
    """Make a person: a new P-256 key and a self-signed certificate, synced to `path` with mode 0600.

    The directory must exist. Nothing is left at `path` when it fails.

    Raises:
        Refused: PASSPHRASE_MISSING, IDENTITY_EXISTS, DISK_FULL, CASE_FILE_WRONG_VALUE
            for the name, CASE_FILE_MISSING_PATH when it can't be written there.
    """
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding

    _refuse_unusable(passphrase, path)
    if os.path.lexists(path):
        raise Refused(Fault.IDENTITY_EXISTS, str(path))
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = self_issue(key, name, role)
    _write_new(path, pack(key, certificate, name, passphrase))
    der = certificate.public_bytes(Encoding.DER)
    return Identity(path, KeyInMemory(key), der, read_holder(der), Papers())


def unlock(
    path: Path,
    passphrase: str,
    role: Role | None = None,
    *,
    module: Path | None = None,
    papers: Papers | None = None,
) -> Identity:
    """Open a person's key file, or their token, and refuse it when it is not for `role`.

    `path` may be a PKCS#11 URI; `module` is then the token's library, and the passphrase
    its PIN. `papers` are what others issued about the person's certificate.

    Raises:
        Refused: IDENTITY_UNREADABLE, PASSPHRASE_MISSING, WRONG_PASSPHRASE, TOKEN_UNUSABLE, or
            WRONG_ROLE, also when neither the certificate nor `role` names one.
    """
    from cryptography.hazmat.primitives.serialization import Encoding

    _refuse_unusable(passphrase, path)
    key: SigningKey
    if str(path).startswith(SCHEME):
        if module is None:
            raise Refused(Fault.TOKEN_UNUSABLE, str(path), 'module = "….so"')
        key, certificate, others = open_token(str(path), module, passphrase)
    else:
        private, loaded, others = unpack(_read(path), passphrase, str(path))
        key, certificate = KeyInMemory(private), loaded.public_bytes(Encoding.DER)
    try:
        return _person(path, key, certificate, (papers or Papers()) + Papers(others), role)
    except Refused:
        key.close()
        raise


def _person(path: Path, key: SigningKey, certificate: bytes, papers: Papers, role: Role | None) -> Identity:
    try:
        person = Identity(path, key, certificate, read_holder(certificate, papers.chain, role), papers)
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
