"""A key that is wrapped anew under another secret: known where something tells, doubted where nothing does."""

import base64
import itertools
import shutil
import subprocess
import tempfile
from pathlib import Path

import key_stores as stores
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from app.domain.case import KeySource
from app.domain.copies import Disposal
from app.domain.event import Begun, CopyFound, Settled
from app.domain.outcome import KeyOutcome, Reason
from app.steps.shred import Foreseen, Grounds, foresee, found_copies
from app.steps.shred.kinds import KINDS, open_keys
from app.steps.shred.kinds.contract import Rewrap, store_over
from app.steps.shred.kinds.pairs import openssh_half
from app.steps.shred.progress import drawn
from app.steps.shred.rewraps import Trials, rewraps

LOCKED = ["pkcs8", "traditional", "openssh"]


def private(path):
    return serialization.load_pem_private_key(path.read_bytes(), None)


def wrapped(key, how, passphrase):
    if how == "openssh":
        return by_openssh(key, passphrase)
    forms = {
        "pkcs8": serialization.PrivateFormat.PKCS8,
        "traditional": serialization.PrivateFormat.TraditionalOpenSSL,
    }
    lock = serialization.BestAvailableEncryption(passphrase)
    return key.private_bytes(serialization.Encoding.PEM, forms[how], lock)


def by_openssh(key, passphrase):
    """As OpenSSH's own tool locks it."""
    stores.need("ssh-keygen")
    plain = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "id")
        path.touch(0o600)
        path.write_bytes(plain)
        asked = ["ssh-keygen", "-q", "-p", "-P", "", "-N", passphrase.decode() + "-long", "-f", str(path)]
        subprocess.run(asked, check=True, capture_output=True)
        return path.read_bytes()


def shredded(bed, place):
    """What settled, and the copies that were told of."""
    bed.more = {"grounds": Grounds(places=(str(place),))}
    events = list(bed.events())
    (settled,) = [one for one in events if isinstance(one, Settled)]
    return settled, [one.copy for one in events if isinstance(one, CopyFound)]


@pytest.fixture
def place(tmp_path):
    made = tmp_path / "place"
    made.mkdir()
    return made


@pytest.mark.parametrize("how", LOCKED)
@pytest.mark.parametrize("what", ["ec", "rsa"])
def test_a_locked_copy_under_another_passphrase_is_named_and_lowers_the_verdict(
    make_key, bench, place, how, what
):
    path, kind = make_key(what)
    (place / "backup.txt").write_bytes(b"notes\n" + wrapped(private(path), how, b"another"))
    (told,) = (one for one in foresee([KeySource(kind, path)], grounds=Grounds(places=(str(place),)))
               if isinstance(one, Foreseen))  # fmt: skip
    sure = how == "openssh"
    settled, found = shredded(bench((path, kind)), place)
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    expected = Reason.COPIES_REMAIN if sure else Reason.COPY_DOUBTFUL
    assert expected in settled.evidence.limits
    assert expected in told.limits
    facts = dict(settled.evidence.facts)
    assert (facts["copies_found"], facts["copies_doubtful"]) == ((1, 0) if sure else (0, 1))
    assert facts["copies_at"]
    assert [one.path for one in found] == [str(place / "backup.txt")]
    assert found[0].reasons == (Reason.FOUND_LATE if sure else Reason.COPY_DOUBTFUL,)


def test_a_locked_copy_that_is_no_text_is_doubted_until_it_opens(make_key, bench, place):
    path, kind = make_key("rsa")
    for name, how in (("pbes2", ("-v2", "aes-256-cbc")), ("pbes1", ("-v1", "PBE-SHA1-3DES"))):
        stores.do("openssl", "pkcs8", "-topk8", "-in", path, "-outform", "DER", *how,
                  "-out", place / name, "-passout", "pass:another")  # fmt: skip
    settled, found = shredded(bench((path, kind)), place)
    assert {one.path for one in found} == {str(place / "pbes2"), str(place / "pbes1")}
    assert {one.reasons for one in found} == {(Reason.COPY_DOUBTFUL,)}
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED


def test_a_passphrase_of_the_case_opens_what_is_no_text(make_key, place):
    path, kind = make_key("ec")
    keys = [open_keys(KINDS[kind], store_over(make_key("ec")[0].read_bytes()), ""),
            open_keys(KINDS[kind], store_over(path.read_bytes()), "")]  # fmt: skip
    sealed = wrapped(private(path), "pkcs8", b"another")
    der = base64.b64decode(b"".join(sealed.splitlines()[1:-1]))
    for word, said in (("another", [Rewrap.NO, Rewrap.YES]), ("no", [Rewrap.MAYBE, Rewrap.MAYBE])):
        assert [drawn(rewraps(KINDS[kind], one, Trials([word])).tell(der)) for one in keys] == said


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_key_locked_by_putty_is_known_by_its_public_half(make_key, bench, place, end):
    path, kind = make_key("rsa")
    half = openssh_half(private(path))
    other = openssh_half(ed25519.Ed25519PrivateKey.generate())
    for name, blob in (("ours.ppk", half), ("other.ppk", other), ("torn.ppk", half[:-1] + b"?")):
        lines = base64.encodebytes(blob).split() if name != "torn.ppk" else [b"A"]
        head = [b"PuTTY-User-Key-File-3: ssh-rsa", b"Encryption: aes256-cbc", b"Comment: x",
                b"Public-Lines: %d" % len(lines)]  # fmt: skip
        (place / name).write_bytes(end.join([*head, *lines, b"Private-Lines: 1", b"AAAA", b""]))
    settled, found = shredded(bench((path, kind)), place)
    assert [one.path for one in found] == [str(place / "ours.ppk")]
    assert Reason.COPIES_REMAIN in settled.evidence.limits


