"""S3 buckets: every version of an object is a copy, and a lock says until when it can't go.

`path` is `bucket` or `bucket/prefix`; keys, region and endpoint are taken from the environment as
every client of S3 takes them (AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL …).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, Final

from app.domain.outcome import Reason
from app.steps.confirm.opaque import LOOK
from app.steps.confirm.repositories.contract import (
    Beat,
    Entry,
    Kind,
    Listing,
    Place,
    Repository,
    Run,
    Traits,
    Unusable,
)
from app.steps.confirm.repositories.inside import Inside, Reader, holds_others, look_inside, may_hold
from app.steps.confirm.repositories.s3_locks import by_lock, content_of, left_of
from app.steps.confirm.repositories.s3_sums import parts_of, sums_of
from app.steps.confirm.repositories.waiting import waiting
from app.steps.confirm.wanted import Wanted

_CHUNK: Final = 1 << 20
_REASONS: Final = {
    "InvalidAccessKeyId": Reason.WRONG_PASSPHRASE,
    "SignatureDoesNotMatch": Reason.WRONG_PASSPHRASE,
    "AccessDenied": Reason.DENIED,
    "NoSuchBucket": Reason.UNREADABLE,
    "NoSuchKey": Reason.GONE,
    "NoSuchVersion": Reason.GONE,
    "InvalidObjectState": Reason.UNREADABLE,
    "404": Reason.UNREADABLE,
    "403": Reason.DENIED,
    "InvalidClientTokenId": Reason.WRONG_PASSPHRASE,
    "ExpiredToken": Reason.WRONG_PASSPHRASE,
}


_Marks = dict[str, object]
_FIRST: _Marks | None = {}


class _Bucket:
    """One bucket, with a limit to the silence of its server."""

    def __init__(self, repository: Repository) -> None:
        try:
            import boto3
            from botocore.config import Config
        except ImportError:
            raise Unusable(Reason.TOOL_MISSING) from None
        text = repository.backup.path.as_posix().lstrip("/")
        self.name, _, self.prefix = text.partition("/")
        patience = min(repository.patience, 60)
        config = Config(
            connect_timeout=patience,
            read_timeout=patience,
            retries={"max_attempts": 2},
            # The check asks for the sums; a search goes by the content's own hash.
            response_checksum_validation="when_required",
        )
        # A session of its own: the library's own goes on with the keys of the first call.
        self.client: Any = boto3.session.Session().client("s3", config=config)

    def ask(self, call: str, **what: object) -> Run[Any]:
        """Call the server.

        Raises:
            Unusable: with what its refusal or its silence means.
        """
        return (yield from waiting(lambda: _understood(getattr(self.client, call), Bucket=self.name, **what)))

    def page(self, marks: _Marks) -> Run[tuple[list[dict[str, Any]], _Marks | None]]:
        """Some of the versions and delete markers, and where the next begin; None behind the last."""
        page = yield from self.ask("list_object_versions", Prefix=self.prefix, **marks)
        found = [*page.get("Versions", ())]
        found += ({**one, "Marker": True} for one in page.get("DeleteMarkers", ()))
        if not page.get("IsTruncated"):
            return found, None
        return found, {
            "KeyMarker": page["NextKeyMarker"],
            "VersionIdMarker": page.get("NextVersionIdMarker", ""),
        }

    def digest(self, one: dict[str, Any]) -> Run[str]:
        """SHA-256 of one version, streamed."""
        state = hashlib.sha256()
        yield from self.read(one, state.update)
        return state.hexdigest()

    def is_there(self, one: dict[str, Any], sha256: str) -> Run[bool]:
        """Whether this version is there and has this content."""
        try:
            return (yield from self.digest(one)) == sha256
        except Unusable as error:
            if error.reason is Reason.GONE:
                return False
            raise

    def read(self, one: dict[str, Any], take: Callable[[bytes], None]) -> Run[dict[str, Any]]:
        """Hand on all of one version, and give what the store says of it."""
        told: dict[str, Any] = yield from self.opened(one)
        yield from _drained(told, take)
        return told

    def opened(self, one: dict[str, Any], **how: object) -> Run[Any]:
        """Ask for one version, with the sums that the store keeps of it; its body is still to be read."""
        named = {"Key": one["Key"], "VersionId": one["VersionId"]}
        return (yield from self.ask("get_object", **named, **how))

    def head(self, one: dict[str, Any]) -> Run[bytes]:
        """The first bytes of one version."""
        kept = bytearray()
        told = yield from self.opened(one, Range=f"bytes=0-{LOOK - 1}")
        yield from _drained(told, kept.extend)
        return bytes(kept)

    def has_unfinished(self) -> Run[bool]:
        """Whether parts of uploads lie there that nobody completed, or the store does not tell.

        They are no object yet: nobody can read them, and only the one who can list them knows of them.
        """
        try:
            told = yield from self.ask("list_multipart_uploads", Prefix=self.prefix)
        except Unusable as error:
            if error.reason not in (Reason.DENIED, Reason.TOOL_FAILED):
                raise
            return True
        return bool(told.get("Uploads"))

    def check(self, one: dict[str, Any]) -> Run[None]:
        """Read all of one version, and hold it against its length and every sum that the store keeps of it.

        Raises:
            Unusable: REPOSITORY_DAMAGED when it is not what was laid down.
        """
        told = yield from self.opened(one, ChecksumMode="ENABLED")
        sums = sums_of(told, (yield from self._parts(one, parts_of(told))))
        size = 0

        def take(data: bytes) -> None:
            nonlocal size
            size += len(data)
            for each in sums:
                each.take(data)

        yield from _drained(told, take)
        if not size == told["ContentLength"] == one["Size"] or not all(each.same() for each in sums):
            raise Unusable(Reason.REPOSITORY_DAMAGED)

    def _parts(self, one: dict[str, Any], count: int) -> Run[list[int]]:
        """The lengths of the parts; none where they are not told, or are not those of the whole."""
        named, parts = {"Key": one["Key"], "VersionId": one["VersionId"]}, list[int]()
        for number in range(1, count + 1):
            try:
                told = yield from self.ask("head_object", **named, PartNumber=number)
            except Unusable as error:
                if error.reason is not Reason.TOOL_FAILED:
                    raise
                return []
            if told.get("PartsCount") != count:
                return []
            parts.append(told["ContentLength"])
        return parts if sum(parts) == one["Size"] else []

    def lock(self, key: str, version: str) -> Run[tuple[bool, date | None]]:
        """Whether a version is locked, and until when; a legal hold has no date, and counts before one."""
        told = yield from self.opened({"Key": key, "VersionId": version}, Range="bytes=0-0")
        told["Body"].close()
        until = told.get("ObjectLockRetainUntilDate")
        # The date is told also once it has passed.
        day = until.date() if until and until > datetime.now(UTC) else None
        if told.get("ObjectLockLegalHoldStatus") == "ON":
            return True, None
        return bool(day), day


def _drained(told: dict[str, Any], take: Callable[[bytes], None]) -> Run[None]:
    body = told["Body"]
    with closing(body):
        while chunk := (yield from waiting(lambda: _understood(body.read, _CHUNK))):
            take(chunk)


def _understood(call: Callable[..., Any], *how: object, **what: object) -> Any:
    """Call, and say what an error of the library means."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return call(*how, **what)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        raise Unusable(_REASONS.get(code, Reason.TOOL_FAILED)) from None
    except BotoCoreError as error:
        name = type(error).__name__.lower()
        if "credentials" in name:
            raise Unusable(Reason.WRONG_PASSPHRASE) from None
        if "checksum" in name:
            raise Unusable(Reason.REPOSITORY_DAMAGED) from None
        hung = "timeout" in name or "connect" in name
        raise Unusable(Reason.TOOL_HUNG if hung else Reason.TOOL_FAILED) from None


