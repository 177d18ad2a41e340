"""Files of anybody in the places of a hunt, made to crash it, to hold it up, or to be taken for another's key."""

import base64
import datetime as dt
import io
import json
import random
import struct
import tarfile
import threading
import time
import tracemalloc
import zipfile
import zlib
from dataclasses import replace

import pyrage
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from app.domain.outcome import Reason
from app.steps.shred import Grounds, ciphers, rewraps, unpacking
from app.steps.shred.gitpack import objects
from app.steps.shred.hunt import Quarry, hunt
from app.steps.shred.kinds import KINDS, asked, locked_in, marks_of, open_keys, rewrap_of
from app.steps.shred.kinds.contract import NotOpened, PrivateKey, Rewrap, described, master, store_over
from app.steps.shred.kinds.openpgp import s2k
from app.steps.shred.meanwhile import meanwhile
from app.steps.shred.needles import needles_of
from app.steps.shred.progress import drawn
from app.steps.shred.rewraps import Trials
from app.steps.shred.unpacking import Budget, Piece, Unseen, pieces, pieces_of_tar
from app.system import zips
from tests.in_time import computes_within, ends_by_itself

MASTER = master("a key", bytes(range(64)))
DEEP = b"[" * 200_000
KEY = ec.generate_private_key(ec.SECP256R1())
MARK = b"the very bytes of one key, of which nobody else has any at all"


def told(kind, data, *words, key=MASTER):
    """What the hunt would say of some bytes."""
    return drawn(rewraps.rewraps(KINDS[kind], (key,), Trials(words)).tell(data))


def shut(kind, data, word="a word"):
    with pytest.raises(NotOpened) as told_of:
        open_keys(KINDS[kind], store_over(data), word)
    return told_of.value.reason


def gocryptfs(number, length=32, blocks=8):
    how = {"Salt": "AAAA", "N": number, "R": blocks, "P": 1, "KeyLen": length}
    return json.dumps({"EncryptedKey": "AAAA", "ScryptObject": how, "FeatureFlags": []}).encode()


def restic(number):
    return json.dumps({"kdf": "scrypt", "N": number, "r": 8, "p": 1, "salt": "AAAA", "data": "AAAA"}).encode()


@pytest.mark.parametrize("number", [1 << 24, 1 << 28, 1 << 64, -(1 << 64), "x"])
def test_a_strangers_derivation_that_no_machine_can_do_is_a_doubt_and_no_crash(number):
    assert told("gocryptfs", gocryptfs(number), "a word") is Rewrap.MAYBE
    assert told("restic", restic(number), "a word") is Rewrap.MAYBE


@pytest.mark.parametrize("data", [gocryptfs(1 << 24), gocryptfs(1024, 1 << 40), gocryptfs(2, 32, 1 << 23)])
def test_a_declared_store_that_asks_for_too_much_is_untried(data):
    assert shut("gocryptfs", data) is Reason.CIPHER_UNTRIED


@pytest.mark.parametrize("name", ["N", "r", "p"])
def test_a_text_where_a_number_should_be_is_not_repeated_that_many_times(name):
    """A text times a number is a text, of as many bytes as the file likes."""
    data = json.dumps(json.loads(restic(1 << 22)) | {"r": 1 << 22, "p": 1 << 22} | {name: "a"}).encode()
    tracemalloc.start()
    try:
        assert told("restic", data, "a word") is Rewrap.MAYBE
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
    assert shut("restic", data) is Reason.UNREADABLE


def test_a_text_without_an_end_takes_no_more_memory_than_it_has():
    data = b"protected-private-key (" + b'"' + b"a" * (4 << 20)
    tracemalloc.start()
    try:
        assert shut("gnupg", data) is Reason.UNREADABLE
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()


