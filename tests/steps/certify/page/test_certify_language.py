"""The language of the document: its own, and where the second one stands."""

from datetime import UTC, datetime

import account_sample as sample
import pikepdf
import pytest
from test_certify_layout import all_text, sheet

from app.steps.certify.page.archive import archived, archived_pages
from app.steps.certify.page.paint import painted

MOMENT = datetime(2026, 11, 21, tzinfo=UTC)


def archive(tmp_path, language, second=""):
    pages = painted(sheet(sample.mixed(3, language=language)).pages, "t", "a", second=second)
    path = tmp_path / "x.pdf"
    path.write_bytes(archived(pages, {"manifest.json": b"{}"}, MOMENT, language))
    return path


@pytest.mark.parametrize(("language", "spoken"), [("zh", "zh-CN"), ("en", "en"), ("both", "zh-CN")])
def test_the_documents_language_is_that_of_its_words(tmp_path, language, spoken):
    with pikepdf.open(archive(tmp_path, language)) as document:
        assert str(document.Root.Lang) == spoken
    pages = painted(sheet(sample.clean(language=language)).pages, "t", "a")
    path = tmp_path / "volume.pdf"
    path.write_bytes(archived_pages(pages, language))
    with pikepdf.open(path) as document:
        assert str(document.Root.Lang) == spoken


def spans(path):
    """What is marked as of another language, and what is not, in characters drawn."""
    marked = plain = depth = 0
    with pikepdf.open(path) as document:
        for page in document.pages:
            for operands, operator in pikepdf.parse_content_stream(page):
                if str(operator) == "BDC":
                    assert (str(operands[0]), str(operands[1].Lang)) == ("/Span", "en")
                    depth += 1
                elif str(operator) == "EMC":
                    depth -= 1
                elif str(operator) == "Tj":
                    marked += depth
                    plain += not depth
                elif str(operator) in ("BT", "ET"):
                    pass
                assert depth in (0, 1)
    assert depth == 0
    return marked, plain


def test_the_second_language_is_marked_where_it_stands(tmp_path):
    marked, plain = spans(archive(tmp_path, "both", "en"))
    assert marked > 100
    assert plain > 100
    assert spans(archive(tmp_path, "zh")) == (0, spans(archive(tmp_path, "zh"))[1])


def test_marking_moves_no_text(tmp_path):
    import pypdfium2

    def read(path):
        document = pypdfium2.PdfDocument(path)
        try:
            return ["".join(page.get_textpage().get_text_range().split()) for page in document]
        finally:
            document.close()

    plain = read(archive(tmp_path, "both"))
    assert read(archive(tmp_path, "both", "en")) == plain
    assert "Certificate" in all_text(sheet(sample.clean(language="both")))
