"""Files that are broken, locked, packed to harm or no files at all: each is accounted for."""

from __future__ import annotations

import gzip
import io
import os
import random
import socket
import tracemalloc

import pytest

from app.domain.case import Location
from app.domain.event import Located, Progressed
from app.domain.fault import Fault, Refused
from app.domain.record import Look, Problem
from app.steps.locate import Limits, as_json, locate
from app.steps.locate import look as reading
from app.steps.locate.engine import best_engine
from tests.in_time import ends_by_itself
from tests.packing import zipped

NUMBER = "手机 13812345678 身份证 110101199003074610"


def test_a_bomb_ends_by_its_ratio_and_what_was_read_counts(look, tmp_path):
    (tmp_path / "in" / "bomb.zip").write_bytes(
        zipped({"a.txt": NUMBER, "b.bin": bytes(300 << 20), "c.txt": "13912345678"})
    )
    with ends_by_itself():
        located = look()["bomb.zip"]
    assert located.look is Look.FOUND
    assert Problem.BOMB_RATIO in located.record.problems
    assert {f.kind for f in located.record.findings} == {"cn.id", "cn.mobile"}


def test_a_packed_bomb_inside_gzip_ends_too(look, tmp_path):
    (tmp_path / "in" / "a.gz").write_bytes(gzip.compress(bytes(200 << 20)))
    located = look()["a.gz"]
    assert located.look is Look.UNREADABLE
    assert Problem.BOMB_RATIO in located.record.problems


def test_limits_on_bytes_members_and_depth(look, tmp_path):
    root = tmp_path / "in"
    rng = random.Random(3)
    (root / "bytes.zip").write_bytes(
        zipped({f"{i}.txt": rng.randbytes(40_000).hex() for i in range(4)} | {"0a.txt": NUMBER})
    )
    (root / "many.zip").write_bytes(zipped({f"{i}.txt": NUMBER for i in range(30)}))
    nest = zipped({"deep.txt": NUMBER})
    for _ in range(5):
        nest = zipped({"in.zip": nest})
    (root / "deep.zip").write_bytes(nest)
    results = look(limits=Limits(depth=3, bytes=100_000, members=20))
    assert results["bytes.zip"].record.problems == (Problem.BOMB_BYTES,)
    assert results["many.zip"].record.problems == (Problem.BOMB_MEMBERS,)
    assert results["many.zip"].look is Look.FOUND
    assert results["deep.zip"].record.problems == (Problem.TOO_DEEP,)
    assert results["deep.zip"].look is Look.UNREADABLE
    assert look()["deep.zip"].look is Look.FOUND


def test_a_member_too_large_to_hold_is_searched_raw(look, tmp_path):
    inner = zipped({"a.txt": random.Random(4).randbytes(90_000)}) + b"\n 13812345678 \n"
    (tmp_path / "in" / "a.zip").write_bytes(zipped({"inner.zip": inner}))
    located = look(limits=Limits(held=50_000))["a.zip"]
    assert located.record.problems == (Problem.BOMB_BYTES,)
    assert located.look is Look.FOUND


def test_declared_sizes_are_not_trusted(look, tmp_path):
    data = bytearray(zipped({"a.txt": NUMBER * 1000}))
    true = len((NUMBER * 1000).encode()).to_bytes(4, "little")
    place = data.rfind(true)
    data[place : place + 4] = (7).to_bytes(4, "little")
    (tmp_path / "in" / "a.zip").write_bytes(data)
    located = look()["a.zip"]
    assert located.look is not Look.CLEAN
    assert Problem.MALFORMED in located.record.problems


def test_an_encrypted_member_is_told_beside_what_was_found(look, tmp_path):
    data = bytearray(zipped({"a.txt": NUMBER, "b.txt": "secret"}))
    for mark, flag in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.rfind(mark)
        data[place + flag] |= 1
    (tmp_path / "in" / "a.zip").write_bytes(data)
    located = look()["a.zip"]
    assert located.look is Look.FOUND
    assert located.record.problems == (Problem.ENCRYPTED,)


def test_encrypted_office_pdf_and_volumes(look, tmp_path):
    import pikepdf

    root = tmp_path / "in"
    ole = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + bytes(1016)
        + "EncryptedPackage".encode("utf-16-le")
        + bytes(4000)
    )
    (root / "a.xlsx").write_bytes(ole)
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(root / "a.pdf", encryption=pikepdf.Encryption(owner="o", user="u"))
    (root / "a.age").write_bytes(b"age-encryption.org/v1\n-> X25519 abc\n" + os.urandom(300))
    (root / "vault.img").write_bytes(b"LUKS\xba\xbe\0\x02" + bytes(4096))
    results = look()
    assert len(results) == 4
    for located in results.values():
        assert located.look is Look.UNREADABLE
        assert located.record.problems == (Problem.ENCRYPTED,)


