"""The layouts of the key stores read at their edges: damaged, foreign, half overwritten."""

import base64
import hashlib
import json
import os
import struct
import zlib

import key_stores as stores
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.domain.case import KeySource
from app.domain.fault import Fault, Refused
from app.domain.outcome import Reason
from app.steps.shred import inspect
from app.steps.shred.hunt import wraps_beside
from app.steps.shred.kinds import KINDS, kind_of, marks_of, open_keys, spans_of
from app.steps.shred.kinds.contract import LARGEST, NotOpened, Store
from app.steps.shred.msgpack import unpacked


def store_of(data):
    return Store(len(data), lambda offset, length: bytes(data[offset : offset + length]))


def shut(kind, data, passphrase=stores.PASSPHRASE):
    """Why the bytes give no key."""
    with pytest.raises(NotOpened) as caught:
        open_keys(kind_of(kind), store_of(data), passphrase)
    return caught.value.reason


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("data", [b"", b"x" * 100, bytes(300_000), b"[1]", b"{}", b"\x81"])
def test_rubbish_is_no_key(kind, data):
    with pytest.raises(NotOpened):
        open_keys(kind_of(kind), store_of(data), "x")
    assert all(marks_of(kind_of(kind), store_of(data)))


def test_a_damaged_header_has_no_spans(tmp_path):
    store = stores.Luks1.make(tmp_path)
    data = bytearray(store.path.read_bytes()[:4096])
    data[168] = 0xFF
    with pytest.raises(NotOpened):
        spans_of(kind_of("luks"), store_of(data))


def test_what_is_far_too_big_is_not_read():
    with pytest.raises(NotOpened):
        Store(LARGEST + 1, None).whole()


@pytest.mark.parametrize(
    ("name", "at"), [("sha512", 0), ("sha256", 65536), ("sha512", -131072), ("blake2s", -65536)]
)
def test_each_of_the_four_headers_of_veracrypt_opens(name, at):
    """Vectors after the volume format specification of VeraCrypt: salt, version, CRCs, keys at 256."""
    keys, salt = os.urandom(64), os.urandom(64)
    area = bytearray(448)
    area[:4], area[4:8] = b"VERA", b"\0\5\1\x0b"
    area[192:256] = keys
    area[8:12] = struct.pack(">I", zlib.crc32(area[192:448]))
    key = hashlib.pbkdf2_hmac(name, b"pw", salt, 500000, 64)
    sealed = Cipher(algorithms.AES(key), modes.XTS(bytes(16))).encryptor().update(bytes(area))
    volume = bytearray(1 << 18)
    start = at % len(volume)
    volume[start : start + 512] = salt + sealed
    (found,) = open_keys(kind_of("veracrypt"), store_of(volume), "pw")
    assert found.secret.content == keys
    if at == 0:
        assert shut("veracrypt", volume, "no") is Reason.CIPHER_UNTRIED
    assert marks_of(kind_of("veracrypt"), store_of(volume)) == (salt,)
    assert [(one.start, one.stop) for one in spans_of(kind_of("veracrypt"), store_of(volume))] == [
        (0, 131072),
        (131072, 262144),
    ]


def test_a_cipher_that_is_not_known_proves_nothing(tmp_path):
    store = stores.Luks1.make(tmp_path)
    data = bytearray(store.path.read_bytes()[: 3 << 20])
    data[40:72] = b"cbc-plain".ljust(32, b"\0")
    assert shut("luks", data) is Reason.UNREADABLE
    detached = bytearray(data)
    detached[104:108] = bytes(4)
    spans = spans_of(kind_of("luks"), store_of(detached))
    assert spans == spans_of(kind_of("luks"), store_of(data))


@pytest.mark.parametrize("kdf", ["argon2id", "argon2i"])
def test_luks2_opens_by_argon2(tmp_path, kdf):
    stores.need("cryptsetup")
    path = tmp_path / "l"
    path.write_bytes(bytes(20 << 20))
    cheap = [
        "--pbkdf",
        kdf,
        "--pbkdf-memory",
        "1024",
        "--pbkdf-force-iterations",
        "4",
        "--pbkdf-parallel",
        "1",
    ]
    command = ["cryptsetup", "luksFormat", "-q", "--type", "luks2", *cheap, path, "-"]
    stores.do(*command, input=stores.PASSPHRASE.encode())
    data = path.read_bytes()
    assert open_keys(kind_of("luks"), store_of(data), stores.PASSPHRASE)
    damaged = bytearray(data)
    damaged[4096 + 5] ^= 1
    damaged[16384 + 4096 + 5] ^= 1
    assert shut("luks", damaged) is Reason.UNREADABLE


