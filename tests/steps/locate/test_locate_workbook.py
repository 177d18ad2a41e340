"""Sheets searched as they stand: the same values as by a reader of cells, each with its address."""

from __future__ import annotations

import zipfile

import openpyxl
import pytest

from app.domain.record import Look


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
