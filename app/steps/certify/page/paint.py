"""Paint a sheet: PDF by reportlab, every font embedded."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import IO, Any, Final

from app.steps.certify.page.faces import Weight, face
from app.steps.certify.page.sheet import (
    HEIGHT,
    WIDTH,
    Fill,
    Ink,
    Item,
    Matrix,
    Rule,
    Style,
    Text,
    Turned,
    width_of,
)

_SECOND: Final = re.compile(r"[^\u2e80-\uffff]*[A-Za-z]{2}[^\u2e80-\uffff]*")
"""What is of the second language where Chinese stands beside it: Latin words without hanzi between."""


def painted(
    pages: Sequence[Sequence[Item]],
    title: str,
    author: str,
    size: tuple[float, float] = (WIDTH, HEIGHT),
    second: str = "",
) -> bytes:
    """Give the PDF of these pages. Two calls with the same pages give the same bytes.

    `second` is the language (RFC 3066) of the Latin text beside the Chinese: each run of it is
    marked so (ISO 32000-1 section 14.9.2.2). Without it nothing is marked.
    """
    out = io.BytesIO()
    canvas = canvas_of(out, title, author, size)
    for page in pages:
        for item in page:
            if second and isinstance(item, Text):
                _marked(canvas, item, second)
            else:
                paint(canvas, item)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def canvas_of(out: IO[bytes], title: str, author: str, size: tuple[float, float] = (WIDTH, HEIGHT)) -> Any:
    """Give a canvas that writes to `out`, with the faces registered."""
    face(Weight.REGULAR)
    face(Weight.BOLD)
    from reportlab.pdfgen import canvas as pdfgen

    make: Any = pdfgen.Canvas
    canvas = make(out, pagesize=size, initialFontName=Weight.REGULAR.value, invariant=1, pageCompression=1)
    canvas.setTitle(title)
    canvas.setAuthor(author)
    canvas.setSubject(title)
    canvas.setCreator("Lethe")
    return canvas


def _marked(canvas: Any, item: Text, second: str) -> None:
    """Draw a line, what is of the second language marked as such."""
    x, at = item.x, 0
    for found in (*_SECOND.finditer(item.text), None):
        start = found.start() if found else len(item.text)
        if item.text[at:start]:
            paint(canvas, replace(item, x=x, text=item.text[at:start]))
            x += width_of(item.text[at:start], item.style)
        if found:
            canvas._code.append(f"/Span <</Lang ({second})>> BDC")  # noqa: SLF001 - there is no other way in
            paint(canvas, replace(item, x=x, text=found[0]))
            canvas._code.append("EMC")  # noqa: SLF001 - as above
            x, at = x + width_of(found[0], item.style), found.end()


def paint(canvas: Any, item: Item) -> None:
    """Draw one item."""
    match item:
        case Text():
            canvas.setFillColorRGB(*item.style.ink.value)
            _string(canvas, item.x, item.y, item.text, item.style)
        case Rule():
            canvas.setStrokeColorRGB(*item.ink.value)
            canvas.setLineWidth(item.width)
            canvas.setDash(list(item.dash))
            canvas.line(item.x1, item.y1, item.x2, item.y2)
        case Fill():
            canvas.setFillColorRGB(*item.ink.value)
            canvas.rect(item.x, item.y, item.width, item.height, stroke=0, fill=1)
        case Matrix():
            _matrix(canvas, item)
        case Turned():
            _turned(canvas, item)


def _string(canvas: Any, x: float, y: float, text: str, style: Style) -> None:
    """Draw a line, each run of it in the font that has its characters."""
    drawn = face(style.weight)
    for name, run in drawn.runs(text):
        canvas.setFont(name, style.size)
        canvas.drawString(x, y, run)
        x += drawn.width(run, style.size)


def _matrix(canvas: Any, matrix: Matrix) -> None:
    """Draw each run of dark modules in a row as one rectangle of a single path."""
    step = matrix.size / len(matrix.rows)
    path = canvas.beginPath()
    for number, row in enumerate(matrix.rows):
        y = matrix.y + matrix.size - (number + 1) * step
        start = 0
        while (start := row.find(1, start)) >= 0:
            end = row.find(0, start)
            end = len(row) if end < 0 else end
            path.rect(matrix.x + start * step, y, (end - start) * step, step)
            start = end
    canvas.setFillColorRGB(*Ink.BLACK.value)
    canvas.drawPath(path, stroke=0, fill=1)


def _turned(canvas: Any, item: Turned) -> None:
    canvas.saveState()
    canvas.translate(item.x, item.y)
    canvas.rotate(item.angle)
    canvas.setFillColorRGB(*item.style.ink.value)
    _string(canvas, -width_of(item.text, item.style) / 2, -item.style.size * 0.35, item.text, item.style)
    canvas.restoreState()
