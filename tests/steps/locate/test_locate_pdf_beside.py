"""What a PDF holds beside the text of its pages is read too: filled-in forms, remarks, attached files."""

from __future__ import annotations

import io
import zipfile

import pikepdf
import pytest
from reportlab.pdfgen.canvas import Canvas

from app.domain.record import Look, Problem
from app.steps.locate import Limits

MOBILE, ID = "13812345678", "11010519491231002X"


@pytest.fixture
def made(tmp_path):
    """Make a PDF of one page with a line of text, and let the test change it."""

    def make(change, draw=lambda canvas: None):
        held = io.BytesIO()
        canvas = Canvas(held)
        canvas.drawString(40, 700, "a long line of plain text on the page")
        draw(canvas)
        canvas.save()
        with pikepdf.open(held) as pdf:
            change(pdf)
            pdf.save(tmp_path / "in" / "a.pdf")

    return make


def test_the_fields_of_a_form(made, look, counts):
    def draw(canvas):
        canvas.acroForm.textfield(name="mobile", x=40, y=600, width=200, value=MOBILE)
        canvas.acroForm.textfield(name="id", x=40, y=500, width=200, value="")

    def fill(pdf):
        field = pdf.pages[0].Annots[1]
        field.V = pikepdf.String(ID)
        if "/AP" in field:
            del field["/AP"]

    made(fill, draw)
    located = look()["a.pdf"]
    assert counts(located) == {"cn.id": 1, "cn.mobile": 1}
    assert {where for f in located.record.findings for where in f.where} == {"#1"}


def test_a_remark(made, look, counts):
    def remark(pdf):
        note = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot,
            Subtype=pikepdf.Name.Text,
            Rect=[10, 10, 30, 30],
            Contents=f"客户手机：{MOBILE}",
        )
        pdf.pages[0].Annots = pdf.make_indirect(pikepdf.Array([note]))

    made(remark)
    assert counts(look()["a.pdf"]) == {"cn.mobile": 1}


def test_files_that_are_attached_are_read_as_what_they_are(made, look):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("内.txt", f"身份证号 {ID}")

    def attach(pdf):
        pdf.attachments["名单.csv"] = f"姓名,手机\n张三,{MOBILE}\n".encode("gb18030")
        pdf.attachments["b.zip"] = held.getvalue()

    made(attach)
    located = look()["a.pdf"]
    assert located.record.problems == ()
    assert {where for f in located.record.findings for where in f.where} == {
        *("名单.csv!姓名", "名单.csv!手机", "b.zip!内.txt")
    }
    assert look(limits=Limits(depth=0))["a.pdf"].record.problems == (Problem.TOO_DEEP,)


def test_a_page_with_nothing_beside_is_clean(made, look):
    made(lambda pdf: None)
    assert look()["a.pdf"].look is Look.CLEAN
