"""Formats whose readers are additions: rar, Access and Outlook's stores. Without one a file is not looked at."""

from __future__ import annotations

import base64
import importlib.util
import random
import struct
import sys
import zipfile
import zlib
from importlib.util import find_spec
from pathlib import Path

import pytest

from app.domain.record import Look, Problem

_spec = importlib.util.spec_from_file_location("pst_file", Path(__file__).with_name("pst_file.py"))
pst = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(pst)

NUMBER = "手机 13812345678 身份证 11010519491231002X"
FOUND = {"cn.id": 1, "cn.mobile": 1}


def can(module):
    try:
        __import__(module)
    except Exception:  # noqa: BLE001 - the binding raises anything when its library is missing
        return False
    return True


needs_rar = pytest.mark.skipif(
    not can("libarchive"), reason="the extra `rar` or the library libarchive is not installed"
)
needs_access = pytest.mark.skipif(
    not find_spec("access_parser"), reason="the extra `access` is not installed"
)


@pytest.fixture
def without(monkeypatch):
    """Take an addition away."""

    def take(*modules):
        for module in modules:
            monkeypatch.setitem(sys.modules, module, None)

    return take


def vint(value):
    made = b""
    while True:
        made += bytes([value & 0x7F | (0x80 if value > 0x7F else 0)])
        value >>= 7
        if not value:
            return made


def rar5_bytes(members, flags=0, record=b""):
    """A rar of version 5 whose members are stored, as `rar a -m0` makes it."""

    def block(body, data=b""):
        sized = vint(len(body)) + body
        return zlib.crc32(sized).to_bytes(4, "little") + sized + data

    made = b"Rar!\x1a\x07\x01\0" + block(vint(1) + vint(0) + vint(flags))
    for name, data in members.items():
        called = name.encode()
        head = (
            vint(2)
            + (vint(3) + vint(len(record)) if record else vint(2))
            + vint(len(data))
            + vint(4)
            + vint(len(data))
            + vint(0o100644)
        )
        head += zlib.crc32(data).to_bytes(4, "little") + vint(0) + vint(1) + vint(len(called)) + called
        made += block(head + record, data)
    return made + block(vint(5) + vint(0) + vint(0))


def locked_rar5(members):
    """The same, with the record that says that a member is encrypted; libarchive passes over it."""
    return rar5_bytes(members, record=vint(3) + vint(1) + vint(0) + vint(0))


def rar4_bytes(members, flags=0):
    """A rar of versions 1.5 to 4 whose members are stored."""

    def block(kind, marks, fields, data=b""):
        head = bytes([kind]) + marks.to_bytes(2, "little") + (7 + len(fields)).to_bytes(2, "little") + fields
        return (zlib.crc32(head) & 0xFFFF).to_bytes(2, "little") + head + data

    made = b"Rar!\x1a\x07\0" + block(0x73, flags, bytes(6))
    for name, data in members.items():
        called, size = name.encode(), len(data).to_bytes(4, "little")
        fields = size + size + b"\x03" + zlib.crc32(data).to_bytes(4, "little") + bytes(4) + b"\x14\x30"
        fields += len(called).to_bytes(2, "little") + (0o100644).to_bytes(4, "little") + called
        made += block(0x74, 0x8000, fields, data)
    return made + block(0x7B, 0x4000, b"")


