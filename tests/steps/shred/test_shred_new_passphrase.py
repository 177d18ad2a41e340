"""A copy of a key under another passphrase, set by the store's own tool: known, doubted, tried or cleared."""

import os
import shutil
import sys

import key_stores as stores
import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from test_shred_rewrapped import shredded, wrapped

from app.domain.case import KeySource
from app.domain.event import CopyFound, Settled
from app.domain.outcome import KeyOutcome, Reason
from app.steps.shred import Foreseen, Grounds, foresee
from app.steps.shred.kinds import KINDS, open_keys
from app.steps.shred.kinds.contract import NotOpened, Rewrap, Store
from app.steps.shred.progress import drawn
from app.steps.shred.rewraps import Trials, rewraps

NEW = "quite another"
GOOD = (KeyOutcome.KEY_DESTROYED_HERE, KeyOutcome.MEDIUM_RESIDUE)


def bytes_store(data):
    return Store(len(data), lambda offset, length: data[offset : offset + length])


def opened(kind, path, passphrase=stores.PASSPHRASE):
    return open_keys(KINDS[kind], bytes_store(path.read_bytes()), passphrase)


def told(kind, keys, data, *words):
    """What the hunt would say of some bytes."""
    return drawn(rewraps(KINDS[kind], keys, Trials(words)).tell(data))


@pytest.fixture
def place(tmp_path):
    made = tmp_path / "place"
    made.mkdir()
    return made


@pytest.fixture
def pair(tmp_path):
    """A key and its certificate, by openssl."""
    return made_pair(tmp_path, "own", "rsa:2048")


def made_pair(folder, name, *how):
    """A pair in a folder of its own, where nothing is hunted."""
    (folder / name).mkdir()
    key, certificate = folder / name / "k.pem", folder / name / "c.pem"
    stores.do("openssl", "req", "-x509", "-newkey", *how, "-nodes", "-subj", "/CN=x", "-keyout", key, "-out", certificate)  # fmt: skip
    return key, certificate


def packed(pair, path, passphrase, *more):
    key, certificate = pair
    stores.do("openssl", "pkcs12", "-export", "-inkey", key, "-in", certificate, "-out", path, "-passout", f"pass:{passphrase}", *more)  # fmt: skip
    return path


def in_java(p12, path, kind, old=stores.PASSPHRASE, new=NEW):
    stores.need("keytool")
    stores.do("keytool", "-importkeystore", "-srckeystore", p12, "-srcstoretype", "PKCS12", "-srcstorepass", old,
              "-destkeystore", path, "-deststoretype", kind, "-deststorepass", new)  # fmt: skip
    return path


@pytest.mark.parametrize("how", ["dark", "clear", "JKS", "JCEKS", "PKCS12", "pem", "openssh"])
def test_a_pkcs12_in_any_other_form_under_another_passphrase(bench, place, tmp_path, pair, how):
    path = packed(pair, tmp_path / "key.p12", stores.PASSPHRASE)
    copy = place / "copy"
    if how in ("dark", "clear"):
        packed(pair, copy, NEW, *(["-certpbe", "NONE"] if how == "clear" else []))
    elif how.isupper():
        in_java(path, copy, how)
    else:
        copy.write_bytes(wrapped(load_pem_private_key(pair[0].read_bytes(), None), "openssh" if how == "openssh" else "pkcs8", NEW.encode()))  # fmt: skip
    pair[0].unlink()
    (told_before,) = (
        one
        for one in foresee(
            [KeySource("pkcs12", path)],
            grounds=Grounds(places=(str(place),)),
            passphrase=lambda _: stores.PASSPHRASE,
        )
        if isinstance(one, Foreseen)
    )
    settled, found = shredded(bench((path, "pkcs12"), passphrase=stores.PASSPHRASE), place)
    sure = how in ("clear", "JKS", "JCEKS", "openssh")
    expected = Reason.COPIES_REMAIN if sure else Reason.COPY_DOUBTFUL
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert expected in settled.evidence.limits
    assert expected in told_before.limits
    assert [one.path for one in found] == [str(copy)]


