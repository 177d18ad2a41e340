"""Archives that the standard library can't read, made by their own tools: opened in the hunt, or named."""

import os
import shutil
import struct
import sys
import zlib

import key_stores as stores
import pytest

from app.domain.outcome import Reason
from app.steps.shred import Grounds
from app.steps.shred.hunt import Quarry, hunt
from app.steps.shred.needles import needles_of
from app.steps.shred.progress import drawn

MARK = b"the very bytes of one key, of which nobody else has any at all, as far as one knows"
NOISE = b"".join(b"line %d of a list of nothing at all\n" % number for number in range(60_000))
"""What stands before the key and after it, as text that packs well."""


@pytest.fixture
def place(tmp_path):
    made = tmp_path / "place"
    made.mkdir()
    return made


@pytest.fixture
def folder(tmp_path):
    """What is packed: the key behind noise, and something else."""
    made = tmp_path / "in"
    made.mkdir()
    (made / "key").write_bytes(NOISE + MARK + NOISE)
    (made / "other.txt").write_text("nothing here")
    (made / "empty").mkdir()
    return made


def hunted(place):
    return drawn(hunt([Quarry("k", "", (0, 0), needles_of([MARK]))], Grounds(places=(str(place),))))["k"]


def seven(folder, out, *how):
    stores.need("7z")
    stores.do("7z", "a", "-bd", *how, out, ".", cwd=folder)


HOW = [[], ["-m0=lzma"], ["-m0=ppmd"], ["-m0=bzip2"], ["-m0=deflate"], ["-mx0"], ["-ms=off"], ["-mhc=off"],
       ["-m0=bcj2", "-m1=lzma"]]  # fmt: skip


@pytest.mark.parametrize("how", HOW, ids=" ".join)
def test_7z_is_opened(place, folder, how):
    seven(folder, place / "a.7z", *how)
    found = hunted(place)
    assert {(one.path, one.member) for one in found.found} >= {(str(place / "a.7z"), "key")}
    assert found.blind == ()


@pytest.mark.parametrize("tool", ["zstd", "lz4", "lzip", "compress"])
@pytest.mark.parametrize("tar", [True, False], ids=["tar", "bare"])
def test_what_is_only_packed_is_opened(place, folder, tool, tar):
    libarchive = pytest.importorskip("libarchive")
    out, inside = place / "a.packed", folder / "key"
    if tar:
        inside = folder.parent / "a.tar"
        stores.do("tar", "-cf", inside, "-C", folder, ".")
    # By the library's own writer: most of these programs are nowhere to be had.
    with libarchive.file_writer(str(out), "raw", tool) as archive:
        data = inside.read_bytes()
        archive.add_file_from_memory("x", len(data), data)
    found = hunted(place)
    assert {one.member for one in found.found} >= ({"./key"} if tar else {""})
    assert found.blind == ()


def test_a_tar_that_is_too_long_to_be_held_is_read_again(place, folder):
    stores.need("zstd", "tar")
    (folder / "a-long").write_bytes(bytes(70 << 20))
    stores.do("tar", "-czf", folder / "nested.tgz", "-C", folder, "key")
    (folder / "key").unlink()
    stores.do("tar", "--zstd", "-cf", place / "a.tar.zst", "-C", folder, ".")
    found = hunted(place)
    assert {one.member for one in found.found} >= {"./nested.tgz > key"}
    assert found.blind == ()


def test_nested_in_each_other(place, folder):
    stores.need("zstd")
    inner = folder.parent / "inner"
    inner.mkdir()
    seven(folder, inner / "a.7z")
    stores.do("tar", "--zstd", "-cf", folder.parent / "a.tzst", "-C", inner, ".")
    stores.do("7z", "a", "-bd", place / "outer.7z", folder.parent / "a.tzst")
    found = hunted(place)
    assert {one.member for one in found.found} >= {"a.tzst > ./a.7z > key"}


