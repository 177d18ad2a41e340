"""Locks of a bucket that have a date: certified as still there, asked for again after it, and an addendum of what was learnt."""

from __future__ import annotations

import gzip
import io
import json
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from app.domain.case import Backup
from app.domain.event import Event
from app.domain.outcome import CopyOutcome, Outcome, Reason
from app.domain.step import Step
from app.flow import Flow, pending
from app.flow.pending import unfinished
from app.steps.certify import Standing, Status
from app.steps.confirm.repositories.later import SOUGHT

sys.path.append(str(Path(__file__).parent))  # for dated_case

from dated_case import DAY, UNTIL, again, certified, checks

Advance = Callable[[Flow, Step], list[Event]]


@pytest.fixture
def bucket(s3):
    """A bucket with a lock."""
    s3.create_bucket(Bucket="bucket", ObjectLockEnabledForBucket=True)
    return s3


@pytest.fixture
def locked(office, bucket):
    """A certified case of which a copy is locked until a day."""
    data = (office.folder / "customers/a.csv").read_bytes()
    bucket.put_object(
        Bucket="bucket",
        Key="old/张三.csv",
        Body=data,
        ObjectLockMode="COMPLIANCE",
        ObjectLockRetainUntilDate=UNTIL,
    )
    bucket.put_object(Bucket="bucket", Key="theirs.csv", Body=data[::-1])
    return certified(office, Backup("s3", Path("bucket")))


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let the day pass, here and for the store."""

    def pass_() -> None:
        monkeypatch.setattr(pending, "now", (datetime.now(UTC) + timedelta(days=42)).isoformat)
        lock(datetime.now(UTC) - timedelta(minutes=1))

    return pass_


def lock(until: datetime) -> None:
    from moto.s3.models import s3_backends

    for one in s3_backends["123456789012"]["aws"].buckets["bucket"].keys.getlist("old/张三.csv"):
        one.lock_until = until.strftime("%Y-%m-%dT%H:%M:%SZ")


def gone() -> None:
    """Take the object out at the store, as a rule on its life cycle does."""
    from moto.s3.models import s3_backends

    s3_backends["123456789012"]["aws"].buckets["bucket"].keys.pop("old/张三.csv")


def ends(office, name: str) -> list[str]:
    """How the copies of a case ended, by the journal's last word or an addendum."""
    told = json.loads((office.folder / "out" / name).read_bytes())
    return [one["after"]["outcome"] for one in told["copies"]]


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_lock_is_certified_as_one_and_nothing_tells_the_content(locked) -> None:
    case = locked.folder / "case"
    account = json.loads((case / "certificate/account.json").read_bytes())
    (line,) = [one for one in account["lines"] if one["outcome"] == "CopyOutcome.locked"]
    assert dict(line["evidence"]["facts"])["until"] == DAY.isoformat()
    assert unfinished(case)
    digest = sha256("姓名,身份证号,手机\n张三,11010519491231002X,13812345678\n".encode())
    handed_out = everything(locked.folder / "out") + (case / "journal.jsonl").read_bytes()
    assert digest.hexdigest().encode() not in handed_out
    assert dict(line["evidence"]["facts"])[SOUGHT] != digest.hexdigest()


def test_before_its_day_is_past_nothing_is_gone(locked, monkeypatch: pytest.MonkeyPatch) -> None:
    gone()
    for at in (datetime.now(UTC).isoformat(), f"{DAY}T23:59:59Z"):
        monkeypatch.setattr(pending, "now", lambda at=at: at)
        (told,) = again(locked)
        assert (told.outcome, told.until, told.reason) == (CopyOutcome.LOCKED, DAY.isoformat(), None)
    assert not list((locked.folder / "out").glob("addendum*"))
    assert unfinished(locked.folder / "case")