MAGICS = {
    "zip": b"PK\x03\x04", "sqlite": b"SQLite format 3\0", "gz": b"\x1f\x8b\x08\0", "bz2": b"BZh91AY&SY", "xz": b"\xfd7zXZ\0",
    "ole": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "pdf": b"%PDF-1.7\n", "tar": bytes(257) + b"ustar\x0000",
    "none": b"\0\1\2\3",
}  # fmt: skip


@pytest.mark.parametrize("form", MAGICS)
def test_a_broken_file_is_never_clean_and_its_bytes_are_searched(form, look, tmp_path):
    noise = random.Random(form).randbytes(3000)
    root = tmp_path / "in"
    (root / "a").write_bytes(MAGICS[form] + noise)
    (root / "b").write_bytes(MAGICS[form] + noise + b"\n13812345678\n" + noise)
    (root / "c").write_bytes(MAGICS[form] + noise + b"\0" + "手机13812345678。".encode("utf-16-le") + noise)
    results = look()
    assert results["a"].look is Look.UNREADABLE
    assert results["a"].record.problems
    for name in "bc":
        assert results[name].look is Look.FOUND, name
        assert results[name].record.findings[0].kind == "cn.mobile"
        assert results[name].record.problems


@pytest.mark.parametrize("seed", range(60))
def test_documents_with_damage_anywhere_end_in_some_look(seed, look, tmp_path):
    import openpyxl

    rng = random.Random(seed)
    book = openpyxl.Workbook()
    for i in range(40):
        book.active.append([f"客户{i}", str(13800000000 + i)])
    held = io.BytesIO()
    book.save(held)
    data = bytearray(held.getvalue())
    for _ in range(rng.randrange(1, 30)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    (tmp_path / "in" / "a.xlsx").write_bytes(data[: rng.randrange(200, len(data) + 1)])
    located = look()["a.xlsx"]
    assert located.look in (Look.FOUND, Look.UNREADABLE)


def test_special_files_and_links_are_skipped_and_never_opened(look, tmp_path):
    root = tmp_path / "in"
    (root / "sub").mkdir()
    (root / "real.txt").write_text(NUMBER)
    (root / "sub" / "loop").symlink_to(root, target_is_directory=True)
    (root / "link.txt").symlink_to(root / "real.txt")
    (root / "dangling").symlink_to(root / "nowhere")
    os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(root / "sock"))
        results = look()
    assert {k: v.look for k, v in results.items()} == {
        "dangling": Look.SKIPPED, "link.txt": Look.SKIPPED, "pipe": Look.SKIPPED, "sock": Look.SKIPPED,
        "sub/loop": Look.SKIPPED, "real.txt": Look.FOUND,
    }  # fmt: skip
    assert all(v.record is None for v in results.values() if v.look is Look.SKIPPED)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs root to become someone else")
def test_what_may_not_be_read_is_listed(tmp_path, look, enterable):
    root = tmp_path / "in"
    (root / "closed").mkdir()
    (root / "closed" / "a.txt").write_text(NUMBER)
    (root / "denied.txt").write_text(NUMBER)
    (root / "ok.txt").write_text(NUMBER)
    enterable(root)
    (root / "closed").chmod(0o700)
    (root / "denied.txt").chmod(0o600)
    os.seteuid(65534)
    try:
        results = look()
        with pytest.raises(Refused) as refused:
            next(locate([Location(root / "closed")], key=b"k"))
    finally:
        os.seteuid(0)
    assert refused.value.fault is Fault.LOCATION_UNREADABLE
    for name in ("closed", "denied.txt"):
        assert results[name].look is Look.UNREADABLE
        assert results[name].record.problems == (Problem.DENIED,)
        assert results[name].record.sha256 == ""
    assert results["ok.txt"].look is Look.FOUND


def test_a_missing_location_is_refused_before_anything_is_looked_at(tmp_path):
    (tmp_path / "a.txt").write_text(NUMBER)
    with pytest.raises(Refused) as refused:
        next(locate([Location(tmp_path), Location(tmp_path / "gone")], key=b"k"))
    assert refused.value.fault is Fault.LOCATION_MISSING
    assert refused.value.subject == str(tmp_path / "gone")


def test_a_file_that_changes_while_it_is_read_is_told(look, tmp_path, monkeypatch):
    path = tmp_path / "in" / "a.txt"
    path.write_text((NUMBER + "\n") * 60_000)
    real = reading.passages

    def changing(source, way):
        for number, passage in enumerate(real(source, way)):
            if not number:
                with path.open("a") as file:
                    file.write("x")
            yield passage

    monkeypatch.setattr(reading, "passages", changing)
    located = look()["a.txt"]
    assert located.look is Look.FOUND
    assert located.record.problems == (Problem.CHANGED_WHILE_READ,)


