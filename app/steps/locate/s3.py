"""Buckets as fsspec sees places, by the client that Lethe knows S3 with.

Keys, region and endpoint come from the environment, as every client of S3 takes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from fsspec.spec import AbstractBufferedFile, AbstractFileSystem
from typing_extensions import override

_PAGE: Final = 1000
_PATIENCE: Final = 30
"""Seconds without a word from the server."""


class Buckets(AbstractFileSystem):  # type: ignore[misc]  # fsspec has no types
    """What `ls` and ranged reads need of S3; nothing here writes."""

    protocol = "s3"
    cachable = False

    def __init__(self, **options: Any) -> None:
        import boto3
        from botocore.config import Config

        super().__init__(**options)
        config = Config(connect_timeout=_PATIENCE, read_timeout=_PATIENCE, retries={"max_attempts": 3})
        self.client: Any = boto3.session.Session().client("s3", config=config)

    @override
    def ls(self, path: str, detail: bool = True, **options: Any) -> list[Any]:
        bucket, _, key = self._strip_protocol(path).partition("/")
        found = list(self._within(bucket, key, options.get("pulse")))
        return found if detail else [one["name"] for one in found]

    def _within(self, bucket: str, key: str, pulse: Callable[[], None] | None) -> Iterator[dict[str, Any]]:
        prefix = f"{key.rstrip('/')}/" if key else ""
        pages = self.client.get_paginator("list_objects_v2")
        seen = False
        asked = {"Bucket": bucket, "Prefix": prefix, "Delimiter": "/"}
        for page in pages.paginate(**asked, PaginationConfig={"PageSize": _PAGE}):
            if pulse:
                pulse()
            for one in page.get("CommonPrefixes", ()):
                seen = True
                yield {"name": f"{bucket}/{one['Prefix'].rstrip('/')}", "size": 0, "type": "directory"}
            for one in page.get("Contents", ()):
                seen = True
                if one["Key"] != prefix:
                    yield _told(bucket, one["Key"], one["Size"], one["LastModified"], one["ETag"])
        if not seen and key:
            one = self.client.head_object(Bucket=bucket, Key=key)
            yield _told(bucket, key, one["ContentLength"], one["LastModified"], one["ETag"])

    @override
    def info(self, path: str, **options: Any) -> dict[str, Any]:
        bucket, _, key = self._strip_protocol(path).partition("/")
        one = self.client.head_object(Bucket=bucket, Key=key)
        return _told(bucket, key, one["ContentLength"], one["LastModified"], one["ETag"])

    @override
    def _open(self, path: str, mode: str = "rb", **options: Any) -> _Object:
        if mode != "rb":
            raise NotImplementedError(mode)
        return _Object(self, path, size=options.get("size"))


class _Object(AbstractBufferedFile):  # type: ignore[misc]  # fsspec has no types
    """One object, read in ranges."""

    @override
    def _fetch_range(self, start: int, end: int) -> bytes:
        bucket, _, key = self.path.partition("/")
        told = self.fs.client.get_object(Bucket=bucket, Key=key, Range=f"bytes={start}-{end - 1}")
        data: bytes = told["Body"].read()
        return data


def _told(bucket: str, key: str, size: int, changed: Any, tag: str) -> dict[str, Any]:
    return {
        "name": f"{bucket}/{key}",
        "size": size,
        "type": "file",
        "mtime": changed.timestamp(),
        "ETag": tag,
    }