def _verify(repository: Repository) -> Run[None]:
    """Read every version, and hold it against the sums that the store keeps of it."""
    bucket = _Bucket(repository)
    marks, done = _FIRST, 0
    while marks is not None:
        listed, marks = yield from bucket.page(marks)
        for one in listed:
            if not one.get("Marker"):
                yield from bucket.check(one)
                done += one["Size"]
                yield Beat(done)


def _find(repository: Repository, wanted: Wanted) -> Run[Listing]:
    bucket = _Bucket(repository)
    found: list[Entry] = []
    files, marks, inside = 0, _FIRST, Inside()
    while marks is not None:
        listed, marks = yield from bucket.page(marks)
        for one in listed:
            yield Beat(files)
            files += not one.get("Marker")
            if one.get("Marker") or not one["Size"]:
                continue
            sha256 = (yield from bucket.digest(one)) if one["Size"] in wanted.sizes else ""
            place = Place(one["VersionId"], one["Key"])
            if ids := wanted.doomed.get(sha256, ()):
                found.append(Entry(sha256, one["Size"], (place,), (sha256,), ids))
            elif wanted.within and (may_hold(one["Key"]) or holds_others((yield from bucket.head(one)))):
                yield from look_inside((place,), one["Size"], _reader(bucket, one), wanted, inside)
    held = yield from _with_locks(bucket, (*found, *inside.entries))
    unfinished = wanted.within and (yield from bucket.has_unfinished())
    limits = frozenset((Reason.UNFINISHED_UPLOADS,) if unfinished else ())
    return Listing(by_lock(held), files, limits, inside.members, inside.unopened)


