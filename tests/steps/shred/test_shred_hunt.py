"""The hunt for copies: in whatever people keep keys in, and what can't be looked into is told."""

import base64
import bz2
import gzip
import lzma
import os
import random
import time
import zlib

import key_stores as stores
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from app.domain.outcome import Reason
from app.steps.shred import needles as sieves
from app.steps.shred import progress
from app.steps.shred.hunt import Blind, Grounds, Quarry, hunt, remaining
from app.steps.shred.kinds.contract import described, master
from app.steps.shred.needles import Sieve, needles_of
from app.steps.shred.progress import progress_of
from tests.held import files_open
from tests.packing import tarred, zipped

SECRET = random.Random(7).randbytes(32)
MARK = base64.b64encode(random.Random(8).randbytes(96))


def quarry(tmp_path, marks=(MARK,), keys=(), name="k"):
    own = tmp_path / "own" / name
    own.parent.mkdir(exist_ok=True)
    own.write_bytes(b"the key itself " + b"".join(marks))
    told = own.stat()
    return Quarry(name, str(own), (told.st_dev, told.st_ino), needles_of(marks, keys))


def hunted(tmp_path, *places, marks=(MARK,), keys=(), **more):
    one = quarry(tmp_path, marks, keys)
    grounds = Grounds(tuple(map(str, places)), **more)
    return drawn(hunt([one], grounds))["k"]


def drawn(hunting):
    try:
        while True:
            next(hunting)
    except StopIteration as end:
        return end.value


@pytest.fixture
def place(tmp_path):
    made = tmp_path / "place"
    made.mkdir()
    return made


def seen(found):
    return [(os.path.basename(one.path), one.member) for one in found.found]


NESTED = {
    "plain": (MARK, ""),
    "zip": (zipped({"a": MARK}), "a"),
    "zip in tar": (tarred({"z": zipped({"a": MARK})}), "z > a"),
    "tar.gz": (gzip.compress(tarred({"a": MARK})), "a"),
    "tar.bz2": (bz2.compress(tarred({"a": MARK})), "a"),
    "tar.xz": (lzma.compress(tarred({"a": MARK})), "a"),
    "zip in zip in zip": (zipped({"a": zipped({"b": zipped({"c": MARK})})}), "a > b > c"),
    "gz in zip": (zipped({"a": gzip.compress(MARK)}), "a"),
    "zlib, as git keeps an object": (zlib.compress(b"blob 128\0" + MARK), ""),
}


@pytest.mark.parametrize("what", NESTED)
@pytest.mark.parametrize("name", ["backup.dat", "COPY.ZIP", ".hidden", "无后缀"])
def test_a_copy_is_found_however_it_is_packed_and_named(tmp_path, place, what, name):
    data, member = NESTED[what]
    (place / name).write_bytes(data)
    assert (name, member) in seen(hunted(tmp_path, place))


def writings():
    lines = "\n".join(
        base64.b64encode(b"pre" + SECRET + b"post").decode()[at : at + 16] for at in range(0, 60, 16)
    )
    pem = base64.b64encode(SECRET).decode()
    yield "raw", b"\0\1" + SECRET + b"\0"
    for shift in range(3):
        yield f"base64 shifted by {shift}", base64.b64encode(bytes(shift) + SECRET + b"tail")
    yield "base64url", base64.urlsafe_b64encode(SECRET)
    yield "hex", b"key: " + SECRET.hex().encode()
    yield "HEX", SECRET.hex().upper().encode()
    yield "hex in groups", " ".join(f"{byte:02x}" for byte in SECRET).encode()
    yield "hex with dashes", "-".join(SECRET.hex()[at : at + 8] for at in range(0, 64, 8)).encode()
    yield "lines", lines.encode()
    yield "lines of Windows", lines.replace("\n", "\r\n").encode()
    yield "a quoted mail", lines.replace("\n", "\n> ").encode()
    yield "a comment", lines.replace("\n", "\n# ").encode()
    yield "indented lines", lines.replace("\n", "\n    ").encode()
    yield "JSON", b'{"key": "' + lines.replace("\n", "\\n").encode() + b'"}'
    yield "UTF-16", lines.encode("utf-16")
    yield "UTF-16 without a mark", pem.encode("utf-16-le")


@pytest.mark.parametrize(
    ("name", "data"), list(writings()), ids=lambda one: one if isinstance(one, str) else ""
)
def test_a_secret_is_found_however_it_is_written(tmp_path, place, name, data):
    (place / "note").write_bytes(data)
    found = hunted(tmp_path, place, marks=(), keys=[master("x", SECRET)])
    assert seen(found) == [("note", "")], name


