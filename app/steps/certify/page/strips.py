"""The pieces that blocks are made of: fields, paragraphs, table rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from typing_extensions import override

from app.steps.certify.page.sheet import (
    BODY,
    HEAD,
    INNER,
    LABEL,
    MARGIN,
    SMALL,
    Ink,
    Rule,
    Sheet,
    Strip,
    Style,
    set_lines,
    width_of,
)

PAD: Final = 7.0
CONTENT: Final = INNER - MARGIN - 2 * PAD
"""Width of a block's content."""
_GAP: Final = 6.0
_TALLEST: Final = 30
"""Lines of a table row that stay together."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Text in its place inside a strip. `align` 0 is left, 1 right."""

    x: float
    width: float
    lines: tuple[str, ...]
    style: Style
    align: float = 0.0

    @classmethod
    def of(cls, x: float, width: float, text: str, style: Style, align: float = 0.0) -> Cell:
        """Break `text` into a cell."""
        return cls(x, width, tuple(style.lines(text, width)), style, align)


@dataclass(frozen=True, slots=True)
class Row(Strip):
    """Cells side by side. A `ruled` row has a hair line under it; `head` is repeated on the next page.

    A `spare` row may stand in the annex where the front has no room for it; one that
    `follows` goes on with the row above.
    """

    cells: tuple[Cell, ...]
    ruled: bool = False
    above: float = 0.0
    below: float = 0.0
    head: Row | None = None
    spare: bool = False
    follows: bool = False

    @property
    @override
    def height(self) -> float:
        tallest = max((len(cell.lines) * cell.style.lead for cell in self.cells), default=0.0)
        return self.above + tallest + self.below

    @override
    def draw(self, sheet: Sheet, x: float, top: float) -> None:
        for cell in self.cells:
            if cell.align:
                for number, line in enumerate(cell.lines):
                    shift = cell.align * (cell.width - width_of(line, cell.style))
                    at = top - self.above - number * cell.style.lead
                    set_lines(sheet, x + cell.x + shift, at, [line], cell.style)
            else:
                set_lines(sheet, x + cell.x, top - self.above, cell.lines, cell.style)
        if self.ruled:
            foot = top - self.height
            sheet.put(Rule(x, foot, x + CONTENT, foot, Ink.HAIR, 0.4))


def fields(pairs: Sequence[tuple[str, str]], label_width: float, columns: int = 2) -> list[Strip]:
    """Set labelled values in columns; a value too wide for its column gets a row of its own."""
    strips: list[Strip] = []
    column = (CONTENT - (columns - 1) * _GAP) / columns
    waiting: list[Cell] = []
    for label, value in pairs:
        wide = len(BODY.lines(value, column - label_width)) > 1
        if waiting and (wide or len(waiting) == 2 * columns):
            strips.append(Row(tuple(waiting)))
            waiting = []
        start = len(waiting) // 2 * (column + _GAP)
        room = CONTENT if wide else column
        waiting.append(Cell.of(start, label_width - 4, label, LABEL))
        waiting.append(Cell.of(start + label_width, room - label_width, value, BODY))
        if wide:
            strips.append(Row(tuple(waiting)))
            waiting = []
    if waiting:
        strips.append(Row(tuple(waiting)))
    return strips


def paragraph(text: str, style: Style = SMALL, above: float = 0.0) -> list[Strip]:
    """Set running text; each line is a strip, so that it may run over to the next page."""
    return [
        Row((Cell(0, CONTENT, (line,), style),), above=0 if number else above)
        for number, line in enumerate(style.lines(text, CONTENT))
    ]


def items(texts: Sequence[str], spare: Sequence[str] = (), style: Style = SMALL) -> list[Strip]:
    """Set a numbered list, `spare` ones last; each entry stays whole."""
    return [
        Row(
            (Cell.of(0, 12, f"{n}.", style), Cell.of(14, CONTENT - 14, text, style)),
            below=1.5,
            spare=n > len(texts),
        )
        for n, text in enumerate((*texts, *spare), 1)
    ]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its head, its share of the width, and 1 in `align` for numbers."""

    head: str
    share: float
    align: float = 0.0


def table(
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    above: float = 0.0,
    last: Sequence[Sequence[str]] = (),
) -> list[Strip]:
    """Set a table; its head stands again on each page it runs over to. The `last` rows are never spared."""
    total = sum(column.share for column in columns)
    room = CONTENT - (len(columns) - 1) * _GAP
    widths = [room * column.share / total for column in columns]
    starts = [sum(widths[:i]) + i * _GAP for i in range(len(columns))]
    places = list(zip(starts, widths, columns, strict=True))
    heads = tuple(Cell.of(x, w, column.head, HEAD, column.align) for x, w, column in places)
    head = Row(heads, ruled=True, below=2)
    strips: list[Strip] = [replace(head, above=above)]
    for number, row in enumerate((*rows, *last)):
        cells = tuple(
            Cell.of(x, w, text, SMALL, column.align) for (x, w, column), text in zip(places, row, strict=True)
        )
        strips += (replace(piece, spare=number < len(rows)) for piece in _pieces(cells, head))
    return strips


def _pieces(cells: tuple[Cell, ...], head: Row) -> list[Row]:
    return parted(Row(cells, ruled=True, above=1.5, below=1.5, head=head))


def parted(row: Row) -> list[Row]:
    """Part a row that would fill a page into pieces that follow each other without a line between."""
    count = max(1, -(-max((len(cell.lines) for cell in row.cells), default=1) // _TALLEST))
    if count == 1:
        return [row]
    pieces = []
    for n in range(count):
        part = tuple(replace(c, lines=c.lines[n * _TALLEST : (n + 1) * _TALLEST]) for c in row.cells)
        last = n == count - 1
        pieces.append(
            replace(
                row,
                cells=part,
                ruled=row.ruled and last,
                above=0 if n else row.above,
                below=row.below if last else 0,
                follows=n > 0,
            )
        )
    return pieces
