"""S3 buckets: every version of an object is a copy, and a lock says until when it can't go.

`path` is `bucket` or `bucket/prefix`; keys, region and endpoint are taken from the environment as
every client of S3 takes them (AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL …).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date
from typing import Any, Final

from app.domain.outcome import Reason
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
from app.steps.confirm.repositories.inside import Inside, look_inside, may_hold
from app.steps.confirm.repositories.waiting import waiting
from app.steps.confirm.wanted import Wanted

_CHUNK: Final = 1 << 20
_REASONS: Final = {
    "InvalidAccessKeyId": Reason.WRONG_PASSPHRASE,
    "SignatureDoesNotMatch": Reason.WRONG_PASSPHRASE,
    "AccessDenied": Reason.DENIED,
    "NoSuchBucket": Reason.UNREADABLE,
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
        config = Config(connect_timeout=patience, read_timeout=patience, retries={"max_attempts": 2})
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

    def read(self, one: dict[str, Any], take: Callable[[bytes], None]) -> Run[None]:
        """Hand on all of one version."""
        told = yield from self.ask("get_object", Key=one["Key"], VersionId=one["VersionId"])
        body = told["Body"]
        with closing(body):
            while chunk := (yield from waiting(lambda: _understood(body.read, _CHUNK))):
                take(chunk)

    def lock(self, key: str, version: str) -> Run[tuple[bool, date | None]]:
        """Whether a version is locked, and until when; a legal hold has no date."""
        told = yield from self.ask("head_object", Key=key, VersionId=version)
        until = told.get("ObjectLockRetainUntilDate")
        return bool(until) or told.get("ObjectLockLegalHoldStatus") == "ON", until.date() if until else None


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
        hung = "timeout" in name or "connect" in name
        raise Unusable(Reason.TOOL_HUNG if hung else Reason.TOOL_FAILED) from None


def _verify(repository: Repository) -> Run[None]:
    """See that every version can be had at the length it is listed with."""
    bucket = _Bucket(repository)
    marks = _FIRST
    while marks is not None:
        listed, marks = yield from bucket.page(marks)
        for one in listed:
            if one.get("Marker"):
                continue
            told = yield from bucket.ask("head_object", Key=one["Key"], VersionId=one["VersionId"])
            if told["ContentLength"] != one["Size"]:
                raise Unusable(Reason.REPOSITORY_DAMAGED)
            yield Beat()


def _find(repository: Repository, wanted: Wanted) -> Run[Listing]:
    bucket = _Bucket(repository)
    places: dict[str, list[Place]] = defaultdict(list)
    sizes: dict[str, int] = {}
    locks: dict[str, list[date | None]] = defaultdict(list)
    files, marks, inside = 0, _FIRST, Inside()
    while marks is not None:
        listed, marks = yield from bucket.page(marks)
        for one in listed:
            yield Beat(files)
            files += not one.get("Marker")
            if one.get("Marker") or not one["Size"]:
                continue
            sha256 = (yield from bucket.digest(one)) if one["Size"] in wanted.sizes else ""
            if sha256 not in wanted.doomed:
                if wanted.within and may_hold(one["Key"]):
                    yield from _within(bucket, one, wanted, inside)
            else:
                places[sha256].append(Place(one["VersionId"], one["Key"]))
                sizes[sha256] = one["Size"]
                locked, until = yield from bucket.lock(one["Key"], one["VersionId"])
                if locked:
                    locks[sha256].append(until)
    entries = tuple(
        Entry(
            sha256,
            sizes[sha256],
            tuple(found),
            (sha256,),
            wanted.doomed[sha256],
            locked=sha256 in locks,
            until=max((one for one in locks[sha256] if one), default=None) if sha256 in locks else None,
        )
        for sha256, found in places.items()
    )
    return Listing((*entries, *inside.entries), files, members=inside.members, unopened=inside.unopened)


def _within(bucket: _Bucket, one: dict[str, Any], wanted: Wanted, inside: Inside) -> Run[None]:
    before = len(inside.entries)
    place = Place(one["VersionId"], one["Key"])
    yield from look_inside((place,), one["Size"], lambda take: bucket.read(one, take), wanted, inside)
    for at, entry in enumerate(inside.entries[before:], before):
        locked, until = yield from bucket.lock(place.path, place.snapshot)
        inside.entries[at] = replace(entry, locked=locked, until=until)


def _remove(repository: Repository, entries: Sequence[Entry]) -> Run[None]:
    """Delete every version of the content, and the markers that hide a key of which nothing is left."""
    bucket = _Bucket(repository)
    keys = {place.path for entry in entries for place in entry.places}
    for place in (place for entry in entries for place in entry.places):
        yield from bucket.ask("delete_object", Key=place.path, VersionId=place.snapshot)
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
    listing = yield from _find(repository, Wanted(dict.fromkeys(marks, ("",)), sizes, frozenset()))
    return frozenset(entry.sha256 for entry in listing.entries)


def _traits(_: Repository) -> Run[Traits]:
    yield Beat()
    return Traits(freed=Reason.STORE_WORD)


KIND: Final = Kind("s3", "every version asked for", _verify, _find, _remove, _remaining, _traits)
