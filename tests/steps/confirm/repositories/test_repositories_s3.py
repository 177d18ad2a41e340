"""S3 buckets, with a server behind them: what goes, what stays, what is asked again, and the sums it keeps."""

from __future__ import annotations

import hashlib
import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from company_sample import asked, company, disposed, found, opaque, packed, sees_what_is_packed, sha, signed

from app.domain.case import Backup
from app.domain.copies import Disposal
from app.domain.outcome import CopyOutcome, Outcome, Reason
from app.steps.confirm.repositories import s3 as kind
from app.steps.confirm.repositories.contract import Repository, Unusable
from app.steps.confirm.repositories.s3_sums import parts_of, sums_of

BUCKET = Backup("s3", Path("bucket"))
PART = 5 << 20
"""Bytes; the least that a part but the last may have."""


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


def versioned(s3) -> None:
    s3.create_bucket(Bucket="bucket")
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})


def in_parts(s3, key: str, data: bytes, *lengths: int) -> None:
    """Lay an object down in parts of these lengths, the rest in the last."""
    upload = s3.create_multipart_upload(Bucket="bucket", Key=key)["UploadId"]
    parts, at = [], 0
    for number, length in enumerate((*lengths, len(data)), 1):
        told = s3.upload_part(
            Bucket="bucket", Key=key, UploadId=upload, PartNumber=number, Body=data[at : at + length]
        )
        parts.append({"PartNumber": number, "ETag": told["ETag"]})
        at += length
    s3.complete_multipart_upload(Bucket="bucket", Key=key, UploadId=upload, MultipartUpload={"Parts": parts})


def rot(key: str, at: int = 3) -> None:
    """Turn one bit of an object over where it lies, and leave all that the store says of it."""
    from moto.s3.models import s3_backends

    one = s3_backends["123456789012"]["aws"].buckets["bucket"].keys[key]
    before = one.etag
    one._value_buffer.seek(at)
    byte = one._value_buffer.read(1)
    one._value_buffer.seek(at)
    one._value_buffer.write(bytes((byte[0] ^ 1,)))
    assert one.etag == before


@pytest.mark.parametrize("laid", ["whole", "with a sum", "in parts", "in parts of any length", "crc32 alone"])
def test_s3_that_rotted_at_the_same_length_fails_its_check(s3, tmp_path: Path, laid: str) -> None:
    if laid.startswith("in"):
        versioned(s3)  # moto tells no parts of a version that is called null
    else:
        s3.create_bucket(Bucket="bucket")
    data = os.urandom(2 * PART + 99)
    if laid == "in parts":
        in_parts(s3, "a", data, PART, PART)
    elif laid == "in parts of any length":
        in_parts(s3, "a", data, PART + 7, PART)
    else:
        how = {
            "whole": {},
            "with a sum": {"ChecksumAlgorithm": "SHA256"},
            # what is encrypted under a key that is not the store's own has no MD5 for an ETag
            "crc32 alone": {"ServerSideEncryption": "aws:kms", "ChecksumAlgorithm": "CRC32"},
        }[laid]
        s3.put_object(Bucket="bucket", Key="a", Body=data, **how)
    wanted = company(tmp_path / "co", 1, 1).wanted()
    assert found(BUCKET, wanted)[1].fault is None
    rot("a", PART + 3)
    copies, searched = found(BUCKET, wanted)
    assert (copies, searched.fault) == ([], Reason.REPOSITORY_DAMAGED)


