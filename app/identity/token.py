"""A person's key on a PKCS#11 token: used there, never taken out.

Which token and object is told by a PKCS#11 URI (RFC 7512) of token, serial, object and
id; the module by its path. A PIN in the URI is refused: it would stand in the case file.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote_to_bytes

from app.domain.fault import Fault, Refused
from app.identity.certificate import has_signed, strong
from app.system.loading import loads
from app.system.patience import within

if TYPE_CHECKING:
    from app.identity.certificate import PublicKey

SCHEME: Final = "pkcs11:"
_SEED: Final = b"lethe identity secret 1, by signature: never sign this for anyone\n"
_LOADING: Final = 0.5
"""The part of its time that the module may take to be loaded."""
PATIENCE: Final = 60.0
"""Seconds that a token may take for one answer: a person may have to touch it, or to type on it."""
_DIGEST_INFO: Final = bytes.fromhex("3031300d060960864801650304020105000420")
"""What stands before a SHA-256 digest in an RSA signature (RFC 8017, section 9.2)."""


class KeyOnToken:
    """A private key that stays on its token. The session lasts until `close`."""

    def __init__(
        self, session: Any, handle: Any, certificate: bytes, public: PublicKey, uri: str, patience: float
    ) -> None:
        self._session = session
        self._handle = handle
        self._certificate = certificate
        self._public = public
        self._uri = uri
        self._patience = patience

    def sign(self, data: bytes) -> bytes:
        """Sign with SHA-256, hashed here, and see that the certificate's key did it.

        Raises:
            Refused: TOKEN_UNUSABLE when the token is gone, silent, or signs with another key.
        """
        import pkcs11

        digest = hashlib.sha256(data).digest()
        try:
            made = within(self._patience, lambda: self._signed(digest))
        except (pkcs11.PKCS11Error, TimeoutError) as error:
            raise _unusable(self._uri, error) from error
        if not has_signed(self._certificate, made, data):
            raise Refused(Fault.TOKEN_UNUSABLE, self._uri, "the key is not that of the certificate")
        return made

    def _signed(self, digest: bytes) -> bytes:
        import pkcs11
        from cryptography.hazmat.primitives.asymmetric import rsa

        if isinstance(self._public, rsa.RSAPublicKey):
            return bytes(self._handle.sign(_DIGEST_INFO + digest, mechanism=pkcs11.Mechanism.RSA_PKCS))
        return _in_der(self._handle.sign(digest, mechanism=pkcs11.Mechanism.ECDSA))

    def seed(self) -> bytes:
        """The RSA PKCS#1 v1.5 signature of a fixed text, of which there is only one for a key.

        Whoever can sign with the token can have it, and nobody else; it is no weaker than
        the passphrase and key file of the others.

        Raises:
            Refused: TOKEN_UNUSABLE for an elliptic curve: its signatures differ each time.
        """
        from cryptography.hazmat.primitives.asymmetric import rsa

        if not isinstance(self._public, rsa.RSAPublicKey):
            raise Refused(Fault.TOKEN_UNUSABLE, self._uri, "an officer's token must hold an RSA key")
        return self.sign(_SEED)

    def close(self) -> None:
        """Log out. The token then asks for its PIN again."""
        self._session.close()


def open_token(
    uri: str, module: Path, pin: str, patience: float = PATIENCE
) -> tuple[KeyOnToken, bytes, tuple[bytes, ...]]:
    """Log in, and give the key, its certificate and the other certificates of the token, in DER.

    `patience` is in seconds, for each answer. A module that hangs or crashes where it is loaded
    does so in a process of its own.

    Raises:
        Refused: WRONG_PASSPHRASE for the PIN; TOKEN_UNUSABLE when module, token, key or
            certificate is not there, not alone, silent or no key Lethe trusts, or the PIN is locked.
    """
    wanted = _read(uri)
    if not loads(str(module), "C_GetFunctionList", patience * _LOADING):
        raise Refused(Fault.TOKEN_UNUSABLE, uri, f"{module}: {patience * _LOADING:g} s")
    try:
        return within(patience, lambda: _opened(uri, module, pin, wanted, patience))
    except TimeoutError as error:
        raise _unusable(uri, error) from error


def _opened(
    uri: str, module: Path, pin: str, wanted: dict[str, bytes], patience: float
) -> tuple[KeyOnToken, bytes, tuple[bytes, ...]]:
    try:
        import pkcs11
    except ImportError as error:
        raise Refused(Fault.TOKEN_UNUSABLE, uri, "python-pkcs11") from error
    try:
        session = _token(module, wanted, uri).open(user_pin=pin)
    except (pkcs11.PinIncorrect, pkcs11.PinLenRange, pkcs11.PinInvalid) as error:
        raise Refused(Fault.WRONG_PASSPHRASE, uri) from error
    except (pkcs11.PKCS11Error, OSError, RuntimeError) as error:
        raise _unusable(uri, error) from error
    try:
        return _found(session, wanted, uri, patience)
    except BaseException:
        session.close()
        raise


def _token(module: Path, wanted: dict[str, bytes], uri: str) -> Any:
    import pkcs11

    tokens = [
        token
        for token in pkcs11.lib(str(module)).get_tokens()
        if wanted.get("token", b"") in (b"", token.label.encode())
        and wanted.get("serial", b"") in (b"", bytes(token.serial).strip())
    ]
    if len(tokens) != 1:
        raise Refused(Fault.TOKEN_UNUSABLE, uri, f"{len(tokens)} tokens of that name")
    return tokens[0]


def _found(
    session: Any, wanted: dict[str, bytes], uri: str, patience: float
) -> tuple[KeyOnToken, bytes, tuple[bytes, ...]]:
    import pkcs11
    from cryptography import x509
    from pkcs11 import Attribute, ObjectClass

    named: dict[Any, Any] = {}
    if "object" in wanted:
        named[Attribute.LABEL] = wanted["object"].decode()
    if "id" in wanted:
        named[Attribute.ID] = wanted["id"]
    try:
        handle = _one(session, {**named, Attribute.CLASS: ObjectClass.PRIVATE_KEY}, uri)
        # A key and its certificate have one id; their labels may differ.
        own = {Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.ID: handle[Attribute.ID]}
        certificate = bytes(_one(session, own, uri)[Attribute.VALUE])
        every = session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE})
        others = tuple(bytes(one[Attribute.VALUE]) for one in every)
        public = strong(x509.load_der_x509_certificate(certificate).public_key())
    except (pkcs11.PKCS11Error, ValueError) as error:
        raise _unusable(uri, error) from error
    return KeyOnToken(session, handle, certificate, public, uri, patience), certificate, others


def _one(session: Any, attributes: dict[Any, Any], uri: str) -> Any:
    found = list(session.get_objects(attributes))
    if len(found) != 1:
        kind = next(iter(attributes.values()))
        raise Refused(Fault.TOKEN_UNUSABLE, uri, f"{len(found)} objects that fit ({kind})")
    return found[0]


def _read(uri: str) -> dict[str, bytes]:
    """The attributes of a PKCS#11 URI, decoded."""
    parts: dict[str, bytes] = {}
    for part in uri.removeprefix(SCHEME).split(";"):
        name, equals, value = part.partition("=")
        if name not in ("token", "serial", "object", "id", "type") or not equals or "?" in value:
            raise Refused(Fault.TOKEN_UNUSABLE, uri.partition("?")[0], f"{SCHEME}token=…;object=…")
        parts[name] = unquote_to_bytes(value)
    return parts


def _in_der(raw: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    half = len(raw) // 2
    return encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))


def _unusable(uri: str, error: Exception) -> Refused:
    told = f"{error} s" if isinstance(error, TimeoutError) else f"{type(error).__name__} {error}"
    return Refused(Fault.TOKEN_UNUSABLE, uri, told.strip())
