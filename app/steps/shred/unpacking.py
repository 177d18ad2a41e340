"""Look into files for the hunt: their bytes, and those of what is packed in them, however nested.

Nothing is unpacked to disk. What can't be looked into is told, never passed over.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, BinaryIO, Final, cast

from app.domain.outcome import Reason
from app.steps.shred.forms import HEAD, Form, form_of
from app.steps.shred.gitpack import objects
from app.system.tars import members_of

_PART: Final = 1 << 20
_HELD: Final = 64 << 20
"""Bytes of an archive in a stream that can't go back which are held in memory, to be looked into."""
_BROKEN: Final = (
    OSError,
    EOFError,
    ValueError,
    RuntimeError,  # an encrypted member, or a method of packing that this Python lacks
    MemoryError,
    OverflowError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
    tarfile.TarError,
    zipfile.BadZipFile,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bytes of a file or of a member of it; `member` is empty for the file itself."""

    member: str
    data: bytes = field(repr=False)
    first: bool


@dataclass(frozen=True, slots=True)
class Unseen:
    """What was not looked into, and why: UNREADABLE (damaged or encrypted), SEARCH_LIMIT, NOT_SEARCHED."""

    member: str
    reason: Reason


Found = Iterator[Piece | Unseen]


class Spent(Exception):
    """A limit of size or number was reached."""


@dataclass(slots=True)
class Budget:
    """How far the look into one file goes: bytes read or unpacked, members, depth of nesting."""

    bytes: int
    members: int = 500_000
    depth: int = 8

    @classmethod
    def of(cls, size: int) -> Budget:
        """What a file of this many bytes may cost: a bomb can't take more than 200 times its size."""
        return cls(min(1 << 40, max(1 << 30, 200 * size)))

    def spend(self, count: int) -> None:
        """Take off bytes.

        Raises:
            Spent: when there are none left.
        """
        self.bytes -= count
        if self.bytes < 0:
            raise Spent

    def count(self) -> None:
        """Take off a member.

        Raises:
            Spent: when there are none left.
        """
        self.members -= 1
        if self.members < 0:
            raise Spent


def pieces(file: BinaryIO, size: int, overlap: int) -> Found:
    """Give all bytes of an open file in parts that overlap, and then those of what is packed in it."""
    try:
        yield from _Look(Budget.of(size), overlap).into(file, "", 0)
    except Spent:
        yield Unseen("", Reason.SEARCH_LIMIT)
    except _BROKEN:
        yield Unseen("", Reason.UNREADABLE)


def pieces_of_tar(stream: IO[bytes], budget: Budget, overlap: int) -> Found:
    """As `pieces`, of a tar that comes through a pipe and is read once."""
    try:
        yield from _Look(budget, overlap).tar(stream, "", 0, piped=True)
    except Spent:
        yield Unseen("", Reason.SEARCH_LIMIT)
    except _BROKEN:
        yield Unseen("", Reason.UNREADABLE)


@dataclass(frozen=True, slots=True)
class _Look:
    budget: Budget
    overlap: int

    def into(self, file: BinaryIO, name: str, depth: int, *, piped: bool = False) -> Found:
        """Give the bytes of one stream; when it is packed, go into it."""
        held, size, form, last = bytearray(), 0, None, b""
        while part := file.read(_PART):
            self.budget.spend(len(part))
            if not size:
                part += _rest_of_head(file, part)
                form = form_of(part)
            yield Piece(name, last + part, first=not size)
            size += len(part)
            last = (last + part)[-self.overlap :]
            if form and form.looked_into and len(held) <= _HELD:
                held += part
        if form is None:
            return
        if not form.looked_into:
            yield Unseen(name, form.reason)
        elif depth >= self.budget.depth or (piped and size > _HELD):
            yield Unseen(name, Reason.SEARCH_LIMIT)
        else:
            inner = io.BytesIO(held) if size <= _HELD else file
            del held
            yield from self._inside(inner, form, name, depth + 1)

    def _inside(self, file: BinaryIO, form: Form, name: str, depth: int) -> Found:
        file.seek(0)
        try:
            if form is Form.ZIP:
                yield from self._zip(file, name, depth)
            elif form is Form.TAR:
                yield from self.tar(file, name, depth)
            elif form is Form.GIT_PACK:
                yield from self._git(file, name, depth)
            else:
                yield from self._packed(file, form, name, depth)
        except _BROKEN:
            # A git object looks like any other bytes at its start; so nothing is said of what is none.
            if form is not Form.ZLIB:
                yield Unseen(name, Reason.UNREADABLE)

    def _zip(self, file: BinaryIO, name: str, depth: int) -> Found:
        with zipfile.ZipFile(file) as archive:
            for info in sorted(archive.infolist(), key=lambda info: info.header_offset):
                if info.is_dir():
                    continue
                self.budget.count()
                inner = _joined(name, info.filename)
                try:
                    with archive.open(info) as member:
                        yield from self.into(cast("BinaryIO", member), inner, depth)
                except _BROKEN:
                    yield Unseen(inner, Reason.UNREADABLE)

    def tar(self, file: IO[bytes], name: str, depth: int, *, piped: bool = False) -> Found:
        """Give every file in a tar; as a pipe it is only read forward."""
        with tarfile.open(fileobj=file, mode="r|" if piped else "r:") as archive:
            for info in members_of(archive):
                member = archive.extractfile(info) if info.isreg() else None
                if member is not None:
                    self.budget.count()
                    inner = _joined(name, info.name)
                    yield from self.into(cast("BinaryIO", member), inner, depth, piped=piped)

    def _packed(self, file: BinaryIO, form: Form, name: str, depth: int) -> Found:
        """What is only packed has one stream in it, which keeps the name."""
        if form is Form.ZLIB:
            unpacked = zlib.decompressobj()
            data = unpacked.decompress(file.read(_HELD), _HELD)
            yield from self.into(io.BytesIO(data), name, depth)
            if unpacked.unconsumed_tail:
                yield Unseen(name, Reason.SEARCH_LIMIT)
            return
        with _unpacked(file, form) as stream:
            yield from self.into(cast("BinaryIO", stream), name, depth)

    def _git(self, file: BinaryIO, name: str, depth: int) -> Found:
        for number, data in enumerate(objects(file, self.budget.bytes)):
            self.budget.count()
            yield from self.into(io.BytesIO(data), _joined(name, f"#{number}"), depth)


def _unpacked(file: BinaryIO, form: Form) -> IO[bytes]:
    if form is Form.GZIP:
        return cast("IO[bytes]", gzip.GzipFile(fileobj=file, mode="rb"))
    return bz2.BZ2File(file) if form is Form.BZIP2 else lzma.LZMAFile(file)


def _rest_of_head(file: BinaryIO, part: bytes) -> bytes:
    """Pipes give what they have: read on until there is enough to know an archive by."""
    more = bytearray()
    while len(part) + len(more) < HEAD and (next_part := file.read(HEAD - len(part) - len(more))):
        more += next_part
    return bytes(more)


def _joined(name: str, member: str) -> str:
    return f"{name} > {member}" if name else member
