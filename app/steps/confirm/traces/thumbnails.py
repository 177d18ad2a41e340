"""Thumbnails (Thumbnail Managing Standard, freedesktop.org): small pictures of what files show."""

from __future__ import annotations

import hashlib
import io
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from app.domain.copies import Trace
from app.domain.event import Progressed
from app.steps.confirm.reading import CantRead, reading, reason_of
from app.steps.confirm.traces.address import path_of, uris_of
from app.steps.confirm.traces.search import Search, Sighting, Sought

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_KEY: Final = b"Thumb::URI"
_LONGEST: Final = 64 << 10
_MOST_CHUNKS: Final = 4096


def thumbnails(search: Search) -> Iterator[Sighting | Progressed]:
    """Find the thumbnails, of every size and of failed attempts, whose own text names a sought file.

    One that carries no such text is known by its name, the MD5 of the file's URI.
    """
    mute: dict[str, list[str]] = {}
    for path in _pictures(search):
        yield from search.progress(path)
        try:
            with reading(path) as (file, _):
                uri = uri_in(file)
        except CantRead as error:
            search.limits.add(error.reason)
            continue
        except OSError as error:
            search.limits.add(reason_of(error))
            continue
        if not uri:
            mute.setdefault(path.rpartition(os.sep)[2], []).append(path)
        elif ids := search.sought.ids(path_of(uri)):
            yield Sighting(path, ids, Trace.THUMBNAIL)
    if mute:
        yield from _by_name(search.sought, mute)


def _pictures(search: Search) -> Iterator[str]:
    for root in (search.places.cache / "thumbnails", search.places.home / ".thumbnails"):
        for folder in _folders(search, root):
            for entry in search.entries(folder):
                if entry.name.endswith(".png") and entry.is_file(follow_symlinks=False):
                    yield entry.path


def _folders(search: Search, root: Path) -> Iterator[str]:
    for entry in search.entries(root):
        if entry.is_dir(follow_symlinks=False):
            yield entry.path
            # A program that failed keeps its record of that in a folder of its own.
            yield from (e.path for e in search.entries(entry.path) if e.is_dir(follow_symlinks=False))


def _by_name(sought: Sought, mute: dict[str, list[str]]) -> Iterator[Sighting]:
    for path in sought.paths():
        for name in names_of(path) & mute.keys():
            yield from (Sighting(picture, sought.ids(path), Trace.THUMBNAIL) for picture in mute[name])


def names_of(path: str) -> frozenset[str]:
    """Give the names a thumbnail of this file can have."""
    digests = (hashlib.md5(uri.encode(), usedforsecurity=False) for uri in uris_of(path))
    return frozenset(f"{digest.hexdigest()}.png" for digest in digests)


def uri_in(file: io.FileIO) -> str:
    """Give what a PNG says it is a thumbnail of; empty when it says nothing or is no PNG.

    Raises:
        OSError: when the system fails to read it.
    """
    if file.read(8) != _PNG:
        return ""
    for _ in range(_MOST_CHUNKS):
        head = file.read(8)
        length, kind = int.from_bytes(head[:4], "big"), head[4:]
        if len(head) < 8 or kind == b"IEND":
            break
        if kind in (b"tEXt", b"zTXt", b"iTXt") and length <= _LONGEST:
            key, _, text = file.read(length).partition(b"\0")
            if key == _KEY:
                return _plain(kind, text).decode("utf-8", "surrogateescape")
            length = 0
        file.seek(length + 4, os.SEEK_CUR)
    return ""


def _plain(kind: bytes, text: bytes) -> bytes:
    if kind == b"tEXt":
        return text
    if kind == b"zTXt":
        return _inflated(text[1:])
    packed, rest = text[:1] == b"\1", text[2:].split(b"\0", 2)[-1]
    return _inflated(rest) if packed else rest


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, _LONGEST)
    except zlib.error:
        return b""
