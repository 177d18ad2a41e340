"""The other streams and names of a file on NTFS and ReFS: content that a plain overwrite never touches."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from app.system.windows.api import (
    HANDLE_EOF,
    STREAM_INFO,
    Api,
    CallFailed,
    long,
    native,
    short,
)
from app.system.windows.volumes import VolumeFlag, flags_at

_FOUND: Final = struct.Struct("<q592s")
_ENTRY: Final = struct.Struct("<IIqq")
_ROOM: Final = 64 * 1024
_PLAIN: Final = "::$DATA"


@dataclass(frozen=True, slots=True)
class Stream:
    """An alternate stream. `suffix` put behind the file's path opens it: `:name:$DATA`."""

    suffix: str
    bytes: int


def streams(path: str, api: Api | None = None) -> tuple[Stream, ...] | None:
    """The alternate streams of a path (FindFirstStreamW, FindNextStreamW). None when nobody can say.

    Ask before the file is opened for oneself alone, which shuts this call out too.
    """
    api = api or native()
    try:
        if VolumeFlag.NAMED_STREAMS not in flags_at(path, api):
            return ()
        return tuple(_others(_FOUND.unpack_from(row) for row in api.streams(long(path))))
    except CallFailed as failed:
        return () if failed.code == HANDLE_EOF else None
    except (struct.error, UnicodeDecodeError):
        return None


def _others(rows: Iterator[tuple[int, bytes]]) -> Iterator[Stream]:
    for size, raw in rows:
        name = raw.decode("utf-16-le", "surrogatepass").split("\0", 1)[0]
        if name != _PLAIN:
            yield Stream(name, size)


def streams_of(fd: int, api: Api | None = None) -> tuple[Stream, ...] | None:
    """The alternate streams of an open file (FileStreamInfo). None when nobody can say."""
    api = api or native()
    handle = api.handle(fd)
    try:
        if VolumeFlag.NAMED_STREAMS not in flags_at(short(api.final_path(handle)), api):
            return ()
        return tuple(_others(_entries(api.information(handle, STREAM_INFO, _ROOM))))
    except CallFailed as failed:
        return () if failed.code == HANDLE_EOF else None
    except (struct.error, UnicodeDecodeError):
        return None


def _entries(data: bytes) -> Iterator[tuple[int, bytes]]:
    """FILE_STREAM_INFO: each says how far it is to the next, the last says 0."""
    at = 0
    while True:
        step, length, size, _ = _ENTRY.unpack_from(data, at)
        name = data[at + _ENTRY.size : at + _ENTRY.size + length]
        if len(name) < length:
            raise struct.error("a stream name that was cut off")
        yield size, name
        if not step:
            return
        at += step


def names(path: str, api: Api | None = None) -> Sequence[str] | None:
    """Every name of the file at `path` (FindFirstFileNameW): more than one are hard links.

    None when nobody can say. A volume without hard links has given each file one name.
    """
    api = api or native()
    try:
        mount = api.volume_path(path)
        if VolumeFlag.HARD_LINKS not in flags_at(path, api):
            return (path,)
        return tuple(mount.rstrip("\\") + name for name in api.names(long(path)))
    except CallFailed:
        return None
