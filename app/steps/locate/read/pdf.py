"""PDF: the text of each page, by pdfium. A page without text but with a picture was not read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from app.domain.record import Problem
from app.steps.locate.limits import Reading
from app.steps.locate.passage import Passage
from app.steps.locate.read.source import Source

_LITTLE: Final = 20
"""Characters on a page below which a picture on it may be a scan."""


def read_pdf(source: Source, reading: Reading) -> Iterator[Passage]:
    """Read a PDF page by page.

    Raises:
        pypdfium2.PdfiumError: when it is broken; a password is noted as ENCRYPTED.
    """
    import pypdfium2 as pdfium

    try:
        document = pdfium.PdfDocument(source.whole(reading.limits.held))
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower():
            reading.note(Problem.ENCRYPTED)
            return
        raise
    try:
        for number in range(len(document)):
            yield Passage(_page_text(document, number, reading))
    finally:
        document.close()


def _page_text(document: Any, number: int, reading: Reading) -> bytes:
    page = document[number]
    try:
        layer = page.get_textpage()
        try:
            text: str = layer.get_text_range()
        finally:
            layer.close()
        if len(text.strip()) < _LITTLE and _has_picture(page):
            reading.note(Problem.IMAGE_NOT_READ)
    finally:
        page.close()
    return text.encode("utf-8", "replace")


def _has_picture(page: Any) -> bool:
    from pypdfium2 import raw

    return any(True for _ in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=4))
