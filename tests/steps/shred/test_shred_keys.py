"""Every kind of key is proven to open before, and nothing opens it afterwards."""

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from app.domain.event import Begun, Noted, Progressed, Settled
from app.domain.outcome import KeyOutcome, Reason
from app.domain.plan import Subject
from app.domain.step import Step
from app.system.media import medium_of
from app.system.volumes import volume_of

GOOD = (KeyOutcome.KEY_DESTROYED_HERE, KeyOutcome.MEDIUM_RESIDUE)

KEYS = [
    ("rsa", "", "rsa-oaep"),
    ("rsa", "pw", "rsa-oaep"),
    ("ec", "", "ecdh-aes-gcm"),
    ("ec", "pw", "ecdh-aes-gcm"),
    ("ed25519", "", "signature"),
    ("ed25519", "pw", "signature"),
    ("ed448", "", "signature"),
    ("dsa", "", "signature"),
    ("x25519", "", "ecdh-aes-gcm"),
    ("x448", "", "ecdh-aes-gcm"),
    ("ssh", "", "signature"),
    ("pkcs12", "pw", "ecdh-aes-gcm"),
    ("age", "", "age"),
    ("age", "pw", "age"),
]


def facts(settled):
    return dict(settled.evidence.facts)


def stranger_opens(path, kind, passphrase):
    """Whether openssl or age can load a private key from the file."""
    if kind == "age":
        return b"AGE-SECRET-KEY-1" in path.read_bytes() or path.read_bytes().startswith(b"age-enc")
    command = {
        "pem": ["openssl", "pkey", "-noout", "-passin", f"pass:{passphrase}", "-in", path],
        "pkcs12": ["openssl", "pkcs12", "-noout", "-passin", f"pass:{passphrase}", "-in", path],
    }[kind]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(("what", "passphrase", "method"), KEYS)
def test_a_key_is_destroyed_and_proven(bench, make_key, what, passphrase, method):
    path, kind = make_key(what, passphrase)
    before = path.read_bytes()
    kept = path.with_name("kept")
    os.link(path, kept)  # the stranger's look at what is left of the content
    if what != "ssh":
        assert stranger_opens(path, kind, passphrase)
    bed = bench((path, kind), passphrase=passphrase)
    settled = bed.run()["k-0"]
    told = facts(settled)
    assert settled.outcome in GOOD
    assert told["canary"] == method
    assert len(told["canary_sha256"]) == 64
    assert "C10" in told["conditions_seen"].split()
    assert not path.exists()
    assert set(kept.read_bytes()) == {0}
    assert len(kept.read_bytes()) == told["bytes"] >= len(before)
    assert told["sha256_read_back"] == hashlib.sha256(bytes(told["bytes"])).hexdigest()
    assert not stranger_opens(kept, kind, passphrase)
    assert Reason.HARD_LINK in settled.evidence.limits
    assert told["links"] == 2


def test_the_events_come_in_order_and_the_file_changes_only_after_begun(bench, make_key):
    path, kind = make_key("ec")
    before = path.read_bytes()
    bed = bench((path, kind))
    events = bed.events()
    assert next(events) == Begun(Step.SHRED, ("k-0",), len(before))
    assert path.read_bytes() == before
    noted = next(events)
    assert isinstance(noted, Noted)
    assert noted.what == "overwritten"
    assert set(path.read_bytes()) == {0}
    settled = next(events)
    assert isinstance(settled, Settled)
    assert (settled.subject, settled.step) == (Subject.KEY, Step.SHRED)
    assert not list(path.parent.iterdir())
    assert next(events) == Progressed(Step.SHRED, 1, 1, "keys", str(path))
    assert next(events, None) is None


def test_the_grade_is_that_of_the_medium(bench, make_key):
    """On a known, rotating, overwriting volume: KEY_DESTROYED_HERE; else residue. Never CE_PURGE."""
    path, kind = make_key("ec")
    volume = volume_of(path)
    rotating = medium_of(volume).rotational
    settled = bench((path, kind)).run()["k-0"]
    clean = (
        volume.known and rotating and not (volume.copy_on_write or volume.network or volume.journalled_data)
    )
    assert settled.outcome is (KeyOutcome.KEY_DESTROYED_HERE if clean else KeyOutcome.MEDIUM_RESIDUE)
    assert ("C7" in facts(settled)["conditions_seen"].split()) is bool(clean)
    assert {Reason.ESCROW_UNKNOWN, Reason.COPIES_DECLARED_ONLY} <= set(settled.evidence.limits)