SOLID = (
    "UmFyIRoHAQAJ78hvCwEFBwQGAQGAgIAA3vVwchwCAroABIAQtoMCoua3xYAbAQpzdGVzdDEudHh0waw3REQj+iP2l/1iU1G+TJGBQQKMwQN5XL9H"
    "o6otoDaT3aBYAEACANRQBHb2xH8y6p8ypcTM14PfABDoLYkcAgKNAASAELaDAqLmt8XAGwEKc3Rlc3QyLnR4dEUVCmABAAgD37f79vwdd1ZRAwUE"
    "AA=="
)
"""rar5-solid.rar of the tests of rarfile 4.5 (ISC licence, Marko Kreen): two members of 2,048 bytes, packed solid."""
LOCKED = (
    "UmFyIRoHAM+QcwAADQAAAAAAAADSmXoAgCMAFgAAAAsAAAADvFDsdQAAAAAdMwMAAAAAAENNVAwAi+zL9lbBSCmPAOW/5v/w0Gtqdnpt1nQklDMA"
    "EAAAAAAAAAADAAAAAGxQYj0dMwkApIEAAGZpbGUxLnR4dLMOLwEQH2W9AMDh8N4nMZ14bG1Nam0XgBynQZl6EIAjABYAAAALAAAAA0g/bxAAAAAA"
    "HTMDAAAAAIBDTVQMAIvsy/Y2kFYseA8mb83/7NSLl8K9FLx0JJQzABAAAAAAAAAAAwAAAABsUGI9HTMJAKSBAABmaWxlMi50eHSzDi8BEB9lvQDA"
    "4fDeJzGdeGxtTWptF4Acp3ygehCAIwAWAAAACwAAAAOmkNoCAAAAAB0zAwAAAACAQ01UEBDL7Inkc0FIsM/ZJxfi/uuBj1cq9MQ9ewBABwA="
)
"""rar3-comment-psw.rar from the same place: its members are locked."""


@needs_rar
@pytest.mark.parametrize("write", [rar5_bytes, rar4_bytes])
def test_a_rar_is_read_member_by_member(write, look, tmp_path, counts):
    root = tmp_path / "in"
    members = {
        "a/一.txt": NUMBER.encode("gb18030"),
        "b.zip": b"",
        "in.rar": write({"c.txt": NUMBER.encode()}),
    }
    (root / "a.rar").write_bytes(write(members))
    (root / "volume.rar").write_bytes(write({"x.txt": b"word"}, flags=1))
    (root / "clean.rar").write_bytes(write({"x.txt": b"word"}))
    results = look()
    assert counts(results["a.rar"]) == FOUND
    assert results["a.rar"].record.problems == ()
    places = {where for f in results["a.rar"].record.findings for where in f.where}
    assert places == {"a/一.txt", "in.rar!c.txt"}
    assert results["volume.rar"].record.problems == (Problem.VOLUME,)
    assert results["clean.rar"].look is Look.CLEAN


@needs_rar
def test_a_rar_that_is_packed_locked_or_broken(look, tmp_path):
    root = tmp_path / "in"
    (root / "solid.rar").write_bytes(base64.b64decode(SOLID))
    (root / "five.rar").write_bytes(locked_rar5({"a.txt": b"garbage that looks like text"}))
    (root / "locked.rar").write_bytes(base64.b64decode(LOCKED))
    data = rar5_bytes({"a.txt": NUMBER.encode() * 9})
    (root / "cut.rar").write_bytes(data[:-40])
    (root / "flipped.rar").write_bytes(data.replace("手".encode(), "脚".encode()))
    results = look()
    assert results["solid.rar"].look is Look.CLEAN
    assert Problem.ENCRYPTED in results["locked.rar"].record.problems
    assert results["five.rar"].record.problems == (Problem.ENCRYPTED,)
    for name in ("cut.rar", "flipped.rar"):
        assert Problem.MALFORMED in results[name].record.problems, name
        assert results[name].look is Look.FOUND


