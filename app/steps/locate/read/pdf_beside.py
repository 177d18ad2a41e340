"""What a PDF holds beside the text of its pages: filled-in fields, remarks, attached files."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from app.domain.record import Problem
from app.steps.locate.limits import Reading
from app.steps.locate.passage import Passage
from app.steps.locate.read.source import Source

_MOST: Final = 100_000
_LONGEST: Final = 8 << 20


def fields(document: Any, page: Any) -> bytes:
    """Give the values of the fields on a page and the texts of its remarks, a line each."""
    from pypdfium2 import raw

    lines = []
    for number in range(min(_MOST, raw.FPDFPage_GetAnnotCount(page.raw))):
        remark = raw.FPDFPage_GetAnnot(page.raw, number)
        if not remark:
            continue
        try:
            lines.append(_text(partial(raw.FPDFAnnot_GetStringValue, remark, b"Contents")))
            if document.formenv:
                value = partial(raw.FPDFAnnot_GetFormFieldValue, document.formenv.raw, remark)
                lines.append(_text(value))
        finally:
            raw.FPDFPage_CloseAnnot(remark)
    return "\n".join(filter(None, lines)).encode("utf-8", "replace")


def _text(give: Callable[[Any, int], int]) -> str:
    """Take a string as pdfium gives it: asked twice, for its size and for itself."""
    size = give(None, 0)
    if not 2 < size <= _LONGEST:
        return ""
    held = (ctypes.c_ushort * (size // 2))()
    give(held, size)
    return bytes(held).decode("utf-16-le", "replace").rstrip("\0")


def attached(document: Any, reading: Reading) -> Iterator[Passage]:
    """Read the files that are embedded in a PDF, each as what it is."""
    count = document.count_attachments()
    if count and reading.too_deep():
        return
    for number in range(count):
        one = document.get_attachment(number)
        name = one.get_name() or "attachment"
        try:
            data = bytes(one.get_data())
        except Exception:  # noqa: BLE001  one that can't be unpacked does not hide the next
            reading.note(Problem.MALFORMED)
            continue
        reading.spend(len(data))
        yield from reading.enter(Source.of_bytes(name, data))
