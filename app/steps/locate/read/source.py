"""A source: the bytes of a file or of a member of one, read once or, where it can be, again."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterator
from typing import BinaryIO, Final, Protocol

from app.domain.record import Problem
from app.steps.locate.encoding import HEAD, Charset
from app.steps.locate.limits import RATIO_FLOOR, Breach, Reading, TooLarge

BLOCK: Final = 1 << 20


class Stream(Protocol):
    """Anything that gives bytes in order."""

    def read(self, size: int, /) -> bytes:
        """Give up to `size` bytes; none at the end."""


class Source:
    """One file or member. `path` is set for a file of its own on disk."""

    def __init__(self, name: str, stream: Stream, *, file: BinaryIO | None = None, path: str = "") -> None:
        self.name = name
        self.path = path
        self._stream = stream
        self._file = file
        self._start: bytes | None = None
        self.charset: Charset | None = None
        """What `charset_of` has found out, so that it need not look twice."""

    @classmethod
    def of_bytes(cls, name: str, data: bytes) -> Source:
        """Make a source of bytes already in memory."""
        held = io.BytesIO(data)
        return cls(name, held, file=held)

    @property
    def suffix(self) -> str:
        """The name's ending without the dot, in lower case."""
        return self.name.rpartition(".")[2].lower() if "." in self.name else ""

    def head(self) -> bytes:
        """Give the first bytes without losing them."""
        if self._start is None:
            if self._file:
                self._file.seek(0)
            self._start = _exactly(self._stream, HEAD)
        return self._start

    def blocks(self) -> Iterator[bytes]:
        """Give all bytes in order: from the start as often as asked, or once for a stream."""
        if self._file:
            self._file.seek(0)
        elif self._start:
            start, self._start = self._start, b""
            yield start
        while block := self._stream.read(BLOCK):
            yield block

    def written(self) -> Iterator[bytes]:
        """Give what was ever written: as `blocks`, with two zeros for each hole of a sparse file."""
        if sys.platform == "win32" or self._file is None or not self.path:
            yield from self.blocks()
            return
        number, at = self._file.fileno(), 0
        size = os.fstat(number).st_size
        while at < size:
            try:
                start = os.lseek(number, at, os.SEEK_DATA)
            except OSError as error:
                if error.errno != errno.ENXIO:
                    raise
                return  # nothing but a hole until the end
            end = os.lseek(number, start, os.SEEK_HOLE)
            if start > at:
                yield b"\0\0"
            at = start
            while at < end and (block := os.pread(number, min(BLOCK, end - at), at)):
                yield block
                at += len(block)
            at = max(at, end)

    def whole(self, limit: int) -> BinaryIO:
        """Give a file that can seek, holding a member in memory.

        Raises:
            TooLarge: when the member has more than `limit` bytes. It can still be
                read by `blocks`.
        """
        if self._file is None:
            data = self.head() + _exactly(self._stream, limit - len(self.head()) + 1)
            if len(data) > limit:
                self._start = data
                raise TooLarge
            self._stream = self._file = io.BytesIO(data)
        self._file.seek(0)
        return self._file


def _exactly(stream: Stream, size: int) -> bytes:
    parts = []
    while size > 0 and (part := stream.read(min(size, BLOCK))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


class Container:
    """The output of one container against its size on disk or in memory: the guard against bombs."""

    def __init__(self, reading: Reading, size: int) -> None:
        self._reading = reading
        self.size = size
        self._out = 0

    def meter(self, stream: Stream) -> Stream:
        """Wrap a member's stream so that what comes out is counted and limited."""
        return _Metered(self, stream)

    def count(self, size: int) -> None:
        """Count bytes that came out.

        Raises:
            Breach: BOMB_RATIO or BOMB_BYTES.
        """
        self._reading.spend(size)
        self._out += size
        if self._out > RATIO_FLOOR and self._out > self.size * self._reading.limits.ratio:
            raise Breach(Problem.BOMB_RATIO)


class _Metered:
    def __init__(self, container: Container, stream: Stream) -> None:
        self._container = container
        self._stream = stream

    def read(self, size: int, /) -> bytes:
        block = self._stream.read(size)
        self._container.count(len(block))
        return block


class Counted:
    """A stream that remembers how many bytes were taken from it, for packers that tell no size."""

    def __init__(self, stream: Iterator[bytes]) -> None:
        self._blocks = stream
        self._rest = b""
        self.taken = 0

    def read(self, size: int = -1, /) -> bytes:
        """Give up to `size` bytes; all of them when it is negative."""
        if size < 0:
            data, self._rest = self._rest + b"".join(self._blocks), b""
        else:
            while not self._rest and (block := next(self._blocks, None)) is not None:
                self._rest = block
            data, self._rest = self._rest[:size], self._rest[size:]
        self.taken += len(data)
        return data