def test_without_the_addition_it_is_not_looked_at_and_its_bytes_are_searched(without, look, tmp_path, counts):
    without("libarchive", "pypff", "access_parser")
    root = tmp_path / "in"
    (root / "solid.rar").write_bytes(base64.b64decode(SOLID))
    (root / "stored.rar").write_bytes(rar5_bytes({"a.txt": NUMBER.encode()}))
    (root / "a.mdb").write_bytes(b"\0\1\0\0Standard Jet DB\0" + bytes(4096))
    (root / "b.accdb").write_bytes(b"\0\1\0\0Standard ACE DB\0" + bytes(4096) + NUMBER.encode("utf-16-le"))
    (root / "c.pst").write_bytes(b"!BDN" + bytes(600))
    results = look()
    for name, problem in {
        "solid.rar": Problem.RAR_NOT_READ, "stored.rar": Problem.RAR_NOT_READ, "a.mdb": Problem.ACCESS_NOT_READ,
        "b.accdb": Problem.ACCESS_NOT_READ, "c.pst": Problem.PST_NOT_READ,
    }.items():  # fmt: skip
        assert results[name].record.problems == (problem,), name
    assert {name for name in results if results[name].look is Look.FOUND} == {"stored.rar", "b.accdb"}
    assert {results[name].look for name in ("solid.rar", "a.mdb", "c.pst")} == {Look.NOT_LOOKED_AT}
    assert counts(results["b.accdb"]) == FOUND


def tdef(columns, system=False):
    """The page that defines a table of Jet 4, as mdbtools describes it: (name, type), texts of no fixed length."""
    fixed = 0
    described, called, texts = b"", b"", 0
    for number, (name, kind) in enumerate(columns):
        size = {3: 2, 4: 4}.get(kind, 0)
        described += struct.pack(
            "<BLHHHLHLHH", kind, 0, number, texts, number, 0, 3 if size else 2, 0, fixed, size or 510
        )
        fixed += size
        texts += not size
        called += struct.pack("<H", len(name) * 2) + name.encode("utf-16-le")
    head = struct.pack("<HHL8L", 0x0102, 0x4356, 0, 0, 0, 1, 0, 0, 0, 0, 0)
    head += struct.pack("<BHHHLLLL", 0x53 if system else 0x4E, len(columns), texts, len(columns), 0, 0, 0, 0)
    return (head + described + called).ljust(4096, b"\0")


