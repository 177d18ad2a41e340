"""Look into archives: the digest of every member, however nested, within limits that a bomb can't pass."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import IO, BinaryIO, Final, cast

from typing_extensions import override

from app.domain.outcome import Reason
from app.steps.confirm import sevenzip
from app.steps.confirm.reading import CHUNK

HEAD: Final = 512
"""How much of a file tells whether it is an archive: one tar header."""

_IN_MEMORY: Final = 32 << 20
_READ_AT_ONCE: Final = 16 << 20

BROKEN: Final = (
    OSError,
    EOFError,
    ValueError,
    RuntimeError,  # an encrypted member, or a compression method this Python lacks
    MemoryError,
    OverflowError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
    tarfile.TarError,
    zipfile.BadZipFile,
)


class Form(Enum):
    """A form of archive, told by its first bytes and never by its name."""

    ZIP = "zip"
    TAR = "tar"
    GZIP = "gzip"
    BZIP2 = "bzip2"
    XZ = "xz"
    SEVENZIP = "7z"
    """Looked into where the `7z` program is, and when it is a file of its own."""
    FOREIGN = "foreign"
    """An archive of a kind that is not looked into: RAR, zstd, cabinet."""


_MAGIC: Final = (
    (b"PK\x03\x04", Form.ZIP),
    (b"PK\x05\x06", Form.ZIP),
    (b"\x1f\x8b\x08", Form.GZIP),
    (b"BZh", Form.BZIP2),
    (b"\xfd7zXZ\x00", Form.XZ),
    (b"7z\xbc\xaf\x27\x1c", Form.SEVENZIP),
    (b"Rar!\x1a\x07", Form.FOREIGN),
    (b"\x28\xb5\x2f\xfd", Form.FOREIGN),
    (b"MSCF\x00\x00\x00\x00", Form.FOREIGN),
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How far the search of one archive goes. Sizes are bytes.

    What is unpacked may reach `ratio` times the archive, but `floor` is always
    allowed and `bytes` never passed.
    """

    depth: int = 4
    members: int = 2_000_000
    ratio: int = 200
    floor: int = 256 << 20
    bytes: int = 1 << 40


@dataclass(frozen=True, slots=True)
class Member:
    """One file in an archive. `sha256` is empty when its size rules it out, or when `problem` says why.

    `opened` is said of an archive in the archive: its own members follow.
    """

    sha256: str = ""
    problem: Reason | None = None
    opened: bool = False


class _LimitReached(Exception):
    pass


def form_of(head: bytes) -> Form | None:
    """Tell the form of archive from the first `HEAD` bytes of a file; None when it is none."""
    for magic, form in _MAGIC:
        if head.startswith(magic):
            return form
    if len(head) < HEAD:
        return None
    try:
        # The header's own checksum, so that tars older than the ustar magic are known too.
        tarfile.TarInfo.frombuf(head[:HEAD], "utf-8", "surrogateescape")
    except (tarfile.TarError, ValueError):
        return None
    return Form.TAR


def members(
    file: BinaryIO,
    size: int,
    wanted: frozenset[str],
    sizes: frozenset[int],
    limits: Limits,
    path: str = "",
) -> Iterator[Member]:
    """Give every file in an open archive; a member that is itself an archive gives its own members.

    A nested archive whose own digest is `wanted` is not opened. Nothing is unpacked
    to disk. A 7z archive is read by its `path`, one in another archive is not. What could
    not be looked at is a member with a problem: UNREADABLE (damaged or encrypted),
    SEARCH_LIMIT, NOT_SEARCHED (a form this does not read).
    """
    search = _Search(wanted, sizes, limits, size)
    try:
        file.seek(0)
        if path and form_of(file.read(HEAD)) is Form.SEVENZIP and sevenzip.program():
            yield from search.sevenzip(path)
            return
        file.seek(0)
        yield from search.archive(file, 1)
    except _LimitReached:
        yield Member(problem=Reason.SEARCH_LIMIT)
    except BROKEN:
        yield Member(problem=Reason.UNREADABLE)