def test_what_a_store_says_of_parts_is_not_taken_for_the_whole() -> None:
    data, parts = os.urandom(25), (10, 10, 5)
    cut = [data[:10], data[10:20], data[20:]]
    md5 = hashlib.md5(b"".join(hashlib.md5(one).digest() for one in cut)).hexdigest()
    sums = hashlib.sha256(b"".join(hashlib.sha256(one).digest() for one in cut)).digest()
    import base64

    told = {"ETag": f'"{md5}-3"', "ChecksumSHA256": base64.b64encode(sums).decode() + "-3"}
    assert parts_of(told) == 3
    for step in (1, 4, 25):
        each = sums_of(told, parts)
        assert len(each) == 2
        for at in range(0, 25, step):
            for one in each:
                one.take(data[at : at + step])
        assert all(one.same() for one in each)
    # not told in which parts, or not of what: nothing to compare with
    assert sums_of(told, ()) == ()
    assert sums_of({"ETag": f'"{md5}-3"', "ChecksumSHA256": "AAAA"}, ()) == ()
    whole = {"ETag": f'"{md5}-3"', "ChecksumType": "FULL_OBJECT"}
    whole["ChecksumSHA256"] = base64.b64encode(hashlib.sha256(data).digest()).decode()
    (one,) = sums_of(whole, ())
    one.take(data)
    assert one.same()
    assert sums_of({"ETag": f'"{md5}"', "SSECustomerAlgorithm": "AES256"}, ()) == ()
    assert sums_of({"ETag": '"no md5 at all"'}, ()) == ()


def test_s3_content_of_parts_is_found_by_its_hash_and_goes(s3, tmp_path: Path, signers) -> None:
    one = company(tmp_path / "co", 1, 0)
    (name,) = one.mine
    one.mine[name] = os.urandom(PART + 100)
    one.others["same size"] = os.urandom(PART + 100)
    s3.create_bucket(Bucket="bucket")
    in_parts(s3, "renamed", one.mine[name], PART)
    in_parts(s3, "theirs", one.others["same size"], PART)
    copies, searched = found(BUCKET, one.wanted(paths=False))
    assert ([copy.member for copy in copies], searched.fault) == (["renamed"], None)
    ended = disposed(signed(copies, signers), copies, BUCKET)
    assert {event.outcome for event in ended.values()} == {CopyOutcome.EXPUNGED}
    assert [one["Key"] for one in s3.list_objects_v2(Bucket="bucket")["Contents"]] == ["theirs"]


def test_s3_does_not_delete_what_was_written_over_in_between(
    s3, tmp_path: Path, signers, monkeypatch
) -> None:
    """Without versions one name is one object: the next content under it is somebody else's."""
    one = company(tmp_path / "co", 2, 0)
    s3.create_bucket(Bucket="bucket")
    for name, data in one.mine.items():
        s3.put_object(Bucket="bucket", Key=name, Body=data)
    copies, _ = found(BUCKET, one.wanted(paths=False))
    plan = signed(copies, signers)
    first, _ = one.mine
    searched = kind._Bucket.is_there

    def late(self, named, sha256):
        if named["Key"] == first:
            s3.put_object(Bucket="bucket", Key=first, Body=b"of somebody else")
        return (yield from searched(self, named, sha256))

    monkeypatch.setattr(kind._Bucket, "is_there", late)
    ended = disposed(plan, copies, BUCKET)
    assert {event.outcome for event in ended.values()} == {CopyOutcome.EXPUNGED}
    assert s3.get_object(Bucket="bucket", Key=first)["Body"].read() == b"of somebody else"


def test_s3_is_asked_once_more(s3, tmp_path: Path, signers, monkeypatch: pytest.MonkeyPatch) -> None:
    versioned(s3)
    one = company(tmp_path / "co", 3, 3)
    for name, data in {**one.mine, **one.others}.items():
        s3.put_object(Bucket="bucket", Key=name, Body=data)
    copies, _ = found(BUCKET, one.wanted(paths=False))
    plan = signed(copies, signers)
    ended = disposed(plan, copies, BUCKET)
    again = asked(plan, copies, BUCKET, ended)
    assert {one.id: (one.outcome, one.evidence) for one in again.values()} == {
        one.id: (CopyOutcome.EXPUNGED, one.evidence) for one in ended.values()
    }
    # under another name, and hidden by a marker: only its content tells
    name, data = next(iter(one.mine.items()))
    s3.put_object(Bucket="bucket", Key="elsewhere", Body=data)
    s3.delete_object(Bucket="bucket", Key="elsewhere")
    again = asked(plan, copies, BUCKET, ended)
    told = {copy.member: again[copy.id] for copy in copies}
    assert told[name].outcome is Outcome.SURVIVES
    assert told[name].evidence.limits[-1] is Reason.COPIES_REMAIN
    assert {told[other].outcome for other in one.mine if other != name} == {CopyOutcome.EXPUNGED}
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        again = asked(plan, copies, BUCKET, ended, patience=0.5)
    assert {(e.outcome, e.evidence.limits[-1]) for e in again.values()} == {
        (CopyOutcome.EXPUNGED, Reason.NOT_ASKED_AGAIN)
    }
    monkeypatch.setenv("AWS_ENDPOINT_URL", os.environ["AWS_ENDPOINT_URL"])