def test_a_prime_of_one_divides_nothing():
    data = b"(11:private-key(3:rsa(1:n1:\3)(1:e1:\3)(1:d1:\1)(1:p1:\1)(1:q1:\3)(1:u1:\1)))"
    assert shut("gnupg", data) is Reason.UNREADABLE


@pytest.mark.parametrize("rounds", [4097, (1 << 32) - 1])
def test_rounds_of_bcrypt_for_a_year_are_not_tried(rounds):
    lock = BestAvailableEncryption(b"a word")
    lines = KEY.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, lock).splitlines()
    sealed = bytearray(base64.b64decode(b"".join(lines[1:-1])))
    at = sealed.index(b"bcrypt") + len(b"bcrypt") + 4 + 4 + 16
    struct.pack_into(">I", sealed, at, rounds)
    data = b"\n".join([lines[0], base64.b64encode(bytes(sealed)), lines[-1]])
    assert shut("pem", data) is Reason.CIPHER_UNTRIED
    struct.pack_into(">I", sealed, at, 1)
    data = b"\n".join([lines[0], base64.b64encode(bytes(sealed)), lines[-1]])
    assert shut("pem", data) is Reason.WRONG_PASSPHRASE


@pytest.mark.parametrize("pim", [16763, 9999999])
def test_a_pim_that_would_take_hours_is_not_tried(pim):
    assert shut("veracrypt", bytes(range(256)) * 2048, f"a word\nPIM={pim}") is Reason.CIPHER_UNTRIED


def test_a_protector_that_asks_for_all_memory_is_untried():
    """Terabytes, by metadata of fscrypt: costs of one pass, 2^32-1 KiB and one lane."""
    costs = b"\x10\1\x18\xff\xff\xff\xff\x0f\x20\1"
    data = b"\x10\2\x22" + bytes([len(costs)]) + costs + b"\x2a\x10" + bytes(16) + b"\x3a\0"
    assert shut("fscrypt", data) is Reason.CIPHER_UNTRIED


def test_a_store_that_fills_the_memory_is_untried(monkeypatch):
    monkeypatch.setattr(ciphers, "_BLOCKS", 1 << 60)
    monkeypatch.setattr(ciphers, "_ROUNDS", 1 << 60)
    assert shut("gocryptfs", gocryptfs(1 << 40)) is Reason.CIPHER_UNTRIED


@pytest.mark.parametrize("kind", ["gocryptfs", "restic", "cryptomator"])
def test_json_deeper_than_the_stack_is_a_doubt_and_no_crash(kind):
    for hint in KINDS[kind].wrap_hints:
        data = b"{" + hint + b": " + DEEP
        assert told(kind, data, "a word") is Rewrap.MAYBE
        assert shut(kind, data) is Reason.UNREADABLE


def test_what_can_not_be_taken_apart_is_a_doubt():
    assert rewrap_of(KINDS["cryptomator"], b'{"primaryMasterKey": ' + DEEP, MASTER) is Rewrap.MAYBE
    broken = replace(KINDS["pem"], locked=lambda data, _: (data[: data.index(b"x")],))
    assert locked_in(broken, b"", (MASTER,)) == ()
    block = locked_pem(b"word").strip()
    assert locked_in(KINDS["pem"], block, (MASTER, described(KEY))) == (block,)


@pytest.mark.parametrize("digests", [1, 5])
def test_a_luks_header_with_rounds_for_an_hour_is_a_doubt(digests):
    start = bytearray(4096)
    start[:8] = b"LUKS\xba\xbe\0\1"
    start[8:11], start[40:51], start[72:78] = b"aes", b"xts-plain64", b"sha256"
    struct.pack_into(">II", start, 104, 8, 64)
    struct.pack_into(">I", start, 164, (1 << 32) - 1)
    assert told("luks", bytes(start) if digests == 1 else luks2(digests)) is Rewrap.MAYBE


