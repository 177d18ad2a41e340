"""Tell how a file is packed by its first bytes and never by its name, and unpack what has one stream."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from enum import Enum
from typing import IO, BinaryIO, Final, Protocol, cast

from typing_extensions import Buffer, override

HEAD: Final = 512
"""Bytes of the start of a file that tell all of these: one tar header."""

_PART: Final = 1 << 16

BROKEN: Final = (
    OSError,
    EOFError,
    ValueError,
    RuntimeError,  # an encrypted member, or a compression method this Python lacks
    MemoryError,
    OverflowError,
    LookupError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
    tarfile.TarError,
    zipfile.BadZipFile,
)
"""What reading a damaged one raises."""


class Packed(Enum):
    """A way of packing."""

    ZIP = "zip"
    TAR = "tar"
    GZIP = "gzip"
    BZIP2 = "bzip2"
    XZ = "xz"
    SEVENZIP = "7z"
    RAR = "rar"
    CABINET = "cab"
    ZSTD = "zstd"
    LZ4 = "lz4"
    COMPRESS = "compress"
    LZIP = "lzip"


ALONE: Final = (Packed.GZIP, Packed.BZIP2, Packed.XZ)
"""What Python itself unpacks and has one stream in it."""

_MAGIC: Final = (
    (b"PK\x03\x04", Packed.ZIP),
    (b"PK\x05\x06", Packed.ZIP),
    (b"PK\x07\x08", Packed.ZIP),  # the first part of several
    (b"\x1f\x8b\x08", Packed.GZIP),
    (b"BZh", Packed.BZIP2),
    (b"\xfd7zXZ\x00", Packed.XZ),
    (b"7z\xbc\xaf\x27\x1c", Packed.SEVENZIP),
    (b"Rar!\x1a\x07", Packed.RAR),
    (b"MSCF\0\0\0\0", Packed.CABINET),
    (b"\x28\xb5\x2f\xfd", Packed.ZSTD),
    (b"\x04\x22\x4d\x18", Packed.LZ4),
    (b"\x1f\x9d", Packed.COMPRESS),
    (b"LZIP\x01", Packed.LZIP),
)


def packed_as(head: bytes) -> Packed | None:
    """Tell how a file is packed from its first `HEAD` bytes, or all of a shorter one; None when it is not."""
    for magic, packed in _MAGIC:
        if head.startswith(magic):
            return packed
    return Packed.TAR if _is_tar(head) else None


def _is_tar(head: bytes) -> bool:
    if len(head) < HEAD or (head[257:262] != b"ustar" and not head[148:154].strip(b" \0").isdigit()):
        return False
    try:
        # The header's own checksum, so that tars older than the ustar magic are known too.
        tarfile.TarInfo.frombuf(head[:HEAD], "utf-8", "surrogateescape")
    except (tarfile.TarError, ValueError):
        return False
    return True


def unpacked(file: BinaryIO, packed: Packed) -> IO[bytes]:
    """Open what is in one of `ALONE`: one stream, or several, one behind the other.

    What is neither at the end is damage, though the library passes over it behind bzip2 and xz.
    """
    if packed is Packed.GZIP:
        return cast("IO[bytes]", gzip.GzipFile(fileobj=file, mode="rb"))
    make = bz2.BZ2Decompressor if packed is Packed.BZIP2 else lzma.LZMADecompressor
    return io.BufferedReader(_Streams(file, make))


class _Unpacking(Protocol):
    """What bz2 and lzma have in common."""

    @property
    def eof(self) -> bool:
        """Whether the stream is at its end."""

    @property
    def needs_input(self) -> bool:
        """Whether it has given all it can of what it got."""

    @property
    def unused_data(self) -> bytes:
        """What it got behind its end."""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Take in some, and give no more than so many bytes."""


class _Streams(io.RawIOBase):
    """Packed streams, one behind the other, with nothing but zeros between and behind them."""

    def __init__(self, file: BinaryIO, make: Callable[[], _Unpacking]) -> None:
        super().__init__()
        self._file, self._make = file, make
        self._stream, self._at = make(), 0

    @override
    def readable(self) -> bool:
        return True

    @override
    def seekable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Buffer) -> int:
        """Give some; none at the end.

        Raises:
            EOFError: when it ends before its time.
            OSError, lzma.LZMAError: for what is no stream.
        """
        into = memoryview(buffer).cast("B")
        data = self._more(len(into))
        into[: len(data)] = data
        self._at += len(data)
        return len(data)

    def _more(self, most: int) -> bytes:
        while True:
            given = b""
            if self._stream.eof:
                given = self._next()
                if not given:
                    return b""
                self._stream = self._make()
            elif self._stream.needs_input and not (given := self._file.read(_PART)):
                raise EOFError("it ends before its time")
            if data := self._stream.decompress(given, most):
                return data

    def _next(self) -> bytes:
        """The beginning of the stream behind; empty at the end."""
        rest = self._stream.unused_data.lstrip(b"\0")
        while not rest and (part := self._file.read(_PART)):
            rest = part.lstrip(b"\0")
        return rest

    @override
    def tell(self) -> int:
        return self._at

    @override
    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go there by unpacking up to it, from the start if it lies behind."""
        if whence == io.SEEK_END:
            while self.read(_PART):
                pass
        target = offset if whence == io.SEEK_SET else offset + self._at
        if target < self._at:
            self._file.seek(0)
            self._stream, self._at = self._make(), 0
        while self._at < target and self.read(min(_PART, target - self._at)):
            pass
        return self._at