def test_after_its_day_it_is_asked_for_by_its_content(locked, bucket, later) -> None:
    out, journal = locked.folder / "out", locked.folder / "case/journal.jsonl"
    before = (out / "certificate.pdf").read_bytes()
    later()
    told, first = again(locked)
    # the lock is over, and the bytes are there
    assert told.outcome is Outcome.SURVIVES
    assert ends(locked, "addendum-1.json") == ["Outcome.survives"]
    # moved to another name: that is no absence; nothing new is issued
    data = bucket.get_object(Bucket="bucket", Key="old/张三.csv")["Body"].read()
    bucket.put_object(Bucket="bucket", Key="elsewhere", Body=data)
    gone()
    (told,) = again(locked)
    assert told.outcome is Outcome.SURVIVES
    version = bucket.head_object(Bucket="bucket", Key="elsewhere")["VersionId"]
    bucket.delete_object(Bucket="bucket", Key="elsewhere")
    (told,) = again(locked)
    assert told.outcome is Outcome.SURVIVES, "a marker only hides it"
    bucket.delete_object(Bucket="bucket", Key="elsewhere", VersionId=version)
    told, second = again(locked)
    assert told.outcome is CopyOutcome.ABSENT
    addendum = json.loads(second.manifest.read_bytes())
    (one,) = addendum["copies"]
    assert (one["before"]["outcome"], one["after"]["outcome"]) == ("Outcome.survives", "CopyOutcome.absent")
    assert one["after"]["limits"] == [Reason.STORE_WORD.value]
    assert not {SOUGHT, "store", "declared_as"} & set(one["after"]["facts"])
    assert addendum["keys"] == []
    for path in (
        first.manifest,
        second.manifest,
        second.manifest.with_suffix(".pdf"),
        out / "certificate.pdf",
    ):
        assert checks(path, journal) == (Standing.VALID, []), path
    assert (out / "certificate.pdf").read_bytes() == before
    assert not unfinished(locked.folder / "case")
    assert again(locked) == []


def test_the_addendum_says_what_may_be_said_now(locked, later) -> None:
    manifest = json.loads((locked.folder / "out/manifest.json").read_bytes())
    assert "copy_remains" in [one["what"] for one in manifest["exceptions"]]
    later()
    gone()
    _, added = again(locked)
    left = [one["what"] for one in manifest["exceptions"] if one["what"] != "copy_remains"]
    expected = Status.WITH_EXCEPTIONS if left else Status.ALL_DESTROYED
    assert json.loads(added.manifest.read_bytes())["status"] == expected.value


def test_a_lock_that_was_prolonged_has_its_new_day(locked, later) -> None:
    later()
    lock(datetime.now(UTC) + timedelta(days=400))
    told, added = again(locked)
    assert told.outcome is CopyOutcome.LOCKED
    assert told.until > DAY.isoformat()
    assert checks(added.manifest) == (Standing.VALID, [])


