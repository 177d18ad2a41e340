"""Tables: read by columns, so that the head of a column speaks for every value below it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice, zip_longest
from typing import Final

from app.steps.locate.passage import Passage
from app.steps.locate.words import is_header

_BATCH_CELLS: Final = 1 << 16
_BATCH_CHARS: Final = 1 << 20
_HEAD_ROWS: Final = 6

Row = Sequence[object]


def header_row(rows: Sequence[Row]) -> int | None:
    """Give the place of the row that holds the column heads, among the first rows."""
    for place, row in enumerate(rows):
        cells = [text for text in map(cell_text, row) if text.strip()]
        heads = sum(map(is_header, cells))
        if heads >= 2 and heads * 2 >= len(cells):
            return place
    return None


def table(rows: Iterable[Row]) -> Iterator[Passage]:
    """Read a table that may have a title above its head, or no head at all."""
    stream = iter(rows)
    first = list(islice(stream, _HEAD_ROWS))
    place = header_row(first)
    if place is None:
        yield from _by_rows(chain(first, stream))
        return
    yield from _by_rows(first[: place + 1])
    yield from by_columns([cell_text(c).strip() for c in first[place]], chain(first[place + 1 :], stream))


def by_columns(headers: Sequence[str], rows: Iterable[Row]) -> Iterator[Passage]:
    """Read rows under known heads, some thousand at a time, one passage a column."""
    for batch in _batches(rows):
        for place, column in enumerate(zip_longest(*batch, fillvalue="")):
            text = "\n".join(column)
            if text.strip():
                header = headers[place] if place < len(headers) else ""
                yield Passage(text.encode("utf-8", "replace"), header, column=bool(header), where=header)


def _by_rows(rows: Iterable[Row]) -> Iterator[Passage]:
    for batch in _batches(rows):
        yield Passage("\n".join("\t".join(row) for row in batch).encode("utf-8", "replace"))


def _batches(rows: Iterable[Row]) -> Iterator[list[list[str]]]:
    batch: list[list[str]] = []
    cells = chars = 0
    for row in rows:
        texts = [cell_text(cell) for cell in row]
        batch.append(texts)
        cells += len(texts)
        chars += sum(map(len, texts))
        if cells >= _BATCH_CELLS or chars >= _BATCH_CHARS:
            yield batch
            batch, cells, chars = [], 0, 0
    if batch:
        yield batch


def cell_text(cell: object) -> str:
    """Give a cell as text. A whole float is an integer: that is how a spreadsheet holds a phone number."""
    if isinstance(cell, str):
        return cell
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e18:
        return str(int(cell))
    if isinstance(cell, bytes):
        return _bytes_text(cell)
    return str(cell)


def _bytes_text(cell: bytes) -> str:
    for codec in ("utf-8", "gb18030"):
        try:
            return cell.decode(codec)
        except UnicodeDecodeError:
            continue
    return cell.decode("latin-1")
