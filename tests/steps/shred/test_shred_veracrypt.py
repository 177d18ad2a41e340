"""VeraCrypt and TrueCrypt: cascades, a PIM, exported headers; what can't be tried is said."""

import hashlib
import os
import struct
import zlib

import key_stores as stores
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from app.domain.event import CopyFound, Settled
from app.domain.outcome import KeyOutcome, Reason
from app.language import Language, say
from app.steps.shred import Grounds
from app.steps.shred.kinds import KINDS, open_keys
from app.steps.shred.kinds.contract import NotOpened, Store
from app.steps.shred.strength import strength_of
from app.system import gcrypt

GOOD = (KeyOutcome.KEY_DESTROYED_HERE, KeyOutcome.MEDIUM_RESIDUE)
CHAINS = [
    ("whirlpool", "SERPENT-256-XTS"),
    ("RIPEMD160", "TWOFISH-256-XTS,AES-256-XTS"),
    ("SHA512", "AES-256-XTS,SERPENT-256-XTS"),
    ("whirlpool", "SERPENT-256-XTS,TWOFISH-256-XTS"),
    ("SHA512", "AES-256-XTS,TWOFISH-256-XTS,SERPENT-256-XTS"),
    ("RIPEMD160", "SERPENT-256-XTS,TWOFISH-256-XTS,AES-256-XTS"),
]


def header(keys, word, rounds=500000, name="sha512"):
    """A header after the volume format specification of VeraCrypt, with AES."""
    area, salt = bytearray(448), os.urandom(64)
    area[:4], area[4:8] = b"VERA", b"\0\5\1\x0b"
    area[192:256] = keys
    area[8:12] = struct.pack(">I", zlib.crc32(area[192:448]))
    key = hashlib.pbkdf2_hmac(name, word, salt, rounds, 64)
    return salt + Cipher(algorithms.AES(key), modes.XTS(bytes(16))).encryptor().update(bytes(area))


def bytes_store(data):
    return Store(len(data), lambda offset, length: bytes(data[offset : offset + length]))


@pytest.fixture
def place(tmp_path):
    made = tmp_path / "place"
    made.mkdir()
    return made


@pytest.mark.parametrize(("name", "chain"), CHAINS)
def test_a_volume_of_a_cascade_is_opened_and_destroyed(planned, tmp_path, name, chain):
    stores.need("tcplay", "losetup")
    if not gcrypt.is_here():
        pytest.skip("libgcrypt is not installed")
    path = tmp_path / "volume.tc"
    with path.open("wb") as file:
        file.truncate(1 << 20)
    store = stores.TrueCrypt("veracrypt", path)
    how = ["-c", "-a", name, "-b", chain, "-z", "-w"]
    assert store.tcplay(*how, answers=[stores.PASSPHRASE, stores.PASSPHRASE, "y"])
    key = stores.described(store)
    told = {one.lower() for one in key.algorithm.removeprefix("VeraCrypt ").split("+")}
    assert told == {one.lower() for one in chain.split(",")}
    assert strength_of(key.algorithm) == 256
    settled = planned(store).run()["k-0"]
    assert settled.outcome in GOOD
    assert not store.opens()


def test_a_pim_stands_in_the_second_line_of_the_passphrase():
    keys, volume = os.urandom(64), bytearray(1 << 18)
    volume[:512] = header(keys, b"pw", 15000 + 1000 * 7)
    (found,) = open_keys(KINDS["veracrypt"], bytes_store(volume), "pw\nPIM=7")
    assert found.secret.content == keys
    for wrong in ("pw", "pw\nPIM=8"):
        with pytest.raises(NotOpened) as shut:
            open_keys(KINDS["veracrypt"], bytes_store(volume), wrong)
        assert shut.value.reason is Reason.CIPHER_UNTRIED


def test_what_can_not_be_tried_is_said_in_the_verdict(planned, tmp_path):
    """A passphrase that is wrong, and a cipher that is not tried, look alike: the sentence says both."""
    path = tmp_path / "volume.hc"
    path.write_bytes(os.urandom(1 << 18))
    settled = planned(stores.KeyStore("veracrypt", path)).run()["k-0"]
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.CIPHER_UNTRIED in settled.evidence.limits
    for language in Language:
        assert "PIM" in say(Reason.CIPHER_UNTRIED, language)


@pytest.mark.parametrize("word", ["known", "unknown"])
def test_an_exported_header_with_salts_of_its_own(planned, tmp_path, place, word):
    store = stores.TrueCrypt.make(tmp_path)
    (own,) = open_keys(KINDS["veracrypt"], bytes_store(store.path.read_bytes()), stores.PASSPHRASE)
    exported, stranger, outer = (bytearray(os.urandom(1 << 17)) for _ in range(3))
    exported[:512] = header(own.secret.content, b"of old")
    stranger[:512] = stranger[1 << 16 : (1 << 16) + 512] = header(os.urandom(64), b"of old")
    # The header of a hidden volume, if this is one, opens with nothing at hand: it may be our own.
    outer[:512] = header(os.urandom(64), b"of old")
    (place / "header.bak").write_bytes(exported)
    (place / "stranger.bak").write_bytes(stranger)
    (place / "outer.bak").write_bytes(outer)
    (place / "zeros").write_bytes(bytes(1 << 17))
    settled, found = shredded_with(planned(store), place, ("of old",) if word == "known" else ())
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    names = sorted(os.path.basename(one.path) for one in found)
    assert names == ["header.bak", "outer.bak", *(["stranger.bak"] if word == "unknown" else [])]
    expected = Reason.COPIES_REMAIN if word == "known" else Reason.COPY_DOUBTFUL
    assert expected in settled.evidence.limits


@pytest.mark.parametrize("goes", [False, True])
def test_a_clone_from_before_the_passphrase_was_changed(planned, tmp_path, place, goes):
    """Its headers have other salts and open with nothing at hand; what they encrypt is the same."""
    store = stores.TrueCrypt.make(tmp_path)
    with store.path.open("r+b") as file:
        file.seek(1 << 17)
        file.write(os.urandom(1 << 19))
    clone = bytearray(store.path.read_bytes())
    (own,) = open_keys(KINDS["veracrypt"], bytes_store(clone), stores.PASSPHRASE)
    clone[:512] = header(own.secret.content, b"of old")
    clone[-(1 << 17) : -(1 << 17) + 512] = header(own.secret.content, b"of old")
    (place / "backup.tc").write_bytes(clone)
    if goes:
        settled = planned(store, place / "backup.tc").run()
        assert {one.outcome for one in settled.values()} <= {*GOOD, KeyOutcome.ACCESS_REMOVED}
        assert Reason.COPIES_REMAIN not in settled["k-0"].evidence.limits
        return
    settled, found = shredded_with(planned(store), place, ())
    assert [one.path for one in found] == [str(place / "backup.tc")]
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.COPIES_REMAIN in settled.evidence.limits


def shredded_with(bed, place, words):
    bed.more = {"grounds": Grounds(places=(str(place),), passphrases=words)}
    events = list(bed.events())
    (settled,) = (one for one in events if isinstance(one, Settled))
    return settled, [one.copy for one in events if isinstance(one, CopyFound)]