def test_names_that_are_no_text_and_files_of_nothing(tmp_path, look):
    root = os.fsencode(tmp_path / "in")
    for name in (b"\xff\xfe.txt", "客户.txt".encode("gb18030"), b"new\nline.txt"):
        with open(os.path.join(root, name), "wb") as file:
            file.write(NUMBER.encode())
    (tmp_path / "in" / "empty").write_bytes(b"")
    (tmp_path / "in" / "word").write_text("hello")
    results = look()
    assert results.pop("empty").look is Look.CLEAN
    assert results.pop("word").look is Look.CLEAN
    assert len(results) == 3
    for located in results.values():
        assert located.look is Look.FOUND
        assert os.path.exists(located.record.path)
        assert as_json(located.record)["path"] == located.path
    assert len({located.record.id for located in results.values()}) == 3


def test_images_are_not_looked_at_but_their_names_are(look, tmp_path):
    from PIL import Image

    root = tmp_path / "in"
    Image.new("RGB", (40, 40)).save(root / "a.png")
    Image.new("RGB", (40, 40)).save(root / "张三13812345678.jpg")
    results = look()
    assert results["a.png"].look is Look.NOT_LOOKED_AT
    assert results["a.png"].record.problems == (Problem.IMAGE_NOT_READ,)
    assert results["张三13812345678.jpg"].look is Look.FOUND


def test_random_bytes_hold_no_findings(look, tmp_path):
    (tmp_path / "in" / "a.bin").write_bytes(b"\0\1\2" + random.Random(8).randbytes(4 << 20))
    located = look()["a.bin"]
    assert located.look is Look.UNREADABLE
    assert located.record.findings == ()


def test_memory_does_not_grow_with_the_file(look, tmp_path):
    path = tmp_path / "in" / "a.txt"
    with path.open("w") as file:
        for i in range(40):
            file.write("今天天气很好我们去公园玩耍 hello world 没有换行" * 12_000 + f" {13800000000 + i} ")
    look()
    tracemalloc.start()
    try:
        located = look()["a.txt"]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert located.record.findings[0].count == 40
    assert path.stat().st_size > 25 << 20
    assert peak < 16 << 20


def test_progress_is_counted(tmp_path):
    for i in range(5):
        (tmp_path / f"{i}.txt").write_text(NUMBER)
    events = list(locate([Location(tmp_path)], key=b"k"))
    progress = [e for e in events if isinstance(e, Progressed)]
    # It is repeated while a file takes long.
    assert list(dict.fromkeys((e.done, e.total, e.unit) for e in progress)) == [
        (i, 5, "files") for i in (0, 5)
    ]
    assert [e.path for e in events if isinstance(e, Located)] == [
        str(tmp_path / f"{i}.txt") for i in range(5)
    ]


def test_archives_cut_short_are_not_taken_for_whole(look, tmp_path):
    import tarfile

    root = tmp_path / "in"
    data = bytearray(zipped({"a.txt": "nothing", "b.txt": NUMBER}))
    second = data.rfind(b"PK\x01\x02")
    end = data.rfind(b"PK\x05\x06")
    size = int.from_bytes(data[end + 12 : end + 16], "little") - (end - second)
    data[end + 12 : end + 16] = size.to_bytes(4, "little")
    data[second:end] = b""
    (root / "a.zip").write_bytes(data)
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        for name in ("1.txt", "2.txt", "3.txt"):
            info = tarfile.TarInfo(name)
            info.size = 4
            archive.addfile(info, io.BytesIO(b"word"))
    tar = bytearray(held.getvalue())
    tar[1024 + 150] ^= 1  # the checksum of the second header
    (root / "a.tar").write_bytes(tar)
    results = look()
    for name in ("a.zip", "a.tar"):
        assert results[name].look is Look.UNREADABLE, name
        assert results[name].record.problems == (Problem.MALFORMED,)


def test_a_pdf_without_a_letter_is_not_clean(look, tmp_path):
    from reportlab.pdfgen.canvas import Canvas

    root = tmp_path / "in"
    for name, text in (
        ("damaged.pdf", "a long line of plain text"),
        ("whole.pdf", "a long line of plain text"),
    ):
        canvas = Canvas(str(root / name), pageCompression=1)
        canvas.drawString(40, 700, text)
        canvas.save()
    data = (root / "damaged.pdf").read_bytes()
    start = data.index(b"stream") + 8
    (root / "damaged.pdf").write_bytes(data[:start] + b"!" * 40 + data[start + 40 :])
    canvas = Canvas(str(root / "outlines.pdf"))
    canvas.line(10, 10, 90, 90)
    canvas.save()
    results = look()
    assert results["whole.pdf"].look is Look.CLEAN
    assert results["damaged.pdf"].record.problems == (Problem.MALFORMED,)
    assert results["outlines.pdf"].look is Look.NOT_LOOKED_AT


def test_a_sea_of_digits_is_crossed_quickly_and_hides_nothing(look, tmp_path):
    sea = (b"0" * 500_000 + b" 11010519491231002X ") * 8 + b"7" * 41
    assert len(best_engine().spots(sea)) < 100, "an end at every digit is what made it slow"
    (tmp_path / "in" / "digits.txt").write_bytes(sea)
    record = look()["digits.txt"].record
    assert [(found.kind, found.count) for found in record.findings] == [("cn.id", 1)]