def in_formats(secret):
    private = serialization.PrivateFormat
    no = serialization.NoEncryption()
    forms = [(serialization.Encoding.PEM, private.PKCS8), (serialization.Encoding.DER, private.PKCS8)]
    forms += [(serialization.Encoding.PEM, private.OpenSSH)]
    if not isinstance(secret, ed25519.Ed25519PrivateKey):
        forms += [(serialization.Encoding.PEM, private.TraditionalOpenSSL)]
    return [secret.private_bytes(encoding, form, no) for encoding, form in forms]


@pytest.mark.parametrize(
    "make",
    [
        lambda: rsa.generate_private_key(65537, 2048),
        lambda: ec.generate_private_key(ec.SECP256R1()),
        ed25519.Ed25519PrivateKey.generate,
    ],
    ids=["rsa", "ec", "ed25519"],
)
def test_a_private_key_is_found_in_any_format_and_its_public_half_is_no_copy(tmp_path, place, make):
    """The declared file is locked with another passphrase, so nothing of its text is in the copies."""
    secret = make()
    bodies = in_formats(secret)
    for number, body in enumerate(bodies):
        (place / str(number)).write_bytes(body)
    public = secret.public_key()
    for number, form in enumerate(("SubjectPublicKeyInfo", "OpenSSH")):
        encoding = serialization.Encoding.PEM if number == 0 else serialization.Encoding.OpenSSH
        text = public.public_bytes(encoding, getattr(serialization.PublicFormat, form))
        (place / f"public {number}").write_bytes(text)
    found = hunted(tmp_path, place, marks=(), keys=[described(secret)])
    assert seen(found) == [(str(number), "") for number in range(len(bodies))]


def test_a_copy_in_a_large_file_and_across_two_parts(tmp_path, place):
    with (place / "image").open("wb") as file:
        file.truncate(40 << 20)
        file.seek(33 << 20)
        file.write(MARK)
    (place / "across").write_bytes(b"x" * ((1 << 20) - 20) + MARK)
    assert seen(hunted(tmp_path, place)) == [("across", ""), ("image", "")]


def test_links_to_files_are_looked_at_and_names_of_the_key_itself_are_not(tmp_path, place):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "copy").write_bytes(MARK)
    (place / "link").symlink_to(elsewhere / "copy")
    (place / "to the key").symlink_to(tmp_path / "own/k")
    one = quarry(tmp_path)
    os.link(tmp_path / "own/k", place / "hard")
    (place / "folder").symlink_to(elsewhere)
    (place / "dangling").symlink_to(tmp_path / "nowhere")
    found = drawn(hunt([one], Grounds((str(place),))))["k"]
    assert seen(found) == [("link", "")]
    assert Blind(str(place / "folder"), "", Reason.LINK) in found.blind


def test_a_key_in_a_git_repository_is_found_loose_and_packed(tmp_path, place):
    stores.need("git")
    repository = place / "code"
    repository.mkdir()

    def git(*what):
        stores.do("git", "-C", repository, "-c", "user.name=a", "-c", "user.email=a@b", *what)

    git("init", "-q")
    (repository / "id").write_bytes(
        b"\n".join(random.Random(3).randbytes(40).hex().encode() for _ in range(99))
    )
    git("add", ".")
    git("commit", "-qm", "one")
    with (repository / "id").open("ab") as file:
        file.write(b"\n" + MARK + b"\n")
    git("add", ".")
    git("commit", "-qm", "two")
    (repository / "id").unlink()
    assert any(".git/objects" in one.path for one in hunted(tmp_path, place).found)
    git("gc", "-q", "--aggressive", "--prune=now")
    found = hunted(tmp_path, place)
    assert [os.path.splitext(one.path)[1] for one in found.found] == [".pack"]
    assert found.found[0].member.startswith("#")


def test_what_can_not_be_looked_into_is_told(tmp_path, place):
    (place / "a.7z").write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(100))
    (place / "b.rar").write_bytes(b"Rar!\x1a\x07\x01\0" + bytes(100))
    (place / "c.zst").write_bytes(b"\x28\xb5\x2f\xfd" + bytes(100))
    (place / "d.iso").write_bytes(bytes(0x8001) + b"CD001" + bytes(2048))
    (place / "e.zip").write_bytes(b"PK\x03\x04" + bytes(100))
    (place / "f.age").write_bytes(b"age-encryption.org/v1\n-> X25519 x\n")
    (place / "g.gz").write_bytes(gzip.compress(b"x" * 5000)[:-20])
    bomb = zipped({"a": bytes(40 << 20)})
    for _ in range(9):
        bomb = zipped({"a": bomb})
    (place / "h.zip").write_bytes(bomb)
    found = hunted(tmp_path, place)
    assert not found.found
    told = {os.path.basename(one.path): one.reason for one in found.blind}
    assert told == {
        "d.iso": Reason.NOT_SEARCHED,
        **dict.fromkeys(("a.7z", "b.rar", "c.zst"), Reason.UNREADABLE),
        **dict.fromkeys(("e.zip", "f.age", "g.gz"), Reason.UNREADABLE),
        "h.zip": Reason.SEARCH_LIMIT,
    }