def test_s3_says_what_lies_in_archives_and_mails(s3, tmp_path: Path, signers) -> None:
    versioned(s3)
    one = company(tmp_path / "co", 1, 1)
    one.write()
    (goes,) = one.mine.values()
    packed(tmp_path / "co/packed", goes)
    for path in sorted((tmp_path / "co").rglob("*")):
        if path.is_file():
            s3.put_object(Bucket="bucket", Key=str(path.relative_to(tmp_path / "co")), Body=path.read_bytes())
    s3.delete_object(Bucket="bucket", Key="packed/some.zip")  # hidden, and looked into all the same
    sees_what_is_packed(BUCKET, one, signers)


def test_an_archive_under_lock_waits_for_its_date(s3, tmp_path: Path) -> None:
    one = company(tmp_path / "co", 1, 0)
    (goes,) = one.mine.values()
    packed(tmp_path / "packed", goes)
    until = datetime.now(UTC) + timedelta(days=40)
    s3.create_bucket(Bucket="bucket", ObjectLockEnabledForBucket=True)
    for name in ("only.zip", "clean.zip"):
        s3.put_object(
            Bucket="bucket",
            Key=name,
            Body=(tmp_path / "packed" / name).read_bytes(),
            ObjectLockMode="COMPLIANCE",
            ObjectLockRetainUntilDate=until,
        )
    copies, _ = found(BUCKET, one.wanted(paths=False))
    assert [(copy.member, copy.disposal, copy.until) for copy in copies] == [
        ("only.zip", Disposal.LOCKED, until.date())
    ]


def test_s3_tells_which_store_it_is_also_where_nobody_may_ask_for_its_owner(
    s3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.create_bucket(Bucket="bucket")
    repository = Repository(BUCKET, tmp_path)
    told = ended(kind.KIND.store(repository))
    assert told.startswith(f"{os.environ['AWS_ENDPOINT_URL']}\nbucket\n")
    whole = kind._Bucket.ask

    def denied(self, call, **what):
        if call == "get_bucket_acl":
            raise Unusable(Reason.DENIED)
        return (yield from whole(self, call, **what))

    monkeypatch.setattr(kind._Bucket, "ask", denied)
    assert ended(kind.KIND.store(repository)) == f"{os.environ['AWS_ENDPOINT_URL']}\nbucket\n"
    with pytest.raises(Unusable):
        ended(kind.KIND.store(Repository(Backup("s3", Path("nobody")), tmp_path)))


def ended(run):
    """Let a run come to its end; gives its answer."""
    while True:
        try:
            next(run)
        except StopIteration as end:
            return end.value


def test_each_state_of_a_lock_is_a_copy_of_its_own(s3, tmp_path: Path, signers) -> None:
    """A hold without a date counts before a date, and what is free goes although the rest stays."""
    one = company(tmp_path / "co", 1, 0)
    ((_, data),) = one.mine.items()
    until = datetime.now(UTC) + timedelta(days=40)
    dated = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until}
    later = {**dated, "ObjectLockRetainUntilDate": until + timedelta(days=9)}
    hold = {"ObjectLockLegalHoldStatus": "ON"}
    s3.create_bucket(Bucket="bucket", ObjectLockEnabledForBucket=True)
    # all of one name: a version each
    for how in ({}, dated, later, hold, {**later, **hold}, {}, dated):
        s3.put_object(Bucket="bucket", Key="a", Body=data, **how)
    copies, _ = found(BUCKET, one.wanted(paths=False))
    assert sorted((copy.disposal.name, copy.until, copy.reasons) for copy in copies if copy.until) == [
        ("LOCKED", until.date(), ()),
        ("LOCKED", until.date() + timedelta(days=9), ()),
    ]
    rest = {copy.disposal: copy.reasons for copy in copies if not copy.until}
    assert rest == {Disposal.EXPUNGE: (), Disposal.EXCEPTION: (Reason.APPEND_ONLY,)}
    assert len({copy.id for copy in copies}) == len(copies) == 4
    ended = disposed(signed(copies, signers), copies, BUCKET)
    assert [(event.outcome, event.evidence.limits) for event in ended.values()] == [
        (CopyOutcome.EXPUNGED, (Reason.STORE_WORD,))
    ]
    left = s3.list_object_versions(Bucket="bucket")
    assert (len(left["Versions"]), left.get("DeleteMarkers")) == (5, None)


