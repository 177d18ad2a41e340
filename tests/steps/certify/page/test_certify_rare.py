"""Rare hanzi of names print, copy and search right; nothing is ever an empty box."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pypdfium2
import pytest
from fontTools.ttLib import TTFont

from app.steps.certify.page import faces
from app.steps.certify.page.breaking import drawable
from app.steps.certify.page.faces import RARE, Weight, face
from app.steps.certify.page.paint import painted
from app.steps.certify.page.sheet import HEIGHT, Sheet, Style
from app.system.paths import resource

NAMES = "㐱䶮㛃𠮷𬭚𫍽𫖮𬀩𬸚𫘜𡒄𪨰𦈡㵐鿏鿭"
EDGES = "\U00020000\U0002a6d6\U0002a700\U0002b734\U0002b740\U0002b81d\U0002b820\U0002cea1\U0002ceb0\U0002ebe0"


def pdf_of(text: str, weight: Weight = Weight.REGULAR) -> bytes:
    sheet = Sheet()
    sheet.turn(HEIGHT)
    for n, character in enumerate(text):
        sheet.text(40 + n % 10 * 50, 700 - n // 10 * 50, character, Style(40, 50, weight))
    return painted(sheet.pages, "t", "a")


@pytest.mark.parametrize("weight", Weight)
def test_rare_names_copy_right(weight: Weight, tmp_path: Path) -> None:
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext is not installed")
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf_of(NAMES + EDGES, weight))
    said = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, check=True).stdout.decode()
    assert set(NAMES + EDGES) <= set(said)
    other = pypdfium2.PdfDocument(path).get_page(0).get_textpage().get_text_bounded()
    assert set(NAMES + EDGES) <= set(other)


def test_each_has_ink_and_its_own() -> None:
    page = pypdfium2.PdfDocument(io.BytesIO(pdf_of(NAMES + EDGES))).get_page(0)
    picture = page.render(scale=1).to_pil().convert("L")
    boxes = set()
    for n in range(len(NAMES + EDGES)):
        x, y = 40 + n % 10 * 50, HEIGHT - (700 - n // 10 * 50)
        glyph = picture.crop((int(x), int(y) - 38, int(x) + 42, int(y) + 8))
        assert min(glyph.tobytes()) < 128, n
        boxes.add(glyph.tobytes())
    assert len(boxes) == len(NAMES + EDGES)


def test_the_fallback_has_all_it_is_said_to_have() -> None:
    """GB 18030-2022 level 3: with the plain face, every hanzi of the six blocks."""
    rare = TTFont(resource(f"fonts/{RARE}.ttf"), lazy=True)
    cmap, plain = rare.getBestCmap(), face(Weight.REGULAR).glyphs
    assert rare["head"].unitsPerEm == 1000
    asked = [code for block in faces._RARE_HANZI for code in block]
    assert all(code in cmap or code in plain for code in asked)
    assert all(code in plain for code in [*range(0x3400, 0x4DB6), *range(0x4E00, 0x9FF0)])
    ends = rare["loca"].locations
    order = rare.getReverseGlyphMap()
    assert all(ends[order[cmap[code]] + 1] > ends[order[cmap[code]]] for code in asked if code in cmap)


def test_no_reserved_name_is_used() -> None:
    names = TTFont(resource(f"fonts/{RARE}.ttf"), lazy=True)["name"].names
    assert not any(
        re.search("hana|花", str(name), re.IGNORECASE) for name in names if name.nameID in (1, 3, 4, 6)
    )


def test_what_no_face_has_is_spelled_out() -> None:
    assert drawable("\U00030000😀", face(Weight.REGULAR)) == "〓(U+30000)〓(U+1F600)"


def test_the_large_face_is_only_read_when_needed() -> None:
    code = (
        "from reportlab.pdfbase import pdfmetrics\n"
        "from app.steps.certify.page.faces import RARE, Weight, face\n"
        "one = face(Weight.REGULAR)\n"
        "assert one.draws('𠮷') and one.width('国a', 10) == 15.63, one.width('国a', 10)\n"
        "assert RARE not in pdfmetrics.getRegisteredFontNames()\n"
        "assert one.width('𠮷', 10) == 10\n"
        "assert RARE in pdfmetrics.getRegisteredFontNames()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
