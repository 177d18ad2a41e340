"""PDF: the text of each page, by pdfium. A page without text but with a picture was not read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from app.domain.record import Problem
from app.steps.locate.limits import Reading
from app.steps.locate.passage import Passage
from app.steps.locate.read.pdf_beside import attached, fields
from app.steps.locate.read.pdf_streams import broken_stream
from app.steps.locate.read.picture import shown
from app.steps.locate.read.source import Source

_SCALE: Final = 200 / 72
_SIDE: Final = 1600
"""Dots for each point of the page, and along its longer side at the most."""
_LITTLE: Final = 20
"""Characters on a page below which a picture on it may be a scan."""


def read_pdf(source: Source, reading: Reading) -> Iterator[Passage]:
    """Read a PDF page by page.

    Raises:
        pypdfium2.PdfiumError: when it is broken; a password is noted as ENCRYPTED.
    """
    file = source.whole(reading.limits.held)
    damaged = broken_stream(file)
    document = _opened(file, reading)
    if document is None:
        reading.note(Problem.ENCRYPTED)
        return
    try:
        if document.get_formtype():
            document.init_forms()
        seen = False
        for number in range(len(document)):
            for passage in _page(document, number, reading):
                seen = seen or bool(passage.data.strip())
                yield passage._replace(where=f"#{number + 1}")
        for passage in attached(document, reading):
            seen = True
            yield passage
        blank = not seen and not reading.account.problems
        if blank or damaged:
            # Not a letter and not a picture on any page is more likely damaged than blank.
            reading.note(Problem.MALFORMED)
    finally:
        document.close()


def _opened(file: BinaryIO, reading: Reading) -> Any:
    """Open a PDF, with a password where it needs one; nothing when none fits."""
    import pypdfium2 as pdfium

    for password in (None, *reading.means.passwords.each(reading.account.pulse)):
        file.seek(0)
        try:
            document = pdfium.PdfDocument(file, password=password)
        except pdfium.PdfiumError as error:
            if "password" not in str(error).lower():
                raise
        else:
            if password:
                reading.means.passwords.opened(password)
            return document
    return None


def _page(document: Any, number: int, reading: Reading) -> Iterator[Passage]:
    """Read the text of a page, and what it shows where it has little."""
    page = document[number]
    try:
        layer = page.get_textpage()
        try:
            text: str = layer.get_text_range()
        finally:
            layer.close()
        yield Passage(text.encode("utf-8", "replace"))
        yield Passage(fields(document, page))
        length = len(text.strip())
        if length < _LITTLE and _shows_more(page, drawn=not length):
            yield from shown(lambda: [_drawn(page)], reading)
    finally:
        page.close()


def _drawn(page: Any) -> Any:
    """Draw a page, at a resolution at which its letters can be read."""
    scale = min(_SCALE, _SIDE / max(1, *page.get_size()))
    return page.render(scale=scale).to_pil().convert("RGB")


def _shows_more(page: Any, *, drawn: bool) -> bool:
    """Whether the page holds pictures or, where asked, drawings: letters may be drawn as outlines."""
    from pypdfium2 import raw

    kinds = [raw.FPDF_PAGEOBJ_IMAGE] + ([raw.FPDF_PAGEOBJ_PATH, raw.FPDF_PAGEOBJ_SHADING] if drawn else [])
    return any(True for _ in page.get_objects(filter=kinds, max_depth=4))
