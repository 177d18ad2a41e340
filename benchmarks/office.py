"""A mix of office files as an office has them, each written by a library that others use for it.

Of six files three are letters and reports of some twenty pages (docx), two are workbooks of 2,000 rows
(xlsx), every tenth of them a list of customers and the others accounts, and one is a talk of fifteen
slides (pptx). A value of some customer stands in every hundredth line of the texts.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

_ROWS = 2000
_SLIDES = 15
_LIST = 10


def lay(folder: Path, count: int, text: Callable[[int], str], value: Callable[[], str]) -> None:
    """Write so many files, made anew from `text`, which gives so many letters, and `value`."""
    folder.mkdir()
    rng = random.Random(count)
    for number in range(count):
        path = folder / str(number)
        if number % 6 < 3:
            _letter(path.with_suffix(".docx"), text(60_000))
        elif number % 6 < 5:
            if (number // 6 * 2 + number % 6 - 3) % _LIST == 0:
                _customers(path.with_suffix(".xlsx"), value)
            else:
                _accounts(path.with_suffix(".xlsx"), rng)
        else:
            _talk(path.with_suffix(".pptx"), text)


def _letter(path: Path, text: str) -> None:
    import docx

    document = docx.Document()
    for line in text.splitlines():
        document.add_paragraph(line)
    document.save(str(path))


def _customers(path: Path, value: Callable[[], str]) -> None:
    rows = ([f"客户{row}", value(), row] for row in range(_ROWS))
    _workbook(path, ["姓名", "联系方式", "序号"], rows)


def _accounts(path: Path, rng: random.Random) -> None:
    rows = (
        [row % 12 + 1, f"科目{row % 90}", rng.randrange(10**6) / 100, f"摘要{row}"] for row in range(_ROWS)
    )
    _workbook(path, ["月份", "科目", "金额", "摘要"], rows)


def _workbook(path: Path, heads: list[str], rows: object) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(heads)
    for row in rows:
        sheet.append(row)
    book.save(path)


def _talk(path: Path, text: Callable[[int], str]) -> None:
    import pptx

    talk = pptx.Presentation()
    for number in range(_SLIDES):
        slide = talk.slides.add_slide(talk.slide_layouts[1])
        slide.shapes.title.text = f"第{number + 1}页"
        slide.placeholders[1].text = text(800)
    talk.save(str(path))
