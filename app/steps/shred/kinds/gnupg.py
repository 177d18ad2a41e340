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
from app.steps.shred.kinds.contract import Kind, NotOpened, Opened, Store, described, master
from app.steps.shred.kinds.gnupg_home import files, forget, quiet
from app.steps.shred.kinds.sexp import Sexp, canonical, named, parse, value

_REVOCATION: Final = re.compile(rb"-----BEGIN PGP PUBLIC KEY BLOCK-----(.*?)-----END", re.DOTALL)
_WAYS: Final = (b"private-key", b"protected-private-key")
_PACKETS: Final = (0x94, 0x95, 0x96, 0x97, 0xC5)
"""How a ring of secret keys begins, as GnuPG 1 and 2.0 kept it: with a packet of one, RFC 9580 5.5.1.3."""
_MARK: Final = 4096
_TAG: Final = 16
_WIDE: Final = 16
_LOCKED: Final = (b"\xfe", b"\xff", b"\xfd")
"""What follows the public half in an exported secret packet that is locked, RFC 9580 3.7.2.1."""
_DERIVATIONS: Final = tuple(bytes([3, 1, hashed, cipher]) for hashed in (8, 9, 10) for cipher in (7, 8, 9))
_EXPONENT: Final = b"\0\x11\1\0\1"


def _open(store: Store, passphrase: bytes) -> Opened:
    data = store.whole()
    if revocation := _REVOCATION.search(data):
        return (master("OpenPGP revocation certificate", _unarmoured(revocation[1])),)
    key = _algorithm(data)
    secret = key if _way(data) == _WAYS[0] else _unlocked(key, passphrase)
    return (described(_private(key, secret)),)


def _unarmoured(text: bytes) -> bytes:
    """The packets between the lines of an armour, without its headers and its check."""
    body = text.replace(b"\r", b"").partition(b"\n\n")[2]
    return b64decode(b"".join(line for line in body.split() if not line.startswith(b"=")), validate=True)


def _whole(data: bytes) -> list[Sexp]:
    start = data.find(b"(")
    if start < 0:
        raise NotOpened(Reason.UNREADABLE)
    return parse(data, start)


def _way(data: bytes) -> Sexp:
    return _whole(data)[0]


def _algorithm(data: bytes) -> list[Sexp]:
    """The list of one key's numbers, named after its algorithm."""
    way, key, *_ = _whole(data)
    if way not in _WAYS or not isinstance(key, list):
        # A key on a card, of which only a stub lies here.
        raise NotOpened(Reason.UNREADABLE)
    return key


def _unlocked(key: list[Sexp], passphrase: bytes) -> list[Sexp]:
    match named(key, b"protected"):
        case [_, bytes(way), [[_, bytes(salt), bytes(count)], bytes(nonce)], bytes(sealed)]:
            secret = _derived(passphrase, salt, int(count))
        case _:
            raise NotOpened(Reason.UNREADABLE)
    if way == b"openpgp-s2k3-ocb-aes":
        plain = _unsealed(secret, nonce, sealed, [one for one in key if one[:1] != [b"protected"]])
    elif way == b"openpgp-s2k3-sha1-aes-cbc":
        plain = _decrypted(secret, nonce, sealed)
    else:
        raise NotOpened(Reason.UNREADABLE)
    try:
        numbers = parse(plain)[0]
    except ValueError:
        raise NotOpened(Reason.WRONG_PASSPHRASE) from None
    return numbers if isinstance(numbers, list) else []


def _derived(passphrase: bytes, salt: bytes, count: int) -> bytes:
    """Iterated and salted S2K over SHA-1, RFC 9580 3.7.1.3; `count` is in bytes."""
    once = salt + passphrase
    state, block = hashlib.sha1(usedforsecurity=False), once * (1 + (1 << 20) // len(once))
    left = max(count, len(once))
    while left > 0:
        state.update(block[:left])
        left -= len(block)
    return state.digest()[:_WIDE]


def _unsealed(secret: bytes, nonce: bytes, sealed: bytes, rest: list[Sexp]) -> bytes:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESOCB3

    try:
        return AESOCB3(secret).decrypt(nonce, sealed, canonical(rest))
    except InvalidTag:
        raise NotOpened(Reason.WRONG_PASSPHRASE) from None


def _decrypted(secret: bytes, nonce: bytes, sealed: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CBC

    return Cipher(AES(secret), CBC(nonce)).decryptor().update(sealed)


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
        raise NotOpened(Reason.WRONG_PASSPHRASE)
    return made


def _marks(store: Store) -> tuple[bytes, ...]:
    """The end of what is sealed, and the public half as it stands before the secret in an export."""
    data = store.whole()
    if revocation := _REVOCATION.search(data):
        return (_unarmoured(revocation[1]),)
    if data[:1] and data[0] in _PACKETS:
        return (data[:_MARK],)
    key, marks = _algorithm(data), []
    if _way(data) != _WAYS[0]:
        sealed = named(key, b"protected")[3]
        marks.append(sealed[-2 * _TAG :] if isinstance(sealed, bytes) else b"")
    if key[0] == b"rsa":
        ends = [value(key, b"n")[-24:] + _EXPONENT]
    elif key[0] == b"ecc":
        point = value(key, b"q")[-32:]
        ends = [point, *(point + one for one in _DERIVATIONS)]
    else:
        ends = []
    return (*marks, *(end + locked for end in ends for locked in _LOCKED))


KIND: Final = Kind("gnupg", _open, marks=_marks, files=files, quiet=quiet, forget=forget)