@pytest.mark.parametrize("how", ["another server", "another bucket", "no answer"])
def test_another_store_at_its_place_says_nothing(
    locked, bucket, later, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    from servers import aws, free_port

    later()
    if how == "another bucket":
        bucket.create_bucket(Bucket="empty")
        path = locked.folder / "case/case.toml"
        text = path.read_text(encoding="utf-8")
        assert '"bucket"' in text
        path.write_text(text.replace('"bucket"', '"empty"'), encoding="utf-8")
        (told,) = again(locked)
        assert (told.outcome, told.reason) == (None, Reason.REPLACED)
    elif how == "no answer":
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
        (told,) = again(locked)
        assert (told.outcome, told.reason) == (None, Reason.TOOL_HUNG)
    else:
        gone()
        with aws() as other:
            monkeypatch.setenv("AWS_ENDPOINT_URL", other)
            (told,) = again(locked)
        assert (told.outcome, told.reason) == (None, Reason.REPLACED)
    assert not list((locked.folder / "out").glob("addendum*"))
    assert unfinished(locked.folder / "case")


def test_what_was_altered_in_it_is_seen(locked, later) -> None:
    later()
    gone()
    _, added = again(locked)
    journal = locked.folder / "case/journal.jsonl"
    good = added.manifest.read_bytes()
    added.manifest.write_bytes(good.replace(b"CopyOutcome.absent", b"CopyOutcome.expunged"))
    assert {"p7s.valid", "addendum.borne"} <= set(checks(added.manifest, journal)[1])
    added.manifest.write_bytes(good.replace(b"CopyOutcome.locked", b"CopyOutcome.expires"))
    assert "addendum.keys" in checks(added.manifest, journal)[1]
    added.manifest.write_bytes(good)
    (locked.folder / "out/inventory.csv").unlink()
    assert checks(added.manifest) == (Standing.INCOMPLETE, ["inventory.present"])


@pytest.mark.parametrize("how", ["zip", "gz", "unopened", "unfinished"])
def test_what_lies_packed_in_the_bucket_is_no_absence(locked, bucket, later, how: str) -> None:
    data = bucket.get_object(Bucket="bucket", Key="old/张三.csv")["Body"].read()
    later()
    gone()
    if how == "zip":
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("a.csv", data)
        bucket.put_object(Bucket="bucket", Key="old.zip", Body=file.getvalue())
    elif how == "gz":
        bucket.put_object(Bucket="bucket", Key="of no name", Body=gzip.compress(data))
    elif how == "unopened":
        bucket.put_object(Bucket="bucket", Key="old.rar", Body=b"Rar!\x1a\x07\x01\x00" + bytes(600))
    else:
        bucket.create_multipart_upload(Bucket="bucket", Key="big")
    told, added = again(locked)
    (one,) = json.loads(added.manifest.read_bytes())["copies"]
    if how in ("zip", "gz"):
        assert told.outcome is Outcome.SURVIVES
        assert one["after"]["limits"] == [Reason.COPIES_REMAIN.value]
        assert unfinished(locked.folder / "case")
    else:
        limit = Reason.NOT_OPENED if how == "unopened" else Reason.UNFINISHED_UPLOADS
        assert told.outcome is CopyOutcome.ABSENT
        assert one["after"]["limits"] == [Reason.STORE_WORD.value, limit.value]
        assert json.loads(added.manifest.read_bytes())["status"] == "with_exceptions"


@pytest.mark.parametrize("how", ["prolonged", "lifted", "held", "gone"])
def test_a_lock_is_asked_for_once_more_before_certifying(office, bucket, advance: Advance, how: str) -> None:
    data = (office.folder / "customers/a.csv").read_bytes()
    laid = {"Bucket": "bucket", "Key": "old/张三.csv", "Body": data}
    bucket.put_object(**laid, ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=UNTIL)
    flow = replace(office, case=replace(office.case, keys=(), backups=(Backup("s3", Path("bucket")),))).flow()
    try:
        advance(flow, Step.WIPE)
        if how == "prolonged":
            lock(UNTIL + timedelta(days=4000))
        elif how == "lifted":
            lock(datetime.now(UTC) - timedelta(minutes=1))
        elif how == "held":
            bucket.put_object_legal_hold(Bucket="bucket", Key=laid["Key"], LegalHold={"Status": "ON"})
        else:
            gone()
        advance(flow, Step.CERTIFY)
    finally:
        flow.close()
    account = json.loads((office.folder / "case/certificate/account.json").read_bytes())
    (line,) = [one for one in account["lines"] if SOUGHT in dict(one["evidence"]["facts"])]
    told = line["outcome"], dict(line["evidence"]["facts"])["until"], set(line["evidence"]["limits"])
    later_day = (UNTIL + timedelta(days=4000)).date().isoformat()
    remain, held, left = (one.value for one in (Reason.COPIES_REMAIN, Reason.APPEND_ONLY, Reason.GONE))
    assert (
        told
        == {
            "prolonged": ("CopyOutcome.locked", later_day, set()),
            "lifted": ("Outcome.survives", DAY.isoformat(), {remain}),
            "held": ("Outcome.survives", DAY.isoformat(), {remain, held}),
            # its date is to come, and nobody saw it go
            "gone": ("CopyOutcome.locked", DAY.isoformat(), {left}),
        }[how]
    )
