"""Rar archives, by libarchive (extra `rar`): one pass, nothing is unpacked to disk."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from itertools import chain, repeat
from typing import Any, Final

from app.domain.record import Problem
from app.steps.locate.limits import Reading
from app.steps.locate.passage import Passage
from app.steps.locate.read.rar_head import FIVE, Member, is_volume, members_of
from app.steps.locate.read.raw import read_raw
from app.steps.locate.read.source import Container, Counted, Source

_STEP: Final = 256 << 10


def read_rar(source: Source, reading: Reading) -> Iterator[Passage]:
    """Read every member; without libarchive its bytes are searched as they are, and that is said."""
    try:
        import libarchive
    except Exception:  # noqa: BLE001  the binding asks a library that is not there for its functions
        reading.note(Problem.RAR_NOT_READ)
        yield from read_raw(source, reading)
        return
    if reading.too_deep():
        return
    broken = Problem.MALFORMED in reading.account.problems
    file = source.whole(reading.limits.held)
    kind, said = "rar", list[Member]()
    if source.head().startswith(FIVE):
        kind, said = "rar5", members_of(file)
    if is_volume(source.head()):
        reading.note(Problem.VOLUME)
    container = Container(reading, file.seek(0, 2))
    file.seek(0)
    try:
        with libarchive.stream_reader(file, kind, block_size=_STEP) as archive:
            yield from _members(archive, said, container, reading)
    except libarchive.ArchiveError as error:
        _note(error, reading)
    if Problem.MALFORMED in reading.account.problems and not broken:
        yield from read_raw(source, reading)


def _members(
    archive: Any, said: Sequence[Member], container: Container, reading: Reading
) -> Iterator[Passage]:
    for entry, member in zip(archive, chain(said, repeat(Member())), strict=False):
        if reading.spent:
            return
        if entry.isfile and (member.locked or _is_locked(entry)):
            reading.note(Problem.ENCRYPTED)
            yield Passage(str(entry.pathname).encode("utf-8", "replace"))
        elif entry.isfile:
            stream = _Member(entry.get_blocks(_STEP), member.crc, reading)
            yield from reading.enter(Source(str(entry.pathname), container.meter(stream)))


def _is_locked(entry: Any) -> bool:
    """Ask the library what its binding does not tell: it gives what is encrypted as if it were plain."""
    from ctypes import c_void_p

    from libarchive import ffi

    ask = ffi.libarchive.archive_entry_is_encrypted
    ask.argtypes = [c_void_p]
    return bool(ask(entry._entry_p))  # noqa: SLF001  the binding gives its own handle nowhere else


def _note(error: Exception, reading: Reading) -> None:
    reading.note(Problem.ENCRYPTED if "ncrypt" in str(error) else Problem.MALFORMED)


class _Member:
    """What comes out of one member, to where it breaks or needs a password: then the next one is read."""

    def __init__(self, blocks: Iterator[bytes], crc: int | None, reading: Reading) -> None:
        self._stream = Counted(blocks)
        self._wanted = crc
        self._crc = 0
        self._reading = reading

    def read(self, size: int, /) -> bytes:
        from libarchive import ArchiveError

        try:
            block = self._stream.read(size)
        except ArchiveError as error:
            _note(error, self._reading)
            return b""
        self._crc = zlib.crc32(block, self._crc)
        if not block and size and self._wanted not in (None, self._crc):
            self._reading.note(Problem.MALFORMED)
        return block
