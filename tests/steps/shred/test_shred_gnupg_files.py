"""Key files of GnuPG's agent, under each of the locks that it has had, and those that nothing opens."""

import os
import shutil

import key_stores as stores
import pytest
from test_shred_gnupg_ring import CLASSIC
from test_shred_live import ASK, asked_apart
from test_shred_rewrapped import shredded
from test_shred_strangers import KEY, shut, told

from app.domain.case import KeySource
from app.domain.outcome import KeyOutcome, Reason
from app.steps.shred import inspect
from app.steps.shred.kinds import KINDS, open_keys
from app.steps.shred.kinds.contract import Rewrap, described, store_over
from app.steps.shred.kinds.sexp import canonical, parse
from tests.in_time import soon


@pytest.fixture
def homes(tmp_path):
    """Make homes, each with an agent that is ended at last."""
    stores.need("gpg", "gpgconf")
    made = []

    def make(name, conf=""):
        home = tmp_path / name
        home.mkdir(mode=0o700)
        (home / "gpg-agent.conf").write_text(conf)
        made.append(home)
        return stores.Gnupg("gnupg", home / "private-keys-v1.d" / "x")

    yield make
    for home in made:
        stores.works("gpgconf", "--homedir", home, "--kill", "gpg-agent")


def generate(store, what):
    if what == "classic":
        text = f"{CLASSIC}Passphrase: {stores.PASSPHRASE}\n"
        assert store.gpg("--gen-key", "-", input=text.encode())
    else:
        assert store.gpg("--quick-gen-key", "a@example.org", what, "default", "never")


LOCKS = {"ocb": b"openpgp-s2k3-ocb-aes", "cbc": b"openpgp-s2k3-sha1-aes-cbc", "native": b"openpgp-native"}
KEYS = {
    "classic": ["DSA-1024", "ElGamal-1024"],
    "rsa2048": ["RSA-2048"],
    "future-default": ["Ed25519", "X25519"],
}


def locked(homes, tmp_path, lock, what):
    """The key files of a home under a lock, and an export of the same keys."""
    store = homes("first", "disable-extended-key-format\n" if lock == "cbc" else "")
    generate(store, what)
    exported = tmp_path / "exported.gpg"
    assert store.gpg("-o", exported, "--export-secret-keys")
    if lock == "native":
        # Nobody types the passphrase in a batch: the agent keeps the lock of the packets.
        store = homes("second")
        stores.do("gpg", "--homedir", store.home, "--batch", "--import", exported)
    files = sorted((store.home / "private-keys-v1.d").iterdir())
    assert all(LOCKS[lock] in file.read_bytes() for file in files)
    return files, exported


@pytest.mark.parametrize(
    ("lock", "what"),
    [("ocb", "classic"), ("cbc", "rsa2048"), ("native", "future-default"), ("native", "classic")],
)
def test_a_key_file_opens_under_every_lock_of_the_agent_and_an_export_is_its_copy(
    homes, bench, tmp_path, lock, what
):
    files, exported = locked(homes, tmp_path, lock, what)
    place = tmp_path / "place"
    place.mkdir()
    opened = {
        file: open_keys(KINDS["gnupg"], store_over(file.read_bytes()), stores.PASSPHRASE) for file in files
    }
    assert sorted(key.algorithm for keys in opened.values() for key in keys) == KEYS[what]
    in_export = open_keys(KINDS["gnupg"], store_over(exported.read_bytes()), stores.PASSPHRASE)
    assert {key.fingerprint for keys in opened.values() for key in keys} == {
        one.fingerprint for one in in_export
    }
    assert all(shut("gnupg", file.read_bytes(), "no") is Reason.WRONG_PASSPHRASE for file in files)
    shutil.move(exported, place / "notes.txt")
    for file in files:
        settled, found = shredded(bench((file, "gnupg"), passphrase=stores.PASSPHRASE), place)
        assert settled.outcome is KeyOutcome.ACCESS_REMOVED
        assert [one.path for one in found] == [str(place / "notes.txt")]
        assert dict(settled.evidence.facts)["canary"]


def test_an_imported_key_is_hunted_without_its_passphrase_too(homes, bench, tmp_path):
    (file,), exported = locked(homes, tmp_path, "native", "rsa2048")
    place = tmp_path / "place"
    place.mkdir()
    (place / "copy").write_bytes(b"a mail" + exported.read_bytes())
    settled, found = shredded(bench((file, "gnupg")), place)
    assert [one.path for one in found] == [str(place / "copy")]
    assert Reason.WRONG_PASSPHRASE in settled.evidence.limits


def sexp(text):
    """A key file of what is written here for people."""
    return canonical(parse(text.encode()))


