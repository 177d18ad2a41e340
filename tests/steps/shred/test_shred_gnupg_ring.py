"""The ring of secret keys that GnuPG 1 and 2.0 kept: opened, named, hunted, and read by gpg no more."""

import os
import shutil
import subprocess

import key_stores as stores
import pytest
from test_shred_new_passphrase import NEW, change_in_gnupg
from test_shred_rewrapped import shredded

from app.domain.case import KeySource
from app.domain.outcome import KeyOutcome, Reason
from app.steps.shred import Grounds, inspect

GOOD = (KeyOutcome.KEY_DESTROYED_HERE, KeyOutcome.MEDIUM_RESIDUE)


@pytest.fixture
def store(tmp_path):
    made = stores.Gnupg.make(tmp_path)
    yield made
    stores.works("gpgconf", "--homedir", tmp_path / "h", "--kill", "gpg-agent")


@pytest.fixture
def old_ring(store, planned):
    """The ring of secret keys as GnuPG 1 and 2.0 kept it: the same packets as an export."""
    ring = store.home / "secring.gpg"
    assert store.gpg("-o", ring, "--export-secret-keys", "a@example.org")
    return stores.Gnupg("gnupg", ring)


def imports(ring, place):
    """Whether gpg itself still reads secret keys in a ring."""
    home = place / "i"
    home.mkdir(mode=0o700, exist_ok=True)
    command = ["gpg", "--homedir", str(home), "--batch", "--pinentry-mode", "loopback", "--passphrase",
               stores.PASSPHRASE, "--import", str(ring)]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    stores.works("gpgconf", "--homedir", home, "--kill", "gpg-agent")
    shutil.rmtree(home, ignore_errors=True)  # the agent takes its own sockets away meanwhile
    return "secret keys read: " in done.stderr


def test_an_old_ring_of_secret_keys_is_overwritten_and_its_copy_found(old_ring, bench, tmp_path):
    place = tmp_path / "place"
    place.mkdir()
    copy = place / "ring.bak"
    shutil.copyfile(old_ring.path, copy)
    again = old_ring.path.with_name("again")
    os.link(old_ring.path, again)
    assert imports(again, tmp_path)
    bed = bench((str(old_ring.path), "gnupg"), passphrase=stores.PASSPHRASE)
    bed.more = {"grounds": Grounds(places=(str(place),))}
    settled = bed.run()["k-0"]
    assert not old_ring.path.exists()
    assert not any(again.read_bytes())
    assert not imports(again, tmp_path)
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert dict(settled.evidence.facts)["copies_found"] == 1
    assert Reason.COPIES_REMAIN in settled.evidence.limits
    assert dict(settled.evidence.facts)["canary"] == "signature+ecdh-aes-gcm"
    assert imports(copy, tmp_path)


CLASSIC = """
Key-Type: DSA
Key-Length: 1024
Subkey-Type: ELG-E
Subkey-Length: 1024
Name-Email: a@example.org
Expire-Date: 0
"""
"""What GnuPG 1 made when nobody said otherwise."""


