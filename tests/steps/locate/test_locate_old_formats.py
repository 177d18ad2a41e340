"""Formats of the years before: Word, PowerPoint, Outlook, dBASE, and 7z; made anew for each run."""

from __future__ import annotations

import importlib.util
import io
import random
import struct
from pathlib import Path

import py7zr
import pytest

from app.domain.record import Look, Problem

_spec = importlib.util.spec_from_file_location("cfb", Path(__file__).with_name("cfb.py"))
cfb = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(cfb)

NUMBER = "手机 13812345678 身份证 11010519491231002X"
FOUND = {"cn.id": 1, "cn.mobile": 1}


def doc_bytes(pieces, flags=0x0200, **more):
    """A Word 97 document of (text, narrow) pieces."""
    text, places, descriptors, at = b"", [0], b"", 1024
    for piece, narrow in pieces:
        data = piece.encode("cp1252" if narrow else "utf-16-le")
        start = at + len(text)
        descriptors += struct.pack("<HLH", 0, (start * 2 | 0x40000000) if narrow else start, 0)
        places.append(places[-1] + len(piece))
        text += data
        text += b"\0" * (len(text) % 2)
    plc = struct.pack(f"<{len(places)}L", *places) + descriptors
    clx = b"\x01\x03\x00abc" + b"\x02" + struct.pack("<L", len(plc)) + plc
    fib = bytearray(1024)
    struct.pack_into("<HH", fib, 0, 0xA5EC, 0xC1)
    struct.pack_into("<H", fib, 0x0A, flags)
    struct.pack_into("<LL", fib, 0x01A2, 100, len(clx))
    return cfb.ole_bytes({"WordDocument": bytes(fib) + text, "1Table": bytes(100) + clx, **more})


def atom(kind, data, version=0):
    return struct.pack("<HHL", version, kind, len(data)) + data


def ppt_bytes(text, token=0xE391C05F):
    slide = atom(0x0FA0, text[:12].encode("utf-16-le")) + atom(0x0FA8, text[12:].encode("latin-1"))
    document = atom(0x03E8, atom(0x0FF0, slide, version=0xF), version=0xF)
    return cfb.ole_bytes(
        {"PowerPoint Document": document, "Current User": bytes(12) + struct.pack("<L", token)}
    )


def msg_bytes(body, attachments=(), **streams):
    made = {"__properties_version1.0": bytes(32), "__substg1.0_1000001F": body.encode("utf-16-le")}
    for number, (name, data) in enumerate(attachments):
        storage = f"__attach_version1.0_#{number:08X}"
        made[f"{storage}/__substg1.0_3707001F"] = name.encode("utf-16-le")
        made[f"{storage}/__substg1.0_37010102"] = data
    return cfb.ole_bytes(made | streams)


def test_a_word_document_of_several_pieces(look, tmp_path, counts):
    (tmp_path / "in" / "a.doc").write_bytes(
        doc_bytes(
            [("客户名单\r手机 138", False), ("12345678 ", True), ("身份证号 11010519491231002X\r", False)]
        )
    )
    located = look()["a.doc"]
    assert counts(located) == FOUND
    assert located.record.problems == ()


def test_a_word_document_tells_what_it_did_not_read(look, tmp_path):
    root = tmp_path / "in"
    (root / "locked.doc").write_bytes(doc_bytes([(NUMBER, False)], flags=0x0300))
    (root / "picture.doc").write_bytes(doc_bytes([("x", False)], Data=b"\x89PNG\r\n\x1a\n" + bytes(5000)))
    (root / "clean.wps").write_bytes(doc_bytes([("会议记录", False)]))
    whole = doc_bytes([(NUMBER, False)])
    (root / "cut.doc").write_bytes(
        whole.replace(b"\x02" + struct.pack("<L", 16), b"\x02" + struct.pack("<L", 99))
    )
    results = look()
    assert results["locked.doc"].record.problems == (Problem.ENCRYPTED,)
    assert results["picture.doc"].look is Look.NOT_LOOKED_AT
    assert results["clean.wps"].look is Look.CLEAN
    assert results["cut.doc"].record.problems == (Problem.MALFORMED,)
    assert results["cut.doc"].look is Look.FOUND, "its bytes are still searched"


def test_a_presentation(look, tmp_path, counts):
    root = tmp_path / "in"
    (root / "a.ppt").write_bytes(ppt_bytes("客户的手机号码是这个： 13812345678 / 11010519491231002X"))
    (root / "locked.ppt").write_bytes(ppt_bytes("客户的手机号码是这个： 13812345678", token=0xF3D1C4DF))
    results = look()
    assert counts(results["a.ppt"]) == FOUND
    assert results["locked.ppt"].record.problems == (Problem.ENCRYPTED,)


