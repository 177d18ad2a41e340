"""Rclone remotes, S3 buckets and btrfs snapshots, each with the real thing behind it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from company_sample import company, disposed, found, needs, ran, sha, signed, tree

from app.domain.case import Backup
from app.domain.outcome import CopyOutcome, Outcome, Reason

# rclone


@pytest.fixture
def remote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An rclone with a plain remote and an encrypted one over the same folder."""
    if not shutil.which("rclone"):
        pytest.skip("rclone is not installed")
    monkeypatch.setenv("RCLONE_CONFIG", str(tmp_path / "rclone.conf"))
    word = ran("rclone", "obscure", "pw").strip()
    other = ran("rclone", "obscure", "another").strip()
    (tmp_path / "rclone.conf").write_text(
        f"[plain]\ntype = alias\nremote = {tmp_path}/plain\n"
        f"[enc]\ntype = crypt\nremote = {tmp_path}/enc\npassword = {word}\n"
        f"[wrong]\ntype = crypt\nremote = {tmp_path}/enc\npassword = {other}\n"
    )
    return tmp_path


@pytest.mark.parametrize("name", ["plain", "enc"])
def test_rclone_loses_what_goes_and_keeps_the_rest(remote: Path, signers, name: str) -> None:
    one = company(remote / "co", 30, 30)
    one.write()
    ran("rclone", "copy", str(one.root), f"{name}:")
    backup = Backup("rclone", Path(f"{name}:"))
    copies, searched = found(backup, one.wanted())
    assert searched.fault is None
    assert {copy.sha256 for copy in copies} == {sha(data) for data in one.mine.values()}
    ended = disposed(signed(copies, signers), copies, backup)
    # an encrypted remote leaves ciphertext in the freed blocks, a plain one the very bytes
    best = CopyOutcome.EXPUNGED if name == "enc" else Outcome.REMOVED
    assert {event.outcome for event in ended.values()} == {best}
    ran("rclone", "copy", f"{name}:", str(remote / "out"))
    assert tree(remote / "out") == one.others


def test_rclone_with_a_wrong_password_is_no_empty_folder(remote: Path) -> None:
    one = company(remote / "co", 3, 3)
    one.write()
    ran("rclone", "copy", str(one.root), "enc:")
    assert ran("rclone", "lsf", "-R", "--files-only", "wrong:") == ""
    copies, searched = found(Backup("rclone", Path("wrong:")), one.wanted())
    assert (copies, searched.fault) == ([], Reason.WRONG_PASSPHRASE)


@pytest.mark.parametrize("fault", ["empty", "none", "flipped"])
def test_rclone_that_can_not_be_read_says_why(remote: Path, fault: str) -> None:
    one = company(remote / "co", 3, 3)
    one.write()
    ran("rclone", "copy", str(one.root), "enc:")
    name = "enc:"
    if fault == "flipped":
        path = max((remote / "enc").rglob("*"), key=lambda p: p.stat().st_size * p.is_file())
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)
    elif fault == "empty":
        (remote / "plain").mkdir()
        name = "plain:"
    else:
        name = "nobody:"
    copies, searched = found(Backup("rclone", Path(name)), one.wanted())
    assert copies == []
    assert searched.fault in (Reason.UNREADABLE, Reason.WRONG_PASSPHRASE, Reason.REPOSITORY_DAMAGED)


@pytest.fixture
def bucket(s3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """A bucket that keeps versions, with an encrypted and a plain remote over it."""
    needs("rclone")
    # rclone can't start where it is told to trust the certificates of a file.
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)
    monkeypatch.setenv("RCLONE_CONFIG", str(tmp_path / "rclone.conf"))
    word = ran("rclone", "obscure", "pw").strip()
    (tmp_path / "rclone.conf").write_text(
        "[store]\ntype = s3\nprovider = Other\naccess_key_id = testing\nsecret_access_key = testing\n"
        f"region = us-east-1\nendpoint = {os.environ['AWS_ENDPOINT_URL']}\n"
        f"[enc]\ntype = crypt\nremote = store:bucket\npassword = {word}\n"
        "[plain]\ntype = alias\nremote = store:\n"
    )
    s3.create_bucket(Bucket="bucket")
    return s3


def _keep_versions(s3, state: str) -> None:
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": state})


