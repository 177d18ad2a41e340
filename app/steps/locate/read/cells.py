"""Cells of a sheet: those that are one value taken out column by column, others around what is reported."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Final, NamedTuple

from app.steps.locate.engine import Class, Hits
from app.steps.locate.passage import Passage
from app.steps.locate.words import LABELS, ODD

_VALUE: Final = (
    rb"(?:<v>|<is><t[^>]*>)"
    rb"([0-9]{11}|[0-9]{16,19}|[0-9]{17}[Xx]|[0-9a-z._]{1,40}@[a-z0-9][a-z0-9.\-]{1,40})"
    rb"(?:</v>|</t></is>)</c>"
)
"""In each of these every engine reports something, so none needs to be asked."""
_ANY: Final = re.compile(rb'<c r="([A-Z]{1,3})[0-9]{1,7}"[^>]*>' + _VALUE)
_STRINGS: Final = re.compile(
    rb"<si><t[^>]*>([0-9]{11}|[0-9]{16,19}|[0-9]{17}[Xx]|[0-9a-z._]{1,40}@[a-z0-9][a-z0-9.\-]{1,40})</t></si>"
)
_REACH: Final = 32 << 10
"""Characters a cell may hold (Excel's own limit)."""
_PLAIN_CELL: Final = re.compile(
    rb'<c r="([A-Z]{1,3})([0-9]{1,7})"[^>]*>(?:<f[^>]*>[^<]*</f>|<f[^>]*/>)?(?:<v>|<is><t[^>]*>)([^<]*)'
)
_PLAIN_REACH: Final = 256
"""Characters from a cell's tag to what was reported in it, in nearly all."""
_FRACTION: Final = re.compile(
    rb'<c r="[A-Z]{1,3}[0-9]{1,7}"(?: s="[0-9]{1,5}")?(?: t="n")?>(?:<f[^>]*>[^<]*</f>|<f[^>]*/>)?'
    rb"<v>-?[0-9]{1,6}\.[0-9]+</v>"
)
"""A cell that holds a number with a fraction, and as such no value of anybody."""
_ADDRESS: Final = re.compile(rb'<c r="([A-Z]{1,3})([0-9]{1,7})"')
_TELLS_OF_NEXT: Final = re.compile("|".join((*LABELS[ODD], "KEY", "&lt;")), re.IGNORECASE | re.ASCII)
_SAMPLE: Final = 16 << 10
_OFTEN: Final = 3
_COLUMNS: Final = 6
"""For more columns it takes longer to go through the sheet for each than to ask for all of them."""


class Taken(NamedTuple):
    """The values of one column in a piece of a sheet, and the rows of the first and the last."""

    values: Sequence[bytes]
    rows: tuple[bytes, bytes]


def columns_of_values(xml: bytes) -> list[bytes]:
    """Name the columns that hold values, going by the first rows."""
    often = Counter(found[0] for found in _ANY.findall(xml[:_SAMPLE]))
    return [column for column, count in often.most_common(_COLUMNS) if count >= _OFTEN]


def take_columns(xml: bytes) -> tuple[dict[bytes, Taken], bytes]:
    """Take the values of columns out of a sheet, and give what is left of it."""
    taken = {}
    for column in columns_of_values(xml):
        pattern = _of_column(column)
        first = pattern.search(xml)
        if first is None:
            continue
        parts = pattern.split(xml)
        last = xml.rfind(b'<c r="' + column, 0, len(xml) - len(parts[-1]))
        taken[column] = Taken(parts[1::2], (_row(xml, column, first.start()), _row(xml, column, last)))
        xml = b"".join(parts[::2])
    return taken, xml


def take_strings(xml: bytes) -> tuple[Sequence[bytes], bytes]:
    """Take the shared strings that are values, and give what is left of them."""
    if len(_STRINGS.findall(xml[:_SAMPLE])) < _OFTEN:
        return (), xml
    parts = _STRINGS.split(xml)
    return parts[1::2], b"".join(parts[::2])


@cache
def _of_column(column: bytes) -> re.Pattern[bytes]:
    return re.compile(rb'<c r="' + column + rb'[0-9]{1,7}"[^>]*>' + _VALUE)


def _row(xml: bytes, column: bytes, at: int) -> bytes:
    start = at + len(b'<c r="') + len(column)
    return xml[start : xml.index(b'"', start)]


class Cells:
    """What was reported in one column of a piece of a sheet."""

    def __init__(self) -> None:
        self.texts: list[bytes] = []
        self.rows: tuple[bytes, bytes] | None = None

    @classmethod
    def of(cls, taken: Taken | None, found: Cells | None) -> Cells:
        """Put what was taken out at once and what was found one by one together."""
        if taken is None or found is None:
            made = found or cls()
            if taken:
                made.texts, made.rows = list(taken.values), taken.rows
            return made
        found.texts = [*taken.values, *found.texts]
        rows = [*taken.rows, *(found.rows or ())]
        found.rows = min(rows, key=int), max(rows, key=int)
        return found

    def add(self, text: bytes, row: bytes) -> None:
        """Take one cell."""
        self.texts.append(text)
        if row:
            self.rows = (self.rows[0] if self.rows else row, row)

    def passage(self, sheet: str, column: bytes, head: str, common: str) -> Passage:
        """Give the cells under the head of their column, with their place."""
        where = sheet
        if column and self.rows:
            letters, (first, last) = column.decode(), self.rows
            where = f"{sheet}!{letters}{first.decode()}"
            where += f":{letters}{last.decode()}" if last != first else ""
        return Passage(b"\n".join(self.texts), head or common, column=bool(head), where=where)


def tells(*parts: Sequence[bytes]) -> bool:
    """Whether a word in some cells may say something of those below them, so that their order counts."""
    text = b"\n".join([b"\n".join(cells) for cells in parts])
    return bool(_TELLS_OF_NEXT.search(text.decode("utf-8", "replace")))


def around(xml: bytes, hits: Hits, *, inside: bool) -> dict[bytes, Cells]:
    """Take the cells around what was reported, by their columns; without columns where they are strings."""
    found: dict[bytes, Cells] = {}
    done = -1
    plain = _PLAIN_CELL.match
    for end, kind in hits:
        at = end - 1
        if kind == Class.ESCAPE or at <= done:  # what ended a number may be the sign after its cell
            continue
        tag = xml.rfind(b"<c ", max(0, at - _PLAIN_REACH), at) if inside else -1
        cell = plain(xml, tag) if tag >= 0 else None
        if cell and cell.start(3) <= at <= cell.end(3):
            column, row, text = cell.groups()
            done = cell.end()
            if b"." in text and _FRACTION.match(xml, tag):
                continue
        else:
            first = xml.rfind(b">", max(0, at - _REACH), at) + 1
            done = xml.find(b"<", at)
            done = done if done >= 0 else len(xml)
            if xml.rfind(b"<", first, at) >= first:
                continue  # inside a tag: an attribute is no cell
            column, row = _address(xml, first) if inside else (b"", b"")
            text = xml[first:done]
        cells = found.get(column)
        if cells is None:
            cells = found[column] = Cells()
        cells.add(text, row)
    return found


def _address(xml: bytes, first: int) -> tuple[bytes, bytes]:
    """Give column and row of the cell whose text begins at a place; nothing where it has none."""
    tag = xml.rfind(b"<c ", max(0, first - _REACH), first)
    address = _ADDRESS.match(xml, tag) if tag >= 0 else None
    return (address[1], address[2]) if address else (b"", b"")
