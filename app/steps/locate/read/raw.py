"""The last resort: search the bytes of what no reader understood, as they are and as UTF-16."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Final

from app.domain.record import Problem
from app.steps.locate.limits import Reading
from app.steps.locate.passage import Passage
from app.steps.locate.read.chunk import chunks
from app.steps.locate.read.source import Source

_BIG_ENDIAN: Final = re.compile(rb"(?:\0[0-9]){8}(?:\0[Xx])?(?:[^\0]|\Z)")
"""A number whose order of bytes is the other one; where an ASCII character follows, both orders tell it."""


def read_raw(source: Source, _reading: Reading) -> Iterator[Passage]:
    """Search bytes as they are and, where they hold zeros, as UTF-16 at both alignments."""
    for chunk in chunks(source.written()):
        yield Passage(chunk, raw=True)
        if b"\0" in chunk:
            for start in (0, 1):
                yield _wide(chunk[start:], "utf-16-le")
            for start in sorted({m.start() % 2 for m in _BIG_ENDIAN.finditer(chunk)}):
                yield _wide(chunk[start:], "utf-16-be")


def _wide(data: bytes, codec: str) -> Passage:
    return Passage(data.decode(codec, "replace").encode("utf-8", "replace"), raw=True)


def read_unknown(source: Source, reading: Reading) -> Iterator[Passage]:
    """Search a format no reader knows, and say so."""
    reading.note(Problem.UNKNOWN_FORMAT)
    yield from read_raw(source, reading)


def read_encrypted(source: Source, reading: Reading) -> Iterator[Passage]:
    """Say that a file is encrypted as a whole."""
    reading.note(Problem.ENCRYPTED)
    yield from read_raw(source, reading)


def read_keystore(source: Source, reading: Reading) -> Iterator[Passage]:
    """Count a PKCS#12, DER or Java key store as key material."""
    digest = hashlib.sha256()
    for block in source.blocks():
        digest.update(block)
    reading.account.keys.add(digest.hexdigest())
    yield from ()


def read_empty(_source: Source, _reading: Reading) -> Iterator[Passage]:
    """Read a file of no bytes."""
    yield from ()
