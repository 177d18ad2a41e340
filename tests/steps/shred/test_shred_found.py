"""What becomes of the copies that were found: one that is the key and nothing else goes, all others are told."""

import hashlib
import os
import shutil

import key_stores as stores
import pytest

from app.domain.case import KeySource
from app.domain.copies import Disposal
from app.domain.outcome import KeyOutcome, Reason
from app.steps.shred import Foreseen, Grounds, foresee, found_copies

TOLD = (Disposal.EXCEPTION, (Reason.KEY_INSIDE,), "")


@pytest.fixture
def place(tmp_path):
    made = tmp_path / "place"
    made.mkdir()
    return made


def found(path, kind, place, passphrase="", meanwhile=lambda: None):
    """The copies of one key in a place; `meanwhile` is done between the hunt and the last look."""
    seen = list(
        foresee(
            [KeySource(kind, path)], grounds=Grounds(places=(str(place),)), passphrase=lambda _: passphrase
        )
    )
    meanwhile()
    told = {"k": next(one for one in seen if isinstance(one, Foreseen))}
    return [one.copy for one in found_copies(told, lambda _: passphrase, set())]


def fate(copy):
    return copy.disposal, copy.reasons, copy.sha256


def test_a_copy_that_is_the_key_and_nothing_else_goes_with_it(make_key, place):
    path, kind = make_key("pkcs12", "pw")
    shutil.copyfile(path, place / "backup")
    (copy,) = found(path, kind, place, "pw")
    assert fate(copy) == (Disposal.WIPE, (), hashlib.sha256(path.read_bytes()).hexdigest())


def test_a_copy_that_does_not_open_is_told(tmp_path, place):
    store = stores.Gocryptfs.make(tmp_path)
    (place / "notes").write_bytes(b"the old one: " + store.path.read_bytes())
    (copy,) = found(store.path, store.kind, place, stores.PASSPHRASE)
    assert fate(copy) == TOLD


def test_a_key_store_that_trusts_somebody_besides_is_told(tmp_path, place):
    """The certificate of another stands in it, which would go with the key."""
    store, theirs = stores.Jks.make(tmp_path), tmp_path / "theirs"
    for name in ("same", "more"):
        shutil.copyfile(store.path, place / name)
    stores.do("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
              "-subj", "/CN=y", "-keyout", os.devnull, "-out", theirs)  # fmt: skip
    stores.do("keytool", "-importcert", "-noprompt", "-alias", "y", "-file", theirs, "-keystore", place / "more",
              "-storepass", stores.PASSPHRASE)  # fmt: skip
    more, same = found(store.path, store.kind, place, stores.PASSPHRASE)
    assert fate(more) == TOLD
    assert fate(same) == (Disposal.WIPE, (), hashlib.sha256(store.path.read_bytes()).hexdigest())


def packed_with_notes(copy):
    copy.write_bytes(b"host = example\n" + copy.read_bytes())


def named_twice(copy):
    os.link(copy, copy.parent.parent / "other name")


def in_another_header(copy):
    copy.write_bytes(b"MIME" + bytes(60) + copy.read_bytes())


@pytest.mark.parametrize(
    ("what", "change"),
    [("ec", packed_with_notes), ("ec", named_twice), ("pkcs12", named_twice), ("pkcs12", in_another_header)],
)
def test_a_copy_that_is_more_than_the_key_is_told(make_key, place, what, change):
    path, kind = make_key(what, "pw" if what == "pkcs12" else "")
    shutil.copyfile(path, place / "backup")
    change(place / "backup")
    (copy,) = found(path, kind, place, "pw" if what == "pkcs12" else "")
    assert fate(copy) == TOLD


def test_a_copy_that_is_a_folder_by_now_is_told(make_key, place):
    path, kind = make_key("pkcs12", "pw")
    copy = place / "backup"
    shutil.copyfile(path, copy)

    def replaced():
        copy.unlink()
        copy.mkdir()

    (told,) = found(path, kind, place, "pw", replaced)
    assert fate(told)[:2] == TOLD[:2]
    assert told.sha256 == ""


def test_a_ring_that_holds_another_key_too_is_told(tmp_path, place):
    home = tmp_path / "home"
    home.mkdir()
    store = stores.Gnupg.make(home)
    try:
        assert store.gpg("--quick-gen-key", "b@example.org", "ed25519", "sign", "never")
        ring = tmp_path / "secring.gpg"
        assert store.gpg("-o", ring, "--export-secret-keys", "a@example.org")
        assert store.gpg("-o", place / "all.gpg", "--export-secret-keys")
        shutil.copyfile(ring, place / "same.gpg")
        one, two = found(ring, "gnupg", place, stores.PASSPHRASE)
    finally:
        stores.works("gpgconf", "--homedir", store.home, "--kill", "all")
    assert fate(one) == TOLD
    assert (two.disposal, os.path.basename(two.path)) == (Disposal.WIPE, "same.gpg")


def test_a_file_with_two_keys_is_one_copy_of_both_and_told(make_key, place):
    keys = [make_key("ec"), make_key("ec")]
    (place / "both").write_bytes(b"".join(path.read_bytes() for path, _ in keys))
    sources = [KeySource(kind, path) for path, kind in keys]
    seen = foresee(sources, grounds=Grounds(places=(str(place),)))
    told = {one.path: one for one in seen if isinstance(one, Foreseen)}
    (copy,) = [one.copy for one in found_copies(told, lambda _: "", set())]
    assert copy.of == tuple(sorted(told))
    assert fate(copy) == TOLD


def test_two_names_of_one_key_that_both_go_leave_no_copy(make_key, bench, tmp_path, place):
    """Each is the other's copy; both were overwritten before either is judged."""
    path, kind = make_key("ec")
    twin = tmp_path / "twin.key"
    shutil.copyfile(path, twin)
    ends = bench((path, kind), (twin, kind)).run()
    assert {Reason.COPIES_REMAIN in one.evidence.limits for one in ends.values()} == {False}
    assert {one.outcome for one in ends.values()} <= {
        KeyOutcome.KEY_DESTROYED_HERE,
        KeyOutcome.MEDIUM_RESIDUE,
    }
    assert not path.exists()
    assert not twin.exists()
