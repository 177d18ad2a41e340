"""The same customers in a file of every form."""

from __future__ import annotations

import io
import sqlite3
from email.message import EmailMessage

import openpyxl

from tests.packing import zipped

HEAD = ("姓名", "身份证号", "手机号", "邮箱", "银行卡号", "车牌号")


def as_csv(people, delimiter=","):
    return "\n".join(delimiter.join(row) for row in [HEAD, *people]) + "\n"


def as_prose(people):
    return "\n".join(
        f"这个客户叫{n}，身份证号{i}，手机{m}，邮箱{e}，银行卡{c}，车牌{p}。这是我们的客户，地址在北京市。"
        for n, i, m, e, c, p in people
    )


def xlsx_bytes(people):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(HEAD)
    for name, number, mobile, *rest in people:
        sheet.append([name, number, int(mobile), *rest])
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def docx_bytes(people):
    def paragraph(line):
        half = len(line) // 2
        runs = "".join(f"<w:r><w:rPr/><w:t>{part}</w:t></w:r>" for part in (line[:half], line[half:]))
        return f"<w:p>{runs}</w:p>"

    body = "".join(paragraph(cell) for row in people for cell in row)
    xml = (
        f'<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="w"><w:body>{body}</w:body></w:document>'
    )
    return zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": xml.encode()})


def pptx_bytes(people):
    body = "".join(f"<a:p><a:r><a:t>{cell}</a:t></a:r></a:p>" for row in people for cell in row)
    return zipped(
        {"[Content_Types].xml": b"<Types/>", "ppt/slides/slide1.xml": f"<p:sld>{body}</p:sld>".encode()}
    )


def odt_bytes(people):
    body = "".join(
        f"<text:p>{cell[:5]}<text:span>{cell[5:]}</text:span></text:p>" for row in people for cell in row
    )
    return zipped(
        {"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": f"<o>{body}</o>".encode()}
    )


def pdf_bytes(people):
    from reportlab.pdfgen.canvas import Canvas

    held = io.BytesIO()
    canvas = Canvas(held)
    for start in range(0, len(people), 10):
        for line, row in enumerate(people[start : start + 10]):
            for column, cell in enumerate(row[1:5]):
                canvas.drawString(40, 800 - line * 70 - column * 15, cell)
        canvas.showPage()
    canvas.save()
    return held.getvalue()


def mail_bytes(people, codec="utf-8"):
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = people[0][3], people[1][3], "客户"
    mail.set_content(as_prose(people[:30]), charset=codec)
    mail.add_attachment(
        as_csv(people[30:]).encode("gb18030"),
        maintype="application",
        subtype="octet-stream",
        filename="附件.csv",
    )
    return mail.as_bytes()


def sqlite_bytes(people, path, wal=False):
    database = sqlite3.connect(path)
    if wal:
        database.execute("PRAGMA journal_mode=WAL")
    database.execute("CREATE TABLE 客户 (姓名, 身份证号, 手机号, 邮箱, 银行卡号, 车牌号)")
    rows = [(n, i, int(m), e, c, p) for n, i, m, e, c, p in people]
    database.executemany("INSERT INTO 客户 VALUES (?,?,?,?,?,?)", rows)
    database.commit()
    database.close()
    return path.read_bytes()
