"""Name the payload of a bag: each record's relative path, in a form every system can unpack."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Sequence
from pathlib import PurePath
from typing import Final
from urllib.parse import quote_from_bytes

from app.domain.record import Record

_RESERVED: Final = frozenset('=%\\:*?"<>|')
"""Hostile on Windows, or with a meaning in a BagIt manifest (RFC 8493 section 2.1.3), or our own escape."""
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_LONGEST: Final = 240
"""Bytes of one part of a path; file systems take 255."""


def payload_names(records: Sequence[Record]) -> dict[str, str]:
    """Give for each record's id its path in the bag: `data/<location>/<relative path>`.

    No two are equal, not even on a system that ignores case or Unicode form. Bytes that
    are not UTF-8, control characters and what Windows forbids are written `=XX`.
    """
    taken: set[str] = set()
    labels: dict[str, str] = {}
    names: dict[str, str] = {}
    for record in records:
        if record.location not in labels:
            label = _part(PurePath(record.location).name or "root")
            labels[record.location] = _untaken(label, taken)
        inner = "/".join(_part(part) for part in _relative(record).parts)
        names[record.id] = _untaken(f"data/{labels[record.location]}/{inner}", taken)
    return names


def spelled(path: str) -> str:
    """Write a path in ASCII so that its very bytes can be had back (RFC 3986 percent-encoding)."""
    return quote_from_bytes(os.fsencode(path), safe="/")


def plain_name(record: Record) -> str:
    """Give the path below its location, as it is in the bag when nothing had to be written otherwise."""
    return "/".join(_relative(record).parts)


def file_name(case: str) -> str:
    """Give the case's number in a form that fits in a file name."""
    return _part(case.replace("/", "_")) or "case"


def _relative(record: Record) -> PurePath:
    path = PurePath(record.path)
    if record.location and path.is_relative_to(record.location):
        inner = path.relative_to(record.location)
        return inner if inner.parts else PurePath(path.name)
    return PurePath(*path.parts[1:]) if path.is_absolute() else path


def _part(part: str) -> str:
    if part in (".", ".."):
        return part.replace(".", "=2E")
    written = "".join(_escape(c) if _must_escape(c) else c for c in part)
    if part and (part[-1] == "." or part[-1].isspace()) and not _must_escape(part[-1]):
        written = written[: -len(part[-1])] + _escape(part[-1])
    if len(written.encode()) <= _LONGEST:
        return written
    mark = hashlib.sha256(os.fsencode(part)).hexdigest()[:16]
    cut = written.encode()[: _LONGEST - 17].decode(errors="ignore")
    return f"{cut}~{mark}"


def _must_escape(character: str) -> bool:
    return character in _RESERVED or unicodedata.category(character) in _UNSEEN


def _escape(character: str) -> str:
    return "".join(f"={byte:02X}" for byte in os.fsencode(character))


def _untaken(name: str, taken: set[str]) -> str:
    """Give `name`, or with ~2, ~3 … before its suffix the first that is not taken, and take it."""
    stem, dot, suffix = name.rpartition(".")
    if not stem or "/" in suffix:
        stem, dot, suffix = name, "", ""
    free, count = name, 1
    while _folded(free) in taken:
        count += 1
        free = f"{stem}~{count}{dot}{suffix}"
    taken.add(_folded(free))
    return free


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