def test_no_kin_no_name_no_path_in_the_evidence(bench, make_key):
    path, kind = make_key("rsa", name="王小明.pem")
    for event in bench((path, kind)).events():
        if not isinstance(event, Progressed):
            assert "王小明" not in repr(event)


@pytest.mark.parametrize("passphrase", ["", "wrong"])
@pytest.mark.parametrize("what", ["rsa", "pkcs12", "age"])
def test_without_its_passphrase_only_access_is_removed(bench, make_key, what, passphrase):
    path, kind = make_key(what, "right")
    settled = bench((path, kind), passphrase=passphrase).run()["k-0"]
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.WRONG_PASSPHRASE in settled.evidence.limits
    assert "C10" not in facts(settled)["conditions_seen"].split()
    assert "canary_sha256" not in facts(settled)
    assert not path.exists()


@pytest.mark.parametrize("kind", ["pem", "pkcs12", "age", "jks", "borg", "an archive"])
@pytest.mark.parametrize(
    "content", [b"", b"not a key\n", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_what_is_no_key_is_overwritten_all_the_same(bench, tmp_path, kind, content):
    path = tmp_path / "odd"
    path.write_bytes(content)
    settled = bench((path, kind)).run()["k-0"]
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.UNREADABLE in settled.evidence.limits
    assert not path.exists()


def test_a_damaged_age_identity_is_unreadable(bench, tmp_path):
    path = tmp_path / "a"
    path.write_text("AGE-SECRET-KEY-1BROKEN\n")
    assert Reason.UNREADABLE in bench((path, "age")).run()["k-0"].evidence.limits


def test_a_certificate_alone_has_no_key(bench, make_key, tmp_path):
    (tmp_path / "c").write_bytes(b"")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-subj", "/CN=x", "-keyout", "k", "-out", "c"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    subprocess.run(
        ["openssl", "pkcs12", "-export", "-nokeys", "-in", "c", "-out", "p", "-passout", "pass:pw"],
        cwd=tmp_path, check=True,
    )  # fmt: skip
    settled = bench((tmp_path / "p", "pkcs12"), passphrase="pw").run()["k-0"]
    assert Reason.UNREADABLE in settled.evidence.limits


def test_all_keys_of_one_file_are_proven(bench, make_key):
    path, kind = make_key("rsa")
    more, _ = make_key("ed25519")
    path.write_bytes(path.read_bytes() + b"\nsome text\n" + more.read_bytes())
    more.unlink()
    settled = bench((path, kind)).run()["k-0"]
    assert facts(settled)["canary"] == "rsa-oaep+signature"
    assert settled.outcome in GOOD


@pytest.mark.filterwarnings("ignore:Diffie-Hellman over finite fields")
def test_a_key_that_no_canary_is_known_for_gets_no_more_than_access_removed(bench, tmp_path):
    path = tmp_path / "dh.pem"
    subprocess.run(
        ["openssl", "genpkey", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048", "-out", path],
        check=True, capture_output=True,
    )  # fmt: skip
    settled = bench((path, "pem")).run()["k-0"]
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.CANARY_FAILED in settled.evidence.limits


def test_a_file_far_too_big_for_a_key_is_overwritten_unread(bench, tmp_path):
    path = tmp_path / "big"
    with path.open("wb") as file:
        file.write(b"x")
        file.truncate((16 << 20) + 5)
    settled = bench((path, "pem")).run()["k-0"]
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.UNREADABLE in settled.evidence.limits
    assert not path.exists()


def test_known_copies_that_stay_lower_the_grade(bench, make_key):
    path, kind = make_key("ec")
    bed = bench((path, kind))
    bed.copies = {"k-0": 1}
    settled = bed.run()["k-0"]
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.COPIES_REMAIN in settled.evidence.limits


def test_copies_go_first_and_the_key_knows_they_went(bench, make_key, tmp_path):
    path, kind = make_key("ec")
    copy = tmp_path / "copy.pem"
    copy.write_bytes(path.read_bytes())
    bed = bench((path, kind), (copy, kind, Subject.COPY))
    settled = bed.run()
    assert list(settled) == ["k-1", "k-0"]
    assert settled["k-1"].subject is Subject.COPY
    assert all(one.outcome in GOOD for one in settled.values())
    assert Reason.COPIES_REMAIN not in settled["k-0"].evidence.limits


@pytest.mark.parametrize("change", [os.utime, lambda copy: copy.write_bytes(copy.read_bytes() + b"\n")])
def test_a_copy_that_could_not_go_lowers_the_key(bench, make_key, tmp_path, change):
    path, kind = make_key("ec")
    copy = tmp_path / "copy.pem"
    copy.write_bytes(path.read_bytes())
    bed = bench((path, kind), (copy, kind, Subject.COPY))
    change(copy)
    settled = bed.run()
    assert settled["k-1"].outcome is KeyOutcome.FAILED
    assert settled["k-0"].outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.COPIES_REMAIN in settled["k-0"].evidence.limits


def test_an_archive_that_could_not_go_lowers_the_key(bench, make_key, tmp_path):
    """What is in an archive is not looked up again: it may hold any key of the plan."""
    path, kind = make_key("ec")
    archive = tmp_path / "copies.tar"
    subprocess.run(["tar", "-cf", archive, path.name], cwd=tmp_path, check=True)
    bed = bench((path, kind), (archive, kind, Subject.COPY))
    os.utime(archive)
    settled = bed.run()
    assert settled["k-1"].outcome is KeyOutcome.FAILED
    assert Reason.COPIES_REMAIN in settled["k-0"].evidence.limits


def test_another_key_of_the_plan_is_no_copy(bench, make_key):
    (one, kind), (two, _) = make_key("ec"), make_key("ec")
    settled = bench((one, kind), (two, kind)).run()
    assert all(Reason.COPIES_REMAIN not in each.evidence.limits for each in settled.values())


def test_a_copy_that_can_not_be_looked_at_counts_as_standing(bench, make_key, tmp_path):
    path, kind = make_key("ec")
    copy = tmp_path / "copy.pem"
    copy.write_bytes(path.read_bytes())
    bed = bench((path, kind), (copy, kind, Subject.COPY))
    copy.unlink()
    copy.symlink_to(path)
    settled = bed.run()
    assert settled["k-1"].evidence.limits[0] is Reason.LINK
    assert Reason.COPIES_REMAIN in settled["k-0"].evidence.limits


def test_two_names_of_one_file_both_go(bench, make_key, tmp_path):
    path, kind = make_key("ec")
    os.link(path, tmp_path / "other")
    bed = bench((path, kind), (tmp_path / "other", kind, Subject.COPY))
    settled = bed.run()
    assert settled["k-1"].outcome in GOOD
    assert settled["k-0"].outcome is KeyOutcome.ACCESS_REMOVED
    assert {Reason.HARD_LINK, Reason.CANARY_FAILED} <= set(settled["k-0"].evidence.limits)
    assert not list(tmp_path.iterdir())


def test_an_open_handle_elsewhere_is_said(bench, make_key):
    path, kind = make_key("ec")
    bed = bench((path, kind))
    with path.open("rb"):
        settled = bed.run()["k-0"]
    if Reason.OPEN_ELSEWHERE not in settled.evidence.limits:
        pytest.skip("no leases on this file system")
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert "C8?" not in facts(settled)["conditions_seen"].split()


def test_records_and_other_fates_are_left_alone(bench, make_key):
    path, kind = make_key("ec")
    settled = bench((path, kind, Subject.RECORD)).run()
    assert not settled
    assert Path(path).exists()


def test_an_archive_of_the_plan_that_stays_lowers_the_verdict(bench, make_key, tmp_path):
    """Nothing of the key is to be seen in it, packed as it is."""
    import zipfile

    path, kind = make_key("ec")
    archive = tmp_path / "old.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.write(path)
    bed = bench((path, kind), (archive, "", Subject.COPY))
    os.utime(archive, ns=(1, 1))
    settled = bed.run()
    assert settled["k-1"].outcome is KeyOutcome.FAILED
    assert settled["k-0"].outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.COPIES_REMAIN in settled["k-0"].evidence.limits
    assert facts(settled["k-0"])["copies_found"] == 0
