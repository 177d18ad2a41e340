"""Thumbnails: the URI in the picture decides, then the name; everyone else's picture stays."""

import hashlib
import os
import zlib
from urllib.parse import quote

import pytest

from app.domain.canonical import handle
from app.domain.copies import Disposal, Trace
from app.steps.confirm.traces.address import path_of, uris_of
from app.steps.confirm.traces.thumbnails import names_of

KEY = b"k" * 32
ODD = "合同;扫描 [1]#é%~+!$&'()*,=:@^`{|}.png"


def uri(path, safe="!$&'()*+,-./:=@_~"):
    return "file://" + quote(os.fsencode(str(path)), safe)


def md5(text):
    return hashlib.md5(text.encode()).hexdigest() + ".png"


def text(uri):
    return b"tEXtThumb::URI\0" + uri.encode()


def test_the_addresses_are_those_that_the_toolkits_write():
    qtcore = pytest.importorskip("PySide6.QtCore")
    path = f"/srv/客户/{ODD}"
    qt = bytes(qtcore.QUrl.fromLocalFile(path).toEncoded().data()).decode()
    # g_filename_to_uri leaves all that Qt leaves but the semicolon.
    assert {qt, qt.replace(";", "%3B"), uri(path)} <= uris_of(path)
    assert all(path_of(one) == path for one in uris_of(path))


@pytest.mark.parametrize(
    "text", ["http:///a", "file://elsewhere/a", "trash:///a", "a", "file:relative", "", "file:///a%00b"]
)
def test_other_addresses_mean_no_path(text):
    assert path_of(text) == ""


def test_every_size_and_failed_attempts_are_found(desktop):
    scan = desktop.record(ODD)
    other = desktop.record("other.png")
    here, there = uri(scan.path), uri(other.path)
    folders = ["normal", "large", "x-large", "xx-large", "fail/gnome-thumbnail-factory"]
    for folder in folders:
        for one in (here, there):
            desktop.put(f".cache/thumbnails/{folder}/{md5(one)}", desktop.png(text(one)))
    desktop.put(f".thumbnails/normal/{md5(here)}", desktop.png(text(here)))
    found = desktop.find([scan])
    places = [f".cache/thumbnails/{folder}" for folder in folders] + [".thumbnails/normal"]
    assert set(found) == {str(desktop.home / place / md5(here)) for place in places}
    for path, copy in found.items():
        with open(path, "rb") as file:
            content = file.read()
        assert (copy.disposal, copy.of, copy.trace) == (Disposal.WIPE, (scan.id,), Trace.THUMBNAIL)
        assert (copy.id, copy.member) == (handle(KEY, "c", path), "")
        assert copy.sha256 == hashlib.sha256(content).hexdigest()
        assert (copy.stamp.inode, copy.stamp.size) == (os.stat(path).st_ino, len(content))


def test_a_record_named_through_a_link_to_its_folder(desktop, tmp_path):
    scan = desktop.record("a.png")
    (tmp_path / "link").symlink_to(desktop.office)
    named = uri(tmp_path / "link/a.png")
    desktop.put(f".cache/thumbnails/normal/{md5(named)}", desktop.png(text(named)))
    assert len(desktop.find([scan])) == 1


@pytest.mark.parametrize("kind", ["zTXt", "iTXt", "iTXt packed", "after the picture"])
def test_every_kind_of_text_is_read(desktop, kind):
    scan = desktop.record(ODD)
    named = uri(scan.path).encode()
    chunk = {
        "zTXt": b"zTXtThumb::URI\0\0" + zlib.compress(named),
        "iTXt": b"iTXtThumb::URI\0\0\0en\0\0" + named,
        "iTXt packed": b"iTXtThumb::URI\0\1\0\0\0" + zlib.compress(named),
    }.get(kind)
    data = desktop.png(chunk) if chunk else desktop.png()
    if not chunk:
        body = text(named.decode())
        late = (len(body) - 4).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
        data = desktop.png(tail=late)
    path = desktop.put(".cache/thumbnails/normal/anything.png", data)
    assert set(desktop.find([scan])) == {str(path)}


def test_a_picture_that_says_nothing_is_known_by_its_name(desktop):
    scan = desktop.record(ODD)
    for name in names_of(scan.path):
        desktop.put(f".cache/thumbnails/large/{name}", desktop.png())
    assert len(desktop.find([scan])) == len(names_of(scan.path)) >= 3


def test_a_picture_that_says_another_name_is_another_ones(desktop):
    scan = desktop.record("a.png")
    elsewhere = uri("/somewhere/b.png")
    desktop.put(f".cache/thumbnails/normal/{md5(uri(scan.path))}", desktop.png(text(elsewhere)))
    desktop.put(".cache/thumbnails/normal/0.png", b"\x89PNG\r\n\x1a\n" + b"\xff" * 40)
    desktop.put(".cache/thumbnails/normal/1.png", b"")
    desktop.put(".cache/thumbnails/normal/2.txt", desktop.png(text(uri(scan.path))))
    assert desktop.find([scan]) == {}


def test_the_thumbnail_of_a_backup_goes_with_the_backup_and_not_with_a_kept_one(desktop):
    goes, also = desktop.record("a.png", b"first"), desktop.record("b.png", b"second")
    backup = desktop.known(desktop.put("x", b"a draft"))
    os.rename(backup.path, desktop.office / "a.png~")
    os.rename(desktop.put("y", b"another draft"), desktop.office / "b.png~")
    kept = desktop.known(desktop.office / "b.png~")
    for name in ("a.png~", "b.png~"):
        one = uri(desktop.office / name)
        desktop.put(f".cache/thumbnails/normal/{md5(one)}", desktop.png(text(one)))
    found = desktop.find([goes, also], kept=[kept])
    assert {copy.path: copy.disposal for copy in found.values()} == {
        str(desktop.office / "a.png~"): Disposal.WIPE,
        str(desktop.home / ".cache/thumbnails/normal" / md5(uri(desktop.office / "a.png~"))): Disposal.WIPE,
        str(desktop.office / "b.png~"): Disposal.EXCEPTION,
    }