class _Search:
    """The search of one archive and all that nests in it, with what is left of its limits."""

    def __init__(self, wanted: frozenset[str], sizes: frozenset[int], limits: Limits, size: int) -> None:
        self._wanted = wanted
        self._sizes = sizes
        self._depth = limits.depth
        self._members_left = limits.members
        self._bytes_left = min(limits.bytes, max(limits.floor, limits.ratio * size))

    def spend(self, count: int) -> None:
        self._bytes_left -= count
        if self._bytes_left < 0:
            raise _LimitReached

    def archive(self, file: BinaryIO, depth: int) -> Iterator[Member]:
        if depth > self._depth:
            yield Member(problem=Reason.SEARCH_LIMIT)
            return
        form = form_of(file.read(HEAD))
        file.seek(0)
        if form is Form.ZIP:
            yield from self._zip(file, depth)
        elif form is Form.TAR:
            yield from self._tar(file, depth)
        elif form in (Form.SEVENZIP, Form.FOREIGN):
            yield Member(problem=Reason.NOT_SEARCHED)
        elif form is not None:
            yield from self._packed(file, form, depth)

    def sevenzip(self, path: str) -> Iterator[Member]:
        for told, part in sevenzip.parts(path):
            self._count()
            yield from self._member(_metered(cast("IO[bytes]", part), self), told.size, 1)

    def _zip(self, file: BinaryIO, depth: int) -> Iterator[Member]:
        with zipfile.ZipFile(file) as archive:
            # In the order they lie, so that a packed outer file is read forward only.
            for info in sorted(archive.infolist(), key=lambda info: info.header_offset):
                if info.is_dir():
                    continue
                self._count()
                try:
                    with archive.open(info) as member:
                        yield from self._member(_metered(member, self), info.file_size, depth)
                except BROKEN:
                    yield Member(problem=Reason.UNREADABLE)

    def _tar(self, file: BinaryIO, depth: int) -> Iterator[Member]:
        with tarfile.open(fileobj=file, mode="r:") as archive:
            while (info := archive.next()) is not None:
                # tarfile keeps every header it has seen; a large backup would fill the memory.
                archive.members.clear()  # type: ignore[attr-defined]  # public, but not in the stubs
                member = archive.extractfile(info) if info.isreg() else None
                if member is not None:
                    self._count()
                    yield from self._member(cast("BinaryIO", member), info.size, depth)
            file.seek(archive.offset)
        # tarfile takes a damaged header for the end; what follows a true end is zeros.
        while chunk := file.read(CHUNK):
            if chunk.count(0) != len(chunk):
                yield Member(problem=Reason.UNREADABLE)
                return

    def _packed(self, file: BinaryIO, form: Form, depth: int) -> Iterator[Member]:
        with _unpacked(file, form) as plain:
            stream = _metered(plain, self)
            tarred = form_of(_read_full(stream, HEAD)) is Form.TAR
            stream.seek(0)
            self._count()
            # A packed tar is one archive, not two, to those who made it.
            yield from self._member(stream, None, depth - 1 if tarred else depth)

    def _member(self, stream: BinaryIO, size: int | None, depth: int) -> Iterator[Member]:
        head = _read_full(stream, HEAD)
        nested = form_of(head) is not None
        kept = bytearray(head)
        sha256 = ""
        if nested or size is None or size in self._sizes:
            state = hashlib.sha256(head)
            while chunk := stream.read(CHUNK):
                state.update(chunk)
                if nested and len(kept) <= _IN_MEMORY:
                    kept += chunk
            sha256 = state.hexdigest()
        opened = nested and sha256 not in self._wanted
        yield Member(sha256, opened=opened)
        if not opened:
            return
        try:
            # A small one is held in memory: to go back in a packed stream is to unpack it all again.
            whole = len(kept) <= _IN_MEMORY
            inner = io.BytesIO(kept) if whole else stream
            inner.seek(0)
            yield from self.archive(inner, depth + 1)
        except BROKEN:
            yield Member(problem=Reason.UNREADABLE)

    def _count(self) -> None:
        self._members_left -= 1
        if self._members_left < 0:
            raise _LimitReached


class _Metered(io.RawIOBase):
    """An unpacking stream that pays for every byte it gives, skips or goes back over."""

    def __init__(self, stream: IO[bytes], search: _Search) -> None:
        super().__init__()
        self._stream = stream
        self._search = search
        self._at = 0

    @override
    def readable(self) -> bool:
        return True

    @override
    def seekable(self) -> bool:
        return True

    @override
    def tell(self) -> int:
        return self._at

    @override
    def read(self, count: int = -1) -> bytes:
        """Read at most 16 MiB at a time, so that a forged header can't ask for all the memory."""
        data = self._stream.read(_READ_AT_ONCE if count < 0 else min(count, _READ_AT_ONCE))
        self._at += len(data)
        self._search.spend(len(data))
        return data

    @override
    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_CUR:
            offset += self._at
        elif whence == io.SEEK_END:
            while self.read(CHUNK):
                pass
            offset += self._at
        if offset != self._at:
            # Going back means unpacking from the start again.
            self._search.spend(offset - self._at if offset > self._at else offset)
            self._at = self._stream.seek(offset)
        return self._at


def _metered(stream: IO[bytes], search: _Search) -> BinaryIO:
    return cast("BinaryIO", _Metered(stream, search))


def _unpacked(file: BinaryIO, form: Form) -> IO[bytes]:
    if form is Form.GZIP:
        return cast("IO[bytes]", gzip.GzipFile(fileobj=file, mode="rb"))
    if form is Form.BZIP2:
        return bz2.BZ2File(file)
    return lzma.LZMAFile(file)


def _read_full(stream: BinaryIO, count: int) -> bytes:
    data = bytearray()
    while len(data) < count and (chunk := stream.read(count - len(data))):
        data += chunk
    return bytes(data)
