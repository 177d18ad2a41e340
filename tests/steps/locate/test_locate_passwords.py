"""What is locked is opened with a password of the list, found in, and else listed; no password leaves memory."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import shutil
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest

from app.domain.case import Location
from app.domain.event import Located
from app.domain.fault import Fault, Refused
from app.domain.record import Look, Problem
from app.steps.locate import Means, Passwords, locate, read_passwords

_spec = importlib.util.spec_from_file_location("cfb", Path(__file__).with_name("cfb.py"))
cfb = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(cfb)

NUMBER = "手机 13812345678 身份证 11010519491231002X"
RIGHT = "geheim-2026"
WORDS = ("wrong", "", "密码一二三", RIGHT, "another")


@pytest.fixture
def tried(tmp_path):
    """Look with the list; results by name."""

    def run(*words, jobs=0):
        events = locate(
            [Location(tmp_path / "in")], key=b"k" * 32, means=Means(Passwords(words or WORDS)), jobs=jobs
        )
        return {Path(e.path).name: e for e in events if isinstance(e, Located)}

    (tmp_path / "in").mkdir()
    return run


def workbook():
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["手机", "身份证号"])
    book.active.append(["13812345678", "11010519491231002X"])
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def locked_workbook(word=RIGHT):
    from msoffcrypto.format.ooxml import OOXMLFile

    out = io.BytesIO()
    OOXMLFile(io.BytesIO(workbook())).encrypt(word, out)
    return out.getvalue()


def locked_doc(word=RIGHT):
    """A Word 97 document under RC4 with 40 bits ([MS-OFFCRYPTO] 2.3.6), as Word wrote it for ten years."""
    from msoffcrypto.method.rc4 import DocumentRC4

    text = (NUMBER + "。" * 2500).encode("utf-16-le")
    plc = struct.pack("<LL", 0, len(text) // 2) + struct.pack("<HLH", 0, 1024, 0)
    clx = b"\x02" + struct.pack("<L", len(plc)) + plc
    fib = bytearray(1024)
    struct.pack_into("<HHHHHHL", fib, 0, 0xA5EC, 0xC1, 0, 0x0804, 0, 0x0300, 52)
    fib[10:14] = struct.pack("<HH", 0x0300, 0xBF)
    struct.pack_into("<L", fib, 14, 52)
    struct.pack_into("<LL", fib, 0x01A2, 100, len(clx))
    salt, verifier = bytes(range(16)), bytes(range(50, 66))

    def rc4(data):
        return DocumentRC4.decrypt(word, salt, io.BytesIO(data)).read()

    told = rc4(verifier + hashlib.md5(verifier).digest())
    head = struct.pack("<HH", 1, 1) + salt + told
    main = bytes(fib) + text
    table = bytes(100) + clx + bytes(5000)
    return cfb.ole_bytes({"WordDocument": main[:0x44] + rc4(main)[0x44:], "1Table": head + rc4(table)[52:]})


def zip_crypto(name, data, word, method=zipfile.ZIP_DEFLATED):
    """A zip under the cipher of PKZIP (APPNOTE 6.1), its password in the bytes given."""
    crcs = [0] * 256
    for n in range(256):
        c = n
        for _ in range(8):
            c = c >> 1 ^ (0xEDB88320 if c & 1 else 0)
        crcs[n] = c
    keys = [0x12345678, 0x23456789, 0x34567890]

    def update(byte):
        keys[0] = keys[0] >> 8 ^ crcs[(keys[0] ^ byte) & 255]
        keys[1] = ((keys[1] + (keys[0] & 255)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = keys[2] >> 8 ^ crcs[(keys[2] ^ keys[1] >> 24) & 255]

    for byte in word:
        update(byte)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(data) + packer.flush() if method else data
    crc = zlib.crc32(data)
    out = bytearray()
    for byte in bytes(11) + bytes([crc >> 24]) + packed:
        two = keys[2] | 2
        out.append(byte ^ (two * (two ^ 1) >> 8 & 255))
        update(byte)
    called = name.encode()
    same = struct.pack("<HHHHHLLLHH", 20, 1, method, 0, 0x5A21, crc, len(out), len(data), len(called), 0)
    local = b"PK\x03\x04" + same + called + out
    entry = b"PK\x01\x02" + struct.pack("<H", 20) + same + struct.pack("<HHHLL", 0, 0, 0, 0, 0) + called
    return local + entry + b"PK\x05\x06" + struct.pack("<HHHHLLH", 0, 0, 1, 1, len(entry), len(local), 0)


def by_7z(path, *options):
    if not shutil.which("7z"):
        pytest.skip("the 7z program (p7zip-full) is not installed")
    text = path.parent.parent / f"{path.stem}.txt"
    text.write_text((NUMBER + "\n") * 50, encoding="utf-8")
    subprocess.run(["7z", "a", *options, path, text], check=True, stdout=subprocess.DEVNULL)


def is_found(located):
    found = {finding.kind for finding in located.record.findings}
    return located.look is Look.FOUND and {"cn.id", "cn.mobile"} <= found and located.record.problems == ()


def places(located):
    return {where for found in located.record.findings for where in found.where}


def is_locked(located):
    return located.look is Look.UNREADABLE and located.record.problems == (Problem.ENCRYPTED,)


def test_a_workbook_is_opened_in_its_place_and_its_cells_told(tried, tmp_path):
    (tmp_path / "in" / "a.xlsx").write_bytes(locked_workbook())
    (tmp_path / "in" / "open.xlsx").write_bytes(workbook())
    (tmp_path / "in" / "everybodys.xlsx").write_bytes(locked_workbook("VelvetSweatshop"))
    results = tried()
    assert is_found(results["a.xlsx"])
    assert places(results["a.xlsx"]) == places(results["open.xlsx"]) >= {"Sheet!A2", "Sheet!B2"}
    assert is_found(results["everybodys.xlsx"])
    assert is_locked(tried("wrong")["a.xlsx"])


def test_an_old_document_is_opened_and_nothing_of_it_is_laid_on_the_disk(tried, tmp_path):
    (tmp_path / "in" / "a.doc").write_bytes(locked_doc())
    opened: list[object] = []
    watching = [True]
    sys.addaudithook(lambda name, given: opened.append(given) if watching and name == "open" else None)
    try:
        located = tried()["a.doc"]
        assert opened
        written = [given for given in opened if given[1] not in ("r", "rb", None)]
        written += [given for given in opened if given[1] is None and given[2] & 0o3]
    finally:
        watching.clear()
    assert is_found(located)
    assert written == []
    assert is_locked(tried("wrong")["a.doc"])


@pytest.mark.parametrize(
    "options",
    [
        ("-tzip", "-mem=ZipCrypto"), ("-tzip", "-mem=AES128"), ("-tzip", "-mem=AES256"),
        ("-tzip", "-mem=AES256", "-mx=0"), ("-tzip", "-mem=AES192", "-mm=BZip2"),
        ("-t7z",), ("-t7z", "-mhe=on"), ("-t7z", "-m0=copy"), ("-t7z", "-m0=deflate", "-mhe=on"),
    ],
)  # fmt: skip
def test_archives_of_7_zip(options, tried, tmp_path):
    kind = options[0].removeprefix("-t")
    by_7z(tmp_path / "in" / f"a.{kind}", *options, f"-p{RIGHT}")
    assert is_found(tried()[f"a.{kind}"])
    assert is_locked(tried("wrong", "密码")[f"a.{kind}"])
    assert is_locked(tried("x")[f"a.{kind}"])


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_of_a_chinese_system_has_its_password_in_gb18030(method, tried, tmp_path):
    data = (NUMBER + "\n").encode() * 300
    (tmp_path / "in" / "a.zip").write_bytes(zip_crypto("a.txt", data, "密码一二三".encode("gb18030"), method))
    (tmp_path / "in" / "b.zip").write_bytes(zip_crypto("a.txt", data, "密码一二三".encode(), method))
    results = tried()
    assert is_found(results["a.zip"])
    assert is_found(results["b.zip"])


def test_a_password_that_fits_by_chance_opens_nothing(tried, tmp_path):
    """One byte is all that ZipCrypto checks by: of 600 wrong passwords some pass it."""
    data = (NUMBER + "\n").encode() * 20_000
    (tmp_path / "in" / "a.zip").write_bytes(zip_crypto("a.txt", data, b"right", zipfile.ZIP_STORED))
    located = tried(*(f"wrong {n}" for n in range(300)))["a.zip"]
    assert located.look is Look.UNREADABLE
    assert Problem.ENCRYPTED in located.record.problems


@pytest.mark.parametrize("revision", [3, 4, 6])
def test_a_pdf(revision, tried, tmp_path):
    import pikepdf
    from reportlab.pdfgen.canvas import Canvas

    held = io.BytesIO()
    canvas = Canvas(held)
    canvas.drawString(40, 700, "13812345678 and 11010519491231002X")
    canvas.save()
    lock = pikepdf.Encryption(owner="owner", user=RIGHT, R=revision, aes=revision > 3, metadata=revision > 3)
    with pikepdf.open(held) as pdf:
        pdf.save(tmp_path / "in" / "a.pdf", encryption=lock)
    assert is_found(tried()["a.pdf"])
    assert is_locked(tried("wrong")["a.pdf"])


def test_locked_things_within_each_other_each_by_its_password(tried, tmp_path):
    inner = zip_crypto("客户.txt", NUMBER.encode(), b"another")
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("名单.xlsx", locked_workbook())
        archive.writestr("in.zip", inner)
        archive.writestr("shut.zip", zip_crypto("x.txt", b"x" * 99, b"nobody knows"))
    (tmp_path / "in" / "a.zip").write_bytes(held.getvalue())
    record = tried()["a.zip"].record
    assert record.problems == (Problem.ENCRYPTED,)
    assert {where for f in record.findings for where in f.where} >= {
        "名单.xlsx!Sheet!A2", "名单.xlsx!Sheet!B2", "in.zip!客户.txt",
    }  # fmt: skip


def test_processes_of_their_own_try_them_too(tried, tmp_path):
    for n in range(3):
        (tmp_path / "in" / f"{n}.xlsx").write_bytes(locked_workbook())
    assert all(map(is_found, tried(jobs=2).values()))


@pytest.mark.parametrize("start", ["7z-power", "zip-extra", "office-spin"])
def test_a_lock_that_lies_opens_to_nothing_and_costs_no_time(start, tried, tmp_path):
    path = tmp_path / "in" / "a.bin"
    if start == "office-spin":
        data = locked_workbook().replace(b'spinCount="100000"', b'spinCount="999999999999"'[:18])
        path.write_bytes(data)
    elif start == "7z-power":
        by_7z(path.with_suffix(".7z"), "-t7z", f"-p{RIGHT}", "-m0=copy")
        data = path.with_suffix(".7z").read_bytes()
        path.with_suffix(".7z").unlink()
        at = data.index(b"\x06\xf1\x07\x01") + 5
        path.write_bytes(data[:at] + bytes([data[at] & 0xC0 | 0x3E]) + data[at + 1 :])
    else:
        by_7z(path.with_suffix(".zip"), "-tzip", "-mem=AES256", f"-p{RIGHT}")
        data = path.with_suffix(".zip").read_bytes()
        path.with_suffix(".zip").unlink()
        path.write_bytes(data.replace(b"\x01\x99\x07\x00\x02\x00AE\x03", b"\x01\x99\x07\x00\x02\x00AE\x09"))
    assert tried()["a.bin"].look is Look.UNREADABLE


def test_an_opendocument_file_under_a_password_is_not_clean(tried, tmp_path):
    with zipfile.ZipFile(tmp_path / "in" / "a.odt", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", hashlib.shake_256(b"x").digest(5000))
        archive.writestr(
            "META-INF/manifest.xml", '<manifest:encryption-data manifest:checksum-type="SHA1/1K"/>'
        )
    assert is_locked(tried()["a.odt"])


def test_a_list_in_any_encoding(tmp_path):
    path = tmp_path / "list.txt"
    for codec in ("utf-8", "utf-8-sig", "utf-16", "gb18030"):
        path.write_text(" 口令 \r\nsecond\n\nsecond\n", encoding=codec, newline="")
        assert list(read_passwords(path).each(lambda: None)) == [" 口令 ", "口令", "second"], codec


@pytest.mark.parametrize("data", [None, b"", b"\n\n", b"x\n" * 501, b"x" * 70_000])
def test_a_list_that_is_none_is_refused(data, tmp_path):
    path = tmp_path / "list.txt"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(Refused) as refused:
        read_passwords(path)
    assert refused.value.fault is Fault.PASSWORDS_UNREADABLE


def test_the_one_that_opened_last_is_tried_first_and_none_is_shown():
    words = Passwords(["one", "two"])
    before = words.digest()
    words.opened("two")
    assert list(words.each(lambda: None, "three")) == ["two", "one", "three"]
    assert words.digest() == before != Passwords(["one"]).digest()
    assert "two" not in repr(words) + repr(Means(words))