@pytest.mark.parametrize(
    ("name", "ended"), [("enc:", CopyOutcome.EXPUNGED), ("plain:bucket", Outcome.REMOVED)]
)
def test_rclone_leaves_no_version_of_what_goes(bucket, tmp_path: Path, signers, name: str, ended) -> None:
    _keep_versions(bucket, "Enabled")
    one = company(tmp_path / "co", 4, 4)
    one.write()
    ran("rclone", "copy", str(one.root), name)
    first, second, *_ = one.mine
    (one.root / first).write_bytes(b"a later version that is somebody else's")
    ran("rclone", "copyto", str(one.root / first), f"{name}/{first}")
    ran("rclone", "deletefile", f"{name}/{second}")  # only a marker above it
    backup = Backup("rclone", Path(name))
    copies, searched = found(backup, one.wanted(paths=False))
    assert (searched.fault, searched.limits) == (None, ())
    assert {copy.sha256 for copy in copies} == {sha(data) for data in one.mine.values()}
    told = disposed(signed(copies, signers), copies, backup)
    freed = Reason.FREED_ENCRYPTED if name == "enc:" else Reason.FREED_IN_CLEAR
    assert {(event.outcome, event.evidence.limits) for event in told.values()} == {
        (ended, (freed, Reason.STORE_WORD))
    }
    # what an attacker with the keys of the bucket does: every marker away, every version fetched
    for mark in bucket.list_object_versions(Bucket="bucket").get("DeleteMarkers", ()):
        bucket.delete_object(Bucket="bucket", Key=mark["Key"], VersionId=mark["VersionId"])
    ran("rclone", "copy", name, str(tmp_path / "out"), "--s3-versions")
    back = set(tree(tmp_path / "out").values())
    assert not back & set(one.mine.values())
    assert back == {*one.others.values(), b"a later version that is somebody else's"}


def test_rclone_over_a_bucket_without_versions(bucket, tmp_path: Path, signers) -> None:
    one = company(tmp_path / "co", 2, 2)
    one.write()
    ran("rclone", "copy", str(one.root), "enc:")
    backup = Backup("rclone", Path("enc:"))
    copies, _ = found(backup, one.wanted())
    told = disposed(signed(copies, signers), copies, backup)
    assert {(event.outcome, event.evidence.limits) for event in told.values()} == {
        (CopyOutcome.EXPUNGED, (Reason.FREED_ENCRYPTED, Reason.STORE_WORD))
    }


@pytest.mark.parametrize("why", ["a setting of its own", "a setting from outside", "another store"])
def test_rclone_that_may_bring_it_back_says_so(
    bucket, remote: Path, tmp_path: Path, signers, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    name = "enc:"
    if why == "another store":
        ran("rclone", "config", "create", "both", "union", f"upstreams={tmp_path / 'a'} {tmp_path / 'b'}")
        ran("rclone", "config", "create", "enc", "crypt", "remote=both:", "password=pw", "--obscure")
    elif why == "a setting of its own":
        # the fixtures' files are one and the same; the later one counts
        ran(
            "rclone",
            "config",
            "create",
            "store",
            "s3",
            "provider=Other",
            "access_key_id=testing",
            "secret_access_key=testing",
            "region=us-east-1",
            f"endpoint={os.environ['AWS_ENDPOINT_URL']}",
        )
        ran(
            "rclone",
            "config",
            "create",
            "enc",
            "crypt",
            "remote=store,versions=false:bucket",
            "password=pw",
            "--obscure",
        )
        _keep_versions(bucket, "Enabled")
    else:
        monkeypatch.setenv("RCLONE_CONFIG_ENC_FILENAME_ENCODING", "base32")
    one = company(tmp_path / "co", 2, 2)
    one.write()
    ran("rclone", "copy", str(one.root), name)
    backup = Backup("rclone", Path(name))
    copies, searched = found(backup, one.wanted())
    assert searched.fault is None
    told = disposed(signed(copies, signers), copies, backup)
    assert {(event.outcome, event.evidence.limits) for event in told.values()} == {
        (Outcome.REMOVED, (Reason.FREED_ENCRYPTED, Reason.VERSIONS_KEPT))
    }


def test_rclone_does_not_call_clean_what_has_one_name_twice(bucket, tmp_path: Path) -> None:
    _keep_versions(bucket, "Enabled")
    one = company(tmp_path / "co", 1, 1)
    (name,) = one.mine
    for data in (b"one", one.mine[name], b"two", b"three"):
        bucket.put_object(Bucket="bucket", Key=name, Body=data)
    _, searched = found(Backup("rclone", Path("plain:bucket")), one.wanted(paths=False))
    assert Reason.UNREADABLE in searched.limits
