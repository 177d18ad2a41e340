"""Planted values in every container and encoding: each is found, and counted once."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import random
import sqlite3
import zipfile

import openpyxl
import pytest

from app.domain.record import Look, Problem, Tier
from tests.packing import tarred, zipped
from tests.steps.locate.customer_files import (
    as_csv,
    as_prose,
    docx_bytes,
    mail_bytes,
    odt_bytes,
    pdf_bytes,
    pptx_bytes,
    sqlite_bytes,
    xlsx_bytes,
)

CODECS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"]


@pytest.fixture
def people(values):
    made = values(11)
    return [
        (f"客户{i}", made.id(), made.mobile(), made.email(), made.card(), made.plate()) for i in range(60)
    ]


EXPECTED = {"cn.id": 60, "cn.mobile": 60, "email": 60, "bank.card": 60, "cn.plate": 60}


def check(located, counts, expected=EXPECTED):
    assert located.look is Look.FOUND
    assert counts(located) == expected
    assert located.record.problems == ()
    assert located.record.people == 60
    assert located.record.tier is Tier.SENSITIVE


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("kind", ["csv", "tsv", "prose", "txt-table", "crlf"])
def test_text_in_every_encoding(kind, codec, people, look, tmp_path, counts):
    text = {
        "csv": as_csv(people),
        "tsv": as_csv(people, "\t"),
        "prose": as_prose(people),
        "txt-table": "客户名单\n" + as_csv(people, "|"),
        "crlf": as_csv(people).replace("\n", "\r\n"),
    }[kind]
    (tmp_path / "in" / "list.dat").write_bytes(text.encode(codec))
    check(look()["list.dat"], counts)


def test_big5(people, look, tmp_path, counts):
    text = "\n".join(f"這個客戶的電話號碼是{m}，後來我們說過會過來開會。身分{i}" for _, i, m, *_ in people)
    (tmp_path / "in" / "a.txt").write_bytes(text.encode("cp950"))
    located = look()["a.txt"]
    assert counts(located) == {"cn.id": 60, "cn.mobile": 60}
    assert "context" in located.record.findings[1].why  # only the right encoding shows the label


def test_log_whose_lines_are_in_two_encodings(people, look, tmp_path, counts):
    lines = [
        f"客户 {name} 手机 {mobile}".encode("utf-8" if i % 2 else "gb18030")
        for i, (name, _, mobile, *_) in enumerate(people)
    ]
    (tmp_path / "in" / "mixed.txt").write_bytes(b"ascii only\n" * 9000 + b"\n".join(lines))
    located = look()["mixed.txt"]
    assert counts(located) == {"cn.mobile": 60}
    assert located.record.problems == ()


def test_json_and_html_with_escapes(people, look, tmp_path, counts):
    keys = ("name", "idCard", "mobile", "email", "bankCard", "plate")
    data = [dict(zip(keys, row, strict=True)) for row in people]
    (tmp_path / "in" / "a.json").write_text(json.dumps(data))
    rows = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in people)
    (tmp_path / "in" / "a.html").write_text(f"<html><table>{rows}</table></html>")
    results = look()
    check(results["a.json"], counts)
    check(results["a.html"], counts)


@pytest.mark.parametrize("form", [xlsx_bytes, docx_bytes, pptx_bytes, odt_bytes])
def test_office_documents(form, people, look, tmp_path, counts):
    (tmp_path / "in" / "a.bin").write_bytes(form(people))
    check(look()["a.bin"], counts)


def test_a_column_head_of_a_workbook_names_its_numbers(look, tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["姓名", "身份证号"])
    book.active.append(["张三", "110101199003074611"])
    book.save(tmp_path / "in" / "a.xlsx")
    number, name = look()["a.xlsx"].record.findings
    assert number.why == ("pattern", "date", "region", "header")
    assert (name.kind, name.why) == ("name", ("pattern", "prefix", "header"))


def test_pdf_mail_database_and_archives(people, look, tmp_path, counts):
    root = tmp_path / "in"
    csv = as_csv(people).encode("gb18030")
    (root / "a.pdf").write_bytes(pdf_bytes(people))
    (root / "a.eml").write_bytes(mail_bytes(people))
    (root / "gb.eml").write_bytes(mail_bytes(people, "gb18030"))
    stored = sqlite_bytes(people, tmp_path / "made.db")
    (root / "a.db").write_bytes(stored)
    (root / "a.zip").write_bytes(zipped({"客户.csv": csv}))
    (root / "b.zip").write_bytes(zipped({"a/b.zip": zipped({"c.xlsx": xlsx_bytes(people)})}))
    (root / "c.zip").write_bytes(zipped({"d.db": sqlite_bytes(people, tmp_path / "wal.db", wal=True)}))
    (root / "a.tar").write_bytes(tarred({"a.csv": csv, "b.pdf": pdf_bytes(people)}))
    (root / "a.tgz").write_bytes(tarred({"a.zip": zipped({"a.csv": csv})}, "w:gz"))
    (root / "a.csv.gz").write_bytes(gzip.compress(csv))
    (root / "a.csv.bz2").write_bytes(bz2.compress(csv))
    (root / "a.csv.xz").write_bytes(lzma.compress(csv))
    results = look()
    check(results.pop("a.pdf"), counts, {k: v for k, v in EXPECTED.items() if k != "cn.plate"})
    for located in results.values():
        check(located, counts)
    assert len(results) == 11


def test_a_mailbox_of_many_mails(people, look, tmp_path, counts):
    mails = b"".join(
        b"From x@y Sat Nov 21 20:00:00 2026\n" + mail_bytes(people[i : i + 2] * 16) + b"\n\n"
        for i in range(0, 60, 2)
    )
    (tmp_path / "in" / "inbox").write_bytes(mails)
    assert counts(look()["inbox"]) == EXPECTED


def test_a_database_in_write_ahead_mode_leaves_nothing_beside_it(people, look, tmp_path, counts):
    sqlite_bytes(people, tmp_path / "in" / "a.db", wal=True)
    before = sorted(p.name for p in (tmp_path / "in").iterdir())
    check(look()["a.db"], counts)
    assert sorted(p.name for p in (tmp_path / "in").iterdir()) == before == ["a.db"]


def test_deleted_rows_of_a_database_are_still_customers(people, look, tmp_path):
    path = tmp_path / "in" / "a.db"
    database = sqlite3.connect(path)
    database.execute("PRAGMA secure_delete=OFF")
    database.execute("CREATE TABLE t (note)")
    database.executemany("INSERT INTO t VALUES (?)", [(f" {mobile} ",) for _, _, mobile, *_ in people])
    database.commit()
    database.execute("DELETE FROM t")
    database.commit()
    database.close()
    assert look()["a.db"].look is Look.FOUND


def test_names_of_members_in_gb18030_and_names_that_tell_a_number(look, tmp_path, counts):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("AAAA13812345678.txt", "x")
    data = held.getvalue().replace(b"AAAA", "客户".encode("gb18030"))
    (tmp_path / "in" / "a.zip").write_bytes(data)
    assert counts(look(subject="客户")["a.zip"]) == {"cn.mobile": 1, "custom.subject": 1}


def test_rtf(look, tmp_path, counts):
    hanzi = "".join(f"\\'{b:02x}" for b in "手机".encode("gb18030"))
    (tmp_path / "in" / "a.rtf").write_text(
        f"{{\\rtf1\\ansi {hanzi} \\b 138\\b0 12345678\\par 110101199003074610}}"
    )
    assert counts(look()["a.rtf"]) == {"cn.id": 1, "cn.mobile": 1}


@pytest.mark.parametrize("name", ["a.xls", "a.ods"])
def test_broken_sheets_are_unreadable(name, look, tmp_path):
    magic = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" if name == "a.xls" else zipped({"mimetype": b"x"})[:60]
    (tmp_path / "in" / name).write_bytes(magic + b"\1" * 4000)
    located = look()[name]
    assert located.look is Look.UNREADABLE
    assert located.record.problems == (Problem.MALFORMED,)


def test_keys_are_core_and_their_own_category(look, tmp_path):
    from cryptography.hazmat.primitives import serialization as ser
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import pkcs12

    root = tmp_path / "in"
    key = ec.generate_private_key(ec.SECP256R1())
    secret = ser.BestAvailableEncryption(b"x")
    for name, form, cipher in [
        ("a.pem", ser.PrivateFormat.PKCS8, secret),
        ("b.pem", ser.PrivateFormat.TraditionalOpenSSL, ser.NoEncryption()),
    ]:
        (root / name).write_bytes(key.private_bytes(ser.Encoding.PEM, form, cipher))
    (root / "c.der").write_bytes(
        key.private_bytes(ser.Encoding.DER, ser.PrivateFormat.PKCS8, ser.NoEncryption())
    )
    (root / "d.p12").write_bytes(pkcs12.serialize_key_and_certificates(b"n", key, None, None, secret))
    (root / "e.txt").write_text("# created\nAGE-SECRET-KEY-1" + "Q" * 58)
    (root / "public.pem").write_bytes(
        key.public_key().public_bytes(ser.Encoding.PEM, ser.PublicFormat.SubjectPublicKeyInfo)
    )
    results = look()
    assert results.pop("public.pem").look is Look.CLEAN
    assert len(results) == 5
    for located in results.values():
        assert located.record.tier is Tier.CORE
        assert located.record.category == "secret.key"
        assert [(f.kind, f.count) for f in located.record.findings] == [("secret.key", 1)]


def test_an_open_document_sheet_with_numbers_as_numbers(people, look, tmp_path, counts):
    def row(cells):
        return "<table:table-row>" + "".join(cells) + "</table:table-row>"

    def text(value):
        return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'

    def number(value):
        return f'<table:table-cell office:value-type="float" office:value="{value}"><text:p>1.4E+10</text:p></table:table-cell>'

    rows = row([text("姓名"), text("手机号")]) + "".join(row([text(n), number(m)]) for n, _, m, *_ in people)
    spaces = " ".join(
        f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text")
    )
    xml = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces}><office:body><office:spreadsheet>'
        f'<table:table table:name="a">{rows}</table:table></office:spreadsheet></office:body></office:document-content>'
    )
    kind = b"application/vnd.oasis.opendocument.spreadsheet"
    listing = b'<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    members = {"mimetype": kind, "META-INF/manifest.xml": listing, "content.xml": xml.encode()}
    (tmp_path / "in" / "a.dat").write_bytes(zipped(members))
    located = look()["a.dat"]
    assert counts(located) == {"cn.mobile": 60}
    assert "header" in located.record.findings[0].why


def test_a_table_that_breaks_is_read_on_as_text(people, look, tmp_path, counts):
    good, bad = people[:30], people[30:]
    text = as_csv(good) + '"没有结尾的引号\n' + as_csv(bad) + "备注 " * 60_000
    (tmp_path / "in" / "a.csv").write_text(text)
    assert counts(look()["a.csv"]) == EXPECTED


def test_a_page_that_is_a_picture_was_not_looked_at(look, tmp_path):
    from PIL import Image
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(tmp_path / "in" / "scan.pdf"))
    canvas.drawImage(ImageReader(Image.new("RGB", (60, 60), "red")), 10, 10)
    canvas.showPage()
    canvas.save()
    located = look()["scan.pdf"]
    assert located.look is Look.NOT_LOOKED_AT
    assert located.record.problems == (Problem.IMAGE_NOT_READ,)


def test_a_mail_that_says_gb2312_and_means_more(look, tmp_path):
    body = "客户朱镕的手机13812345678".encode("gb18030")
    head = b"From: a@example.com\nSubject: x\nContent-Type: text/plain; charset=gb2312\nContent-Transfer-Encoding: 8bit\n\n"
    (tmp_path / "in" / "a.eml").write_bytes(head + body)
    assert "custom.subject" in {f.kind for f in look(subject="朱镕")["a.eml"].record.findings}


def test_a_finding_tells_its_places(people, look, tmp_path):
    root = tmp_path / "in"
    inner = zipped({"客户.csv": as_csv(people).encode("gb18030")})
    (root / "a.zip").write_bytes(zipped({"x/内.zip": inner}))
    (root / "b.pdf").write_bytes(pdf_bytes(people))
    (root / "c.db").write_bytes(sqlite_bytes(people, tmp_path / "made.db"))
    (root / "d.csv").write_text(as_csv(people))
    places = {
        name: {f.kind: f.where for f in located.record.findings}["cn.mobile"]
        for name, located in look().items()
    }
    assert places == {
        "a.zip": ("x/内.zip!客户.csv!手机号",),
        "b.pdf": ("#1", "#2", "#3", "#4", "#5"),
        "c.db": ("客户!手机号",),
        "d.csv": ("手机号",),
    }


def test_the_holes_of_a_sparse_file_are_not_searched(look, tmp_path, counts):
    from app.steps.locate.read.source import Source

    path = tmp_path / "in" / "a.img"
    with path.open("wb") as file:
        file.truncate(600 << 20)
        file.seek(300 << 20)
        file.write("手机 13812345678".encode("utf-16-le"))
    with path.open("rb", buffering=0) as file:
        assert sum(map(len, Source("a.img", file, file=file, path=str(path)).written())) < 1 << 20
    assert counts(look()["a.img"]) == {"cn.mobile": 1}


def test_what_stands_before_the_damage_of_a_letter_is_found(look, counts, tmp_path, values):
    """A letter of two blocks whose last is damaged: the one before it is not lost with it."""
    made, rng = values(4), random.Random(4)
    # No figures: what is damaged may read like any of them.
    spoken = ("".join(rng.choices("abcdefghijklmnop", k=16)) for _ in range(30_000))
    words = "".join(f"<w:p><w:r><w:t>{word}</w:t></w:r></w:p>" for word in spoken)
    path = tmp_path / "in" / "a.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        first = f"<w:p><w:r><w:t>手机 {made.mobile()}</w:t></w:r></w:p>"
        archive.writestr("word/document.xml", f"<w:document><w:body>{first}{words}</w:body></w:document>")
    data = bytearray(path.read_bytes())
    data[len(data) * 4 // 5 : len(data) * 4 // 5 + 64] = bytes(64)
    path.write_bytes(data)
    located = look()["a.docx"]
    assert counts(located) == {"cn.mobile": 1}
    assert Problem.MALFORMED in located.record.problems


@pytest.mark.parametrize("between", [0, 20 * 512])
def test_what_stands_behind_the_end_of_a_tar_is_looked_at(between, look, counts, tmp_path, values):
    """`cat a.tar b.tar >> c.tar` makes one whose second part no reader of tars gives."""
    made = values(5)
    first, second = (tarred({"a.txt": f"手机 {made.mobile()}".encode()}) for _ in range(2))
    (tmp_path / "in" / "a.tar").write_bytes(first + bytes(between) + second)
    (tmp_path / "in" / "b.tar").write_bytes(first + bytes(between) + f"手机 {made.mobile()}".encode())
    (tmp_path / "in" / "c.tar").write_bytes(first + bytes(between))
    found = look()
    assert counts(found["a.tar"]) == {"cn.mobile": 2}
    assert counts(found["b.tar"]) == {"cn.mobile": 2}
    assert counts(found["c.tar"]) == {"cn.mobile": 1}
    assert found["a.tar"].record.problems == found["c.tar"].record.problems == ()
