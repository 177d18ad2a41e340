"""OLE files (MS-CFB): workbooks, Word and PowerPoint documents before 2007, Outlook mails, WPS documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from app.steps.locate.limits import Reading, TooLarge
from app.steps.locate.passage import Passage
from app.steps.locate.read.doc import read_doc
from app.steps.locate.read.locked_office import Locked, read_locked
from app.steps.locate.read.msg import read_msg
from app.steps.locate.read.ppt import read_ppt
from app.steps.locate.read.raw import read_encrypted, read_unknown
from app.steps.locate.read.sheet import read_sheet
from app.steps.locate.read.source import Source

_READERS: Final[tuple[tuple[str, Callable[[Streams, Reading], Iterator[Passage]]], ...]] = (
    ("WordDocument", read_doc),
    ("PowerPoint Document", read_ppt),
    ("__properties_version1.0", read_msg),
)
_LOCKED: Final = "EncryptedPackage".encode("utf-16-le")
_START: Final = 64 << 20
"""Where the name of the one stream of an encrypted document is looked for, when the directory is broken."""


def read_ole(source: Source, reading: Reading) -> Iterator[Passage]:
    """Read an OLE file by the names of its streams.

    Raises:
        OSError: when its directory or its allocation table is broken.
    """
    import olefile

    file = source.whole(reading.limits.held)
    try:
        opened = olefile.OleFileIO(file)
    except Exception:  # broken files make it raise anything
        file.seek(0)
        if _LOCKED not in file.read(_START):
            raise
        yield from read_encrypted(source, reading)
        return
    with opened as ole:
        streams = Streams(ole, reading.limits.held)
        names = streams.names
        if "EncryptedPackage" in names:
            yield from read_locked(source, reading)
        elif "Workbook" in names or "Book" in names:
            yield from read_sheet(source, reading)
        else:
            for name, reader in _READERS:
                if name in names:
                    yield from _known(reader, streams, source, reading)
                    return
            yield from read_unknown(source, reading)


def _known(
    reader: Callable[[Streams, Reading], Iterator[Passage]],
    streams: Streams,
    source: Source,
    reading: Reading,
) -> Iterator[Passage]:
    try:
        yield from reader(streams, reading)
    except Locked:
        yield from read_locked(source, reading)


class Streams:
    """The streams of an OLE file by their paths, `/` between the names."""

    def __init__(self, ole: Any, limit: int) -> None:
        self._ole = ole
        self._limit = limit
        self.names = ["/".join(parts) for parts in ole.listdir(streams=True, storages=False)]

    def read(self, name: str) -> bytes:
        """Give one stream as a whole.

        Raises:
            TooLarge: when it is larger than may be held in memory.
        """
        if self._ole.get_size(name) > self._limit:
            raise TooLarge
        with self._ole.openstream(name) as stream:
            data: bytes = stream.read()
        return data