def test_gocryptfs_of_the_time_before_hkdf():
    salt, nonce, master = os.urandom(32), os.urandom(12), os.urandom(32)
    key = hashlib.scrypt(b"pw", salt=salt, n=1024, r=8, p=1, dklen=32)
    wrapped = base64.b64encode(nonce + AESGCM(key).encrypt(nonce, master, bytes(8))).decode()
    how = {"Salt": base64.b64encode(salt).decode(), "N": 1024, "R": 8, "P": 1, "KeyLen": 32}
    data = json.dumps({"EncryptedKey": wrapped, "ScryptObject": how, "FeatureFlags": ["DirIV"]}).encode()
    (found,) = open_keys(kind_of("gocryptfs"), store_of(data), "pw")
    assert found.secret.content == master
    assert shut("gocryptfs", data, "no") is Reason.WRONG_PASSPHRASE


def test_borg_2_and_a_repository_without_its_key_are_not_opened():
    wrap = base64.b64encode(b"\x81\xa9algorithm\xa6argon2")
    assert shut("borg", b"BORG_KEY " + b"0" * 64 + b"\n" + wrap) is Reason.UNREADABLE
    assert shut("borg", b"[repository]\nid = 00\n") is Reason.UNREADABLE


def test_a_certificate_alone_is_no_key(tmp_path):
    store = stores.Jks.make(tmp_path)
    cert, trust = tmp_path / "c", tmp_path / "t.jks"
    stores.do("keytool", "-exportcert", "-alias", "a", "-file", cert, *store.secret(store.path)[:4])
    stores.do(
        "keytool",
        "-importcert",
        "-noprompt",
        "-storetype",
        "JKS",
        "-alias",
        "b",
        "-file",
        cert,
        *store.secret(trust)[:4],
    )
    data = bytearray(trust.read_bytes())
    assert shut("jks", data) is Reason.UNREADABLE
    data[7] = 1
    assert shut("jks", data) is Reason.UNREADABLE


@pytest.mark.parametrize(
    ("packed", "value"),
    [
        (b"\x81\xa1a\x05", 5),
        (b"\x81\xa1a\xcd\x01\x00", 256),
        (b"\x81\xa1a\xc4\x02xy", b"xy"),
        (b"\x80", None),
    ],
)
def test_messagepack_as_borg_writes_it(packed, value):
    assert unpacked(packed).get(b"a") == value


@pytest.mark.parametrize("packed", [b"", b"\x01", b"\x81\xa1a\xc0"])
def test_other_messagepack_is_refused(packed):
    with pytest.raises(ValueError, match=r"not a small map|a value of type"):
        unpacked(packed)


def test_a_plain_database_is_no_sqlcipher():
    assert shut("sqlcipher", b"SQLite format 3\0".ljust(4096, b"x")) is Reason.UNREADABLE


@pytest.mark.parametrize("kind", ["luks", "veracrypt", "sqlcipher"])
def test_a_container_that_is_none_is_refused_before_anything(tmp_path, kind):
    (tmp_path / "f").write_bytes(b"x" * 100)
    with pytest.raises(Refused) as caught:
        next(inspect([KeySource(kind, tmp_path / "f")], key=b"", passphrase=lambda _: ""))
    assert caught.value.fault is Fault.CASE_FILE_WRONG_VALUE


def test_wraps_beside(tmp_path):
    for name in ("masterkey.cryptomator", "masterkey.cryptomator.A.bkup", "vault.cryptomator"):
        (tmp_path / name).write_bytes(b"")
    kind = kind_of("cryptomator")
    own = str(tmp_path / "masterkey.cryptomator")
    assert wraps_beside(own, kind) == (f"{own}.A.bkup",)
    assert wraps_beside(str(tmp_path / "gone" / "k"), kind) == ()