def _with_locks(bucket: _Bucket, found: Sequence[Entry]) -> Run[list[Entry]]:
    held: list[Entry] = []
    for entry in found:
        (place,) = entry.places
        locked, until = yield from bucket.lock(place.path, place.snapshot)
        held.append(replace(entry, locked=locked, until=until))
    return held


def _reader(bucket: _Bucket, one: dict[str, Any]) -> Reader:
    def read(take: Callable[[bytes], None]) -> Run[None]:
        yield from bucket.read(one, take)

    return read


def _remove(repository: Repository, entries: Sequence[Entry]) -> Run[None]:
    """Delete every version of the content that is free, and the markers that hide a key without any."""
    bucket = _Bucket(repository)
    entries = [entry for entry in entries if not entry.locked]
    keys = {place.path for entry in entries for place in entry.places}
    for sha256, place in ((entry.sha256, place) for entry in entries for place in entry.places):
        named = {"Key": place.path, "VersionId": place.snapshot}
        # A bucket that keeps no versions has another content under the same name as soon as one writes it.
        if (yield from bucket.is_there(named, sha256)):
            yield from bucket.ask("delete_object", **named)
    left: list[dict[str, Any]] = []
    marks = _FIRST
    while marks is not None:
        listed, marks = yield from bucket.page(marks)
        left += (one for one in listed if one["Key"] in keys)
    bare = keys - {one["Key"] for one in left if not one.get("Marker")}
    for one in left:
        if one["Key"] in bare:
            yield from bucket.ask("delete_object", Key=one["Key"], VersionId=one["VersionId"])


def _remaining(repository: Repository, marks: frozenset[str], sizes: frozenset[int]) -> Run[frozenset[str]]:
    sought = Wanted({content_of(mark): ("",) for mark in marks}, sizes, frozenset())
    listing = yield from _find(repository, sought)
    return left_of(marks, listing.entries)


def _traits(_: Repository) -> Run[Traits]:
    yield Beat()
    return Traits(freed=Reason.STORE_WORD)


def _store(repository: Repository) -> Run[str]:
    """Where it is asked, which bucket, and whose it is where that is told."""
    bucket, owner = _Bucket(repository), ""
    try:
        told = yield from bucket.ask("get_bucket_acl")
        owner = str(told["Owner"].get("ID", ""))
    except Unusable as error:
        if error.reason not in (Reason.DENIED, Reason.TOOL_FAILED):
            raise
        yield from bucket.page({"MaxKeys": 1})
    return f"{bucket.client.meta.endpoint_url}\n{bucket.name}\n{owner}"


KIND: Final = Kind(
    "s3",
    "every version read, sums compared",
    _verify,
    _find,
    _remove,
    _remaining,
    _traits,
    _store,
    left_of,
)
