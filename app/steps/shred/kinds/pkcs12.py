"""PKCS#12 files, RFC 7292."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from app.domain.outcome import Reason
from app.steps.shred.ciphers import pbkdf2
from app.steps.shred.kinds.asked import affordable
from app.steps.shred.kinds.contract import Kind, NotOpened, Opened, PrivateKey, Rewrap, Store, described
from app.steps.shred.kinds.pairs import certifies, fits, is_pair, least

_NUMBER: Final = rb"(?:[\x00-\x80]|\x81.|\x82..|\x83...|\x84....)"
_PKCS7: Final = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07"
_START: Final = re.compile(
    rb"\x30" + _NUMBER + rb"\x02\x01\x03\x30" + _NUMBER + re.escape(_PKCS7) + rb"[\x01\x02]", re.DOTALL
)
"""How every file of version 3 begins: what holds it all, its version, and PKCS#7 data, plain or signed."""
_KEYS: Final = ("key_bag", "pkcs8_shrouded_key_bag")
_CERTIFICATE: Final = "cert_bag"
_NO_KEYS: Final = (_CERTIFICATE, "crl_bag")
_DAMAGED: Final = (ValueError, TypeError, KeyError, AttributeError)


def _open(store: Store, passphrase: bytes) -> Opened:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import pkcs12

    data = store.whole()
    affordable(data)
    try:
        key, _, _ = pkcs12.load_key_and_certificates(data, passphrase or None)
    except (ValueError, UnsupportedAlgorithm):
        whole = _START.match(data) is not None
        raise NotOpened(Reason.WRONG_PASSPHRASE if whole else Reason.UNREADABLE) from None
    if key is None:
        raise NotOpened(Reason.UNREADABLE)
    bags = [bag for bag in _all_bags(data, passphrase) if bag["bag_id"].native not in _NO_KEYS]
    if len(bags) == 1 and bags[0]["bag_id"].native in _KEYS:
        return (described(key),)
    # The library gives the first key alone: Java keeps many in one file.
    return tuple(described(_private(bag, passphrase)) for bag in bags)


def _bags(data: bytes) -> Iterator[Any]:
    """What lies in a file without encryption around it; most keys do, each encrypted by itself."""
    for part in _parts(data):
        if part["content_type"].native == "data":
            yield from _listed(part["content"].native)


def _all_bags(data: bytes, passphrase: bytes) -> Iterator[Any]:
    """What lies in a file, of the parts that are encrypted as a whole only where a key is in one.

    Raises:
        NotOpened: UNREADABLE where there may be more keys than can be told.
    """
    yield from _bags(data)
    for part in _parts(data):
        match part["content_type"].native:
            case "data":
                pass
            case "encrypted_data":
                yield from _unlocked(part, passphrase)
            case _:
                raise NotOpened(Reason.UNREADABLE)


def _parts(data: bytes) -> Any:
    from asn1crypto.pkcs12 import Pfx

    return Pfx.load(data).authenticated_safe


def _listed(content: bytes) -> Any:
    from asn1crypto.pkcs12 import SafeContents

    return SafeContents.load(content)


def _unlocked(part: Any, passphrase: bytes) -> Any:
    """What lies in an encrypted part that has a key; nothing of any other, whose cipher does not matter."""
    from asn1crypto.pkcs12 import AuthenticatedSafe, Pfx
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CBC
    from cryptography.hazmat.primitives.serialization import pkcs12

    # A file of this part alone, without a check over it: the library needs none.
    whole = {"content_type": "data", "content": AuthenticatedSafe([part]).dump()}
    alone = Pfx({"version": "v3", "auth_safe": whole}).dump()
    if pkcs12.load_key_and_certificates(alone, passphrase or None)[0] is None:
        return ()
    told = part["content"]["encrypted_content_info"]
    how = told["content_encryption_algorithm"]
    if how["algorithm"].native != "pbes2" or how.encryption_cipher != "aes":
        raise NotOpened(Reason.UNREADABLE)
    key = pbkdf2(how.kdf_hmac, passphrase, how.kdf_salt, how.kdf_iterations, how.key_length)
    text = told["encrypted_content"].native
    return _listed(Cipher(AES(key), CBC(how.encryption_iv)).decryptor().update(text))


def _private(bag: Any, passphrase: bytes) -> Any:
    """Open one key of several.

    Raises:
        NotOpened: UNREADABLE for what is no private key, as the secret keys of Java, or has a
            passphrase of its own.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    name = bag["bag_id"].native
    try:
        if name in _KEYS:
            secret = passphrase if name == _KEYS[1] else None
            return load_der_private_key(bag["bag_value"].untag().dump(), secret)
    except (UnsupportedAlgorithm, *_DAMAGED):
        pass
    raise NotOpened(Reason.UNREADABLE)


def _rewrap(data: bytes, key: PrivateKey) -> Rewrap:
    """Whether a certificate in the clear is this key's; if not, whether what is locked could have it."""
    if not is_pair(key.secret) or not _START.match(data):
        return Rewrap.NO
    try:
        bags = list(_bags(data))
        certificates = [bag for bag in bags if bag["bag_id"].native == _CERTIFICATE]
        if any(_is_for(bag, key.secret) for bag in certificates):
            return Rewrap.YES
        strangers = {number for bag in certificates for number in _numbers(bag)}
        used = Counter(number for bag in bags if bag["bag_id"].native in _KEYS for number in _numbers(bag))
        strangers = {number for number in strangers if used[number] == 1}
        maybe = any(_may_be(bag, strangers, key.secret) for bag in bags)
        maybe = maybe or any(_may_have(part, key.secret) for part in _parts(data))
    except _DAMAGED:
        # It goes on behind what is held of it here, or is signed and not only encrypted.
        return Rewrap.MAYBE
    return Rewrap.MAYBE if maybe else Rewrap.NO


def _may_be(bag: Any, strangers: set[bytes], secret: Any) -> bool:
    """Whether this could be the key, locked; one that lies open would be known by its bytes."""
    name = bag["bag_id"].native
    if name not in _KEYS:
        return name not in _NO_KEYS
    if name == _KEYS[0] or strangers.intersection(_numbers(bag)):
        return False
    return fits(len(bag["bag_value"]["encrypted_data"].native), secret)


def _may_have(part: Any, secret: Any) -> bool:
    """Whether a part that is locked as a whole is long enough for the key, whatever else is in it."""
    match part["content_type"].native:
        case "data":
            return False
        case "encrypted_data":
            sealed = part["content"]["encrypted_content_info"]["encrypted_content"].native
            return len(sealed) >= least(secret)
    return True


def _numbers(bag: Any) -> list[bytes]:
    """The numbers by which a key and its certificate are known for one pair."""
    told = bag["bag_attributes"].native or ()
    return [value for one in told if one["type"] == "local_key_id" for value in one["values"]]


def _is_for(bag: Any, secret: Any) -> bool:
    found = bag["bag_value"]["cert_value"].parsed
    return certifies(found.dump(), secret)


KIND: Final = Kind("pkcs12", _open, rewrap=_rewrap, wrap_hints=(_PKCS7,))