def test_a_zip_with_a_password_is_told_and_never_passed_over(tmp_path, place):
    stores.need("zip")
    (place / "k").write_bytes(MARK)
    stores.do("zip", "-q", "-m", "-P", "pw", "locked.zip", "k", cwd=place)
    found = hunted(tmp_path, place)
    assert not found.found
    assert [(os.path.basename(one.path), one.member) for one in found.blind] == [("locked.zip", "k")]


def test_a_file_that_unpacks_to_itself_ends(tmp_path, place):
    """A gzip in a gzip in a gzip: the depth is a limit for these too."""
    data = MARK
    for _ in range(30):
        data = gzip.compress(data)
    (place / "deep").write_bytes(data)
    found = hunted(tmp_path, place)
    assert [one.reason for one in found.blind] == [Reason.SEARCH_LIMIT]


def test_a_place_that_is_not_there_is_told(tmp_path):
    assert hunted(tmp_path, tmp_path / "gone").blind == (Blind(str(tmp_path / "gone"), "", Reason.GONE),)


def test_what_is_lethes_own_is_passed_over(tmp_path, place):
    (place / "case").mkdir()
    (place / "case/register.db").write_bytes(MARK)
    (place / "annex").write_bytes(MARK)
    aside = (str(place / "case"), str(place / "annex"))
    assert hunted(tmp_path, place, passed_over=aside).searched == 1
    assert len(hunted(tmp_path, place).found) == 2


def test_what_was_found_and_went_is_no_longer_there(tmp_path, place):
    (place / "a.zip").write_bytes(zipped({"a": MARK}))
    (place / "b").write_bytes(MARK)
    found = hunted(tmp_path, place)
    needles = needles_of([MARK])
    assert remaining(found, needles) == found.found
    (place / "b").unlink()
    assert [one.member for one in remaining(found, needles)] == ["a"]
    (place / "a.zip").write_bytes(zipped({"a": b"nothing"}))
    assert remaining(found, needles) == ()


def test_what_another_key_has_is_not_this_ones(tmp_path, place):
    one, two = quarry(tmp_path), quarry(tmp_path, [MARK[::-1]], name="other")
    (place / "copy").write_bytes(MARK[::-1])
    found = drawn(hunt([one, two], Grounds((str(place),))))
    assert not found["k"].found
    assert seen(found["other"]) == [("copy", "")]


def test_a_key_with_nothing_to_know_it_by_is_not_hunted(tmp_path, place):
    assert hunted(tmp_path, place, marks=(b"short",)).searched == 0


def test_the_standard_library_finds_the_same(tmp_path, place, monkeypatch):
    needles = [needles_of([MARK[n:]], [master("x", SECRET)]) for n in range(3)]
    texts = [data for _, data in writings()] + [MARK, b"nothing", b""]
    fast = Sieve(dict(enumerate(needles)))
    monkeypatch.setattr(sieves, "_hyperscan", not_there)
    slow = Sieve(dict(enumerate(needles)))
    for text in texts:
        assert fast.owners(text) == slow.owners(text)


def not_there(_):
    raise ImportError


def test_one_pass_is_enough_for_all_keys(tmp_path, place):
    """Fifty keys cost about what one costs: the files are read once."""
    for number in range(3000):
        (place / str(number)).write_bytes(random.Random(number).randbytes(4000))
    keys = [
        Quarry(str(n), str(tmp_path / "k"), (0, n), needles_of([random.Random(n).randbytes(64)]))
        for n in range(50)
    ]
    took = []
    for some in (keys[:1], keys) * 3:
        start = time.process_time()
        assert drawn(hunt(some, Grounds((str(place),))))["0"].searched == 3001 - 1
        took.append(time.process_time() - start)
    assert min(took[1::2]) < 3 * min(took[::2])


def test_it_says_how_far_it_has_come(tmp_path, place):
    for number in range(200):
        (place / str(number)).write_bytes(b"x")
    hunting = progress_of(hunt([quarry(tmp_path)], Grounds((str(place),))))
    assert {64, 128, 192} <= {one.done for one in hunting} <= set(range(201))


def test_within_one_long_file_it_says_so_too_and_can_be_broken_off(tmp_path, place, monkeypatch):
    monkeypatch.setattr(progress, "_SILENCE", 0.0)
    long = place / "long"
    with long.open("wb") as file:
        file.truncate(64 << 20)
    hunting = progress_of(hunt([quarry(tmp_path)], Grounds((str(place),))))
    seen = [next(hunting) for _ in range(5)]
    assert seen[-1].now == str(long)
    assert seen[-1].done == seen[-2].done
    assert str(long) in {target for _, target in files_open()}
    hunting.close()
    assert str(long) not in {target for _, target in files_open()}