@pytest.fixture
def ring_of(tmp_path):
    """Make a ring of secret keys of a kind, and say what gpg tells of its fingerprints."""
    stores.need("gpg", "gpgconf")
    home = tmp_path / "made"

    def make(what, passphrase, *more):
        home.mkdir(mode=0o700)
        store = stores.Gnupg("gnupg", home / "private-keys-v1.d" / "x")
        given = {"passphrase": passphrase}
        if what == "classic":
            text = f"{CLASSIC}Passphrase: {passphrase}\n" if passphrase else f"%no-protection\n{CLASSIC}"
            assert store.gpg("--gen-key", "-", input=text.encode(), **given)
        else:
            assert store.gpg("--quick-gen-key", "a@example.org", what, "default", "never", **given)
        assert store.gpg(*more, "-o", tmp_path / "secring.gpg", "--export-secret-keys", **given)
        listed = subprocess.run(["gpg", "--homedir", str(home), "--with-colons", "--fingerprint", "--fingerprint", "-K"],
                                capture_output=True, text=True, check=True).stdout  # fmt: skip
        prints = [line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr:")]
        return tmp_path / "secring.gpg", prints

    yield make
    stores.works("gpgconf", "--homedir", home, "--kill", "gpg-agent")


ALGORITHMS = {
    "classic": ["DSA-1024", "ElGamal-1024"],
    "rsa2048": ["RSA-2048"],
    "nistp256": ["EC-secp256r1"],
    "brainpoolP384r1": ["EC-brainpoolP384r1"],
    "ed25519": ["Ed25519"],
}


OLDER = ["--s2k-cipher-algo", "CAST5", "--s2k-digest-algo", "SHA256"]


@pytest.mark.parametrize(
    ("what", "how"),
    [
        *((what, []) for what in ALGORITHMS),
        ("classic", OLDER),
        ("classic", ["plain"]),
        ("rsa2048", ["plain"]),
        ("ed25519", OLDER),
    ],
)
def test_the_keys_in_an_old_ring_are_opened_and_named(ring_of, bench, tmp_path, what, how):
    passphrase = "" if how == ["plain"] else stores.PASSPHRASE
    ring, prints = ring_of(what, passphrase, *(how if how != ["plain"] else ()))
    source = [KeySource("gnupg", ring)]
    (key,) = inspect(source, key=b"k", passphrase=lambda _: passphrase)
    assert key.algorithm.split(" + ") == ALGORITHMS[what]
    if passphrase:
        for wrong in ("", "wrong"):
            (shut,) = inspect(source, key=b"k", passphrase=lambda _, wrong=wrong: wrong)
            assert shut.algorithm.startswith("unknown (")
            assert all(one in shut.algorithm for one in prints)
    place = tmp_path / "place"
    place.mkdir()
    bed = bench((ring, "gnupg"), passphrase=passphrase)
    bed.more = {"grounds": Grounds(places=(str(place),))}
    settled = bed.run()["k-0"]
    assert settled.outcome in GOOD
    assert "canary_sha256" in dict(settled.evidence.facts)


@pytest.mark.parametrize("what", ["classic", "rsa2048", "ed25519"])
def test_a_ring_under_another_passphrase_is_a_copy(ring_of, bench, tmp_path, what):
    ring, _ = ring_of(what, stores.PASSPHRASE)
    place, home = tmp_path / "place", tmp_path / "second"
    place.mkdir()
    home.mkdir(mode=0o700)
    other = stores.Gnupg("gnupg", home / "private-keys-v1.d" / "x")
    assert other.gpg("--import", ring)
    for file in (home / "private-keys-v1.d").iterdir():
        change_in_gnupg(home, file.stem)
    assert other.gpg("-o", place / "ring.bak", "--export-secret-keys", passphrase=NEW)
    own = os.listdir(home / "private-keys-v1.d")
    for name in own:
        shutil.move(home / "private-keys-v1.d" / name, place)
    bed = bench((ring, "gnupg"), passphrase=stores.PASSPHRASE)
    settled, found = shredded(bed, place)
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    names = {os.path.basename(one.path) for one in found}
    assert names == {"ring.bak", *own}


def test_a_ring_that_is_cut_or_on_a_card_is_not_opened(ring_of, bench):
    ring, _ = ring_of("rsa2048", stores.PASSPHRASE)
    whole = ring.read_bytes()
    for data in (whole[:-200], whole[:300], bytes([0x95]), whole + b"\x00", b"\xc5\xff\xff\xff\xff\xff\x04"):
        ring.write_bytes(data)
        (key,) = inspect([KeySource("gnupg", ring)], key=b"k", passphrase=lambda _: stores.PASSPHRASE)
        assert key.algorithm.startswith("unknown")
    settled = bench((ring, "gnupg"), passphrase=stores.PASSPHRASE).run()["k-0"]
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
