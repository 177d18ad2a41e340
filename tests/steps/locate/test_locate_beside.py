"""What stands in no cell and no paragraph is read or named: remarks and pictures of sheets, objects in Rich Text."""

from __future__ import annotations

import zipfile

import pytest

from app.domain.record import Look, Problem

MOBILE = "13812345678"


def ods(path, content="", **members):
    head = (
        '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
        '<table:table table:name="S"><table:table-row><table:table-cell office:value-type="string">'
    )
    tail = "<text:p>word</text:p></table:table-cell></table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", head + content + tail)
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        for name, data in members.items():
            archive.writestr(name, data)


def test_a_remark_and_a_picture_of_an_opendocument_sheet(look, tmp_path, counts):
    root = tmp_path / "in"
    remark = f"<office:annotation><text:p>客户手机 {MOBILE}</text:p></office:annotation>"
    ods(root / "remark.ods", remark)
    ods(root / "picture.ods", **{"Pictures/1.png": b"\x89PNG\r\n\x1a\n"})
    ods(root / "clean.ods")
    results = look()
    assert counts(results["remark.ods"]) == {"cn.mobile": 1}
    assert results["picture.ods"].look is Look.NOT_LOOKED_AT
    assert results["clean.ods"].look is Look.CLEAN


@pytest.mark.parametrize(
    ("word", "problem"), [("pict", Problem.IMAGE_NOT_READ), ("objdata", Problem.UNKNOWN_FORMAT)]
)
def test_rich_text_with_a_picture_or_an_object_says_so(word, problem, look, tmp_path):
    (tmp_path / "in" / "a.rtf").write_text("{\\rtf1 plain {\\*\\" + word + " 0102}}")
    located = look()["a.rtf"]
    assert located.look is not Look.CLEAN
    assert located.record.problems == (problem,)
