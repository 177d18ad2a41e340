"""Headers of LUKS that ask for more memory or time than any volume does: whoever lays one there holds up no hunt."""

import hashlib
import json
import struct
import threading
import time

import key_stores as stores
import pytest

from app.domain.outcome import Reason
from app.steps.shred.kinds import KINDS, luks, open_keys
from app.steps.shred.kinds.contract import NotOpened, Rewrap, master, store_over
from app.steps.shred.progress import drawn
from app.steps.shred.rewraps import Trials, rewraps

LUKS = KINDS["luks"]
HEADER = 0x4000
GIB = 1 << 20


@pytest.fixture(scope="module")
def volume(tmp_path_factory):
    return stores.Luks.make(tmp_path_factory.mktemp("luks"), small=True).path.read_bytes()


@pytest.fixture(scope="module")
def older(tmp_path_factory):
    return stores.Luks1.make(tmp_path_factory.mktemp("luks1")).path.read_bytes()


def changed(data, change):
    """The volume with another first header, which is whole."""
    told = json.loads(data[4096:HEADER].rstrip(b"\0"))
    change(told)
    header = bytearray((data[:4096] + json.dumps(told).encode()).ljust(HEADER, b"\0"))
    assert len(header) == HEADER
    header[448:512] = bytes(64)
    header[448:480] = hashlib.sha256(bytes(header)).digest()
    return bytes(header) + data[HEADER:]


def reason(data, word=stores.PASSPHRASE):
    with pytest.raises(NotOpened) as told:
        open_keys(LUKS, store_over(data), word)
    return told.value.reason


def derived_by(kind, **how):
    def change(told):
        slot = told["keyslots"]["0"]
        slot["kdf"] = {"type": kind, "salt": slot["kdf"]["salt"], **how}

    return change


def slot_with(part, name, value):
    def change(told):
        slot = told["keyslots"]["0"]
        (slot[part] if part else slot)[name] = value

    return change


def many(part, count):
    def change(told):
        (one,) = told[part].values()
        told[part] = {str(number): one for number in range(count)}

    return change


@pytest.mark.parametrize(
    "change",
    [
        derived_by("argon2id", memory=GIB + 1, time=1, cpus=1),
        derived_by("argon2i", memory=GIB // 64, time=64 * 16 + 1, cpus=1),
        derived_by("argon2id", memory=1 << 40, time=1, cpus=1),
        derived_by("pbkdf2", hash="sha256", iterations=(1 << 24) + 1),
        slot_with("area", "key_size", 1 << 20),
        slot_with("af", "stripes", 1 << 31),
        slot_with("", "key_size", 1 << 40),
        many("keyslots", 33),
        many("digests", 5),
    ],
)
def test_what_a_header_asks_for_is_known_before_anything_is_derived(volume, change):
    began = time.process_time()
    assert reason(changed(volume, change)) is Reason.CIPHER_UNTRIED
    assert time.process_time() - began < 1


def test_as_many_slots_and_digests_as_a_volume_can_have_are_tried(volume):
    assert open_keys(LUKS, store_over(volume), stores.PASSPHRASE)
    assert open_keys(LUKS, store_over(changed(volume, many("digests", 4))), stores.PASSPHRASE)
    assert reason(changed(volume, many("keyslots", 3)), "x") is Reason.WRONG_PASSPHRASE


@pytest.mark.parametrize("kind", ["argon2x", None])
def test_a_derivation_that_nobody_knows_is_damage(volume, kind):
    assert reason(changed(volume, derived_by(kind, memory=8, time=1, cpus=1))) is Reason.UNREADABLE


def test_a_slot_that_is_too_dear_hides_none_behind_it(volume):
    def change(told):
        own = told["keyslots"].pop("0")
        dear = {**own, "kdf": {**own["kdf"], "iterations": 1 << 31}}
        told["keyslots"] = {"0": dear, "1": own}

    data = changed(volume, change)
    assert open_keys(LUKS, store_over(data), stores.PASSPHRASE)
    # which the dear one could be
    assert reason(data, "another word") is Reason.CIPHER_UNTRIED


def test_slots_that_take_minutes_in_all_are_not_tried_to_the_last(volume, monkeypatch):
    monkeypatch.setattr(luks, "_PATIENCE", -1.0)
    assert reason(volume) is Reason.CIPHER_UNTRIED


def test_a_strangers_rounds_leave_a_doubt_and_no_thread_at_work(older):
    """A header of LUKS1 says its rounds in four bytes, and a derivation that has begun can not be ended."""
    data = bytearray(older)
    struct.pack_into(">I", data, 164, 1 << 31)
    struct.pack_into(">II", data, 208, 0x00AC71F3, (1 << 31) - 2)
    key = master("LUKS aes-xts-plain64 512", bytes(64))
    trials = Trials(["one", "two"])
    assert drawn(rewraps(LUKS, (key,), trials).tell(bytes(data))) is Rewrap.MAYBE
    assert "lethe-drawing" not in {one.name for one in threading.enumerate()}
    assert reason(bytes(data)) is Reason.CIPHER_UNTRIED
