"""Rclone remotes, S3 buckets and btrfs snapshots, each with the real thing behind it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from company_sample import company, disposed, found, needs, ran, sha, signed, tree

from app.domain.case import Backup
from app.domain.copies import Disposal
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


# S3


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """A server that speaks S3, on a free port of this computer."""
    boto3 = pytest.importorskip("boto3")
    server = pytest.importorskip("moto.server")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    running = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    try:
        host, port = running.get_host_and_port()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        # What it was given by a test before is not ours.
        urlopen(Request(f"http://{host}:{port}/moto-api/reset", method="POST")).close()
        yield boto3.client("s3")
    finally:
        running.stop()


def test_s3_loses_every_version_and_keeps_the_rest(s3, tmp_path: Path, signers) -> None:
    one = company(tmp_path / "co", 10, 10)
    s3.create_bucket(Bucket="bucket")
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    for name, data in {**one.mine, **one.others}.items():
        s3.put_object(Bucket="bucket", Key=name, Body=data)
    hidden = "data/0/goes-$HOME.csv"
    s3.put_object(Bucket="bucket", Key=hidden, Body=b"a later version of somebody else")
    s3.delete_object(Bucket="bucket", Key="data/1/goes-a[1]*?.csv")  # only a marker above it
    copies, searched = found(Backup("s3", Path("bucket")), one.wanted())
    assert (searched.fault, searched.files) == (None, 10 + len(one.others) + 1)
    assert {copy.sha256 for copy in copies} == {sha(data) for data in one.mine.values()}
    ended = disposed(signed(copies, signers), copies, Backup("s3", Path("bucket")))
    assert {(event.outcome, event.evidence.limits) for event in ended.values()} == {
        (CopyOutcome.EXPUNGED, (Reason.STORE_WORD,))
    }
    told = s3.list_object_versions(Bucket="bucket")
    left = {
        one["Key"]: s3.get_object(Bucket="bucket", Key=one["Key"], VersionId=one["VersionId"])["Body"].read()
        for one in told["Versions"]
    }
    assert left == {**one.others, hidden: b"a later version of somebody else"}
    assert not told.get("DeleteMarkers")


def test_s3_under_lock_is_locked_until_its_date(s3, tmp_path: Path) -> None:
    one = company(tmp_path / "co", 3, 1)
    until = datetime.now(UTC) + timedelta(days=40)
    s3.create_bucket(Bucket="bucket", ObjectLockEnabledForBucket=True)
    first, second, third = one.mine
    s3.put_object(Bucket="bucket", Key=first, Body=one.mine[first])
    s3.put_object(
        Bucket="bucket",
        Key=second,
        Body=one.mine[second],
        ObjectLockMode="COMPLIANCE",
        ObjectLockRetainUntilDate=until,
    )
    s3.put_object(Bucket="bucket", Key=third, Body=one.mine[third], ObjectLockLegalHoldStatus="ON")
    copies, _ = found(Backup("s3", Path("bucket")), one.wanted())
    told = {copy.member: (copy.disposal, copy.until) for copy in copies}
    assert told == {
        first: (Disposal.EXPUNGE, None),
        second: (Disposal.LOCKED, until.date()),
        third: (Disposal.EXCEPTION, None),
    }


def test_s3_without_bucket_or_server_says_so(s3, tmp_path: Path, monkeypatch) -> None:
    one = company(tmp_path / "co", 1, 1)
    _, searched = found(Backup("s3", Path("nobody")), one.wanted())
    assert searched.fault is Reason.UNREADABLE
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    _, searched = found(Backup("s3", Path("bucket")), one.wanted())
    assert searched.fault is Reason.TOOL_HUNG


# btrfs


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Path]:
    """A btrfs volume in a file of our own."""
    if os.geteuid() != 0 or not shutil.which("mkfs.btrfs"):
        pytest.skip("a btrfs volume needs root and btrfs-progs")
    image, place = tmp_path / "image", tmp_path / "volume"
    with image.open("wb") as file:
        file.truncate(256 << 20)
    ran("mkfs.btrfs", "-q", str(image))
    place.mkdir()
    if subprocess.run(["mount", "-o", "loop", str(image), str(place)], check=False).returncode:
        pytest.skip("no loop device to be had")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_btrfs_snapshot_goes_whole(volume: Path, signers) -> None:
    ran("btrfs", "subvolume", "create", str(volume / "data"))
    one = company(volume / "data/co", 20, 20)
    one.write()
    ran("btrfs", "subvolume", "snapshot", "-r", str(volume / "data"), str(volume / "snap"))
    backup = Backup("btrfs", volume / "snap")
    copies, searched = found(backup, one.wanted())
    assert (searched.fault, searched.files) == (None, 60)
    assert {copy.disposal for copy in copies} == {Disposal.DISCARD}
    plan = signed(copies, signers)
    # one of them kept by the officer keeps the whole
    few = disposed(signed(copies[1:], signers), copies, backup)
    assert {event.evidence.limits for event in few.values()} == {(Reason.KEPT_RECORD,)}
    assert (volume / "snap").exists()
    ended = disposed(plan, copies, backup)
    # the blocks stand in clear until they are used again
    assert {(event.outcome, event.evidence.limits) for event in ended.values()} == {
        (Outcome.REMOVED, (Reason.FREED_IN_CLEAR,))
    }
    assert "snap" not in ran("btrfs", "subvolume", "list", str(volume))
    assert tree(one.root) == {**one.mine, **one.others}


def test_a_folder_that_is_no_snapshot_is_not_deleted(volume: Path) -> None:
    one = company(volume / "co", 2, 2)
    one.write()
    copies, searched = found(Backup("btrfs", one.root), one.wanted())
    assert copies == []
    assert searched.fault in (Reason.UNREADABLE, Reason.TOOL_FAILED)
