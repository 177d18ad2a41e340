"""A folder of all that is hostile, looked at by the processes that do it in earnest: each file is accounted for."""

from __future__ import annotations

import base64
import gzip
import importlib.util
import io
import os
import random
import sqlite3
import stat
import struct
import sys
import zipfile
from email.message import EmailMessage
from pathlib import Path

import psutil
import pytest

from app.domain.case import Location
from app.domain.event import Located
from app.domain.record import Look, Problem
from app.steps.locate import Means, Passwords, locate
from tests.held import below
from tests.in_time import ends_by_itself
from tests.packing import tarred, zipped

HERE = Path(__file__).parent
NUMBER = "手机 13812345678 身份证 11010519491231002X\n"
MOST = 256 << 20
AT_REST = 96 << 20
"""What a process holds before it has looked at anything: the program and the searches."""


def writers(name):
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


old, locked, more = (writers(f"test_locate_{name}") for name in ("old_formats", "passwords", "additions"))


def pdf():
    from reportlab.pdfgen.canvas import Canvas

    held = io.BytesIO()
    canvas = Canvas(held)
    canvas.drawString(40, 700, "13812345678 and 11010519491231002X")
    canvas.save()
    return held.getvalue()


def sqlite():
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE 客户 (手机)")
    database.executemany("INSERT INTO 客户 VALUES (?)", [("13812345678",)] * 50)
    database.commit()
    return database.serialize()


def mail(depth=0):
    made = EmailMessage()
    made["From"], made["Subject"] = "a@example.com", "x"
    made.set_content(NUMBER)
    for _ in range(depth):
        outer = EmailMessage()
        outer["From"], outer["Subject"] = "a@example.com", "x"
        outer.add_attachment(made)
        made = outer
    return made.as_bytes()


def whole():
    """One file of each format, each with a number in it."""
    data = {"a/一.csv": NUMBER.encode("gb18030"), "b.txt": NUMBER.encode() * 30}
    return {
        "doc": old.doc_bytes([(NUMBER, False)]),
        "ppt": old.ppt_bytes("客户的手机号码是这个： 13812345678"),
        "msg": old.msg_bytes(NUMBER, [("a.txt", NUMBER.encode())]),
        "dbf": old.dbf_bytes(
            [("张三", "11010519491231002X", "13812345678", 1)] * 9, ("姓名", "证", "机", "数")
        ),
        "7z": old.sevenzip_bytes(data),
        "zip": zipped(data),
        "xlsx": locked.workbook(),
        "eml": mail(),
        "tar": tarred(data),
        "gz": gzip.compress(NUMBER.encode() * 99),
        "pdf": pdf(),
        "sqlite": sqlite(),
        "rar": more.rar5_bytes(data),
        "pst": more.a_store([({0x1000: (more.pst.TEXT, NUMBER)}, [("a.txt", NUMBER.encode())])]),
        "locked.xlsx": locked.locked_workbook("nobody knows"),
        "locked.doc": locked.locked_doc("nobody knows"),
        "locked.zip": locked.zip_crypto("a.txt", NUMBER.encode() * 20, b"nobody knows"),
    }


def liars():
    """Files that declare what they do not hold, or hold themselves."""
    book = locked.workbook()
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(b"A1:B2", b"A1:XFD1048576")
    huge = bytearray(zipped({"a.txt": NUMBER}))
    for at, field in ((huge.rfind(b"PK\x01\x02"), 24), (huge.rfind(b"PK\x03\x04"), 22)):
        struct.pack_into("<L", huge, at + field, 0xFFFFFFF0)
    many = bytearray(old.dbf_bytes([("张三", "x", "13812345678", 1)], ("姓名", "证", "机", "数")))
    struct.pack_into("<L", many, 4, 0xFFFFFFFF)
    record = bytearray(tarred({"a.txt": NUMBER.encode()}))
    record[124:136] = b"77777777777\0"
    record[148:156] = b"        "
    record[148:156] = b"%06o\0 " % sum(record[:512])
    pages = pdf().replace(b"/Count 1", b"/Count 2000000000")
    cells = bytearray(sqlite())
    struct.pack_into(">L", cells, 28, 0x7FFFFFFF)
    nest = zipped({"a.txt": NUMBER})
    for _ in range(60):
        nest = zipped({"in.zip": nest}, zipfile.ZIP_STORED)
    border = "".join(f'Content-Type: multipart/mixed; boundary="{n}"\n\n--{n}\n' for n in range(3000))
    return {
        "dimension.xlsx": zipped(parts), "size.zip": bytes(huge), "rows.dbf": bytes(many), "size.tar": bytes(record),
        "pages.pdf": pages, "pages.sqlite": bytes(cells), "nest.zip": nest, "nest.eml": mail(40),
        "parts.eml": f"From: a@example.com\nMIME-Version: 1.0\n{border}{NUMBER}".encode(),
        "brackets.json": b"[" * 2_000_000 + NUMBER.encode() + b"]" * 9,
        "tags.html": b"<div>" * 500_000 + NUMBER.encode(),
        "bomb.gz": gzip.compress(bytes(120 << 20), 9), "bomb.zip": zipped({f"{n}": bytes(40 << 20) for n in range(3)}),
        "bomb.7z": old.sevenzip_bytes({"zeros": bytes(60 << 20)}),
        "window.xz": b"\xfd7zXZ\0\0\x04\xe6\xd6\xb4F\x02\0!\x01\x28" + bytes(40),
        "loop.gz": gzip.compress(gzip.compress(gzip.compress(gzip.compress(gzip.compress(gzip.compress(gzip.compress(NUMBER.encode()))))))),
        "letters.rtf": b"{\\rtf1 " + b"\\u-32768?" * 200_000 + b"{" * 100_000 + NUMBER.encode(),
    }  # fmt: skip