def luks2(count):
    """A whole header with so many digests, each of which takes its time."""
    import hashlib

    digest = {"hash": "sha256", "salt": "AAAA", "iterations": 1 << 23, "digest": "AAAA"}
    told_of = {"config": {"keyslots_size": "0"}, "keyslots": {}, "segments": {}, "digests": {str(n): digest for n in range(count)}}  # fmt: skip
    header = bytearray((b"LUKS\xba\xbe\0\2" + (0x4000).to_bytes(8, "big")).ljust(4096, b"\0"))
    header[72:78] = b"sha256"
    header = (header + json.dumps(told_of).encode()).ljust(0x4000, b"\0")
    header[448:480] = hashlib.sha256(bytes(header)).digest()
    return bytes(header)


def armoured(data):
    text = base64.encodebytes(data)
    return b"-----BEGIN AGE ENCRYPTED FILE-----\n" + text + b"-----END AGE ENCRYPTED FILE-----\n"


def test_a_strangers_open_identity_beside_a_locked_one_clears_nothing():
    mine = PrivateKey("age-X25519", "mine", None)
    head = (
        b"age-encryption.org/v1\n-> scrypt "
        + b"A" * 22
        + b" 30\n"
        + b"A" * 43
        + b"\n--- "
        + b"A" * 43
        + b"\n"
    )
    note = f"{pyrage.x25519.Identity.generate()}\n".encode() + armoured(head + bytes(120))
    assert told("age", note, "a word", key=mine) is Rewrap.MAYBE
    assert shut("age", head + bytes(120)) is Reason.CIPHER_UNTRIED
    assert told("age", note.splitlines()[0], "a word", key=mine) is Rewrap.NO


def locked_pem(word):
    return KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(word))


def test_each_locked_block_of_a_file_is_opened_by_itself():
    """Neither was told before: each word opened one of them alone."""
    other = ec.generate_private_key(ec.SECP256R1())
    strange = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"one"))
    both = strange + locked_pem(b"two")
    assert told("pem", both, "one", "two", key=described(KEY)) is Rewrap.YES
    assert told("pem", both, "one", key=described(KEY)) is Rewrap.MAYBE
    assert told("pem", strange, "one", key=described(KEY)) is Rewrap.NO


def in_der(tag, *parts):
    content = b"".join(parts)
    return bytes([tag, 0x82]) + len(content).to_bytes(2, "big") + content


SALT = in_der(4, b"0" + bytes(15))
DEAR = in_der(2, (1 << 25).to_bytes(5, "big"))
CHEAP = in_der(2, (2048).to_bytes(2, "big"))


@pytest.mark.parametrize(
    ("der", "dear"),
    [
        (in_der(0x30, SALT, DEAR), True),
        (in_der(0x30, SALT, CHEAP, CHEAP), False),
        (in_der(0x30, SALT, CHEAP, CHEAP, CHEAP), True),
        (in_der(0x30, DEAR, SALT), False),
        (in_der(0xA0, in_der(4, in_der(0x30, SALT, DEAR))), True),
        (b"\x24\x80" + in_der(4, in_der(0x30, SALT, DEAR)[:20]) + in_der(4, in_der(0x30, SALT, DEAR)[20:]) + b"\0\0", True),
        (b"\x30", False),
    ],
)  # fmt: skip
def test_what_a_derivation_asks_for_is_known_before_it_begins(der, dear):
    if dear:
        with pytest.raises(ciphers.TooDear):
            asked.affordable(der)
    else:
        asked.affordable(der)


