"""GnuPG: the secret key files of its agent, `private-keys-v1.d/<keygrip>.key`, each a key or a subkey.

The formats are those of GnuPG's agent/keyformat.txt. Declared is one such file, or a whole home: then
its revocation certificates and an old `secring.gpg` go too, and the ring of public keys stays.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode
from typing import Any, Final

from app.domain.outcome import Reason
from app.steps.shred.kinds.contract import (
    Kind,
    MasterKey,
    NotOpened,
    Opened,
    PrivateKey,
    Rewrap,
    Store,
    described,
    master,
)
from app.steps.shred.kinds.gnupg_home import files, forget, quiet
from app.steps.shred.kinds.gnupg_locks import lists, opened, sealed
from app.steps.shred.kinds.openpgp import SecretPacket, packets, unlocked
from app.steps.shred.kinds.pairs import is_pair, public_of
from app.steps.shred.kinds.sexp import Sexp, parse, value

_REVOCATION: Final = re.compile(rb"-----BEGIN PGP PUBLIC KEY BLOCK-----(.*?)-----END", re.DOTALL)
_WAYS: Final = (b"private-key", b"protected-private-key")
_PACKETS: Final = (0x94, 0x95, 0x96, 0x97, 0xC5)
"""How a ring of secret keys begins, as GnuPG 1 and 2.0 kept it: with a packet of one, RFC 9580 5.5.1.3."""
_MARK: Final = 4096
_END: Final = 48
"""Bytes of the end of a public half: with what follows where it is locked, no more than is looked for."""
_TAG: Final = 16
_WIDE: Final = 16
_ELGAMAL: Final = (b"elg", b"elgamal")
_KEY_LINE: Final = re.compile(rb"^Key:\s*(?=\()", re.MULTILINE)
_LOCKED: Final = (b"\xfe", b"\xff", b"\xfd")
"""What follows the public half in an exported secret packet that is locked, RFC 9580 3.7.2.1."""
_DERIVATIONS: Final = tuple(bytes([3, 1, hashed, cipher]) for hashed in (8, 9, 10) for cipher in (7, 8, 9))
_EXPONENT: Final = b"\0\x11\1\0\1"


def _open(store: Store, passphrase: bytes) -> Opened:
    data = store.whole()
    if revocation := _REVOCATION.search(data):
        return (master("OpenPGP revocation certificate", _unarmoured(revocation[1])),)
    if _is_ring(data):
        return tuple(_of_packet(one, passphrase) for one in packets(data))
    key = _algorithm(data)
    return (_key(key, key if _way(data) == _WAYS[0] else opened(key, passphrase)),)


def _is_ring(data: bytes) -> bool:
    return bool(data[:1]) and data[0] in _PACKETS


def _of_packet(packet: SecretPacket, passphrase: bytes) -> PrivateKey:
    """One key of a ring."""
    secret = lists(unlocked(packet, passphrase))
    kind = b"ecc" if packet.curve else packet.name.partition("-")[0].lower().encode()
    return _key([kind, [b"curve", packet.curve.encode()], *lists(packet.public)], secret)


def _key(key: list[Sexp], secret: list[Sexp]) -> PrivateKey:
    """One key by its numbers; of ElGamal, which the library has not, the secret number alone."""
    if key[0] not in _ELGAMAL:
        return described(_private(key, secret))
    half = [_bare(value(key, name)) for name in (b"p", b"g", b"y")]
    name = f"ElGamal-{8 * len(half[0])}"
    print_ = hashlib.sha256(b"".join(half)).hexdigest()
    return PrivateKey(name, print_, MasterKey(value(secret, b"x")), body=half[2])


def _told(store: Store) -> tuple[str, ...]:
    """The keys of a ring, which name themselves though they are locked."""
    data = store.whole()
    found = packets(data) if _is_ring(data) else []
    return tuple(f"{one.name} {one.fingerprint}".rstrip() for one in found)


def _readable(data: bytes) -> list[SecretPacket]:
    """The keys of a ring; none where some of its packets can't be read."""
    try:
        return packets(data)
    except (ValueError, IndexError):
        return []


def _unarmoured(text: bytes) -> bytes:
    """The packets between the lines of an armour, without its headers and its check."""
    body = text.replace(b"\r", b"").partition(b"\n\n")[2]
    return b64decode(b"".join(line for line in body.split() if not line.startswith(b"=")), validate=True)


def _whole(data: bytes) -> list[Sexp]:
    """The expression of a key file, which may have lines with names before it."""
    line = _KEY_LINE.search(data)
    return parse(data, line.end() if line else data.find(b"("))


def _way(data: bytes) -> Sexp:
    return _whole(data)[0]


def _algorithm(data: bytes) -> list[Sexp]:
    """The list of one key's numbers, named after its algorithm."""
    way, key, *_ = _whole(data)
    if way not in _WAYS or not isinstance(key, list):
        # A key on a card, of which only a stub lies here.
        raise NotOpened(Reason.UNREADABLE)
    return key


