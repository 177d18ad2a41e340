"""Workbooks and letters as Excel and Word open them (ECMA-376), written with the standard library alone."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Final
from xml.sax.saxutils import escape

# ZIP has no earlier date; a fixed one makes the same company from the same seed, byte for byte.
_WHEN: Final = (2026, 7, 31, 18, 0, 0)
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_KINDS: Final = "application/vnd.openxmlformats-officedocument"
_SHEET: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_WORD: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"

Cell = str | int
Row = Sequence[Cell]


def zip_bytes(members: Mapping[str, bytes]) -> bytes:
    """Give a deflated ZIP of these members, in order, all dated 2026-07-31."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, _WHEN)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            archive.writestr(info, content)
    return buffer.getvalue()


def xlsx_bytes(title: str, rows: Sequence[Row]) -> bytes:
    """Give a workbook with one sheet. Text stays text, so that long numbers keep their digits."""
    main = f"{_KINDS}.spreadsheetml.sheet.main+xml"
    sheet = f"{_KINDS}.spreadsheetml.worksheet+xml"
    cells = "".join(_row(number, row) for number, row in enumerate(rows, 1))
    return zip_bytes(
        {
            "[Content_Types].xml": _types(
                {"/xl/workbook.xml": main, "/xl/worksheets/sheet1.xml": sheet},
            ),
            "_rels/.rels": _relations("officeDocument", "xl/workbook.xml"),
            "xl/workbook.xml": _xml(
                f'<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}"><sheets>'
                f'<sheet name="{escape(title)}" sheetId="1" r:id="rId1"/></sheets></workbook>'
            ),
            "xl/_rels/workbook.xml.rels": _relations("worksheet", "worksheets/sheet1.xml"),
            "xl/worksheets/sheet1.xml": _xml(
                f'<worksheet xmlns="{_SHEET}"><sheetData>{cells}</sheetData></worksheet>'
            ),
        }
    )


def docx_bytes(paragraphs: Sequence[str], table: Sequence[Row] = ()) -> bytes:
    """Give a letter: the paragraphs, then the table."""
    body = "".join(f"<w:p>{_run(text)}</w:p>" for text in paragraphs)
    return zip_bytes(
        {
            "[Content_Types].xml": _types(
                {"/word/document.xml": f"{_KINDS}.wordprocessingml.document.main+xml"},
            ),
            "_rels/.rels": _relations("officeDocument", "word/document.xml"),
            "word/document.xml": _xml(
                f'<w:document xmlns:w="{_WORD}"><w:body>{body}{_table(table)}'
                '<w:p/><w:sectPr><w:pgSz w:w="11906" w:h="16838"/></w:sectPr></w:body></w:document>'
            ),
        }
    )


def _xml(text: str) -> bytes:
    return (_HEAD + text).encode()


def _types(parts: Mapping[str, str]) -> bytes:
    overrides = "".join(f'<Override PartName="{part}" ContentType="{kind}"/>' for part, kind in parts.items())
    return _xml(
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )


def _relations(kind: str, target: str) -> bytes:
    return _xml(
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/{kind}" Target="{target}"/></Relationships>'
    )


def _row(number: int, row: Row) -> str:
    cells = "".join(_cell(f"{_column(index)}{number}", value) for index, value in enumerate(row))
    return f'<row r="{number}">{cells}</row>'


def _column(index: int) -> str:
    """A for 0 up to Z for 25; no sheet here is wider."""
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[index]


def _cell(place: str, value: Cell) -> str:
    if isinstance(value, int):
        return f'<c r="{place}"><v>{value}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def _run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def _table(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    sides = "".join(
        f'<w:{side} w:val="single" w:sz="4"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    grid = "<w:gridCol/>" * len(rows[0])
    body = "".join(
        "<w:tr>"
        + "".join(f"<w:tc><w:tcPr/><w:p>{_run(str(value))}</w:p></w:tc>" for value in row)
        + "</w:tr>"
        for row in rows
    )
    return (
        f"<w:tbl><w:tblPr><w:tblBorders>{sides}</w:tblBorders></w:tblPr>"
        f"<w:tblGrid>{grid}</w:tblGrid>{body}</w:tbl>"
    )
