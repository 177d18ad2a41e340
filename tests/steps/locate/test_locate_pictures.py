"""Text in pictures and on scanned pages is read where that is asked for, and else counted as not looked at."""

from __future__ import annotations

import io
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from app.domain.case import Location
from app.domain.event import Located
from app.domain.record import Look, Problem
from app.steps.locate import Means, locate

ROOT = Path(__file__).parents[3]
NUMBERS = "13812345678", "11010519491231002X"
needs_ocr = pytest.mark.skipif(
    find_spec("rapidocr_onnxruntime") is None,
    reason="the extra `ocr` (rapidocr-onnxruntime, some 160 MB) is not installed",
)


@pytest.fixture
def seen(tmp_path):
    def run(pictures, jobs=0):
        means = Means(pictures=pictures)
        events = locate([Location(tmp_path / "in")], key=b"k" * 32, means=means, jobs=jobs)
        return {Path(e.path).name: e for e in events if isinstance(e, Located)}

    (tmp_path / "in").mkdir()
    return run


def card(size=36):
    (font,) = list(ROOT.glob("resources/fonts/NotoSansSC*.?tf"))[:1]
    image = Image.new("RGB", (900, 320), "white")
    draw = ImageDraw.Draw(image)
    letters = ImageFont.truetype(str(font), size)
    for row, text in enumerate((f"手机号码 {NUMBERS[0]}", f"公民身份号码 {NUMBERS[1]}")):
        draw.text((40, 60 + row * 100), text, fill="black", font=letters)
    return image


def saved(image, kind):
    held = io.BytesIO()
    image.save(held, kind)
    return held.getvalue()


def fill(place):
    image = card()
    for kind in ("png", "jpeg", "bmp", "tiff", "gif", "webp"):
        (place / f"a.{kind}").write_bytes(saved(image, kind))
    image.save(place / "scan.pdf", "PDF", resolution=100)
    with zipfile.ZipFile(place / "a.docx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        archive.writestr("word/document.xml", "<w:p><w:t>see below</w:t></w:p>")
        archive.writestr("word/media/image1.png", saved(image, "png"))
    with zipfile.ZipFile(place / "a.zip", "w") as archive:
        archive.writestr("b.png", saved(image, "png"))


def test_without_the_option_each_is_counted_as_not_looked_at(seen, tmp_path):
    fill(tmp_path / "in")
    results = seen(pictures=False)
    assert len(results) == 9
    for name, located in results.items():
        assert located.look is Look.NOT_LOOKED_AT, name
        assert located.record.problems == (Problem.IMAGE_NOT_READ,), name


@pytest.mark.skipif(find_spec("rapidocr_onnxruntime") is not None, reason="the extra `ocr` is installed")
def test_the_option_without_the_extra_changes_nothing(seen, tmp_path):
    fill(tmp_path / "in")
    assert {located.look for located in seen(pictures=True).values()} == {Look.NOT_LOOKED_AT}


@needs_ocr
@pytest.mark.parametrize("jobs", [0, 1])
def test_numbers_are_found_wherever_a_picture_lies(jobs, seen, tmp_path):
    fill(tmp_path / "in")
    results = seen(pictures=True, jobs=jobs)
    for name, located in results.items():
        assert {f.kind: f.count for f in located.record.findings} == {"cn.id": 1, "cn.mobile": 1}, name
        assert located.record.problems == (), name
    (found, _) = results["scan.pdf"].record.findings
    assert found.where == ("#1",)


def test_a_picture_that_is_none_is_not_clean(seen, tmp_path):
    place = tmp_path / "in"
    data = saved(card(), "png")
    (place / "cut.png").write_bytes(data[:200])
    (place / "empty.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (place / "bomb.png").write_bytes(saved(Image.new("1", (30_000, 30_000)), "png"))
    for pictures in (False, True):
        for name, located in seen(pictures=pictures).items():
            assert located.look is not Look.CLEAN, name