def _private(key: list[Sexp], secret: list[Sexp]) -> Any:
    """Make the library's own object of the numbers, and see that it fits the public half."""
    make = {b"rsa": _rsa, b"ecc": _ecc, b"dsa": _dsa}.get(key[0] if isinstance(key[0], bytes) else b"")
    if make is None:
        raise NotOpened(Reason.UNREADABLE)
    return make(key, secret)


def _number(sexp: list[Sexp], name: bytes) -> int:
    return int.from_bytes(value(sexp, name), "big")


def _rsa(key: list[Sexp], secret: list[Sexp]) -> Any:
    from cryptography.hazmat.primitives.asymmetric import rsa

    p, q, d = (_number(secret, name) for name in (b"p", b"q", b"d"))
    public = rsa.RSAPublicNumbers(_number(key, b"e"), _number(key, b"n"))
    return rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public).private_key()


def _dsa(key: list[Sexp], secret: list[Sexp]) -> Any:
    from cryptography.hazmat.primitives.asymmetric import dsa

    parameters = dsa.DSAParameterNumbers(*(_number(key, name) for name in (b"p", b"q", b"g")))
    public = dsa.DSAPublicNumbers(_number(key, b"y"), parameters)
    return dsa.DSAPrivateNumbers(_number(secret, b"x"), public).private_key()


def _ecc(key: list[Sexp], secret: list[Sexp]) -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, x25519

    curve, number = value(key, b"curve").decode(), _number(secret, b"d")
    made: Any
    if curve == "Ed25519":
        made = ed25519.Ed25519PrivateKey.from_private_bytes(number.to_bytes(32, "big"))
    elif curve == "Curve25519":
        made = x25519.X25519PrivateKey.from_private_bytes(number.to_bytes(32, "little"))
    else:
        made = ec.derive_private_key(number, _curve(curve))
        point = made.public_key().public_numbers()
        wide = -(-made.key_size // 8)
        public = b"\4" + point.x.to_bytes(wide, "big") + point.y.to_bytes(wide, "big")
        return _fitting(made, public, key)
    return _fitting(made, b"\x40" + made.public_key().public_bytes_raw(), key)


def _curve(name: str) -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec

    known: dict[str, Any] = {
        "NIST P-256": ec.SECP256R1,
        "NIST P-384": ec.SECP384R1,
        "NIST P-521": ec.SECP521R1,
        "secp256k1": ec.SECP256K1,
        "brainpoolP256r1": ec.BrainpoolP256R1,
        "brainpoolP384r1": ec.BrainpoolP384R1,
        "brainpoolP512r1": ec.BrainpoolP512R1,
    }
    return known[name]()


def _fitting(made: Any, public: bytes, key: list[Sexp]) -> Any:
    if public != value(key, b"q"):
        raise NotOpened(Reason.UNREADABLE)
    return made


def _marks(store: Store) -> tuple[bytes, ...]:
    """The end of what is sealed, and the public half as it stands before the secret in an export."""
    data = store.whole()
    if revocation := _REVOCATION.search(data):
        return (_unarmoured(revocation[1]),)
    if _is_ring(data):
        ends = [one.half[-_END:] for one in _readable(data)]
        return (data[:_MARK], *(end + locked for end in ends for locked in _LOCKED))
    key, marks = _algorithm(data), []
    if _way(data) != _WAYS[0]:
        marks.append(sealed(key)[-2 * _TAG :])
    if key[0] == b"rsa":
        ends = [value(key, b"n")[-24:] + _EXPONENT]
    elif key[0] == b"ecc":
        point = value(key, b"q")[-32:]
        ends = [point, *(point + one for one in _DERIVATIONS)]
    else:
        ends = [value(key, b"y")[-_END:]]
    return (*marks, *(end + locked for end in ends for locked in _LOCKED))


def _rewrap(data: bytes, key: PrivateKey) -> Rewrap:
    """Whether the public half of a locked key of GnuPG's agent is this key's: it stands in the clear."""
    try:
        numbers = _algorithm(data)
        half = [value(numbers, name) for name in (b"n", b"q", b"y") if _has(numbers, name)]
    except (NotOpened, ValueError, KeyError, TypeError):
        return Rewrap.NO
    public = public_of(key.secret) if is_pair(key.secret) else key.body
    return Rewrap.YES if any(len(one) > _WIDE and _bare(one) in public for one in half[-1:]) else Rewrap.NO


def _has(numbers: list[Sexp], name: bytes) -> bool:
    return any(isinstance(one, list) and one[:1] == [name] for one in numbers)


def _bare(number: bytes) -> bytes:
    """A number or a point as every form has it: without the byte before it that says how it is written."""
    return number[1:] if number[:1] in (b"\0", b"\x40") else number


KIND: Final = Kind(
    "gnupg",
    _open,
    marks=_marks,
    files=files,
    quiet=quiet,
    forget=forget,
    rewrap=_rewrap,
    wrap_hints=(b"protected-private-key",),
    told=_told,
)
