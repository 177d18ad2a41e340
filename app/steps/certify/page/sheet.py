"""Pages as plain values: what stands where, in points from the lower left; painted later, checked before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Protocol

from app.steps.certify.page.breaking import break_lines
from app.steps.certify.page.faces import Weight, face

MM: Final = 72 / 25.4
WIDTH, HEIGHT = 210 * MM, 297 * MM
LEFT, RIGHT = 20 * MM, 18 * MM
TOP, BOTTOM = 14 * MM, 17 * MM
INNER: Final = WIDTH - LEFT - RIGHT
MARGIN: Final = 24 * MM
"""Width of the column that holds the blocks' titles."""


class Ink(Enum):
    """The few colours of the certificate: one accent, the rest greys that print well. RGB 0-1."""

    BLACK = (0.10, 0.10, 0.11)
    MUTE = (0.40, 0.42, 0.44)
    ACCENT = (0.09, 0.29, 0.36)
    FRAME = (0.45, 0.50, 0.53)
    HAIR = (0.82, 0.84, 0.85)
    TINT = (0.945, 0.957, 0.961)
    GHOST = (0.92, 0.92, 0.92)
    PAPER = (1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Style:
    """How text is set: sizes in points, `lead` from line to line."""

    size: float
    lead: float
    weight: Weight = Weight.REGULAR
    ink: Ink = Ink.BLACK

    def lines(self, text: str, width: float) -> list[str]:
        """Break text into lines of this style."""
        return break_lines(text, face(self.weight), self.size, width)


BODY: Final = Style(8.2, 11.6)
LABEL: Final = Style(7.2, 11.6, ink=Ink.MUTE)
SMALL: Final = Style(7.2, 9.5)
NOTE: Final = Style(6.8, 9.0, ink=Ink.MUTE)
HEAD: Final = Style(6.6, 8.8, ink=Ink.MUTE)
CODE: Final = Style(7.2, 11.2)
STRONG: Final = Style(8.6, 12.4, Weight.BOLD)
BLOCK: Final = Style(9.6, 13.0, Weight.BOLD, Ink.ACCENT)
BLOCK_EN: Final = Style(7.2, 9.6, ink=Ink.ACCENT)


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text; `y` is its baseline."""

    x: float
    y: float
    text: str
    style: Style


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    ink: Ink = Ink.HAIR
    width: float = 0.5
    dash: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Fill:
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    ink: Ink = Ink.TINT


@dataclass(frozen=True, slots=True)
class Matrix:
    """Dark modules of a QR code, drawn as rectangles; `size` is the side in points."""

    x: float
    y: float
    size: float
    rows: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Turned:
    """Text turned by `angle` degrees around its centre at (x, y), behind or beside everything else."""

    x: float
    y: float
    text: str
    style: Style
    angle: float


Item = Text | Rule | Fill | Matrix | Turned


@dataclass(frozen=True, slots=True)
class Place:
    """Where a signature field lies: page from 0, lower left and upper right corners."""

    page: int
    x1: float
    y1: float
    x2: float
    y2: float


class Strip(Protocol):
    """A horizontal piece of a block that is never parted."""

    @property
    def height(self) -> float:
        """Its height in points."""
        ...

    def draw(self, sheet: Sheet, x: float, top: float) -> None:
        """Put its items on the sheet, its upper left corner at (x, top)."""
        ...


@dataclass(slots=True)
class Sheet:
    """The pages while they are laid out.

    Attributes:
        pages: the items of each page, drawn in order.
        y: how far down the last page is filled.
        fields: where each signature field lies.
    """

    pages: list[list[Item]] = field(default_factory=list)
    y: float = 0.0
    fields: dict[str, Place] = field(default_factory=dict)

    def put(self, *items: Item) -> None:
        """Add items to the last page."""
        self.pages[-1].extend(items)

    def turn(self, top: float) -> None:
        """Begin a new page whose content starts at `top`."""
        self.pages.append([])
        self.y = top

    def room(self) -> float:
        """How many points are left on the last page."""
        return self.y - BOTTOM

    def text(self, x: float, y: float, text: str, style: Style, *, align: float = 0.0) -> None:
        """Put one line; `align` 0 starts at x, 0.5 centres on it, 1 ends there."""
        shown = style.lines(text, float("inf"))[0]
        self.put(Text(x - align * width_of(shown, style), y, shown, style))

    def reserve(self, name: str, x: float, y: float, width: float, height: float) -> None:
        """Keep a place for a signature field on the last page."""
        self.fields[name] = Place(len(self.pages) - 1, x, y, x + width, y + height)


def width_of(text: str, style: Style) -> float:
    """Width of a line in points."""
    return face(style.weight).width(text, style.size)


def set_lines(sheet: Sheet, x: float, top: float, lines: Sequence[str], style: Style) -> float:
    """Put lines one below the other, the first one's top at `top`; give where they end."""
    # The baseline sits so that hanzi, which fill 0.88 em above it, stand in the middle of the lead.
    drop = (style.lead - style.size) / 2 + 0.86 * style.size
    for number, line in enumerate(lines):
        sheet.put(Text(x, top - drop - number * style.lead, line, style))
    return top - len(lines) * style.lead