@pytest.mark.parametrize("how", [["-psecret"], ["-psecret", "-mhe=on"]], ids=["names", "nothing"])
def test_a_locked_7z_is_named(place, folder, how):
    seven(folder, place / "a.7z", *how)
    found = hunted(place)
    assert found.found == ()
    assert {(one.path, one.reason) for one in found.blind} == {(str(place / "a.7z"), Reason.UNREADABLE)}


@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_a_damaged_7z_is_named(place, folder, damage):
    seven(folder, place / "a.7z")
    data = bytearray((place / "a.7z").read_bytes())
    data = data[: len(data) // 2] if damage == "cut" else data
    data[len(data) // 3] ^= 0xFF
    (place / "a.7z").write_bytes(data)
    assert {one.reason for one in hunted(place).blind} == {Reason.UNREADABLE}


def test_a_bomb_is_ended_by_what_comes_and_not_by_what_it_says(place, tmp_path):
    (tmp_path / "in").mkdir()
    with (tmp_path / "in" / "zeros").open("wb") as file:
        file.truncate(1200 << 20)
    seven(tmp_path / "in", place / "a.7z")
    assert (place / "a.7z").stat().st_size < 1 << 20
    found = hunted(place)
    assert [one.reason for one in found.blind] == [Reason.SEARCH_LIMIT]


def rar(name, data, mode):
    """A rar of version 5 with one stored member, written as its technical note says."""

    def number(value):
        out = bytearray()
        while value > 0x7F:
            out.append(value & 0x7F | 0x80)
            value >>= 7
        return bytes([*out, value])

    def block(body, more=b""):
        head = number(len(body)) + body
        return struct.pack("<I", zlib.crc32(head)) + head + more

    size = number(len(data))
    file = (number(2) + number(2) + size + number(4) + size + number(mode)
            + struct.pack("<I", zlib.crc32(data)) + number(0) + number(1) + number(len(name)) + name)  # fmt: skip
    return (b"Rar!\x1a\x07\x01\0" + block(number(1) + number(0) + number(0)) + block(file, data)
            + block(number(5) + number(0) + number(0)))  # fmt: skip


@pytest.mark.parametrize("mode", [0o100644, 0o644, 0x20])
def test_rar_is_opened(place, mode):
    import gzip

    inner = gzip.compress(NOISE + MARK)
    (place / "a.rar").write_bytes(rar(b"key.gz", inner, mode))
    found = hunted(place)
    assert [one.member for one in found.found] == ["key.gz"]
    assert found.blind == ()


def test_without_the_library_it_is_named(place, folder, monkeypatch):
    seven(folder, place / "a.7z")
    shutil.copyfile(place / "a.7z", place / "b.7z")
    monkeypatch.setitem(sys.modules, "libarchive", None)
    found = hunted(place)
    assert found.found == ()
    assert {(os.path.basename(one.path), one.reason) for one in found.blind} == {
        ("a.7z", Reason.NOT_SEARCHED),
        ("b.7z", Reason.NOT_SEARCHED),
    }


def test_a_zip_behind_a_program_is_opened_and_a_7z_in_one_is_named(place, folder):
    import io
    import zipfile

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("key", NOISE + MARK)
    (place / "self.exe").write_bytes(b"MZ" + bytes(5000) + packed.getvalue())
    (place / "picture.jpg").write_bytes(b"\xff\xd8\xff" + NOISE + packed.getvalue())
    seven(folder, folder.parent / "a.7z")
    (place / "sfx.exe").write_bytes(b"MZ" + bytes(2 << 20) + (folder.parent / "a.7z").read_bytes())
    found = hunted(place)
    assert {os.path.basename(one.path) for one in found.found} == {"self.exe", "picture.jpg"}
    assert {one.member for one in found.found} == {"key"}
    assert [(os.path.basename(one.path), one.reason) for one in found.blind] == [
        ("sfx.exe", Reason.NOT_SEARCHED)
    ]