def test_an_outlook_mail_with_what_is_attached(look, tmp_path, counts, values):
    made = values(5)
    people = [(made.id(), made.mobile()) for _ in range(30)]
    csv = "身份证号,手机号\n" + "\n".join(map(",".join, people[:10]))
    inner = msg_bytes("x", [("列表.txt", "\n".join(" ".join(p) for p in people[10:20]).encode("gb18030"))])
    html = "".join(f"<p>{a}</p><p>{b}</p>" for a, b in people[20:]).encode()
    data = msg_bytes(
        "见附件", [("客户.csv", csv.encode("gb18030")), ("转发.msg", inner)], **{"__substg1.0_10130102": html}
    )
    (tmp_path / "in" / "a.msg").write_bytes(data)
    located = look()["a.msg"]
    assert counts(located) == {"cn.id": 30, "cn.mobile": 30}
    assert located.record.problems == ()


def test_compressed_rich_text_of_a_mail(look, tmp_path, counts):
    from app.steps.locate.read.msg import rich_text

    # The two examples of [MS-OXRTFCP] 4.1.
    plain = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    )
    assert rich_text(plain) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    over = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")
    assert rich_text(over) == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"
    rtf = b"{\\rtf1 13812345678}"
    stored = struct.pack("<LLLL", len(rtf) + 12, len(rtf), 0x414C454D, 0) + rtf
    (tmp_path / "in" / "a.msg").write_bytes(msg_bytes("x", **{"__substg1.0_10090102": stored}))
    assert counts(look()["a.msg"]) == {"cn.mobile": 1}


def dbf_bytes(rows, heads, codec="gb18030", language=0x4D):
    widths = [20, 18, 11, 8]
    kinds = ["C", "C", "N", "B"]
    fields = b"".join(
        head.encode(codec)[:10].ljust(11, b"\0") + kind.encode() + bytes(4) + bytes([width, 0]) + bytes(14)
        for head, kind, width in zip(heads, kinds, widths, strict=True)
    )
    header = 32 + len(fields) + 1
    head = (
        bytes([0x30, 126, 11, 22])
        + struct.pack("<LHH", len(rows), header, 1 + sum(widths))
        + bytes(17)
        + bytes([language, 0, 0])
    )
    body = b"".join(
        (b"*" if i % 3 == 0 else b" ")
        + name.encode(codec).ljust(20)
        + number.encode()
        + mobile.encode()
        + struct.pack("<d", float(second))
        for i, (name, number, mobile, second) in enumerate(rows)
    )
    return head + fields + b"\r" + body + b"\x1a"


def test_a_dbase_table_with_deleted_rows_and_binary_numbers(look, tmp_path, counts, values):
    made = values(9)
    rows = [(f"客户{i}", made.id(), made.mobile(), made.mobile()) for i in range(60)]
    data = dbf_bytes(rows, ("姓名", "身份证号", "手机", "电话"))
    (tmp_path / "in" / "kh.dbf").write_bytes(data)
    (tmp_path / "in" / "cut.dbf").write_bytes(data[:-700])
    results = look()
    assert counts(results["kh.dbf"]) == {"cn.id": 60, "cn.mobile": 120}
    assert results["kh.dbf"].record.problems == ()
    assert "header" in results["kh.dbf"].record.findings[1].why
    assert results["cut.dbf"].record.problems == (Problem.MALFORMED,)


def sevenzip_bytes(members, filters=None, **more):
    held = io.BytesIO()
    with py7zr.SevenZipFile(held, "w", filters=filters, **more) as archive:
        for name, data in members.items():
            archive.writestr(data, name)
    return held.getvalue()


PACKERS = {
    "lzma2": [{"id": py7zr.FILTER_LZMA2, "preset": 6}],
    "lzma": [{"id": py7zr.FILTER_LZMA, "preset": 6}],
    "deflate": [{"id": py7zr.FILTER_DEFLATE}],
    "bzip2": [{"id": py7zr.FILTER_BZIP2}],
    "copy": [{"id": py7zr.FILTER_COPY}],
    "delta": [{"id": py7zr.FILTER_DELTA, "dist": 2}, {"id": py7zr.FILTER_LZMA2, "preset": 6}],
    "program": [{"id": py7zr.FILTER_X86}, {"id": py7zr.FILTER_LZMA2, "preset": 6}],
}