def test_what_was_locked_after_the_search_is_not_said_to_be_gone(s3, tmp_path: Path, signers) -> None:
    one = company(tmp_path / "co", 1, 0)
    ((name, data),) = one.mine.items()
    until = datetime.now(UTC) + timedelta(days=40)
    s3.create_bucket(Bucket="bucket", ObjectLockEnabledForBucket=True)
    versions = [s3.put_object(Bucket="bucket", Key=name, Body=data)["VersionId"] for _ in range(2)]
    copies, _ = found(BUCKET, one.wanted(paths=False))
    for at, version in enumerate(versions):
        s3.put_object_retention(
            Bucket="bucket",
            Key=name,
            VersionId=version,
            Retention={"Mode": "COMPLIANCE", "RetainUntilDate": until},
        )
        ended = disposed(signed(copies, signers), copies, BUCKET)
        expected = (Outcome.SURVIVES, Reason.COPIES_REMAIN)
        assert [(event.outcome, event.evidence.limits[-1]) for event in ended.values()] == [expected]
        if not at:
            versions[1] = s3.put_object(Bucket="bucket", Key=name, Body=data)["VersionId"]


def test_an_upload_that_nobody_completed_is_told(s3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = company(tmp_path / "co", 1, 0)
    (data,) = one.mine.values()
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="in/theirs", Body=b"of somebody else")
    upload = s3.create_multipart_upload(Bucket="bucket", Key="in/big")["UploadId"]
    s3.upload_part(Bucket="bucket", Key="in/big", UploadId=upload, PartNumber=1, Body=data)
    for path, limits in (
        ("bucket", (Reason.UNFINISHED_UPLOADS,)),
        ("bucket/in/", (Reason.UNFINISHED_UPLOADS,)),
    ):
        assert found(Backup("s3", Path(path)), one.wanted())[1].limits == limits
    assert found(Backup("s3", Path("bucket/elsewhere")), one.wanted())[1].limits == ()
    s3.abort_multipart_upload(Bucket="bucket", Key="in/big", UploadId=upload)
    assert found(BUCKET, one.wanted())[1].limits == ()
    whole = kind._Bucket.ask

    def denied(self, call, **what):
        if call == "list_multipart_uploads":
            raise Unusable(Reason.DENIED)
        return (yield from whole(self, call, **what))

    # who may not list them does not know that there are none
    monkeypatch.setattr(kind._Bucket, "ask", denied)
    assert found(BUCKET, one.wanted())[1].limits == (Reason.UNFINISHED_UPLOADS,)


def test_s3_opens_an_archive_of_any_name(s3, tmp_path: Path) -> None:
    one = company(tmp_path / "co", 1, 0)
    packed(tmp_path / "packed", *one.mine.values())
    s3.create_bucket(Bucket="bucket")
    for name, now in (
        ("some.zip", "old.bak"),
        ("mail.eml", "note"),
        ("unknown.rar", "7"),
        ("clean.zip", "x.csv"),
    ):
        s3.put_object(Bucket="bucket", Key=now, Body=(tmp_path / "packed" / name).read_bytes())
    (tmp_path / "opaque").mkdir()
    opaque(tmp_path / "opaque")
    for path in (tmp_path / "opaque").iterdir():
        s3.put_object(Bucket="bucket", Key=path.name, Body=path.read_bytes())
    copies, searched = found(BUCKET, one.wanted(paths=False))
    assert {copy.member for copy in copies} == {"old.bak", "note"}
    assert (searched.unopened, searched.limits) == (1 + 4, (Reason.NOT_OPENED,))
