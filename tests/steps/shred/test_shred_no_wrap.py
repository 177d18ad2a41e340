"""Bytes that look like a wrap of a key: no wrap, one of a stranger, or one that nothing tells of."""

import base64
import json

import key_stores as stores
import pytest
from cryptography.hazmat.primitives.asymmetric import ed448, x25519
from test_shred_rewrapped import by_openssh
from test_shred_strangers import KEY, MASTER, locked_pem, shut, told
from test_shred_veracrypt import bytes_store, header

from app.domain.outcome import Reason
from app.steps.shred.kinds import KINDS, open_keys, rewrap_of
from app.steps.shred.kinds.contract import Rewrap, described

OWN = described(KEY)
LUKS = b"LUKS\xba\xbe"
SEALED = {"primaryMasterKey": "AAAA", "hmacMasterKey": "AAAA", "version": 999}
SEALED["versionMac"] = base64.b64encode(bytes(32)).decode()
STRAY = b"-----END RSA PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"


def sealed(**more):
    return json.dumps({name: one for name, one in {**SEALED, **more}.items() if one is not None}).encode()


@pytest.mark.parametrize(
    ("kind", "data", "key", "said"),
    [
        ("cryptomator", b'{"primaryMasterKey": 1}', MASTER, Rewrap.NO),
        ("cryptomator", sealed(), MASTER, Rewrap.NO),
        ("cryptomator", sealed(versionMac=None), MASTER, Rewrap.MAYBE),
        ("cryptomator", sealed(versionMac="!"), MASTER, Rewrap.MAYBE),
        ("cryptomator", sealed(versionMac="AAAA"), MASTER, Rewrap.MAYBE),
        ("cryptomator", sealed(version="first"), MASTER, Rewrap.MAYBE),
        ("cryptomator", sealed(version=1 << 40), MASTER, Rewrap.MAYBE),
        ("restic", b'notes on "kdf"', MASTER, Rewrap.NO),
        ("luks", b"notes on " + LUKS, MASTER, Rewrap.NO),
        ("luks", LUKS + b"\0\2" + bytes(8192), MASTER, Rewrap.NO),
        ("luks", LUKS + b"\0\1", MASTER, Rewrap.NO),
        ("jks", b"notes on \xfe\xed\xfe\xed", OWN, Rewrap.NO),
        ("jks", b"\xfe\xed\xfe\xed\0\0", OWN, Rewrap.MAYBE),
        ("pem", locked_pem(b"word"), MASTER, Rewrap.NO),
        ("pem", STRAY + b"a PRIVATE KEY-----", OWN, Rewrap.NO),
        ("pem", STRAY + locked_pem(b"word"), OWN, Rewrap.YES),
    ],
)
def test_what_is_said_of_bytes_that_only_look_like_a_wrap(kind, data, key, said):
    assert told(kind, data, "word", key=key) is said


@pytest.mark.parametrize("make", [x25519.X25519PrivateKey.generate, ed448.Ed448PrivateKey.generate])
def test_a_key_that_openssh_does_not_know_is_in_none_of_its_files(make):
    assert told("pem", by_openssh(KEY, b"another"), key=described(make())) is Rewrap.NO
    assert told("pem", by_openssh(KEY, b"another"), key=OWN) is Rewrap.YES


def test_keys_that_stand_under_no_other_secret_are_wrapped_nowhere():
    assert rewrap_of(KINDS["sqlcipher"], bytes(4096), MASTER) is Rewrap.NO


def test_behind_a_secret_key_of_java_a_pair_may_stand(tmp_path):
    stores.need("keytool")
    path = tmp_path / "secret.jceks"
    stores.do("keytool", "-genseckey", "-storetype", "JCEKS", "-alias", "one", "-keyalg", "AES", "-keysize", "256",
              "-keystore", path, "-storepass", stores.PASSPHRASE, "-keypass", stores.PASSPHRASE)  # fmt: skip
    assert told("jks", path.read_bytes(), key=OWN) is Rewrap.MAYBE
    assert shut("jks", path.read_bytes()) is Reason.UNREADABLE


def test_a_volume_without_a_passphrase_of_its_own_is_opened_by_none():
    """The hashes that only another library has take no empty passphrase; the others are tried."""
    keys, volume = bytes(range(64)), bytearray(1 << 18)
    volume[:512] = header(keys, b"")
    (found,) = open_keys(KINDS["veracrypt"], bytes_store(volume), "")
    assert found.secret.content == keys
