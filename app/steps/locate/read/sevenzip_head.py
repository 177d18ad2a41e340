"""What the head of a 7z archive says: which members lie in which packed stream, and how it was packed."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, Final

MAGIC: Final = b"7z\xbc\xaf\x27\x1c"
_LARGEST: Final = 64 << 20
"""Bytes of a head; a larger one is not even parsed."""
_START: Final = 32
_END, _HEADER, _PACK, _UNPACK, _SUBSTREAMS, _SIZES, _CRCS, _FOLDERS, _UNPACK_SIZES, _COUNTS = (
    0x00, 0x01, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D,
)  # fmt: skip
_EMPTY, _NAMES, _PACKED_HEADER, _ADDITIONAL, _STREAMS, _FILES = 0x0E, 0x11, 0x17, 0x03, 0x04, 0x05


class Broken(ValueError):
    """The head contradicts itself or is cut."""


@dataclass(frozen=True, slots=True)
class Coder:
    """One step of packing and its settings."""

    method: bytes
    settings: bytes
    inputs: int = 1
    outputs: int = 1


@dataclass(slots=True)
class Folder:
    """What is packed as one stream: its steps, from the packed bytes on, and what comes out."""

    coders: tuple[Coder, ...]
    linear: bool
    streams: int
    size: int = 0
    at: int = 0
    packed: int = 0
    sizes: list[int] = field(default_factory=list)
    crcs: list[int | None] = field(default_factory=list)
    crc: int | None = None
    outputs: int = 1
    last: int = 0
    """Which output is the result."""


@dataclass(frozen=True, slots=True)
class Head:
    """All folders, and the names of the members with bytes in the order in which they come out."""

    folders: tuple[Folder, ...]
    names: tuple[str, ...]


def read_head(file: BinaryIO, unpack: Callable[[Folder, int], bytes]) -> Head:
    """Read the head of an archive. `unpack` gives what one folder holds, up to so many bytes.

    Raises:
        Broken: when it contradicts itself, is cut, or is larger than may be parsed.
    """
    file.seek(0)
    start = file.read(_START)
    if len(start) < _START:
        raise Broken("cut short")
    offset, size = struct.unpack_from("<QQ", start, 12)
    if not size:
        return Head((), ())
    file.seek(min(_START + offset, 1 << 62))
    data = file.read(size) if size <= _LARGEST else b""
    if len(data) != size:
        raise Broken("the head is cut or too large")
    for _ in range(4):
        parser = _Parser(data)
        kind = parser.byte()
        if kind == _HEADER:
            return parser.header()
        if kind != _PACKED_HEADER:
            break
        folders = parser.streams()
        if len(folders) != 1 or folders[0].size > _LARGEST:
            raise Broken("the head is too large")
        data = unpack(folders[0], folders[0].size)
    raise Broken("no head")


class _Parser:
    """Reads the numbers and lists that a head is made of."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)
        self._most = len(data) * 8

    def take(self, size: int) -> bytes:
        data = self._file.read(min(size, self._most))
        if len(data) != size:
            raise Broken("the head is cut")
        return data

    def byte(self) -> int:
        return self.take(1)[0]

    def number(self) -> int:
        """Read a number: as many leading ones in the first byte as bytes follow."""
        first = self.byte()
        value, mask = 0, 0x80
        for place in range(8):
            if not first & mask:
                return value | ((first & (mask - 1)) << (8 * place))
            value |= self.byte() << (8 * place)
            mask >>= 1
        return value

    def count(self) -> int:
        """Read how many of something follow; each takes at least a bit."""
        value = self.number()
        if value > self._most:
            raise Broken("more than the head can hold")
        return value

    def bits(self, count: int) -> list[bool]:
        data = self.take((count + 7) // 8)
        return [bool(data[i >> 3] & 0x80 >> (i & 7)) for i in range(count)]

    def crcs(self, count: int) -> list[int | None]:
        known = [True] * count if self.byte() else self.bits(count)
        return [int.from_bytes(self.take(4), "little") if there else None for there in known]

    def expect(self, kind: int) -> None:
        if self.byte() != kind:
            raise Broken("something else was expected")

    def header(self) -> Head:
        folders: list[Folder] = []
        names: tuple[str, ...] = ()
        while (kind := self.byte()) != _END:
            if kind == _STREAMS:
                folders = self.streams()
            elif kind == _FILES:
                names = self.files()
            elif kind == _ADDITIONAL:
                self.streams()
            else:
                raise Broken("an unknown part")
        return Head(tuple(folders), names)

    def streams(self) -> list[Folder]:
        at, packed = 0, list[int]()
        folders: list[Folder] = []
        split = False
        while (kind := self.byte()) != _END:
            if kind == _PACK:
                at, packed = self.pack_info()
            elif kind == _UNPACK:
                folders = self.unpack_info()
            elif kind == _SUBSTREAMS:
                self.substreams(folders)
                split = True
            else:
                raise Broken("an unknown part")
        if not split:
            for folder in folders:
                folder.sizes, folder.crcs = [folder.size], [folder.crc]
        self._place(folders, at + _START, packed)
        return folders

    @staticmethod
    def _place(folders: Sequence[Folder], at: int, packed: Sequence[int]) -> None:
        stream = 0
        for folder in folders:
            mine = packed[stream : stream + folder.streams]
            if len(mine) != folder.streams:
                raise Broken("a packed stream is missing")
            folder.at, folder.packed = at, sum(mine)
            at += sum(mine)
            stream += folder.streams

    def pack_info(self) -> tuple[int, list[int]]:
        at, count = self.number(), self.count()
        sizes: list[int] = []
        while (kind := self.byte()) != _END:
            if kind == _SIZES:
                sizes = [self.number() for _ in range(count)]
            elif kind == _CRCS:
                self.crcs(count)
            else:
                raise Broken("an unknown part")
        return at, sizes

    def unpack_info(self) -> list[Folder]:
        self.expect(_FOLDERS)
        count = self.count()
        if self.byte():
            raise Broken("folders that stand elsewhere")
        folders = [self.folder() for _ in range(count)]
        self.expect(_UNPACK_SIZES)
        for folder in folders:
            sizes = [self.number() for _ in range(folder.outputs)]
            folder.size = sizes[folder.last]
        while (kind := self.byte()) != _END:
            if kind != _CRCS:
                raise Broken("an unknown part")
            for folder, crc in zip(folders, self.crcs(count), strict=True):
                folder.crc = crc
        return folders

    def folder(self) -> Folder:
        coders = [self.coder() for _ in range(self.count())]
        inputs, outputs = sum(c.inputs for c in coders), sum(c.outputs for c in coders)
        if not 0 < outputs <= 32 or inputs > 32:
            raise Broken("no such folder")
        bound = {self.number(): self.number() for _ in range(outputs - 1)}
        streams = inputs - len(bound)
        if streams > 1:
            for _ in range(streams):
                self.number()
        last = next((i for i in range(outputs) if i not in bound.values()), -1)
        if streams < 1 or last < 0:
            raise Broken("no such folder")
        linear = streams == 1 and all(c.inputs == c.outputs == 1 for c in coders)
        chain = _chain(coders, bound, last) if linear else tuple(coders)
        return Folder(chain, linear, streams, outputs=outputs, last=last)

    def coder(self) -> Coder:
        flags = self.byte()
        method = self.take(flags & 15)
        inputs, outputs = (self.count(), self.count()) if flags & 0x10 else (1, 1)
        settings = self.take(self.count()) if flags & 0x20 else b""
        return Coder(method, settings, inputs, outputs)

    def substreams(self, folders: Sequence[Folder]) -> None:
        counts = [1] * len(folders)
        kind = self.byte()
        if kind == _COUNTS:
            counts = [self.count() for _ in folders]
            kind = self.byte()
        for folder, count in zip(folders, counts, strict=True):
            known = [self.number() for _ in range(count - 1)] if kind == _SIZES else []
            rest = folder.size - sum(known)
            if rest < 0 or len(known) < count - 1:
                raise Broken("members larger than their folder")
            folder.sizes = [*known, rest] if count else []
        kind = self.byte() if kind == _SIZES else kind
        if kind == _CRCS:
            without = [f for f in folders if len(f.sizes) != 1 or f.crc is None]
            crcs = iter(self.crcs(sum(len(f.sizes) for f in without)))
            for folder in without:
                folder.crcs = [next(crcs) for _ in folder.sizes]
            kind = self.byte()
        for folder in folders:
            folder.crcs = folder.crcs or (
                [folder.crc] if len(folder.sizes) == 1 else [None] * len(folder.sizes)
            )
        if kind != _END:
            raise Broken("an unknown part")

    def files(self) -> tuple[str, ...]:
        count = self.count()
        names, empty = [""] * count, [False] * count
        while (kind := self.byte()) != _END:
            part = _Parser(self.take(self.count()))
            if kind == _EMPTY:
                empty = part.bits(count)
            elif kind == _NAMES and not part.byte():
                names = part.take(part.left).decode("utf-16-le", "replace").split("\0")[:count]
        if len(names) != count:
            raise Broken("fewer names than members")
        return tuple(name for name, nothing in zip(names, empty, strict=True) if not nothing)

    @property
    def left(self) -> int:
        return len(self._file.getbuffer()) - self._file.tell()


def _chain(coders: Sequence[Coder], bound: dict[int, int], last: int) -> tuple[Coder, ...]:
    """Put the steps in the order in which they unpack: each takes what another gives."""
    chain, at = [coders[last]], last
    while at in bound and len(chain) < len(coders):
        at = bound[at]
        if at >= len(coders):
            raise Broken("no such coder")
        chain.append(coders[at])
    if len(chain) != len(coders):
        raise Broken("coders that are not bound")
    return tuple(reversed(chain))
