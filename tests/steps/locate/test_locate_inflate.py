"""Members of a zip unpack to what was packed, or are refused as the standard library refuses them."""

from __future__ import annotations

import io
import random
import zipfile
import zlib

import pytest

from app.steps.locate.read import inflate

_BROKEN = (zipfile.BadZipFile, EOFError, NotImplementedError, zlib.error)


@pytest.fixture(params=["isal", "zlib"], autouse=True)
def by_either(request, monkeypatch):
    if request.param == "zlib":
        monkeypatch.setattr(inflate, "zlib", zlib)
    else:
        assert inflate.zlib is not zlib, "ISA-L is a dependency on this system"


def packed(*contents, method=zipfile.ZIP_DEFLATED):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        for number, content in enumerate(contents):
            archive.writestr(str(number), content)
    return held.getvalue()


def unpacked(data, size=1 << 20):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        told = []
        for info in archive.infolist():
            with inflate.member(archive, info) as stream:
                told.append(b"".join(iter(lambda: stream.read(size), b"")))
        return told


def by_the_library(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [archive.read(info) for info in archive.infolist()]


def as_declared(data):
    """Whether each member unpacks to as many bytes as the list declares."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            start = info.header_offset + 30 + len(info.filename)
            raw = zlib.decompressobj(-15).decompress(data[start : start + info.compress_size])
            if len(raw) != info.file_size:
                return False
    return True


def outcome(read, data):
    try:
        return read(data)
    except _BROKEN:
        return None


@pytest.mark.parametrize("size", [1, 3, 32 << 10, 1 << 20])
def test_what_was_packed_comes_out_whatever_is_asked_for_at_once(size):
    rng = random.Random()
    contents = [
        *(b"", b"x", "联系 13800138000\n".encode() * rng.randrange(1, 400)),
        *(rng.randbytes(rng.randrange(4000)), bytes(rng.randrange(10_000))),
    ]
    if size > 3:
        contents += [bytes(3 << 20), rng.randbytes(300_000) * 5]
    assert unpacked(packed(*contents), size) == contents
    assert unpacked(packed(*contents, method=zipfile.ZIP_STORED), size) == contents
    assert unpacked(packed(*contents[:3], method=zipfile.ZIP_LZMA), size) == contents[:3]


def test_what_is_broken_is_told_as_by_the_standard_library():
    rng = random.Random()
    told = set()
    for _ in range(1500):
        data = bytearray(packed(b"13800138000 " * rng.randrange(1, 90), rng.randbytes(60)))
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        try:
            theirs = outcome(by_the_library, bytes(data))
        except (UnicodeError, RuntimeError, ValueError, OSError):
            continue
        ours = outcome(unpacked, bytes(data))
        # The library says nothing of a member that is shorter than declared, and cuts a longer one.
        assert ours == theirs or (ours is None and not as_declared(data))
        told.add(theirs is None)
    assert told == {True, False}


@pytest.mark.parametrize("more", [-1, 1])
def test_a_wrong_size_is_told_after_all_that_there_is(more):
    data = packed(b"13800138000 " * 900)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        [info] = archive.infolist()
        info.file_size += more
        with inflate.member(archive, info) as stream:
            assert stream.read(1 << 20) == b"13800138000 " * 900
            with pytest.raises(zipfile.BadZipFile):
                stream.read(1)