def test_a_locked_key_with_rounds_for_an_hour_is_untried(monkeypatch):
    block = locked_pem(b"word")
    body = base64.b64decode(b"".join(block.split(b"\n")[1:-2]))
    assert body.count(b"\2\2\x08\0") == 1
    hostile = base64.encodebytes(body.replace(b"\2\2\x08\0", b"\2\2\x7f\xff"))
    text = b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n" + hostile + b"-----END ENCRYPTED PRIVATE KEY-----\n"
    assert shut("pem", text, "word") is Reason.WRONG_PASSPHRASE
    monkeypatch.setattr(asked, "_MOST", 1 << 14)
    assert open_keys(KINDS["pem"], store_over(block), "word")
    assert shut("pem", text, "word") is Reason.CIPHER_UNTRIED
    assert told("pem", text, "word", key=described(KEY)) is Rewrap.MAYBE
    assert shut("pkcs12", in_der(0x30, b"\2\1\3", in_der(0x30, SALT, DEAR))) is Reason.CIPHER_UNTRIED


def test_a_vector_that_is_too_short_for_its_cipher_is_damage_and_no_panic():
    lock = BestAvailableEncryption(b"word")
    text = KEY.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, lock)
    at = text.index(b"CBC,") + 4
    assert shut("pem", text[: at + 16] + text[at + 32 :], "word") is Reason.UNREADABLE
    with pytest.raises(KeyboardInterrupt):
        open_keys(replace(KINDS["pem"], open=interrupted), store_over(text), "word")


def interrupted(*_):
    raise KeyboardInterrupt


@pytest.mark.parametrize(("version", "length"), [(2, 200), (5, 200), (5, 9999), (9, 200)])
def test_a_certificate_that_can_not_be_read_tells_nothing(version, length):
    """One of a version that nobody has ended the hunt."""
    certificate = certified(version)
    parts = [b"\xfe\xed\xfe\xed", (2).to_bytes(4, "big"), (1).to_bytes(4, "big"), (1).to_bytes(4, "big"), b"\0\1a", bytes(8),
             length.to_bytes(4, "big"), bytes(length), (1).to_bytes(4, "big"), b"\0\5X.509",
             len(certificate).to_bytes(4, "big"), certificate]  # fmt: skip
    expected = Rewrap.MAYBE if length == 200 else Rewrap.NO
    assert told("jks", b"".join(parts), key=described(KEY)) is (Rewrap.YES if version == 2 else expected)


