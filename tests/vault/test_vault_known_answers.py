"""The vectors of the standards, through the very functions the vault calls."""

import io

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.modes import ECB, GCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from app.domain.vaulting import Suite
from app.system.memory import Secret
from app.vault.splitting import SIZE, merge, split
from app.vault.stream import _opening, _sealing
from app.vault.suite import cipher_of, derive, digest, mac
from app.vault.wrapping import unwrap, wrap


@pytest.mark.parametrize(
    ("plain", "wrapped"),
    [
        (
            "c37b7e6492584340bed12207808941155068f738",
            "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a",
        ),
        ("466f7250617369", "afbeb0f07dfbf5419200f2ccb50bb24f"),
    ],
)
def test_rfc_5649_section_6(plain, wrapped):
    key = bytes.fromhex("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8")
    held = memoryview(bytearray.fromhex(plain))
    assert wrap(Suite.AES, key, held, len(held)).hex() == wrapped
    back = memoryview(bytearray(len(held)))
    unwrap(Suite.AES, key, bytes.fromhex(wrapped), back, len(held))
    assert back == held


def test_rfc_9106_section_5_3():
    kdf = Argon2id(
        salt=b"\x02" * 16,
        length=32,
        iterations=3,
        lanes=4,
        memory_cost=32,
        ad=b"\x04" * 12,
        secret=b"\x03" * 8,
    )
    into = memoryview(bytearray(32))
    kdf.derive_into(b"\x01" * 32, into)
    assert into.hex() == "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"


def test_gb_t_32905_sm3():
    assert (
        digest(Suite.SM4, b"a", b"bc").hex()
        == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    )
    assert (
        digest(Suite.SM4, b"abcd" * 16).hex()
        == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
    )


def test_gb_t_32907_sm4():
    key = bytes.fromhex("0123456789abcdeffedcba9876543210")
    block = Cipher(cipher_of(Suite.SM4, key), ECB()).encryptor().update(key)
    assert block.hex() == "681edf34d206965e86b3e94f536e4246"


RFC_8998_KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")
RFC_8998_NONCE = bytes.fromhex("00001234567800000000abcd")
RFC_8998_BESIDE = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
RFC_8998_PLAIN = bytes.fromhex("".join(one * 8 for one in ("aa", "bb", "cc", "dd", "ee", "ff", "ee", "aa")))
RFC_8998_SEALED = bytes.fromhex(
    "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
    "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
    "83de3541e4c2b58177e065a9bf7b62ec"
)


def test_rfc_8998_appendix_a_1_sm4_gcm():
    out = memoryview(bytearray(len(RFC_8998_SEALED)))
    act = _sealing(Suite.SM4, memoryview(RFC_8998_KEY))
    act(RFC_8998_NONCE, memoryview(RFC_8998_PLAIN), RFC_8998_BESIDE, out)
    assert bytes(out) == RFC_8998_SEALED
    back = memoryview(bytearray(len(RFC_8998_PLAIN)))
    act = _opening(Suite.SM4, memoryview(RFC_8998_KEY))
    act(RFC_8998_NONCE, memoryview(RFC_8998_SEALED), RFC_8998_BESIDE, back)
    assert bytes(back) == RFC_8998_PLAIN


def test_aes_gcm_is_the_one_of_nist_and_of_the_other_call():
    """McGrew and Viega's test case 16, and `Cipher` beside `AESGCM`."""
    key = bytes.fromhex("feffe9928665731c6d6a8f9467308308" * 2)
    nonce = bytes.fromhex("cafebabefacedbaddecaf888")
    plain = bytes.fromhex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    )
    beside = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    out = memoryview(bytearray(len(plain) + 16))
    _sealing(Suite.AES, memoryview(key))(nonce, memoryview(plain), beside, out)
    assert bytes(out).hex() == (
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
        "76fc6ece0f4e1768cddf8853bb2d551b"
    )
    other = Cipher(cipher_of(Suite.AES, key), GCM(nonce)).encryptor()
    other.authenticate_additional_data(beside)
    assert other.update(plain) + other.finalize() + other.tag == bytes(out)


def test_rfc_5869_case_1_and_rfc_4231_case_2():
    into = memoryview(bytearray(42))
    salt, info = bytes(range(13)), bytes(range(0xF0, 0xFA))
    derive(Suite.AES, b"\x0b" * 22, info, into, salt)
    assert into.hex() == (
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    )
    assert (
        mac(Suite.AES, b"Jefe", b"what do ya want ", b"for nothing?").hex()
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


def test_the_split_is_that_of_luks():
    """Computed a second time, after cryptsetup's af.c."""
    import hashlib

    with Secret.random(32) as key, Secret(SIZE) as stripes, Secret(32) as back:
        split(Suite.AES, key.view, stripes.view)
        source, state = io.BytesIO(bytes(stripes.view)), bytes(32)
        for _ in range(3999):
            state = bytes(a ^ b for a, b in zip(state, source.read(32), strict=True))
            state = hashlib.sha256(bytes(4) + state).digest()
        assert bytes(a ^ b for a, b in zip(state, source.read(32), strict=True)) == bytes(key.view)
        merge(Suite.AES, stripes.view, back.view)
        assert back.view == key.view
