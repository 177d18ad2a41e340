"""dBASE and FoxPro tables, read by columns; rows marked as deleted are still there and are read too."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from app.domain.record import Problem
from app.steps.locate.limits import Reading
from app.steps.locate.passage import Passage
from app.steps.locate.read.source import Source
from app.steps.locate.read.table import by_columns, cell_text

_VERSIONS: Final = frozenset(
    {0x02, 0x03, 0x04, 0x05, 0x30, 0x31, 0x32, 0x43, 0x63, 0x83, 0x8B, 0x8C, 0xCB, 0xF5, 0xFB}
)
_CODECS: Final = {0x4F: "cp950", 0x78: "cp950", 0x13: "cp932", 0x7B: "cp932", 0x03: "cp1252"}
"""By the language byte; the mainland's, and whatever is not named, is GB18030."""


class _Field(NamedTuple):
    name: str
    kind: str
    start: int
    end: int


def is_dbf(head: bytes) -> bool:
    """Whether the first bytes are a table's head: a date, lengths that fit, and the mark at its end."""
    if len(head) < 65 or head[0] not in _VERSIONS or not (1 <= head[2] <= 12 and 1 <= head[3] <= 31):
        return False
    header, record = struct.unpack_from("<HH", head, 8)
    # Only where a field could begin: any byte in a field's description may be the same, a width of 13 is.
    ended = b"\r" in head[32:header:32]
    return record > 1 and 65 <= header <= len(head) and ended


def read_dbf(source: Source, reading: Reading) -> Iterator[Passage]:
    """Read all rows. Memo fields stand in a file of their own beside it, which is looked at by itself."""
    head = source.head()
    count, header, record = struct.unpack_from("<LHH", head, 4)
    codec = _CODECS.get(head[29], "gb18030")
    fields = list(_fields(head, header, codec))
    if not fields or fields[-1].end > record:
        raise ValueError("the fields are longer than a row")
    seen = 0

    def rows() -> Iterator[list[str]]:
        nonlocal seen
        for row in _rows(source, header, record):
            seen += 1
            yield [_cell(row[field.start : field.end], field.kind, codec) for field in fields]

    yield from by_columns([field.name for field in fields], rows())
    if seen < count:
        reading.note(Problem.MALFORMED)


def _fields(head: bytes, header: int, codec: str) -> Iterator[_Field]:
    start = 1
    for at in range(32, header, 32):
        if head[at] == 0x0D:
            return
        name = head[at : at + 11].partition(b"\0")[0].decode(codec, "replace")
        length = head[at + 16]
        kind = chr(head[at + 11])
        if kind == "C":
            length += head[at + 17] << 8  # long texts: where numbers have their decimals
        yield _Field(name, kind, start, start + length)
        start += length


def _cell(data: bytes, kind: str, codec: str) -> str:
    """Give a field as text; FoxPro holds some numbers in binary."""
    if kind in "I+" and len(data) == 4:
        return str(int.from_bytes(data, "little", signed=True))
    if kind in "BO" and len(data) == 8:
        return cell_text(struct.unpack("<d", data)[0])
    return data.decode(codec, "replace").strip(" \0")


def _rows(source: Source, skip: int, length: int) -> Iterator[bytes]:
    """Give whole rows; what follows the last one is at most the mark of the end."""
    rest = b""
    for block in source.blocks():
        data = rest + block
        at = min(skip, len(data))
        skip -= at
        while at + length <= len(data):
            yield data[at : at + length]
            at += length
        rest = data[at:]