@pytest.mark.parametrize("packer", PACKERS)
def test_a_7z_archive(packer, look, tmp_path, counts, values):
    made = values(3)
    people = [(made.id(), made.mobile()) for _ in range(400)]
    members = {
        "a/一.csv": ("身份证号,手机号\n" + "\n".join(map(",".join, people[:200]))).encode("gb18030"),
        "empty": b"",
        "noise.txt": random.Random(1).randbytes(900_000).hex().encode(),
        "二.txt": "\n".join(" ".join(p) for p in people[200:]).encode(),
    }
    (tmp_path / "in" / "a.7z").write_bytes(sevenzip_bytes(members, PACKERS[packer]))
    located = look()["a.7z"]
    assert {kind: n for kind, n in counts(located).items() if kind in FOUND} == {
        "cn.id": 400,
        "cn.mobile": 400,
    }
    assert located.record.problems == ()


def test_a_7z_archive_that_is_locked_broken_or_packed_in_an_unknown_way(look, tmp_path):
    root = tmp_path / "in"
    data = sevenzip_bytes({"a.txt": NUMBER.encode() * 3000})
    (root / "locked.7z").write_bytes(sevenzip_bytes({"a.txt": NUMBER.encode()}, password="geheim"))
    (root / "hidden.7z").write_bytes(
        sevenzip_bytes({"a.txt": NUMBER.encode()}, password="geheim", header_encryption=True)
    )
    (root / "ppmd.7z").write_bytes(
        sevenzip_bytes({"a.txt": b"word"}, [{"id": py7zr.FILTER_PPMD, "order": 6, "mem": 24}])
    )
    (root / "cut.7z").write_bytes(data[:-40])
    flipped = bytearray(sevenzip_bytes({"a.txt": b"nothing here " * 300}, PACKERS["copy"]))
    flipped[50] ^= 1
    (root / "flipped.7z").write_bytes(flipped)
    (root / "bomb.7z").write_bytes(sevenzip_bytes({"zeros": bytes(120 << 20)}))
    (root / "empty.7z").write_bytes(sevenzip_bytes({}))
    results = look()
    wanted = {
        "locked": Problem.ENCRYPTED, "hidden": Problem.ENCRYPTED, "ppmd": Problem.UNKNOWN_FORMAT,
        "cut": Problem.MALFORMED, "flipped": Problem.MALFORMED, "bomb": Problem.BOMB_RATIO,
    }  # fmt: skip
    for name, problem in wanted.items():
        assert results[f"{name}.7z"].look is Look.UNREADABLE, name
        assert problem in results[f"{name}.7z"].record.problems, name
    assert results["empty.7z"].look is Look.CLEAN


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("form", ["doc", "ppt", "msg", "dbf", "7z"])
def test_damage_anywhere_ends_in_some_look_and_never_in_silence(form, seed, look, tmp_path):
    rng = random.Random(f"{form}{seed}")
    data = {
        "doc": lambda: doc_bytes([(NUMBER * 20, False)]),
        "ppt": lambda: ppt_bytes("客户的手机号码是这个： 13812345678"),
        "msg": lambda: msg_bytes(NUMBER, [("a.txt", NUMBER.encode())]),
        "dbf": lambda: dbf_bytes(
            [("客户", "11010519491231002X", "13812345678", 1)] * 9, ("姓名", "身份证号", "手机", "数")
        ),
        "7z": lambda: sevenzip_bytes({"a.txt": NUMBER.encode(), "b.txt": rng.randbytes(300)}),
    }[form]()
    data = bytearray(data)
    for _ in range(rng.randrange(1, 12)):
        data[rng.randrange(8, len(data))] = rng.randrange(256)
    (tmp_path / "in" / "a.bin").write_bytes(data[: rng.randrange(len(data) // 2, len(data) + 1)])
    assert look()["a.bin"].look in (Look.FOUND, Look.UNREADABLE, Look.NOT_LOOKED_AT, Look.CLEAN)


def test_an_outlook_mail_within_another_and_too_many_of_them(look, tmp_path):
    def inside(depth):
        return "".join(f"__attach_version1.0_#{n:08X}/__substg1.0_3701000D/" for n in range(depth))

    (tmp_path / "in" / "a.msg").write_bytes(
        msg_bytes(
            "nothing",
            **{
                f"{inside(1)}__substg1.0_0037001F": "投诉 13812345678".encode("utf-16-le"),
                f"{inside(2)}__attach_version1.0_#00000009/__substg1.0_3707001F": "a.csv".encode("utf-16-le"),
                f"{inside(2)}__attach_version1.0_#00000009/__substg1.0_37010102": NUMBER.encode(),
                f"{inside(7)}__substg1.0_1000001F": "身份证 11010519491231002X".encode("utf-16-le"),
            },
        )
    )
    record = look()["a.msg"].record
    assert {where for found in record.findings for where in found.where} == {
        "attached.msg", "attached.msg!attached.msg!a.csv",
    }  # fmt: skip
    assert record.problems == (Problem.TOO_DEEP,)
