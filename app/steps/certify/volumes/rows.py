"""Rows of a long table as PDF operators, written by hand.

reportlab's own tables measure every cell, and its `drawString` looks up every character anew; a list
of a million rows can wait for neither. Here a character is looked up once for each document.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.steps.certify.page.breaking import drawable
from app.steps.certify.page.faces import Face

_CUT: Final = "…"


@dataclass(frozen=True, slots=True)
class Lane:
    """A column of rows: where it begins and how wide it is, in points. `align` 1 ends texts at its end.

    Few different texts stand in one that `repeats`: each of them is written once and kept.
    """

    x: float
    width: float
    align: float = 0.0
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """A cell as operators, its width in points, the font it begins with and the one it leaves set."""

    operators: str
    width: float
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class _Piece:
    """A character as the document has it: font, escaped byte, width in points."""

    font: str
    code: str
    width: float


class _Known(dict[str, tuple[_Piece, ...]]):
    """Each character as one document has it, asked for once.

    It knows nothing of who asks: a circle would keep the pages of a finished volume in memory.
    """

    def __init__(self, document: Any, face: Face, size: float) -> None:
        super().__init__()
        self._document = document
        self._face = face
        self._size = size

    def __missing__(self, character: str) -> tuple[_Piece, ...]:
        self[character] = tuple(self.piece(one) for one in drawable(character, self._face))
        return self[character]

    def piece(self, character: str) -> _Piece:
        """Ask reportlab for a character that the face can draw."""
        from reportlab.pdfbase import pdfmetrics

        font: Any = pdfmetrics.getFont(self._face.font(character))
        ((subset, code),) = font.splitString(character, self._document)
        name = font.getSubsetInternalName(subset, self._document)
        return _Piece(name, _escaped(code[0]), self._face.width(character, self._size))


class Typist:
    """Writes rows for one canvas. What it learns of characters holds for that canvas only."""

    def __init__(self, canvas: Any, face: Face, size: float) -> None:
        # reportlab keeps what a font has in use by document, and gives no other way to it.
        self._pieces = _Known(canvas._doc, face, size)  # noqa: SLF001 as told above
        self._size = size
        self._repeated: dict[tuple[float, str], Written] = {}
        ascii_pieces = [self._pieces.piece(chr(code)) for code in range(32, 127)]
        self._font = ascii_pieces[0].font
        self._widths = {chr(code): one.width for code, one in enumerate(ascii_pieces, 32)}
        self._codes = str.maketrans({chr(code): one.code for code, one in enumerate(ascii_pieces, 32)})
        self._widest = max(self._widths.values())

    def page(self, rows: Iterable[Sequence[str]], lanes: Sequence[Lane], top: float, lead: float) -> str:
        """Give the operators of a page of rows, the first one's baseline at `top`."""
        out = ["BT"]
        font = ""
        # Absolute places cost some bytes, which compress away, and no sums of rounded numbers.
        starts = [f"1 0 0 1 {lane.x:.2f}" for lane in lanes]
        line = top
        for row in rows:
            y = f"{line:.2f} Tm"
            for text, lane, start in zip(row, lanes, starts, strict=True):
                cell = self._cell(text, lane)
                change = "" if cell.first == font else f" {cell.first} {self._size:g} Tf"
                at = start
                if lane.align:
                    at = f"1 0 0 1 {lane.x + lane.align * (lane.width - cell.width):.2f}"
                out.append(f"{at} {y}{change} {cell.operators}")
                font = cell.last
            line -= lead
        out.append("ET")
        return "\n".join(out)

    def _cell(self, text: str, lane: Lane) -> Written:
        if not lane.repeats:
            return self._write(text, lane)
        key = (lane.width, text)
        if key not in self._repeated:
            self._repeated[key] = self._write(text, lane)
        return self._repeated[key]

    def _write(self, text: str, lane: Lane) -> Written:
        """Write a text as it is where it fits, else its head and an ellipsis."""
        if text.isascii() and text.isprintable():
            short = len(text) * self._widest <= lane.width
            if short and not lane.align:
                return Written(f"({text.translate(self._codes)}) Tj", 0.0, self._font, self._font)
            width = sum(map(self._widths.__getitem__, text))
            if width <= lane.width:
                return Written(f"({text.translate(self._codes)}) Tj", width, self._font, self._font)
        known = self._pieces
        pieces = [piece for character in text for piece in known[character]]
        width = sum([piece.width for piece in pieces])
        if width > lane.width:
            pieces = self._cut(pieces, lane.width)
            width = sum([piece.width for piece in pieces])
        return self._joined(pieces, width)

    def _cut(self, pieces: list[_Piece], room: float) -> list[_Piece]:
        cut = self._pieces[_CUT]
        left = room - cut[0].width
        for count, piece in enumerate(pieces):
            left -= piece.width
            if left < 0:
                return [*pieces[:count], *cut]
        return pieces

    def _joined(self, pieces: Sequence[_Piece], width: float) -> Written:
        if not pieces:
            return Written("() Tj", 0.0, self._font, self._font)
        first = font = pieces[0].font
        out: list[str] = []
        codes: list[str] = []
        for piece in pieces:
            if piece.font != font:
                out.append(f"({''.join(codes)}) Tj {piece.font} {self._size:g} Tf")
                font, codes = piece.font, []
            codes.append(piece.code)
        out.append(f"({''.join(codes)}) Tj")
        return Written(" ".join(out), width, first, font)


def _escaped(code: int) -> str:
    """A byte inside a string of a PDF (ISO 32000-1 section 7.3.4.2), in ASCII."""
    if code in b"()\\":
        return f"\\{code:c}"
    return chr(code) if 32 <= code < 127 else f"\\{code:03o}"