@pytest.mark.parametrize("kind", ["pkcs12", "jks", "pem", "age"])
def test_a_passphrase_of_the_case_tells_a_copy_from_a_stranger(bench, place, tmp_path, pair, make_key, kind):
    """The same file twice: the key of the case, and a stranger as long, both under a word the case knows."""
    stranger = made_pair(tmp_path, "strange", "rsa:2048")
    if kind == "age":
        path, _ = make_key("age")
        identity = next(line for line in path.read_text().splitlines() if line.startswith("AGE"))
        (place / "own").write_bytes(pyrage.passphrase.encrypt(identity.encode(), NEW))
        other = str(pyrage.x25519.Identity.generate())
        (place / "other").write_bytes(pyrage.passphrase.encrypt(other.encode(), NEW))
    elif kind == "pem":
        path = tmp_path / "k.pem"
        shutil.move(pair[0], path)
        for name, key in (("own", path), ("other", stranger[0])):
            (place / name).write_bytes(
                wrapped(load_pem_private_key(key.read_bytes(), None), "pkcs8", NEW.encode())
            )
    else:
        path = packed(pair, tmp_path / "key.p12", stores.PASSPHRASE)
        packed(pair, place / "own", NEW)
        packed(stranger, place / "other", NEW)
        if kind == "jks":
            path = in_java(path, pair[0].with_name("key.jks"), "JKS", new=stores.PASSPHRASE)
            pair[0].unlink()
    bed = bench((path, kind), passphrase="" if kind in ("age", "pem") else stores.PASSPHRASE)
    bed.more = {"grounds": Grounds(places=(str(place),), passphrases=("wrong", NEW))}
    events = list(bed.events())
    assert [one.copy.path for one in events if isinstance(one, CopyFound)] == [str(place / "own")]
    (settled,) = (one for one in events if isinstance(one, Settled))
    assert Reason.COPIES_REMAIN in settled.evidence.limits
    assert Reason.COPY_DOUBTFUL not in settled.evidence.limits


def test_the_keys_own_passphrase_with_new_salt_is_tried_too(bench, place, tmp_path, pair):
    path = packed(pair, tmp_path / "key.p12", stores.PASSPHRASE)
    packed(pair, place / "again", stores.PASSPHRASE)
    settled, _ = shredded(bench((path, "pkcs12"), passphrase=stores.PASSPHRASE), place)
    assert Reason.COPIES_REMAIN in settled.evidence.limits


