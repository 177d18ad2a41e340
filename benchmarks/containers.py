"""One company's papers in every encoding and container an office keeps them in."""

from __future__ import annotations

import bz2
import csv
import gzip
import html
import importlib.util
import io
import json
import lzma
import sqlite3
import struct
import tarfile
import zipfile
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from types import ModuleType

from benchmarks.papers import Papers

ROOT = Path(__file__).resolve().parent.parent


def _cfb() -> ModuleType:
    spec = importlib.util.spec_from_file_location("cfb", ROOT / "tests" / "steps" / "locate" / "cfb.py")
    if spec is None or spec.loader is None:
        raise ImportError("tests/steps/locate/cfb.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _text(one: Papers) -> str:
    return "\n".join(one.lines()) + "\n"


def _csv(one: Papers, delimiter: str = ",") -> str:
    held = io.StringIO()
    csv.writer(held, delimiter=delimiter).writerows([one.heads, *one.table])
    return held.getvalue()


def _json(one: Papers) -> bytes:
    rows = [
        [{"name": head, "value": cell} for head, cell in zip(one.heads, row, strict=True)]
        for row in one.table
    ]
    return json.dumps(rows, indent=1).encode()


def _xml(one: Papers) -> bytes:
    rows = "".join(
        "<row>"
        + "".join(
            f'<f name="{head}">{html.escape(cell)}</f>' for head, cell in zip(one.heads, row, strict=True)
        )
        + "</row>\n"
        for row in one.table
    )
    return f'<?xml version="1.0" encoding="UTF-8"?><rows>{rows}</rows>'.encode()


def _html(one: Papers) -> bytes:
    body = "".join(f"<p>{html.escape(line)}</p>\n" for line in one.lines())
    return f"<html><head><meta charset='utf-8'></head><body>{body}</body></html>".encode()


def _xlsx(one: Papers, *, streamed: bool = False) -> bytes:
    import openpyxl

    book = openpyxl.Workbook(write_only=streamed)
    sheet = book.create_sheet("客户") if streamed else book.active
    for row in (one.heads, *one.table):
        sheet.append(list(row))
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def _zip(members: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return held.getvalue()


def _tar(members: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return held.getvalue()


def _7z(members: dict[str, bytes]) -> bytes:
    import py7zr

    held = io.BytesIO()
    with py7zr.SevenZipFile(held, "w") as archive:
        for name, data in members.items():
            archive.writestr(data, name)
    return held.getvalue()


def _docx(one: Papers) -> bytes:
    def runs(line: str) -> str:
        half = len(line) // 2
        return "".join(f"<w:r><w:t>{html.escape(part)}</w:t></w:r>" for part in (line[:half], line[half:]))

    body = "".join(f"<w:p>{runs(line)}</w:p>" for line in one.lines())
    return _zip(
        {"[Content_Types].xml": b"<Types/>", "word/document.xml": f"<w:document>{body}</w:document>".encode()}
    )


def _pptx(one: Papers) -> bytes:
    body = "".join(f"<a:p><a:r><a:t>{html.escape(line)}</a:t></a:r></a:p>" for line in one.lines())
    return _zip(
        {"[Content_Types].xml": b"<Types/>", "ppt/slides/slide1.xml": f"<p:sld>{body}</p:sld>".encode()}
    )


def _odt(one: Papers) -> bytes:
    body = "".join(f"<text:p>{html.escape(line)}</text:p>" for line in one.lines())
    kind = b"application/vnd.oasis.opendocument.text"
    return _zip({"mimetype": kind, "content.xml": f"<o>{body}</o>".encode()})


def _rtf(one: Papers) -> bytes:
    def escaped(line: str) -> str:
        return "".join(
            c if c.isascii() else f"\\u{ord(c) if ord(c) < 32768 else ord(c) - 65536}?" for c in line
        )

    body = "\\par ".join(escaped(line).replace("{", "\\{").replace("}", "\\}") for line in one.lines())
    return b"{\\rtf1\\ansi\\ansicpg936 " + body.encode("ascii") + b"}"


def _pdf(one: Papers) -> bytes:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(TTFont("Noto", str(ROOT / "resources" / "fonts" / "NotoSansSC-Regular.ttf")))
    held = io.BytesIO()
    canvas = Canvas(held)
    lines = one.lines()
    for start in range(0, len(lines), 50):
        canvas.setFont("Noto", 8)
        for number, line in enumerate(lines[start : start + 50]):
            canvas.drawString(30, 810 - number * 16, line)
        canvas.showPage()
    canvas.save()
    return held.getvalue()


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def _xls(one: Papers) -> bytes:
    """Write a BIFF8 workbook of one sheet: a LABEL record a cell."""
    name = "客户".encode("utf-16-le")
    opening = _record(0x809, struct.pack("<HHHHLL", 0x600, 0x05, 0, 0x7CC, 0, 6))
    sheet = _record(0x809, struct.pack("<HHHHLL", 0x600, 0x10, 0, 0x7CC, 0, 6))
    for row, cells in enumerate((one.heads, *one.table)):
        for column, cell in enumerate(cells):
            text = cell.encode("utf-16-le")
            sheet += _record(0x204, struct.pack("<HHHHB", row, column, 0, len(cell), 1) + text)
    sheet += _record(0x0A, b"")
    bound = struct.pack("<LBBBB", len(opening) + 4 + 8 + len(name) + 4, 0, 0, len(name) // 2, 1) + name
    globals_ = opening + _record(0x85, bound) + _record(0x0A, b"")
    made: bytes = _cfb().ole_bytes({"Workbook": globals_ + sheet})
    return made


def _doc(one: Papers) -> bytes:
    text = _text(one).replace("\n", "\r").encode("utf-16-le")
    plc = struct.pack("<2L", 0, len(text) // 2) + struct.pack("<HLH", 0, 1024, 0)
    clx = b"\x02" + struct.pack("<L", len(plc)) + plc
    fib = bytearray(1024)
    struct.pack_into("<HH", fib, 0, 0xA5EC, 0xC1)
    struct.pack_into("<H", fib, 0x0A, 0x0200)
    struct.pack_into("<LL", fib, 0x01A2, 100, len(clx))
    made: bytes = _cfb().ole_bytes({"WordDocument": bytes(fib) + text, "1Table": bytes(100) + clx})
    return made


def _ppt(one: Papers) -> bytes:
    def atom(kind: int, data: bytes, version: int = 0) -> bytes:
        return struct.pack("<HHL", version, kind, len(data)) + data

    slide = atom(0x0FA0, _text(one).replace("\n", "\r").encode("utf-16-le"))
    document = atom(0x03E8, atom(0x0FF0, slide, 0xF), 0xF)
    user = bytes(12) + struct.pack("<L", 0xE391C05F)
    made: bytes = _cfb().ole_bytes({"PowerPoint Document": document, "Current User": user})
    return made


def _msg(one: Papers) -> bytes:
    streams = {
        "__properties_version1.0": bytes(32),
        "__substg1.0_1000001F": "见附件".encode("utf-16-le"),
        "__attach_version1.0_#00000000/__substg1.0_3707001F": "客户.csv".encode("utf-16-le"),
        "__attach_version1.0_#00000000/__substg1.0_37010102": _csv(one).encode("gb18030"),
    }
    made: bytes = _cfb().ole_bytes(streams)
    return made


def _mail(one: Papers) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = "客户资料"
    mail.set_content(_text(one), charset="gb18030")
    mail.add_attachment(_xlsx(one), maintype="application", subtype="octet-stream", filename="客户.xlsx")
    return mail


def _mbox(one: Papers) -> bytes:
    return b"From kehu Mon Jan  1 00:00:00 2024\n" + _mail(one).as_bytes() + b"\n"


def _dbf(one: Papers) -> bytes:
    rows = [[cell.encode("gb18030") for cell in row] for row in one.table]
    widths = [max(len(row[at]) for row in rows) for at in range(len(one.heads))]
    fields = b"".join(
        head.encode("gb18030")[:10].ljust(11, b"\0") + b"C" + bytes(4) + bytes([width, 0]) + bytes(14)
        for head, width in zip(one.heads, widths, strict=True)
    )
    head = bytes([0x03, 126, 11, 22]) + struct.pack("<LHH", len(rows), 33 + len(fields), 1 + sum(widths))
    body = b"".join(
        b" " + b"".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows
    )
    return head + bytes(17) + bytes([0x7A, 0, 0]) + fields + b"\r" + body + b"\x1a"


def _sqlite(one: Papers) -> bytes:
    database = sqlite3.connect(":memory:")
    names = ", ".join(
        f'"{head}{at}"' if one.heads.count(head) > 1 else f'"{head}"' for at, head in enumerate(one.heads)
    )
    database.execute(f"CREATE TABLE 客户 ({names})")
    database.executemany(f"INSERT INTO 客户 VALUES ({', '.join('?' * len(one.heads))})", one.table)
    database.commit()
    data = database.serialize()
    database.close()
    return data


def _hant(one: Papers) -> bytes:
    return "\n".join(one.lines(traditional=True)).encode("cp950", "replace")


CODECS = ("utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "gb18030")
CONTAINERS: dict[str, Callable[[Papers], bytes]] = {
    **{f"{codec}.txt": lambda one, codec=codec: _text(one).encode(codec) for codec in CODECS},
    "utf-16.txt": lambda one: _text(one).encode("utf-16"),
    "big5.txt": _hant,
    **{f"{codec}.csv": lambda one, codec=codec: _csv(one).encode(codec) for codec in CODECS},
    "tab.tsv": lambda one: _csv(one, "\t").encode("gb18030"),
    "a.json": _json,
    "a.xml": _xml,
    "a.html": _html,
    "a.xlsx": _xlsx,
    "streamed.xlsx": lambda one: _xlsx(one, streamed=True),
    "a.xls": _xls,
    "a.docx": _docx,
    "a.pptx": _pptx,
    "a.odt": _odt,
    "a.doc": _doc,
    "a.ppt": _ppt,
    "a.rtf": _rtf,
    "a.pdf": _pdf,
    "a.eml": lambda one: _mail(one).as_bytes(),
    "a.mbox": _mbox,
    "a.msg": _msg,
    "a.dbf": _dbf,
    "a.sqlite": _sqlite,
    "a.csv.gz": lambda one: gzip.compress(_csv(one).encode("gb18030")),
    "a.txt.bz2": lambda one: bz2.compress(_text(one).encode()),
    "a.txt.xz": lambda one: lzma.compress(_text(one).encode("utf-16")),
    "a.zip": lambda one: _zip({"客户.csv": _csv(one).encode("gb18030")}),
    "a.7z": lambda one: _7z({"a.docx": _docx(one)}),
    "a.tar.gz": lambda one: _tar({"客户/a.xlsx": _xlsx(one)}),
    "nested.zip": lambda one: _zip({"a.tar.gz": _tar({"b.7z": _7z({"c.eml": _mail(one).as_bytes()})})}),
}
"""What makes each file of one company's papers, by the file's name."""
