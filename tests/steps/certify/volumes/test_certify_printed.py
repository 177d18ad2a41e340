"""The printed inventory: every row on paper, each page bound to the file, archival, of bounded size."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import account_sample as sample
import pikepdf
import pypdfium2
import pytest
from pikepdf import pdfa

from app.domain.outcome import CopyOutcome, KeepOutcome, KeyOutcome, Outcome
from app.steps.certify.account import Account, named
from app.steps.certify.evidence.inventory import INVENTORY, write_inventory
from app.steps.certify.page.faces import Weight, face
from app.steps.certify.page.paint import canvas_of
from app.steps.certify.volumes import printed
from app.steps.certify.volumes.listing import ROWS, Listing
from app.steps.certify.volumes.printed import MOST, print_inventory, printed_in, wanted
from app.steps.certify.volumes.rows import Lane, Typist
from app.steps.certify.wording import Words, capital


def made(account: Account, folder: Path) -> list[Path]:
    listed = replace(account, lines=tuple(replace(line, listed=line.name) for line in account.lines))
    write_inventory(listed, folder)
    list(print_inventory(listed, folder))
    return [folder / name for name in printed_in(folder)]


def pages_of(path: Path) -> list[str]:
    document = pypdfium2.PdfDocument(path)
    return [document.get_page(n).get_textpage().get_text_bounded() for n in range(len(document))]


@pytest.mark.parametrize("language", ["zh", "en", "both"])
def test_every_row_is_printed_with_its_outcome(tmp_path: Path, language: str) -> None:
    account = sample.mixed(70, language=language)
    (path,) = made(account, tmp_path)
    text = "\n".join(pages_of(path))
    words = Words.of(language)
    briefs = words.briefs()
    for number, line in enumerate(account.lines, 1):
        row = next(one for one in text.splitlines() if one.startswith(f"{number} {line.id} "))
        assert briefs[named(line.outcome)] in row
        # A long name is cut at the end of its lane; no id of the table is printed for it.
        assert words.category(line.category).partition("\n")[0][:7] in row
        assert line.category not in row


def test_each_page_carries_number_folio_and_the_digest_so_far(tmp_path: Path) -> None:
    account = sample.clean(3 * ROWS + 5)
    (path,) = made(account, tmp_path)
    data = (tmp_path / INVENTORY).read_bytes()
    lines = data.splitlines(keepends=True)
    pages = pages_of(path)
    assert len(pages) == 4
    for n, page in enumerate(pages, 1):
        assert account.number in page
        assert account.machine_id in page
        assert f"第 {n} 页 / 共 4 页" in page
        assert hashlib.sha256(b"".join(lines[: 1 + n * ROWS])).hexdigest() in page
    assert hashlib.sha256(data).hexdigest() in pages[-1]
    assert "（大写：壹佰玖拾柒件）" in pages[-1]
    assert "以下空白" in pages[-1]


@pytest.mark.parametrize(("rows", "pages"), [(0, 1), (50, 1), (51, 2), (64, 2), (65, 2), (128, 3)])
def test_the_end_never_runs_into_the_foot(tmp_path: Path, rows: int, pages: int) -> None:
    assert Listing(sample.clean(rows), Words.of("zh")).pages == pages
    (path,) = made(sample.clean(rows), tmp_path)
    assert len(pages_of(path)) == pages


def test_volumes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printed, "PAGES", 2)
    paths = made(sample.clean(5 * ROWS), tmp_path)
    assert [path.name for path in paths] == ["inventory-01.pdf", "inventory-02.pdf", "inventory-03.pdf"]
    pages = [page for path in paths for page in pages_of(path)]
    assert [re.search(r"第 (\d) 页", page)[1] for page in pages] == list("123456")
    assert "第 2 册 / 共 3 册" in pages[2]
    monkeypatch.setattr(printed, "PAGES", 500)
    assert [path.name for path in made(sample.clean(3), tmp_path)] == ["inventory.pdf"]


def test_it_is_archival(tmp_path: Path) -> None:
    (path,) = made(sample.mixed(30, rehearsal=True), tmp_path)
    report = pdfa.validate_written(path, "3b")
    assert report.passed, report.findings


def test_printed_only_where_wished_or_short() -> None:
    assert wanted(MOST, None)
    assert not wanted(MOST + 1, None)
    assert wanted(MOST + 1, True)
    assert not wanted(1, False)


def test_each_outcome_has_few_words() -> None:
    kinds = [*Outcome, *KeyOutcome, *CopyOutcome, *KeepOutcome, None]
    for language in ("zh", "en"):
        assert set(Words.of(language).briefs()) == {named(kind) for kind in kinds}


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "零"),
        (5, "伍"),
        (10, "壹拾"),
        (55, "伍拾伍"),
        (101, "壹佰零壹"),
        (1010, "壹仟零壹拾"),
        (10_001, "壹万零壹"),
        (64_000, "陆万肆仟"),
        (100_500, "壹拾万零伍佰"),
        (20_000_300, "贰仟万零叁佰"),
        (100_000_001, "壹亿零壹"),
    ],
)
def test_capital_figures(count: int, text: str) -> None:
    assert capital(count) == text


def rendered(texts: list[str], width: float) -> list[str]:
    """What a reader takes from rows that the typist wrote."""
    out = io.BytesIO()
    canvas = canvas_of(out, "t", "a")
    typist = Typist(canvas, face(Weight.REGULAR), 8)
    canvas._code.append(typist.page([(text,) for text in texts], [Lane(40, width)], 780, 20))
    canvas.showPage()
    canvas.save()
    page = pypdfium2.PdfDocument(out.getvalue()).get_page(0).get_textpage()
    return page.get_text_bounded().splitlines()


def test_what_the_typist_writes_is_read_back() -> None:
    texts = ["a(b)c\\d", "客户（一）", "王𬭚𠮷x𡒄.pdf", "100%", "~!@#$^&*_+", "㐱䶮㛃"]
    assert rendered(texts, 400) == texts
    assert rendered(["a😀"], 400) == ["a〓(U+1F600)"]


def test_a_text_too_wide_is_cut_and_says_so() -> None:
    for text in ("x" * 100, "国" * 100, "x国" * 50):
        (line,) = rendered([text], 60)
        assert line.endswith("…")
        assert face(Weight.REGULAR).width(line, 8) <= 60
        assert text.startswith(line[:-1])


def test_numbers_end_at_their_lane() -> None:
    out = io.BytesIO()
    canvas = canvas_of(out, "t", "a")
    lane = Lane(100, 50, 1.0)
    written = Typist(canvas, face(Weight.REGULAR), 8).page([("7",), ("1,234",)], [lane], 700, 10)
    ends = [
        float(x) + face(Weight.REGULAR).width(text, 8)
        for x, text in re.findall(r"1 0 0 1 ([-\d.]+) [^(]*\(([^)]*)\) Tj", written)
    ]
    assert ends == pytest.approx([150, 150], abs=0.02)


def test_poppler_finds_the_rows(tmp_path: Path) -> None:
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext is not installed")
    (path,) = made(sample.clean(20), tmp_path)
    said = subprocess.run(
        ["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True
    ).stdout.decode()
    rows = list(csv.reader(io.StringIO((tmp_path / INVENTORY).read_text(encoding="utf-8-sig"))))
    for row in rows[1:]:
        assert row[1] in said


def test_every_font_is_embedded(tmp_path: Path) -> None:
    (path,) = made(sample.mixed(10), tmp_path)
    with pikepdf.open(path) as pdf:
        fonts = [
            one for one in pdf.objects if isinstance(one, pikepdf.Dictionary) and one.get("/Type") == "/Font"
        ]
        assert fonts
        assert all("/FontFile2" in font.FontDescriptor for font in fonts)