def looked(root, jobs=2, words=("a", "b")):
    """Look in earnest; give the results, and the most memory that a process held."""
    peak = 0
    results = {}
    for event in locate([Location(root)], key=b"k" * 32, jobs=jobs, means=Means(Passwords(words))):
        for child in below().values():
            try:
                peak = max(peak, child.memory_info().rss)
            except psutil.Error:
                continue
        if isinstance(event, Located):
            assert event.path not in results
            results[event.path] = event
    return {path[len(str(root)) + 1 :]: event for path, event in results.items()}, peak


def test_every_hostile_file_ends_in_some_look(tmp_path):
    rng = random.Random(5)
    root = tmp_path / "in"
    root.mkdir()
    for name, data in whole().items():
        for part in (0.02, 0.3, 0.6, 0.97):
            (root / f"cut {part} {name}").write_bytes(data[: max(8, int(len(data) * part))])
        noisy = bytearray(data)
        for _ in range(max(4, len(data) // 100)):
            noisy[rng.randrange(len(data))] = rng.randrange(256)
        (root / f"noisy {name}").write_bytes(noisy)
        (root / f"empty.{name}").write_bytes(b"")
        (root / f"whole {name}").write_bytes(data)
    for name, data in liars().items():
        (root / name).write_bytes(data)
    (root / "loop").symlink_to(root, target_is_directory=True)
    (root / "self").symlink_to(root / "self")
    os.mkfifo(root / "pipe.xlsx")
    if os.geteuid() == 0:
        os.mknod(root / "zero.txt", 0o666 | stat.S_IFCHR, os.makedev(1, 5))
        os.mknod(root / "disk.zip", 0o666 | stat.S_IFBLK, os.makedev(7, 250))
    with open(os.fsencode(root) + b"/\xff\xfe\n.csv", "wb") as file:
        file.write(NUMBER.encode())
    with ends_by_itself(250):
        results, peak = looked(root)
    assert sorted(map(os.fsencode, results)) == sorted(os.listdir(os.fsencode(root)))
    for name, located in results.items():
        if name.startswith("empty."):
            assert located.look is Look.CLEAN, name
        elif name in ("loop", "self", "pipe.xlsx", "zero.txt", "disk.zip"):
            assert located.look is Look.SKIPPED, name
        elif name.startswith(("cut", "noisy")) or "locked" in name:
            assert located.look is not Look.SKIPPED, name
        else:
            assert located.look is not Look.CLEAN, name
        crashed = {Problem.READER_CRASHED, Problem.READER_HUNG}
        assert not crashed.intersection(located.record.problems if located.record else ()), name
    assert {name for name in whole() if results[f"whole {name}"].look is not Look.FOUND} == {
        name for name in whole() if "locked" in name
    }
    assert peak < MOST


def heavy():
    """What takes the most memory: just below what may be held of one member, and lines without an end."""
    noise = base64.encodebytes(random.Random(1).randbytes(44 << 20))
    line = noise.replace(b"\n", b"")
    head = b"From: a@example.com\nContent-Type: application/octet-stream; name=a.bin\n"
    head += b"Content-Transfer-Encoding: base64\n\n"
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE t (x)")
    database.execute("INSERT INTO t VALUES (?)", (line[: 50 << 20],))
    database.commit()
    return {
        "mail.eml": head + noise,
        "line.csv": "姓名,手机\n".encode() + line,
        "text.docx": zipped({"[Content_Types].xml": b"", "word/document.xml": b"<w:p><w:t>" + line}),
        "a.rtf": b"{\\rtf1 " + line,
        "sqlite.zip": zipped({"a.sqlite": database.serialize()}, zipfile.ZIP_STORED),
        "pdf.zip": zipped({"a.pdf": pdf() + b"% " + line}, zipfile.ZIP_STORED),
    }  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process here")
def test_no_input_takes_more_memory_than_a_process_is_given(tmp_path):
    files = heavy()
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    results, peak = looked(tmp_path, jobs=1)
    assert sorted(results) == sorted(files)
    for name, located in results.items():
        problems = set(located.record.problems) if located.record else set()
        assert problems <= {Problem.OVER_MEMORY}, name
    assert peak < MOST + AT_REST