def data_page(owner, columns, rows):
    """A page with rows, the first at its end."""
    at, places, body = 4096, [], b""
    for row in rows:
        fixed, texts, offsets = b"", b"", []
        for (_, kind), value in zip(columns, row, strict=True):
            if kind in (3, 4):
                fixed += struct.pack("<H" if kind == 3 else "<L", value)
        for (_, kind), value in zip(columns, row, strict=True):
            if kind not in (3, 4):
                offsets.append(2 + len(fixed) + len(texts))
                texts += (value or "").encode("utf-16-le")
        mask = sum(1 << n for n, value in enumerate(row) if value is not None)
        made = struct.pack("<H", len(columns)) + fixed + texts
        made += struct.pack("<H", len(made)) + b"".join(struct.pack("<H", n) for n in reversed(offsets))
        made += struct.pack("<H", len(offsets)) + mask.to_bytes((len(columns) + 7) // 8, "little")
        at -= len(made)
        places.append(at)
        body = made + body
    head = struct.pack(f"<HHLLH{len(places)}H", 0x0101, 0, owner, 0, len(places), *places)
    return head + bytes(4096 - len(head) - len(body)) + body


CATALOG = (("Id", 4), ("Name", 10), ("Type", 3), ("Flags", 4), ("LvProp", 11))
CUSTOMERS = (("编号", 4), ("姓名", 10), ("证件号码", 10), ("手机", 10))


def mdb_bytes(rows):
    """An Access 2000 database with one table of customers."""
    catalog = [(2, "MSysObjects", 1, 0x80000000, None), (4, "客户", 1, 0, None)]
    pages = [
        (b"\0\1\0\0Standard Jet DB\0" + struct.pack("<L", 1)).ljust(4096, b"\0"),
        bytes(4096),
        tdef(CATALOG, system=True),
        data_page(2, CATALOG, catalog),
        tdef(CUSTOMERS),
        data_page(4, CUSTOMERS, rows),
    ]
    return b"".join(pages)


@needs_access
def test_the_tables_of_an_access_database_are_read_by_columns(look, tmp_path, counts):
    rows = [(n, "张三", "110105194912310020", f"1381234{n:04}") for n in range(20)]
    (tmp_path / "in" / "a.mdb").write_bytes(mdb_bytes(rows))
    with zipfile.ZipFile(tmp_path / "in" / "b.zip", "w") as archive:
        archive.writestr("a.mdb", mdb_bytes(rows[:3]))
    results = look()
    found = {f.kind: f for f in results["a.mdb"].record.findings}
    assert found["cn.mobile"].count == 20
    assert "客户!手机" in found["cn.mobile"].where
    assert found["cn.id"].count == 1, "its checksum fails, and the head of its column says what it is"
    assert results["a.mdb"].record.problems == ()
    assert counts(results["b.zip"])["cn.mobile"] == 3


@needs_access
def test_an_access_database_that_is_broken_is_searched_as_bytes(look, tmp_path, counts):
    data = b"\0\1\0\0Standard Jet DB\0\x01" + bytes(8192) + NUMBER.encode("utf-16-le") + bytes(4096)
    (tmp_path / "in" / "a.mdb").write_bytes(data)
    located = look()["a.mdb"]
    assert counts(located) == FOUND
    assert located.record.problems == (Problem.MALFORMED,)


needs_pst = pytest.mark.skipif(
    not find_spec("pypff"), reason="the extra `pst` (libpff-python) is not installed"
)
SUBJECT = "关于张三先生的投诉"


def a_store(mails, **more):
    return pst.pst_bytes(
        [
            ({0x1A: (pst.TEXT, "IPM.Note"), 0x37: (pst.TEXT, SUBJECT), **values}, files)
            for values, files in mails
        ],
        **more,
    )


@needs_pst
def test_a_store_is_read_mail_by_mail_and_no_subject_told(look, tmp_path, counts):
    import io
    import zipfile

    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("内.txt", "身份证号 110101199003074610")
    mails = [
        ({0x1000: (pst.TEXT, "手机 13812345678")}, ()),
        (
            {0x1000: (pst.TEXT, "见附件")},
            [("客户.csv", "姓名,身份证号\n张三,11010519491231002X\n".encode("gb18030"))],
        ),
        ({0x1013: (pst.BINARY, "<p>手机 1391234<b>5678</b></p>".encode())}, [("a.zip", held.getvalue())]),
        ({0x0C1F: (pst.TEXT, "kehu@example.com")}, ()),
    ]
    (tmp_path / "in" / "a.pst").write_bytes(a_store(mails))
    located = look()["a.pst"]
    assert counts(located) == {"cn.id": 2, "cn.mobile": 1, "email": 1, "name": 1}
    assert located.record.problems == ()
    places = {where for f in located.record.findings for where in f.where}
    assert places == {"#1", "#2!客户.csv!姓名", "#2!客户.csv!身份证号", "#3!a.zip!内.txt", "#4"}


@needs_pst
def test_the_name_of_a_folder_is_searched_and_a_clean_store_is_clean(look, tmp_path, counts):
    (tmp_path / "in" / "a.pst").write_bytes(a_store([], folder="客户 13812345678"))
    (tmp_path / "in" / "b.pst").write_bytes(a_store([({0x1000: (pst.TEXT, "nothing")}, ())]))
    results = look()
    assert counts(results["a.pst"]) == {"cn.mobile": 1}
    assert results["b.pst"].look is Look.CLEAN


@needs_pst
@pytest.mark.parametrize("seed", range(12))
def test_a_store_with_damage_is_never_clean(seed, look, tmp_path):
    rng = random.Random(seed)
    data = bytearray(a_store([({0x1000: (pst.TEXT, "手机 13812345678")}, [("a.txt", NUMBER.encode())])] * 3))
    for _ in range(rng.randrange(3, 40)):
        data[rng.randrange(4, len(data))] = rng.randrange(256)
    (tmp_path / "in" / "a.pst").write_bytes(data[: rng.randrange(0x4600, len(data) + 1)])
    assert look(jobs=1)["a.pst"].look is not Look.CLEAN