POINT = "#40" + "11" * 32 + "#"
NATIVE = '(protected-private-key (rsa (n #00ff11#) (e #010001#) (protected openpgp-native (openpgp-private-key (version "4") (algo RSA) {}))))'
BROKEN = {
    "no expression": b"a text",
    "one that does not end": b"(private-key(3:rsa",
    "closed before it began": b")(private-key)",
    "a shadow of a card": sexp("(shadowed-private-key (rsa (n x)))"),
    "no list of numbers": sexp("(private-key rsa)"),
    "an algorithm of tomorrow": sexp("(private-key (kyber (s x)))"),
    "no name of an algorithm": sexp("(private-key ((rsa) (n x)))"),
    "a number that is missing": sexp("(private-key (rsa (n x)))"),
    "a list for a number": sexp("(private-key (ecc (curve (x)) (q y) (d z)))"),
    "a point of another key": sexp(f"(private-key (ecc (curve Ed25519) (q {POINT}) (d {POINT.replace('#40', '#')})))"),
    "no lock": sexp("(protected-private-key (rsa (n x) (e y)))"),
    "a lock of another form": sexp("(protected-private-key (rsa (n x) (e y) (protected openpgp-s2k3-ocb-aes x)))"),
    "a lock of tomorrow": sexp('(protected-private-key (rsa (n x) (e y) (protected a-new-lock ((sha1 #0011223344556677# "1024") x) y)))'),
    "an import without numbers": sexp(NATIVE.format('(protection sha1 AES x "3" SHA1 y "255")')),
    "an import of a locked list": sexp(NATIVE.format('(skey _ x e (y)) (protection sha1 AES x "3" SHA1 y "255")')),
    "an import of another cipher": sexp(NATIVE.format('(skey _ x e y) (protection sha1 IDEA x "3" SHA1 y "255")')),
    "an import without a salt": sexp(NATIVE.format('(skey _ x e y) (protection sha1 AES x "0" SHA1 y "255")')),
}  # fmt: skip


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_a_key_file_that_holds_no_key_is_unreadable_and_no_wrap(data):
    assert shut("gnupg", data) is Reason.UNREADABLE
    assert told("gnupg", b"protected-private-key " + data, key=described(KEY)) is Rewrap.NO


def test_lines_before_the_key_may_have_brackets(homes, tmp_path):
    (file,), _ = locked(homes, tmp_path, "ocb", "rsa2048")
    data = b"Label: of the office (old)\nComment: (private-key\n (rsa))\n" + file.read_bytes()
    (key,) = open_keys(KINDS["gnupg"], store_over(data), stores.PASSPHRASE)
    assert key.algorithm == "RSA-2048"


def test_a_home_has_its_old_ring_among_its_keys(homes, tmp_path):
    store = homes("home")
    generate(store, "rsa2048")
    assert store.gpg("-o", store.home / "secring.gpg", "--export-secret-keys")
    keys = inspect([KeySource("gnupg", store.home)], key=b"k", passphrase=lambda _: stores.PASSPHRASE)
    assert [os.path.basename(key.path) for key in keys][-1] == "secring.gpg"


def test_an_agent_that_knows_the_home_by_another_name_is_ended_too(tmp_path):
    """On a desktop its socket is named after the name of the home: each name has an agent of its own."""
    script = f"""mount -t tmpfs none /run; mkdir -p -m 700 /run/user "/run/user/$(id -u)" "/run/user/$(id -u)/gnupg"
    mkdir -m 700 "$1"; ln -s "$1" "$2"; gpg-connect-agent -q --homedir "$2" "GETINFO version" /bye >/dev/null
    {ASK} gnupg "$1/private-keys-v1.d/x.key"
    gpg-connect-agent -q --no-autostart --homedir "$2" "GETINFO version" /bye 2>&1 | grep -q OK && echo runs || echo ended"""
    stores.need("gpg-connect-agent", "gpgconf")
    assert asked_apart(script, tmp_path / "home", tmp_path / "link") == ["True", "ended"]


def test_without_gpgconf_an_agent_is_not_ended_but_seen(homes, tmp_path, monkeypatch):
    first, second = homes("first"), homes("second")
    generate(first, "ed25519")
    generate(second, "ed25519")
    (file,) = (first.home / "private-keys-v1.d").iterdir()
    stores.do("gpg-connect-agent", "--homedir", first.home, "GETINFO pid", "/bye")
    ended = [shutil.which("gpgconf"), "--homedir", first.home, "--kill", "gpg-agent"]
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not KINDS["gnupg"].quiet(str(file))
    stores.do(*ended)
    assert soon(lambda: KINDS["gnupg"].quiet(str(file)))
    monkeypatch.undo()
    running = ["gpg-connect-agent", "--homedir", second.home, "--no-autostart", "GETINFO pid", "/bye"]
    assert stores.works(*running)