def test_strangers_whose_certificate_or_length_tells_are_no_doubt(bench, place, tmp_path, pair):
    path = packed(pair, tmp_path / "key.p12", stores.PASSPHRASE)
    other = made_pair(tmp_path, "strange", "rsa:2048")
    packed(other, place / "clear.p12", NEW, "-certpbe", "NONE")
    in_java(packed(other, tmp_path / "strange" / "o.p12", stores.PASSPHRASE), place / "o.jks", "JKS")
    small = made_pair(tmp_path, "small", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    packed(small, place / "small.p12", NEW)
    shutil.copyfile(pair[1], place / "certificate.pem")
    stores.do(
        "openssl", "crl2pkcs7", "-nocrl", "-certfile", pair[1], "-outform", "DER", "-out", place / "chain.p7b"
    )
    settled, found = shredded(bench((path, "pkcs12"), passphrase=stores.PASSPHRASE), place)
    assert found == []
    assert settled.outcome in GOOD


def test_a_curve_that_the_library_has_not_leaves_a_store_unopened(tmp_path):
    """SM2's is one as well; a wrong passphrase is something else."""
    strange = made_pair(tmp_path, "own", "ec", "-pkeyopt", "ec_paramgen_curve:secp160r1")
    store = in_java(packed(strange, tmp_path / "key.p12", stores.PASSPHRASE), tmp_path / "key.jks", "JKS")
    stores.do(
        "openssl", "pkcs8", "-topk8", "-in", strange[0], "-out", tmp_path / "key.pem", "-passout", "pass:x"
    )
    for kind, path, word, why in (
        ("jks", store, stores.PASSPHRASE, Reason.UNREADABLE),
        ("jks", store, "no", Reason.WRONG_PASSPHRASE),
        ("pem", tmp_path / "key.pem", "x", Reason.UNREADABLE),
        ("pem", tmp_path / "key.pem", "no", Reason.WRONG_PASSPHRASE),
    ):
        with pytest.raises(NotOpened) as told_of:
            opened(kind, path, word)
        assert told_of.value.reason is why, (kind, word)


@pytest.mark.parametrize("armour", [False, True])
def test_an_age_identity_under_a_passphrase_is_doubted_and_a_large_file_is_not(
    bench, make_key, place, armour
):
    path, kind = make_key("age")
    (place / "id.age").write_bytes(pyrage.passphrase.encrypt(path.read_bytes(), NEW, armored=armour))
    other = pyrage.x25519.Identity.generate().to_public()
    (place / "for-a-colleague.age").write_bytes(pyrage.encrypt(path.read_bytes(), [other], armored=armour))
    (place / "archive.age").write_bytes(pyrage.encrypt(os.urandom(50_000), [other], armored=armour))
    settled, found = shredded(bench((path, kind)), place)
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.COPY_DOUBTFUL in settled.evidence.limits
    assert sorted(one.path for one in found) == [str(place / "for-a-colleague.age"), str(place / "id.age")]


def test_two_keys_in_one_pkcs12_are_both_opened_and_hunted(bench, place, tmp_path):
    """Java keeps many in one file; the library would give the first alone."""
    stores.need("keytool")
    path = tmp_path / "two.p12"
    for alias, how in (("one", ["EC", "-groupname", "secp256r1"]), ("two", ["RSA", "-keysize", "2048"])):
        stores.do("keytool", "-genkeypair", "-storetype", "PKCS12", "-alias", alias, "-dname", "CN=x", "-keystore", path,
                  "-storepass", stores.PASSPHRASE, "-keyalg", *how)  # fmt: skip
    keys = opened("pkcs12", path)
    assert sorted(key.algorithm for key in keys) == ["EC-secp256r1", "RSA-2048"]
    second = next(key for key in keys if key.algorithm == "RSA-2048").secret
    assert isinstance(second, rsa.RSAPrivateKey)
    from cryptography.hazmat.primitives import serialization as s

    (place / "plain").write_bytes(
        second.private_bytes(s.Encoding.DER, s.PrivateFormat.PKCS8, s.NoEncryption())
    )
    settled, found = shredded(bench((path, "pkcs12"), passphrase=stores.PASSPHRASE), place)
    assert [one.path for one in found] == [str(place / "plain")]
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED


def test_a_secret_key_beside_a_private_one_leaves_the_file_unopened(bench, place, tmp_path):
    stores.need("keytool")
    path = tmp_path / "mixed.p12"
    into = ["-storetype", "PKCS12", "-keystore", path, "-storepass", stores.PASSPHRASE]
    stores.do("keytool", "-genkeypair", "-alias", "one", "-dname", "CN=x", "-keyalg", "EC", *into)
    stores.do("keytool", "-genseckey", "-alias", "two", "-keyalg", "AES", "-keysize", "256", *into)
    with pytest.raises(NotOpened):
        opened("pkcs12", path)
    settled, _ = shredded(bench((path, "pkcs12"), passphrase=stores.PASSPHRASE), place)
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED


@pytest.mark.parametrize("passphrase", [stores.PASSPHRASE, ""])
def test_gnupgs_own_key_file_under_another_passphrase(planned, tmp_path, place, passphrase):
    store = stores.Gnupg.make(tmp_path)
    try:
        copy = tmp_path / "h2"
        shutil.copytree(store.home, copy, ignore=shutil.ignore_patterns("S.*"))
        changed = copy / "private-keys-v1.d" / store.path.name
        change_in_gnupg(copy, store.path.name.removesuffix(".key"))
        assert changed.read_bytes() != store.path.read_bytes()
        shutil.move(changed, place / "notes.txt")
        bed = planned(store, passphrases=[passphrase])
        settled, found = shredded(bed, place)
        assert settled.outcome is KeyOutcome.ACCESS_REMOVED
        if passphrase:
            assert [one.path for one in found] == [str(place / "notes.txt")]
            assert Reason.COPIES_REMAIN in settled.evidence.limits
        else:
            assert Reason.WRONG_PASSPHRASE in settled.evidence.limits
    finally:
        for home in (tmp_path / "h", tmp_path / "h2"):
            stores.works("gpgconf", "--homedir", home, "--kill", "gpg-agent")


def change_in_gnupg(home, grip):
    """Let the agent change a passphrase; a pinentry that answers stands in for the person who types."""
    pinentry = home / "pinentry"
    count = home / "asked"
    count.unlink(missing_ok=True)
    pinentry.write_text(
        f"""#!/bin/sh
echo OK
while read -r line; do
  case "$line" in
    GETPIN*) n=$(cat {count} 2>/dev/null || echo 0); echo $((n+1)) > {count}
       if [ "$n" = 0 ]; then echo "D {stores.PASSPHRASE}"; else echo "D {NEW}"; fi; echo OK;;
    BYE*) echo OK; exit 0;;
    *) echo OK;;
  esac
done
"""
    )
    pinentry.chmod(0o755)
    (home / "gpg-agent.conf").write_text(f"pinentry-program {pinentry}\n")
    stores.works("gpgconf", "--homedir", home, "--kill", "gpg-agent")
    stores.do("gpg-connect-agent", "--homedir", home, f"PASSWD {grip}", "/bye")
    stores.works("gpgconf", "--homedir", home, "--kill", "gpg-agent")


def test_a_gocryptfs_conf_under_another_passphrase(planned, tmp_path, place):
    store = stores.Gocryptfs.make(tmp_path)
    shutil.copytree(store.path.parent, tmp_path / "v2")
    changed = tmp_path / "v2" / "gocryptfs.conf"
    old, new = tmp_path / "secret", tmp_path / "new"
    new.write_text(
        f"#!/bin/sh\nif [ -e {new}.asked ]; then echo '{NEW}'; else touch {new}.asked; cat {old}; fi\n"
    )
    new.chmod(0o755)
    stores.do("gocryptfs", "-q", "-passwd", "-scryptn", "10", "-extpass", new, changed.parent)
    keys = opened("gocryptfs", store.path)
    assert told("gocryptfs", keys, changed.read_bytes(), NEW) is Rewrap.YES
    (tmp_path / "w").mkdir()
    stores.do("gocryptfs", "-init", "-q", "-scryptn", "10", "-passfile", old, tmp_path / "w")
    assert (
        told("gocryptfs", keys, (tmp_path / "w" / "gocryptfs.conf").read_bytes(), stores.PASSPHRASE)
        is Rewrap.NO
    )
    shutil.move(changed, place / "conf")
    settled, found = shredded(planned(store), place)
    assert Reason.COPY_DOUBTFUL in settled.evidence.limits
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert [one.path for one in found] == [str(place / "conf")]


def test_a_cryptomator_masterkey_under_another_passphrase_is_known_without_it(planned, tmp_path, place):
    store = stores.Cryptomator.make(tmp_path)
    (tmp_path / "s").mkdir()
    stranger = stores.Cryptomator.make(tmp_path / "s")
    change_in_cryptomator(store, place / "old.json")
    shutil.copyfile(stranger.path, place / "other.json")
    settled, found = shredded(planned(store), place)
    assert [one.path for one in found] == [str(place / "old.json")]
    assert Reason.COPIES_REMAIN in settled.evidence.limits
    assert Reason.COPY_DOUBTFUL not in settled.evidence.limits


def change_in_cryptomator(store, to):
    copy = store.path.parent.parent / "changing"
    shutil.copytree(store.path.parent, copy)
    stores.do(sys.executable, "-m", "pycryptomator", "--password", stores.PASSPHRASE, "--change-password", copy,
              input=f"{NEW}\n{NEW}\n".encode(), start_new_session=True)  # fmt: skip
    shutil.move(copy / store.path.name, to)
    assert to.read_bytes() != store.path.read_bytes()


def test_a_restic_key_under_another_passphrase(planned, tmp_path, place):
    store = stores.Restic.make(tmp_path)
    new = tmp_path / "new"
    new.write_text(NEW)
    repository = store.path.parent.parent
    keys = opened("restic", store.path)
    stores.do("restic", "-r", repository, "key", "add", "--new-password-file", new, env=store.env())
    (added,) = (one for one in store.path.parent.iterdir() if one != store.path)
    shutil.move(added, place / "0123")
    assert told("restic", keys, (place / "0123").read_bytes()) is Rewrap.MAYBE
    assert told("restic", keys, (place / "0123").read_bytes(), NEW) is Rewrap.YES
    settled, _ = shredded(planned(store), place)
    assert Reason.COPY_DOUBTFUL in settled.evidence.limits
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED


def test_a_borg_config_under_another_passphrase_names_its_repository(planned, tmp_path, place):
    store = stores.Borg.make(tmp_path)
    copy = tmp_path / "copy"
    shutil.copytree(store.path.parent, copy)
    env = os.environ | {"BORG_PASSPHRASE": stores.PASSPHRASE, "BORG_NEW_PASSPHRASE": NEW, "BORG_BASE_DIR": str(tmp_path / "b"),
                        "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes"}  # fmt: skip
    stores.do("borg", "key", "change-passphrase", copy, env=env)
    shutil.move(copy / "config", place / "config.old")
    settled, found = shredded(planned(store), place)
    assert [one.path for one in found] == [str(place / "config.old")]
    assert Reason.COPIES_REMAIN in settled.evidence.limits


def test_a_locked_block_across_two_parts_of_a_long_text_is_seen(bench, make_key, place):
    path, kind = make_key("rsa")
    block = wrapped(load_pem_private_key(path.read_bytes(), None), "pkcs8", NEW.encode())
    line = b"a line of a long diary of nothing\n"
    before = (line * (1 << 16))[: (1 << 20) - len(block) // 2]
    (place / "diary.txt").write_bytes(before + b"\n" + block + line * 50_000)
    settled, _ = shredded(bench((path, kind)), place)
    assert Reason.COPY_DOUBTFUL in settled.evidence.limits


@pytest.mark.parametrize("stays", [False, True])
def test_two_locked_keys_of_one_length_that_both_go_are_no_doubt_unless_one_stays(
    bench, make_key, tmp_path, stays
):
    path, kind = make_key("ec")
    other = tmp_path / "locked.pem"
    key = load_pem_private_key(path.read_bytes(), None)
    other.write_bytes(wrapped(key, "pkcs8", NEW.encode()))
    bed = bench((path, kind), (other, kind))
    if stays:
        stores.need("chattr")
        if not stores.works("chattr", "+i", other):
            pytest.skip("this file system knows no immutable files")
    try:
        settled = bed.run()
    finally:
        if stays:
            stores.do("chattr", "-i", other)
    if stays:
        assert settled["k-1"].outcome is KeyOutcome.FAILED
        assert settled["k-0"].outcome is KeyOutcome.ACCESS_REMOVED
        assert Reason.COPY_DOUBTFUL in settled["k-0"].evidence.limits
    else:
        assert settled["k-0"].outcome in GOOD
