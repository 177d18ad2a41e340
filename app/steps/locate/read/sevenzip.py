"""7z archives, read in one pass with the packers the standard library has; nothing is unpacked to disk."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO, Final, Protocol

from app.domain.record import Problem
from app.steps.locate.limits import Breach, Reading
from app.steps.locate.passage import Passage
from app.steps.locate.read.locked_7z import CIPHER, Deciphered
from app.steps.locate.read.sevenzip_head import Coder, Folder, read_head
from app.steps.locate.read.source import Container, Source

_COPY: Final = b"\0"
_DEFLATE: Final = b"\x04\x01\x08"
_BZIP2: Final = b"\x04\x02\x02"
_LZMA: Final = b"\x03\x01\x01"
_LZMA2: Final = b"\x21"
_DELTA: Final = b"\x03"
_JUMPS: Final = {
    b"\x03\x03\x01\x03": lzma.FILTER_X86,
    b"\x03\x03\x02\x05": lzma.FILTER_POWERPC,
    b"\x03\x03\x04\x01": lzma.FILTER_IA64,
    b"\x03\x03\x05\x01": lzma.FILTER_ARM,
    b"\x03\x03\x07\x01": lzma.FILTER_ARMTHUMB,
    b"\x03\x03\x08\x05": lzma.FILTER_SPARC,
}
_LZMA_FAMILY: Final = frozenset({_LZMA, _LZMA2, _DELTA, *_JUMPS})
_STEP: Final = 256 << 10
_PROBE: Final = 1 << 20


class _Unknown(Exception):
    """A way of packing that is not known here."""


class _Encrypted(Exception):
    """A password is needed."""


class _Unpacker(Protocol):
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def read_7z(source: Source, reading: Reading) -> Iterator[Passage]:
    """Read every member, folder by folder.

    Raises:
        ValueError, lzma.LZMAError: when it is broken.
    """
    if reading.too_deep():
        return
    file = source.whole(reading.limits.held)
    container = Container(reading, file.seek(0, 2))
    try:
        head = read_head(file, lambda folder, size: _opened(file, folder, reading).read(size))
    except _Encrypted:
        reading.note(Problem.ENCRYPTED)
        return
    names = iter(head.names)
    for folder in head.folders:
        mine = [next(names, "") for _ in folder.sizes]
        try:
            yield from _members(_opened(file, folder, reading), folder, mine, container, reading)
        except _Encrypted:
            reading.note(Problem.ENCRYPTED)
        except _Unknown:
            reading.note(Problem.UNKNOWN_FORMAT)


def _opened(file: BinaryIO, folder: Folder, reading: Reading) -> _Unpacked:
    """Open what is packed as one stream, with the first password that fits where it needs one."""
    memory = reading.limits.held
    if not any(coder.method == CIPHER for coder in folder.coders):
        return _Unpacked(file, folder, memory)
    cipher, bare = folder.coders[0], replace(folder, coders=folder.coders[1:])
    if cipher.method != CIPHER or not folder.linear:
        raise _Encrypted

    def unlocked(word: str) -> _Unpacked:
        plain: Any = Deciphered(file, folder.at, cipher.settings, word)
        return _Unpacked(plain, bare, memory)

    for word in reading.means.passwords.each(reading.account.pulse):
        if _fits(unlocked(word), folder):
            reading.means.passwords.opened(word)
            return unlocked(word)
    raise _Encrypted


def _fits(stream: _Unpacked, folder: Folder) -> bool:
    """Whether the first member unpacks to what was packed; of a large one that is packed, its start."""
    size = folder.sizes[0] if folder.sizes else folder.size
    some = min(size, _PROBE) if stream.packs else size
    crc = 0
    left = some
    try:
        while left > 0 and (block := stream.read(min(left, _STEP))):
            left -= len(block)
            crc = zlib.crc32(block, crc)
    except (OSError, ValueError, EOFError, lzma.LZMAError, zlib.error):
        return False
    known = folder.crcs[0] if folder.crcs else folder.crc
    return not left and (some < size or known is None or known == crc)


def _members(
    stream: _Unpacked, folder: Folder, names: list[str], container: Container, reading: Reading
) -> Iterator[Passage]:
    for name, size, crc in zip(names, folder.sizes, folder.crcs, strict=True):
        if reading.spent:
            return
        member = _Member(stream, size)
        metered = container.meter(member)
        yield from reading.enter(Source(name, metered))
        while metered.read(_STEP):
            pass  # the next member begins where this one ends
        if member.left or (crc is not None and crc != member.crc):
            reading.note(Problem.MALFORMED)


class _Member:
    """The part of a folder that is one member."""

    def __init__(self, stream: _Unpacked, size: int) -> None:
        self._stream = stream
        self.left = size
        self.crc = 0

    def read(self, size: int, /) -> bytes:
        block = self._stream.read(min(size, self.left))
        self.left -= len(block)
        self.crc = zlib.crc32(block, self.crc)
        return block


class _Unpacked:
    """What comes out of a folder, in order. It keeps its own place in the file: readers share that."""

    def __init__(self, file: BinaryIO, folder: Folder, memory: int) -> None:
        self._file = file
        self._at = folder.at
        self._packed = folder.packed
        self._left = folder.size
        self._steps = _unpackers(folder, memory)
        self._held = b""

    @property
    def packs(self) -> bool:
        """Whether anything has to be unpacked: what unpacks was opened by the right password."""
        return self._steps is not None

    def read(self, size: int, /) -> bytes:
        """Give up to `size` bytes, fewer only at the end."""
        parts = []
        size = min(size, self._left)
        while size > 0 and (block := self._next(size)):
            parts.append(block)
            size -= len(block)
            self._left -= len(block)
        return b"".join(parts)

    def _next(self, size: int) -> bytes:
        while True:
            block = self._through(self._held, size)
            if block or not (self._packed or self._held):
                return block
            if not self._held:
                self._file.seek(self._at)
                self._held = self._file.read(min(_STEP, self._packed))
                if not self._held:
                    return b""
                self._at += len(self._held)
                self._packed -= len(self._held)

    def _through(self, data: bytes, size: int) -> bytes:
        """Send packed bytes through the one unpacker that limits its output; the rest waits."""
        unpacker = self._steps
        if unpacker is None:
            self._held = data[size:]
            return data[:size]
        if getattr(unpacker, "eof", False):
            self._held, self._packed = b"", 0
            return b""
        block = unpacker.decompress(data, size)
        self._held = getattr(unpacker, "unconsumed_tail", b"")
        return block


def _unpackers(folder: Folder, memory: int) -> _Unpacker | None:
    methods = [coder.method for coder in folder.coders]
    if CIPHER in methods:
        raise _Encrypted
    if not folder.linear:
        raise _Unknown
    if methods in ([_COPY], []):
        return None  # a head that is encrypted alone has no step left
    if all(method in _LZMA_FAMILY for method in methods):
        filters = [_filter(coder, folder.size, memory) for coder in reversed(folder.coders)]
        return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters)
    if methods == [_DEFLATE]:
        return zlib.decompressobj(-15)
    if methods == [_BZIP2]:
        return bz2.BZ2Decompressor()
    raise _Unknown


def _filter(coder: Coder, size: int, memory: int) -> dict[str, Any]:
    """Give one step as liblzma takes it. A dictionary need not be larger than what comes out."""
    if coder.method in _JUMPS:
        return {"id": _JUMPS[coder.method]}
    if coder.method == _DELTA:
        return {"id": lzma.FILTER_DELTA, "dist": coder.settings[0] + 1}
    first = coder.settings[0]
    if coder.method == _LZMA2:
        declared = 0xFFFFFFFF if first >= 40 else (2 | first & 1) << (first // 2 + 11)
        return {"id": lzma.FILTER_LZMA2, "dict_size": _window(declared, size, memory)}
    declared = int.from_bytes(coder.settings[1:5], "little")
    rest, lc = divmod(first, 9)
    pb, lp = divmod(rest, 5)
    window = _window(declared, size, memory)
    return {"id": lzma.FILTER_LZMA1, "dict_size": window, "lc": lc, "lp": lp, "pb": pb}


def _window(declared: int, size: int, memory: int) -> int:
    window = max(4096, min(declared, size))
    if window > memory:
        raise Breach(Problem.BOMB_BYTES)
    return window
