"""Sheets searched as they stand: the same values as by a reader of cells, each with its address."""

from __future__ import annotations

import time
import zipfile

import openpyxl
import pytest

from app.domain.record import Look
from app.steps.locate.plain import whole_runs
from app.steps.locate.read.workbook import Book


@pytest.mark.parametrize("streamed", [True, False], ids=["strings in their cells", "shared strings"])
def test_every_cell_is_found_and_its_place_told(streamed, look, counts, tmp_path, values):
    made = values(9)
    book = openpyxl.Workbook(write_only=streamed)
    if not streamed:
        book.remove(book.active)
    sheet = book.create_sheet("客户 A&B")
    sheet.append(["客户资料"])
    sheet.append(["姓名", "手机号", "身份证号", "车牌", "金额"])
    for number in range(300):
        sheet.append([f"张{number}", int(made.mobile()), made.id(), made.plate(), number * 1.5])
    book.save(tmp_path / "in" / "a.xlsx")
    located = look()["a.xlsx"]
    told = {kind: count for kind, count in counts(located).items() if not kind.startswith("minor.")}
    assert told == {"cn.mobile": 300, "cn.id": 300, "cn.plate": 300}
    places = {finding.kind: finding.where for finding in located.record.findings}
    assert places["cn.mobile"] == ("客户 A&B!B3:B302",)
    if not streamed:
        return
    assert places["cn.id"][0].startswith("客户 A&B")


def test_the_numbers_of_a_column_need_its_head(look, counts, tmp_path):
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("单")
    sheet.append(["订单号", "电话"])
    for number in range(50):
        sheet.append([13800000000 + number, 13900000000 + number])
    book.save(tmp_path / "in" / "orders.xlsx")
    assert counts(look()["orders.xlsx"]) == {"cn.mobile": 50}


def test_a_number_with_a_fraction_is_nobodys_and_a_text_like_one_may_be(look, counts, tmp_path):
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("单")
    sheet.append(["联系电话", "金额"])
    for number in range(50):
        sheet.append([f"甲{number}. 139{number:08}", 1234.139 + number / 1e12])
        sheet.append([float(13700000000 + number), -0.13812345678])
    book.save(tmp_path / "in" / "orders.xlsx")
    located = look()["orders.xlsx"]
    assert counts(located) == {"cn.mobile": 100}
    (finding,) = located.record.findings
    assert finding.where == ("单!A2:A101",)


def test_what_stands_in_a_tag_is_no_cell(look, tmp_path):
    xml = (
        '<worksheet xr:uid="{11010519491231002X-13812345678-0000}"><sheetData>'
        '<row r="1" spans="13812345678"><c r="A1" s="13812345678"><v>5</v></c></row></sheetData></worksheet>'
    )
    with zipfile.ZipFile(tmp_path / "in" / "a.xlsx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(
            "xl/workbook.xml", '<workbook><sheets><sheet name="x" r:id="r1"/></sheets></workbook>'
        )
        archive.writestr("xl/worksheets/sheet1.xml", xml)
    assert look()["a.xlsx"].look is Look.CLEAN


def _workbook(path, strings="", sheet="", drawing=""):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(
            "xl/workbook.xml", '<workbook><sheets><sheet name="x" r:id="r1"/></sheets></workbook>'
        )
        for name, xml in (("sharedStrings", strings), ("worksheets/sheet1", sheet), ("drawings/d1", drawing)):
            if xml:
                archive.writestr(f"xl/{name}.xml", xml)


def _rich(first, second, prefix=""):
    return (
        f'<{prefix}r><{prefix}t xml:space="preserve">{first}</{prefix}t></{prefix}r>\n'
        f'<{prefix}r><{prefix}rPr><{prefix}b/><{prefix}sz val="11"/></{prefix}rPr><{prefix}t/></{prefix}r>'
        f"<{prefix}r><{prefix}t>{second}</{prefix}t></{prefix}r>"
    )


@pytest.mark.parametrize("plain", [0, 50])
@pytest.mark.parametrize("prefix", ["", "x:"])
def test_a_number_whose_figures_look_different_is_one_number(look, counts, tmp_path, plain, prefix):
    strings = "".join(f"<{prefix}si><{prefix}t>1380013{n:04}</{prefix}t></{prefix}si>" for n in range(plain))
    strings += f"<{prefix}si>{_rich('139001', '38000', prefix)}</{prefix}si>"
    strings += f"<{prefix}si>{_rich('会议', '记录', prefix)}</{prefix}si>"
    strings += f"<{prefix}si><{prefix}t>13700</{prefix}t></{prefix}si><{prefix}si><{prefix}t>137000</{prefix}t></{prefix}si>"
    _workbook(tmp_path / "in" / "a.xlsx", f"<{prefix}sst>{strings}</{prefix}sst>")
    assert counts(look()["a.xlsx"]) == {"cn.mobile": plain + 1}


def test_a_rich_text_in_its_cell_or_in_a_box_is_read_whole(look, counts, tmp_path):
    sheet = (
        '<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>订单号</t></is></c>'
        '<c r="B1" t="inlineStr"><is><t>手机</t></is></c></row><row r="2">'
        f'<c r="A2" t="inlineStr"><is>{_rich("138001", "38001")}</is></c>'
        f'<c r="B2" t="inlineStr"><is>{_rich("138001", "38002")}</is></c></row></sheetData></worksheet>'
    )
    _workbook(tmp_path / "in" / "a.xlsx", sheet=sheet)
    _workbook(tmp_path / "in" / "b.xlsx", drawing=f"<d><a:p>{_rich('138001', '38003', 'a:')}</a:p></d>")
    told = look()
    assert counts(told["a.xlsx"]) == {"cn.mobile": 1}
    assert [one.where for one in told["a.xlsx"].record.findings] == [("sheet1.xml!B2",)]
    assert counts(told["b.xlsx"]) == {"cn.mobile": 1}


def test_an_empty_string_has_its_number_too(look, counts, tmp_path):
    heads = "<si><t>姓名</t></si><si><t>备注</t></si>"
    names = "<si/>" + "".join(f"<si><t>张{one}</t></si><si><t>王府井</t></si>" for one in "伟芳娜敏静")
    cells = "".join(
        f'<row r="{n}"><c r="A{n}" t="s"><v>{2 * n - 1}</v></c><c r="B{n}" t="s"><v>{2 * n}</v></c></row>'
        for n in range(2, 7)
    )
    first = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'
    sheet = f"<worksheet><sheetData>{first}{cells}</sheetData></worksheet>"
    _workbook(tmp_path / "in" / "a.xlsx", f"<sst>{heads}{names}</sst>", sheet)
    assert counts(look()["a.xlsx"]) == {"name": 5}


def test_a_number_beyond_all_strings_takes_no_memory():
    book = Book(lambda _: [], bytes, length=100)
    book.want("姓名", [b"3", b"33554431", b"999999999"])
    assert len(book.wanted["姓名"]) == 4


@pytest.mark.parametrize(
    "piece", [b"</t></r><r", b"</t></r><r>", b"</t>", b"</t></r><r><t x", b"</t><b/></r>"]
)
def test_runs_without_an_end_take_no_more_than_their_share_of_time(piece):
    began = time.process_time()
    whole_runs(piece * 200_000 + b"</r>")
    assert time.process_time() - began < 5
