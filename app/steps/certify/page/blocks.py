"""The frame: blocks with their title at the left, parted over pages with title and table head repeated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from typing import Final

from app.steps.certify.page.sheet import (
    BLOCK,
    BLOCK_EN,
    BOTTOM,
    HEIGHT,
    INNER,
    LEFT,
    MARGIN,
    MM,
    NOTE,
    TOP,
    Fill,
    Ink,
    Rule,
    Sheet,
    Strip,
    Style,
    set_lines,
)
from app.steps.certify.page.strips import PAD, Row, parted

_AIR: Final = 4.0
"""Space above and below the content of a block."""
_LINE: Final = 13.0
"""What is lower than this is a single line."""
NEXT_TOP: Final = HEIGHT - TOP - 6 * MM
"""Where content starts on the pages after the first, below their running head."""


class Parting(Enum):
    """Which blocks may run over to the next page, where they would fit on one at all."""

    NEVER = "never"
    LONG = "long"
    """Those that take a fifth of a page or more."""
    FREELY = "freely"


@dataclass(frozen=True, slots=True)
class Block:
    """One box of the form: a title in each language, and its strips."""

    titles: tuple[str, ...]
    continued: tuple[str, ...]
    strips: tuple[Strip, ...]
    parting: Parting = Parting.LONG
    note: tuple[str, ...] = ()
    """What stands small under the title."""


def place(sheet: Sheet, block: Block) -> None:
    """Put a block on the sheet, over as many pages as it needs."""
    _begin(sheet, block)
    start, titles = sheet.y, block.titles
    sheet.y -= _AIR
    strips = list(_flowing(block.strips))
    for number, strip in enumerate(strips):
        if _together(strips, number) + _AIR > sheet.room():
            sheet.y = min(sheet.y, start - _margin_height(titles, ())) - _AIR
            _frame(sheet, start, titles)
            sheet.turn(NEXT_TOP)
            start, titles = sheet.y, _marked(block)
            sheet.y -= _AIR
            if isinstance(strip, Row) and strip.head and number:
                _draw(sheet, strip.head)
        _draw(sheet, strip)
    # The note stands beside the last part, which is made as tall as it needs.
    sheet.y = min(sheet.y, start - _margin_height(titles, block.note)) - _AIR
    _frame(sheet, start, titles, block.note)


def _begin(sheet: Sheet, block: Block) -> None:
    """Turn the page when no more than the title would fit, or a short block would be parted for nothing."""
    whole = sum(strip.height for strip in block.strips) + 2 * _AIR
    least = sum(strip.height for strip in islice(_flowing(block.strips), 2)) + 2 * _AIR
    short = block.parting is Parting.NEVER or (
        block.parting is Parting.LONG and whole < (NEXT_TOP - BOTTOM) / 5
    )
    tall = _margin_height(block.titles, block.note) + 2 * _AIR
    if sheet.room() < max(least, 34, tall) or (short and sheet.room() < whole):
        sheet.turn(NEXT_TOP)


def _together(strips: Sequence[Strip], number: int) -> float:
    """How tall a strip is with what may not be parted from it: a head's first row, a last line."""
    strip, rest = strips[number], strips[number + 1 :]
    height = strip.height
    if rest and isinstance(strip, Row) and isinstance(rest[0], Row):
        first = rest[0].head is not None and rest[0].head.cells == strip.cells
        alone = len(rest) == 1 and rest[0].height < _LINE
        height += rest[0].height if first or alone else 0.0
    return height


def _flowing(strips: Sequence[Strip]) -> Iterator[Strip]:
    """Part what is taller than some third of a page."""
    for strip in strips:
        yield from parted(strip) if isinstance(strip, Row) else (strip,)


def _draw(sheet: Sheet, strip: Strip) -> None:
    strip.draw(sheet, LEFT + MARGIN + PAD, sheet.y)
    sheet.y -= strip.height


def _marked(block: Block) -> tuple[str, ...]:
    return tuple(f"{t} ({c})" for t, c in zip(block.titles, block.continued, strict=True))


def _in_margin(titles: Sequence[str], note: Sequence[str]) -> list[tuple[list[str], Style]]:
    """The lines of the margin, each with its style."""
    styles = [(title, BLOCK_EN if number else BLOCK) for number, title in enumerate(titles)]
    texts = [*styles, *((text, NOTE) for text in note)]
    return [(style.lines(text, MARGIN - 1.4 * PAD), style) for text, style in texts]


def _margin_height(titles: Sequence[str], note: Sequence[str]) -> float:
    return _AIR + sum(len(lines) * style.lead for lines, style in _in_margin(titles, note))


def _frame(sheet: Sheet, top: float, titles: Sequence[str], note: Sequence[str] = ()) -> None:
    """Draw the box around what stands between `top` and the present foot, its title and its note."""
    foot = sheet.y
    page = sheet.pages[-1]
    page.insert(0, Fill(LEFT, foot, MARGIN, top - foot))
    right = LEFT + INNER
    for line in (
        Rule(LEFT, top, right, top, Ink.FRAME, 0.6),
        Rule(LEFT, foot, right, foot, Ink.FRAME, 0.6),
        Rule(LEFT, top, LEFT, foot, Ink.FRAME, 0.6),
        Rule(right, top, right, foot, Ink.FRAME, 0.6),
        Rule(LEFT + MARGIN, top, LEFT + MARGIN, foot, Ink.HAIR, 0.5),
    ):
        sheet.put(line)
    y = top - _AIR
    for lines, style in _in_margin(titles, note):
        y = set_lines(sheet, LEFT + PAD, y, lines, style)