def certified(version):
    """A certificate of our key, of a version that is counted from naught."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
    day = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    made = x509.CertificateBuilder(name, name, KEY.public_key(), 1, day, day).sign(KEY, hashes.SHA256())
    return made.public_bytes(Encoding.DER).replace(b"\xa0\3\2\1\2", bytes([0xA0, 3, 2, 1, version]))


def test_many_beginnings_of_a_block_take_no_longer_than_others():
    data = b"-----BEGIN PRIVATE KEY-----\n" * 37_000 + locked_pem(b"word")
    with computes_within(5):
        assert told("pem", data, "word", key=described(KEY)) is Rewrap.YES


def test_a_text_of_strange_lines_is_no_borg_key():
    with computes_within(5):
        assert told("borg", b"[repository]\n" + b"x\n" * 500_000) is Rewrap.NO


@pytest.mark.parametrize(("salt", "word", "count"), [(b"", b"", 100), (b"salt", b"word", 1 << 40)])
def test_a_key_of_nothing_or_of_a_whole_disk_is_not_derived(salt, word, count):
    with pytest.raises(NotOpened):
        s2k("sha1", salt, count, word, 16)


def test_a_ring_that_can_not_be_read_is_known_by_its_start():
    ring = b"\x95\x00\x10" + bytes(range(16)) + b"\x03 no packet"
    assert marks_of(KINDS["gnupg"], store_over(ring)) == (ring,)


def test_a_passphrase_is_tried_once_on_the_same_bytes_and_the_hunt_lives_meanwhile(monkeypatch):
    opened = []
    monkeypatch.setattr(
        rewraps, "open_keys", lambda *given: (opened.append(given[2]), time.sleep(0.3), open_keys(*given))
    )
    trials = Trials(["one", "two", "one", ""])
    for _ in range(3):
        telling = rewraps.rewraps(KINDS["restic"], (MASTER,), trials).tell(restic(2))
        signs, said = lives(telling)
        assert said is Rewrap.MAYBE
        assert (signs >= 4) is (_ == 0)
    assert opened == ["one", "two"]


def lives(telling):
    """How often it gave a sign of life, and what it said."""
    signs = 0
    while True:
        try:
            assert next(telling) == ""
        except StopIteration as end:
            return signs, end.value
        signs += 1


@pytest.mark.parametrize(("seconds", "takes"), [(0.3, 0.5), (-1.0, 0.0)])
def test_what_opens_in_no_time_at_hand_stays_a_doubt(monkeypatch, seconds, takes):
    """Of two hundred words not all can be tried for ever: what was not opened could be the key."""
    opened = []
    monkeypatch.setattr(rewraps, "_PATIENCE", seconds)
    monkeypatch.setattr(
        rewraps, "open_keys", lambda *given: (opened.append(given[2]), time.sleep(takes), open_keys(*given))
    )
    assert told("restic", restic(2), *map(str, range(200))) is Rewrap.MAYBE
    assert len(opened) == 1
    assert Trials()._left > 0


def test_nothing_more_is_tried_when_the_time_of_the_hunt_is_used_up(monkeypatch):
    """Each thing that is locked began one more derivation, which nobody could end."""
    opened = []
    monkeypatch.setattr(rewraps, "_IN_ALL", 0.2)
    monkeypatch.setattr(
        rewraps, "open_keys", lambda *given: (opened.append(given[2]), time.sleep(0.3), open_keys(*given))
    )
    trials = Trials(["one", "two"])
    for number in range(1, 5):
        telling = rewraps.rewraps(KINDS["restic"], (MASTER,), trials).tell(restic(1 << number))
        assert drawn(telling) is Rewrap.MAYBE
    assert opened == ["one"]


def test_a_hunt_is_shown_and_broken_off_while_a_passphrase_is_tried(tmp_path, monkeypatch):
    monkeypatch.setattr("app.steps.shred.meanwhile._GRACE", 0.2)
    (tmp_path / "key").write_bytes(restic(2))
    going = threading.Event()
    monkeypatch.setattr(rewraps, "open_keys", lambda *_: going.wait(90))
    quarry = Quarry(
        "k", "", (0, 0), needles_of([MARK]), rewraps.rewraps(KINDS["restic"], (MASTER,), Trials(["x"]))
    )
    hunting = hunt([quarry], Grounds(places=(str(tmp_path),)))
    assert next(hunting) == str(tmp_path / "key")
    assert [next(hunting) for _ in range(3)] == [""] * 3
    with ends_by_itself():
        hunting.close()
    going.set()


def test_a_read_that_hangs_does_not_hold_up_the_end(monkeypatch):
    monkeypatch.setattr("app.steps.shred.meanwhile._GRACE", 0.2)
    going = threading.Event()
    drawing = meanwhile(lambda: iter(lambda: going.wait(90), True), lambda: None)
    assert next(drawing) is None
    with ends_by_itself():
        drawing.close()
    going.set()


def program_with_zip(comment=b""):
    made = io.BytesIO(b"a program that unpacks itself")
    made.seek(0, io.SEEK_END)
    with zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("key", MARK * 100)
        archive.comment = comment
    return made.getvalue()


def in_tar(data, name="setup.bin"):
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return made.getvalue()


def seen(data, *, piped, **limits):
    """The members that hold the key, and what was not looked into."""
    budget = Budget(1 << 30, **limits)
    file = io.BytesIO(data)
    found = list(pieces_of_tar(file, budget, 256) if piped else pieces(file, len(data), 256))
    keys = {one.member for one in found if isinstance(one, Piece) and MARK in one.data}
    return keys, {(one.member, one.reason) for one in found if isinstance(one, Unseen)}


@pytest.mark.parametrize("comment", [b"", b"c" * 60_000])
@pytest.mark.parametrize("piped", [True, False])
def test_a_zip_behind_a_program_is_opened_wherever_it_lies(piped, comment):
    assert seen(in_tar(program_with_zip(comment)), piped=piped) == ({"setup.bin > key"}, set())


def test_a_zip_behind_too_long_a_program_of_a_snapshot_is_named(monkeypatch):
    monkeypatch.setattr(unpacking, "_HELD", 1000)
    assert seen(in_tar(bytes(3 << 20) + program_with_zip()), piped=True)[1] == {
        ("setup.bin", Reason.SEARCH_LIMIT)
    }


def test_a_zip_behind_a_program_too_deep_is_named():
    assert seen(in_tar(program_with_zip()), piped=True, depth=0)[1] == {("setup.bin", Reason.SEARCH_LIMIT)}


def test_the_end_of_a_zip_without_the_zip_is_nothing():
    assert seen(in_tar(b"text PK\5\6 text"), piped=True) == (set(), set())


def test_a_zip_with_millions_of_members_is_named_and_not_listed(monkeypatch):
    monkeypatch.setattr(zips, "_LISTED", 40)
    assert seen(program_with_zip(), piped=False)[1] == {("", Reason.SEARCH_LIMIT)}
    assert seen(in_tar(program_with_zip()), piped=True) == (set(), {("setup.bin", Reason.SEARCH_LIMIT)})


def test_a_pack_of_very_many_small_objects_is_read_as_fast_as_any():
    sizes = [1, 70_000, 200, *[1] * 100_000]
    texts = [random.Random(one).randbytes(one) for one in sizes]
    unlike = {text: b"\x31" + zlib.compress(text) for text in texts}
    pack = b"PACK\0\0\0\2" + struct.pack(">I", len(texts)) + b"".join(unlike[text] for text in texts)
    with computes_within(2):
        assert list(objects(io.BytesIO(pack), 1 << 30)) == texts
    for cut in (pack[:-1], pack[:13], pack[:12]):
        with pytest.raises(EOFError):
            list(objects(io.BytesIO(cut), 1 << 30))


def header(size, kind=b"0", name="a"):
    made = bytearray(tarfile.TarInfo(name).tobuf(tarfile.GNU_FORMAT))
    made[156:157] = kind
    made[124:136] = b"\xff" + (256**11 + size).to_bytes(11, "big") if size < 0 else b"%011o\0" % size
    made[148:156] = b" " * 8
    made[148:156] = b"%06o\0 " % sum(made)
    return bytes(made)


@pytest.mark.parametrize("piped", [True, False])
@pytest.mark.parametrize("kind", [b"0", b"Z", b"x", b"L"])
@pytest.mark.parametrize("size", [-512, 1 << 33])
def test_a_tar_that_leads_back_or_fills_the_memory_comes_to_an_end(piped, kind, size):
    data = header(0) + header(size, kind) + bytes(2048)
    keys, unseen = seen(data, piped=piped)
    assert keys == set()
    assert {member for member, _ in unseen} <= {"", "a"}
    assert unseen or (size > 0 and kind in (b"0", b"Z"))


@pytest.mark.parametrize("piped", [True, False])
def test_what_a_damaged_header_hides_in_a_tar_is_told(piped):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("key", MARK * 100)
    whole = in_tar(b"first", "first")[:1024]
    damaged = whole + b"\1" * 512 + in_tar(packed.getvalue(), "second.zip")
    assert seen(damaged, piped=piped) == (set(), {("", Reason.UNREADABLE)})
    last = whole + b"\1" + bytes(511)
    assert seen(last, piped=piped) == seen(last[:-400], piped=piped) == (set(), {("", Reason.UNREADABLE)})
    assert seen(whole + bytes(100), piped=piped) == (set(), set())
    assert seen(whole + in_tar(packed.getvalue(), "second.zip"), piped=piped) == ({"second.zip > key"}, set())
