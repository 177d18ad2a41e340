"""What the QR code says: the certificate in 200 bytes, signed by the officer, readable without the file.

`LETHE2:` and base45 (RFC 9285) of a body and a signature. The body: one byte of flags (bits 0-1
status, 2 rehearsal, 4-5 kind of key), four bytes of time (seconds since 1970, big endian), the
counts as LEB128, 32 bytes SHA-256 of the manifest, 16 bytes of the journal's head, the number in
UTF-8 after its length, the key. A P-256 key stands there as a compressed point and the signature
as r ‖ s; of an RSA key there is only the SHA-256 of its SubjectPublicKeyInfo.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final, Literal

from app.identity import Identity
from app.steps.certify.evidence.base45 import decoded, encoded
from app.steps.certify.status import Status

PREFIX: Final = "LETHE2:"
_CONTEXT: Final = b"lethe code 2\0"
_P256, _RSA = 1, 2
_POINT, _RS, _DIGEST, _HEAD = 33, 64, 32, 16
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of P-256 (FIPS 186-5)."""
_STATUS: Final = (Status.ALL_DESTROYED, Status.WITH_EXCEPTIONS, Status.NOT_DESTROYED)
_COUNTS: Final = ("items", "destroyed", "kept", "exceptions", "bytes", "journal_count")


@dataclass(frozen=True, slots=True)
class Told:
    """What a certificate says in short. `issued_at` is seconds since 1970; `manifest`, `head` are hex."""

    number: str
    issued_at: int
    status: Status
    rehearsal: bool
    items: int
    destroyed: int
    kept: int
    exceptions: int
    bytes: int
    journal_count: int
    head: str
    manifest: str


@dataclass(frozen=True, slots=True)
class Code:
    """A code that was read: what it tells, the signer's key, and whether the signature holds.

    `key` is the SHA-256 of the SubjectPublicKeyInfo, hex. `holds` is None for RSA, whose
    key is not in the code.
    """

    told: Told
    key: str
    holds: bool | None
    body: bytes
    signature: bytes


def signed_code(told: Told, officer: Identity) -> str:
    """Give the text of the QR code: some 300 characters for a P-256 key.

    Raises:
        Refused: PASSPHRASE_MISSING when the officer is locked.
    """
    body = _body(told, officer)
    signature = officer.sign(_CONTEXT + body)
    return PREFIX + encoded(body + (_flat(signature) if _kind(body) == _P256 else signature))


def read_code(text: str) -> Code | None:
    """Read a pasted or photographed code; None for anything else. Line breaks in it are passed over."""
    plain = text.translate(dict.fromkeys(map(ord, "\r\n\t\ufeff"))).lstrip()
    if not plain.startswith(PREFIX):
        return None
    # A space at the end may be one of the code's own characters, or come from pasting.
    for tried in (plain[len(PREFIX) :], plain[len(PREFIX) :].rstrip()):
        try:
            return _read(decoded(tried))
        except (ValueError, IndexError):
            continue
    return None


def signed_by(code: Code, certificate: bytes) -> bool:
    """Whether the key of a certificate in DER is the one of the code, and its signature holds."""
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    from app.identity.certificate import has_signed

    try:
        if key_digest(certificate) != code.key:
            return False
        value = code.signature
        if _kind(code.body) == _P256:
            value = encode_dss_signature(*_halves(value))
        return has_signed(certificate, value, _CONTEXT + code.body)
    except ValueError:
        return False


def key_digest(certificate: bytes) -> str:
    """SHA-256, hex, of the public key (SubjectPublicKeyInfo) of a certificate in DER: what people compare.

    Raises:
        ValueError: when it is no certificate.
    """
    return _digest_of(_public_key(certificate))


def _public_key(certificate: bytes) -> object:
    from cryptography import x509

    return x509.load_der_x509_certificate(certificate).public_key()


def _digest_of(key: Any) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def _body(told: Told, officer: Identity) -> bytes:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = _public_key(officer.certificate_der)
    if isinstance(public, ec.EllipticCurvePublicKey):
        kind, key = _P256, public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    else:
        kind, key = _RSA, bytes.fromhex(_digest_of(public))
    flags = _STATUS.index(told.status) | told.rehearsal << 2 | kind << 4
    number = told.number.encode()[:255]
    return b"".join(
        (
            bytes([flags]),
            told.issued_at.to_bytes(4, "big"),
            *(_leb128(getattr(told, name)) for name in _COUNTS),
            bytes.fromhex(told.manifest),
            bytes.fromhex(told.head)[:_HEAD],
            bytes([len(number)]),
            number,
            key,
        )
    )


def _kind(body: bytes) -> int:
    return body[0] >> 4


def _read(data: bytes) -> Code:
    reader = _Reader(data)
    flags, issued_at = reader.take(1)[0], int.from_bytes(reader.take(4), "big")
    kind = flags >> 4
    if flags & 0b1000 or kind not in (_P256, _RSA):
        raise ValueError("flags")
    counts = {name: reader.count() for name in _COUNTS}
    manifest, head = reader.take(_DIGEST).hex(), reader.take(_HEAD).hex()
    number = reader.take(reader.take(1)[0]).decode()
    key = reader.take(_POINT if kind == _P256 else _DIGEST)
    body, signature = data[: reader.at], data[reader.at :]
    told = Told(
        number,
        issued_at,
        _STATUS[flags & 0b11],
        bool(flags & 0b100),
        **counts,
        head=head,
        manifest=manifest,
    )
    if kind == _RSA:
        return Code(told, key.hex(), None, body, signature)
    digest, holds = _held(body, key, signature)
    return Code(told, digest, holds, body, signature)


class _Reader:
    """Bytes taken one field after the other; too few of them are a ValueError."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def take(self, count: int) -> bytes:
        taken = self._data[self.at : self.at + count]
        if len(taken) != count:
            raise ValueError("cut short")
        self.at += count
        return taken

    def count(self) -> int:
        """A number as LEB128, in its shortest form."""
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        if shift > 70 or (not byte and shift > 7):
            raise ValueError("not the shortest form")
        return value


def _held(body: bytes, point: bytes, signature: bytes) -> tuple[str, bool]:
    """The digest of the key, and whether its signature holds."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    try:
        value = encode_dss_signature(*_halves(signature))
        key.verify(value, _CONTEXT + body, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        return _digest_of(key), False
    return _digest_of(key), True


def _flat(der: bytes) -> bytes:
    """Give r ‖ s, s being the lower of the two that hold, so that a signature has one form only."""
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    r, s = decode_dss_signature(der)
    order: Literal["big"] = "big"
    return r.to_bytes(32, order) + min(s, _ORDER - s).to_bytes(32, order)


def _halves(signature: bytes) -> tuple[int, int]:
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if len(signature) != _RS or s > _ORDER // 2:
        raise ValueError("not the one form")
    return r, s


def _leb128(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