def test_what_openssl_prints_of_a_key_is_a_copy(make_key, bench, place):
    """Bytes in hexadecimal with colons between them, fifteen a line."""
    path, kind = make_key("rsa")
    stores.do("openssl", "pkey", "-in", path, "-text", "-noout", "-out", place / "printed")
    settled, found = shredded(bench((path, kind)), place)
    assert [one.path for one in found] == [str(place / "printed")]
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED


def test_a_locked_key_of_another_length_or_another_public_half_is_no_doubt(make_key, bench, place):
    path, kind = make_key("ec")
    (place / "rsa.pem").write_bytes(wrapped(rsa.generate_private_key(65537, 2048), "pkcs8", b"x"))
    (place / "id_ecdsa").write_bytes(wrapped(ec.generate_private_key(ec.SECP256R1()), "openssh", b"x"))
    (place / "public.pem").write_bytes(
        private(path)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    (place / "torn").write_bytes(
        b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n!!!\n-----END ENCRYPTED PRIVATE KEY-----"
    )
    settled, found = shredded(bench((path, kind)), place)
    assert settled.outcome in (KeyOutcome.KEY_DESTROYED_HERE, KeyOutcome.MEDIUM_RESIDUE)
    assert found == []


def test_a_copy_that_somebody_gave_a_word_on_is_not_told_of_anew(make_key, bench, place):
    path, kind = make_key("ec")
    (place / "backup.pem").write_bytes(wrapped(private(path), "pkcs8", b"another"))
    (place / "plain.pem").write_bytes(private_text(path))
    bed = bench((path, kind))
    bed.more = {"grounds": Grounds(places=(str(place),))}
    told = [event.copy for event in itertools.takewhile(lambda one: not isinstance(one, Begun), bed.events())
            if isinstance(event, CopyFound)]  # fmt: skip
    assert len(told) == 2
    bed.more = {"grounds": Grounds(places=(str(place),), told=frozenset({told[0].id}))}
    again = [event.copy for event in bed.events() if isinstance(event, CopyFound)]
    assert again == told[1:]


def private_text(path):
    return b"a note\n" + path.read_bytes()


def test_a_stranger_of_the_same_length_is_only_doubted_and_never_wiped(make_key, place):
    path, kind = make_key("ec")
    (place / "other.pem").write_bytes(wrapped(ec.generate_private_key(ec.SECP256R1()), "pkcs8", b"x"))
    told = foresee([KeySource(kind, path)], grounds=Grounds(places=(str(place),)))
    (seen,) = (one for one in told if isinstance(one, Foreseen))
    (found,) = found_copies({"k": seen}, lambda _: "", set())
    assert (found.copy.disposal, found.copy.reasons) == (Disposal.EXCEPTION, (Reason.COPY_DOUBTFUL,))


def test_a_doubtful_file_that_goes_meanwhile_does_not_lower_it(make_key, bench, place):
    path, kind = make_key("ec")
    file = place / "backup.pem"
    file.write_bytes(wrapped(private(path), "pkcs8", b"another"))
    bed = bench((path, kind))
    bed.more = {"grounds": Grounds(places=(str(place),))}
    for event in bed.events():
        if isinstance(event, CopyFound):
            file.unlink()
        if isinstance(event, Settled):
            assert Reason.COPY_DOUBTFUL not in event.evidence.limits
            assert event.outcome in (KeyOutcome.KEY_DESTROYED_HERE, KeyOutcome.MEDIUM_RESIDUE)


@pytest.mark.parametrize("version", ["luks1", "luks2"])
def test_a_volume_key_under_another_header_is_known_whatever_its_uuid(planned, tmp_path, place, version):
    store = stores.Luks.make(tmp_path, small=True)
    stores.need("cryptsetup")
    volume_key = tmp_path / "volume.key"
    dumped = ["cryptsetup", "luksDump", "--batch-mode", "--dump-volume-key", "--volume-key-file", volume_key]
    subprocess.run(
        [*map(str, dumped), str(store.path)],
        input=stores.PASSPHRASE.encode(),
        check=True,
        capture_output=True,
    )
    other = place / "innocent.img"
    with other.open("wb") as file:
        file.truncate(32 << 20)
    size = str(8 * volume_key.stat().st_size)
    subprocess.run(
        ["cryptsetup", "luksFormat", "-q", "--type", version, "--volume-key-file", str(volume_key), "-s", size,
         "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000", str(other), "-"],
        input=b"another", check=True, capture_output=True,
    )  # fmt: skip
    volume_key.unlink()
    stranger = place / "stranger.img"
    shutil.copyfile(other, stranger)
    with stranger.open("wb") as file:
        file.truncate(32 << 20)
    subprocess.run(
        ["cryptsetup", "luksFormat", "-q", "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000", str(stranger), "-"],
        input=b"another", check=True, capture_output=True,
    )  # fmt: skip
    bed = planned(store)
    settled, found = shredded(bed, place)
    assert [one.path for one in found] == [str(other)]
    assert Reason.COPIES_REMAIN in settled.evidence.limits
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    opened = ["cryptsetup", "open", "--test-passphrase", str(other), "-d", "-"]
    assert subprocess.run(opened, input=b"another", check=False, capture_output=True).returncode == 0
