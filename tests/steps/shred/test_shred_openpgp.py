"""Packets of secret keys as RFC 9580 has them, in every way in which they say their length and are locked."""

import hashlib

import pytest
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from test_shred_strangers import shut

from app.domain.case import KeySource
from app.domain.outcome import Reason
from app.steps.shred import inspect
from app.steps.shred.kinds import KINDS, open_keys, told_of
from app.steps.shred.kinds.contract import described, store_over
from app.steps.shred.kinds.openpgp import s2k

SMALL, LARGE = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP521R1())
OIDS = {256: "2a8648ce3d030107", 521: "2b81040023"}
ECDSA = 19


def number(content):
    content = content.lstrip(b"\0")
    return int.from_bytes(content, "big").bit_length().to_bytes(2, "big") + content


def public(key, algorithm=ECDSA, version=4):
    oid = bytes.fromhex(OIDS[key.key_size])
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return bytes([version, 1, 2, 3, 4, algorithm, len(oid)]) + oid + number(point)


def secret(key):
    return number(key.private_numbers().private_value.to_bytes(66, "big"))


def sum_of(data):
    return (sum(data) & 0xFFFF).to_bytes(2, "big")


def plain(key):
    return public(key) + b"\0" + secret(key) + sum_of(secret(key))


def locked(key, usage=254, how=3, hashed=8, cipher=9):
    """A key under AES-256 and SHA-256, with a digest (254) or a sum (255) as its check."""
    salt, vector, count = bytes(range(8)), bytes(range(16)), 0x60
    made = s2k("sha256", salt if how else b"", 65536 if how == 3 else 0, b"word", 32)
    text = secret(key)
    check = hashlib.sha1(text, usedforsecurity=False).digest() if usage == 254 else sum_of(text)
    sealed = Cipher(algorithms.AES(made), CFB(vector)).encryptor().update(text + check)
    known = (salt if how else b"") + (bytes([count]) if how == 3 else b"")
    return public(key) + bytes([usage, cipher, how, hashed]) + known + vector + sealed


def old(body, wide):
    return bytes([0x94 | {1: 0, 2: 1, 4: 2}[wide]]) + len(body).to_bytes(wide, "big") + body


def new(body, wide):
    length = {1: lambda n: bytes([n]), 2: lambda n: (n - 192 + (192 << 8)).to_bytes(2, "big"),
              5: lambda n: b"\xff" + n.to_bytes(4, "big")}[wide](len(body))  # fmt: skip
    return b"\xc5" + length + body


@pytest.mark.parametrize(
    ("wrap", "wide", "key"),
    [(old, 1, SMALL), (old, 2, LARGE), (old, 4, SMALL), (new, 1, SMALL), (new, 2, LARGE), (new, 5, LARGE)],
)
def test_a_ring_is_read_however_a_packet_says_its_length(tmp_path, wrap, wide, key):
    ring = tmp_path / "secring.gpg"
    ring.write_bytes(wrap(plain(key), wide) + wrap(plain(key), wide))
    (found,) = inspect([KeySource("gnupg", ring)], key=b"k", passphrase=lambda _: "")
    assert found.algorithm == " + ".join([described(key).algorithm] * 2)


@pytest.mark.parametrize("usage", [254, 255])
@pytest.mark.parametrize("how", [0, 1, 3])
def test_a_key_opens_by_its_passphrase_whatever_the_way_of_its_lock(usage, how):
    ring = old(locked(SMALL, usage, how), 2)
    (found,) = open_keys(KINDS["gnupg"], store_over(ring), "word")
    assert found == described(SMALL)
    assert shut("gnupg", ring, "no") is Reason.WRONG_PASSPHRASE


STUB = bytes([255, 0, 101, 0]) + b"GNU\1"
SHUT = {
    "a packet without an end": b"\x97" + plain(SMALL),
    "a packet in parts": b"\xc5\xe1" + plain(SMALL),
    "a number that is cut": old(public(SMALL)[:-1], 2),
    "a sum that is wrong": old(plain(SMALL)[:-1] + b"\0\0", 2),
    "an older version": old(public(SMALL, version=3) + b"\0", 2),
    "an algorithm of tomorrow": old(public(SMALL, algorithm=99) + b"\0", 2),
    "a public half alone": old(public(SMALL), 2),
    "a stub of a card": old(public(SMALL) + STUB, 2),
    "a cipher of tomorrow": old(locked(SMALL, cipher=99), 2),
    "a hash of tomorrow": old(locked(SMALL, hashed=99), 2),
    "a lock of tomorrow": old(locked(SMALL, how=3).replace(b"\xfe\x09\x03", b"\xfd\x09\x03"), 2),
}


@pytest.mark.parametrize("ring", SHUT.values(), ids=SHUT)
def test_a_ring_that_can_not_be_read_is_no_wrong_passphrase(ring):
    assert shut("gnupg", ring, "word") is Reason.UNREADABLE


def test_a_key_that_nothing_opens_is_named_as_far_as_it_says():
    told = [
        told_of(KINDS["gnupg"], store_over(SHUT[name])) for name in ("a stub of a card", "an older version")
    ]
    print_ = hashlib.sha1(b"\x99" + len(public(SMALL)).to_bytes(2, "big") + public(SMALL)).hexdigest().upper()
    assert told == [(f"ECDSA-NIST P-256 {print_}",), ("OpenPGP",)]
    (other,) = told_of(KINDS["gnupg"], store_over(SHUT["an algorithm of tomorrow"]))
    assert other.startswith("OpenPGP ")
