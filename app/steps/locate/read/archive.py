"""Archives: zip, tar, gzip, bzip2 and xz, nested, within limits; nothing is unpacked to disk."""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, BinaryIO, Final

from app.domain.record import Problem
from app.steps.locate.limits import Breach, Reading
from app.steps.locate.passage import Passage
from app.steps.locate.read.beside import read_beside
from app.steps.locate.read.inflate import member
from app.steps.locate.read.office import is_office, read_office
from app.steps.locate.read.raw import read_encrypted, read_raw
from app.steps.locate.read.sheet import read_sheet
from app.steps.locate.read.source import BLOCK, Container, Counted, Source
from app.system.tars import Header

_DIRECTORY_BYTES: Final = 64 << 20
"""A larger list of members is not even parsed: it would take a gigabyte of memory."""

_MANIFEST: Final = "META-INF/manifest.xml"


def read_zip(source: Source, reading: Reading) -> Iterator[Passage]:
    """Read a zip, or the document that it is."""
    file = source.whole(reading.limits.held)
    count, directory = _end_record(file)
    if directory > _DIRECTORY_BYTES:
        raise Breach(Problem.BOMB_MEMBERS)
    size = file.seek(0, 2)
    with zipfile.ZipFile(file) as archive:
        container = Container(reading, size)
        names = archive.namelist()
        if count not in (len(names) & 0xFFFF, 0xFFFF):
            reading.note(Problem.MALFORMED)
        if _is_locked(archive, names):
            yield from read_encrypted(source, reading)
        elif "xl/workbook.bin" in names or _is_sheet(archive, names):
            yield from read_sheet(source, reading)
            yield from read_beside(archive, container, reading)
        elif is_office(names):
            yield from read_office(archive, container, reading)
        elif reading.too_deep():
            return
        else:
            yield from _members(archive, container, reading)


def _is_sheet(archive: zipfile.ZipFile, names: list[str]) -> bool:
    """Whether it is an OpenDocument sheet; its numbers stand in attributes, which a stream of text lacks."""
    if "mimetype" not in names or "content.xml" not in names:
        return False
    with archive.open("mimetype") as stream:
        return stream.read(64).startswith(b"application/vnd.oasis.opendocument.spreadsheet")


def _members(archive: zipfile.ZipFile, container: Container, reading: Reading) -> Iterator[Passage]:
    for info in archive.infolist():
        if reading.spent:
            return
        if info.is_dir():
            continue
        try:
            if info.flag_bits & 1:
                yield from _locked(archive, info, container, reading)
                continue
            with member(archive, info) as stream:
                yield from reading.enter(Source(_name(info), container.meter(stream)))
        except NotImplementedError:
            reading.note(Problem.UNKNOWN_FORMAT)  # a way of packing the standard library lacks
        except zipfile.BadZipFile:
            reading.note(Problem.MALFORMED)


def _locked(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, container: Container, reading: Reading
) -> Iterator[Passage]:
    if not reading.means.passwords:
        reading.note(Problem.ENCRYPTED)
        return
    from app.steps.locate.read.locked_zip import Wrong, opened

    try:
        stream = opened(archive, info, reading)
    except Wrong:
        reading.note(Problem.ENCRYPTED)
    else:
        yield from reading.enter(Source(_name(info), container.meter(stream)))


def _is_locked(archive: zipfile.ZipFile, names: list[str]) -> bool:
    """Whether it is an OpenDocument file under a password: its members are noise, and look whole."""
    if _MANIFEST not in names:
        return False
    with archive.open(_MANIFEST) as stream:
        return b"encryption-data" in stream.read(4 << 20)


def _name(info: zipfile.ZipInfo) -> str:
    """Give a member's name; without its flag UTF-8 is tried, then GB18030, as Chinese systems write it."""
    if info.flag_bits & 0x800 or info.filename.isascii():
        return info.filename
    for codec in ("utf-8", "gb18030"):
        try:
            return info.filename.encode("cp437").decode(codec)
        except UnicodeError:
            continue
    return info.filename


def _end_record(file: BinaryIO) -> tuple[int, int]:
    """Give the number of members and the size of the directory that the end record declares.

    Only to notice a directory that is too large or cut short: (0, 0) where there is no record.
    """
    size = file.seek(0, 2)
    file.seek(max(0, size - 65_557))
    tail = file.read()
    place = tail.rfind(b"PK\x05\x06")
    file.seek(0)
    if place < 0 or len(tail) < place + 22:
        return 0, 0
    count, directory = struct.unpack_from("<HL", tail, place + 10)
    # 0xffffffff points to the zip64 record; the directory can't be larger than the file.
    return count, min(directory, size)


def read_tar(source: Source, reading: Reading) -> Iterator[Passage]:
    """Read a tar in one pass, and what stands behind its end. Links and devices in it hold no bytes."""
    if reading.too_deep():
        return
    packed = Counted(source.blocks())
    container = Container(reading, 1)
    with tarfile.open(fileobj=packed, mode="r|", tarinfo=Header) as archive:  # type: ignore[call-overload]  # needs only read()
        for member in archive:
            if reading.spent:
                return
            if not member.isfile():
                continue
            container.size = packed.taken + 512
            stream = archive.extractfile(member)
            if stream:
                yield from reading.enter(Source(member.name, container.meter(stream)))
        behind = _behind(archive.fileobj)
        if behind:
            container.size = 1 << 62  # what lies there unpacked was never packed
            yield from reading.enter(Source(source.name, container.meter(behind)))


def _behind(tape: Any) -> Counted | None:
    """Give what stands behind the end of a tar: nothing where it is zeros, and often another tar."""
    while block := tape.read(BLOCK):
        zeros = len(block) - len(block.lstrip(b"\0"))
        if zeros < len(block):
            first = block[zeros - zeros % tarfile.BLOCKSIZE :]
            return Counted(chain((first,), iter(lambda: tape.read(BLOCK), b"")))
    return None


def _squeezed(
    open_stream: Callable[[Any], Any], endings: tuple[str, ...]
) -> Callable[..., Iterator[Passage]]:
    def read(source: Source, reading: Reading) -> Iterator[Passage]:
        if reading.too_deep():
            return
        packed = Counted(source.blocks())
        container = Container(reading, 1)
        name = source.name
        for ending in endings:
            name = name[: -len(ending)] if name.lower().endswith(ending) else name
        name += ".tar" if source.name.lower().endswith((".tgz", ".tbz", ".txz")) else ""
        broken = Problem.MALFORMED in reading.account.problems
        with open_stream(packed) as stream:
            yield from reading.enter(Source(name, container.meter(_Following(stream, packed, container))))
        if Problem.MALFORMED in reading.account.problems and not broken:
            yield from read_raw(source, reading)

    return read


class _Following:
    """A packed stream whose container is as large as what has been taken from it so far."""

    def __init__(self, stream: Any, packed: Counted, container: Container) -> None:
        self._stream = stream
        self._packed = packed
        self._container = container

    def read(self, size: int, /) -> bytes:
        block: bytes = self._stream.read(size)
        self._container.size = max(1, self._packed.taken)
        return block


def _gunzip(packed: Any) -> gzip.GzipFile:
    return gzip.GzipFile(fileobj=packed, mode="rb")  # it needs only read()


read_gzip = _squeezed(_gunzip, (".gz", ".tgz"))
read_bzip2 = _squeezed(bz2.BZ2File, (".bz2", ".tbz"))
read_xz = _squeezed(lzma.LZMAFile, (".xz", ".txz"))
