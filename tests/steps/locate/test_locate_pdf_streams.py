"""A PDF stream that does not unpack is noticed, whatever pdfium makes of it."""

from __future__ import annotations

import base64
import io
import zlib
from pathlib import Path

import pytest

from app.steps.locate.read import pdf_streams

TEXT = b"BT (a long line of text that says nothing) Tj ET\n" * 40
FLATE = zlib.compress(TEXT)
BOMB = zlib.compress(b"\0" * (5 << 20))


def broken_stream(data: bytes) -> bool:
    return pdf_streams.broken_stream(io.BytesIO(data))


def pdf(body: bytes, head: bytes = b"/Filter /FlateDecode") -> bytes:
    return b"%PDF-1.7\n4 0 obj\n<< " + head + b" >>\nstream\r\n" + body + b"\nendstream\nendobj\n%%EOF"


@pytest.mark.parametrize("body", [FLATE, BOMB])
def test_a_whole_stream_unpacks(body: bytes) -> None:
    assert not broken_stream(pdf(body))
    coded = base64.a85encode(body) + b"~>"
    assert not broken_stream(pdf(coded, b"/Filter [ /ASCII85Decode /FlateDecode ]"))


def test_every_damage_is_noticed() -> None:
    for at in range(2, len(FLATE)):
        assert broken_stream(pdf(FLATE[:at] + bytes([FLATE[at] ^ 0x55]) + FLATE[at + 1 :])), at
    for cut in range(2, len(FLATE)):
        assert broken_stream(pdf(FLATE[:cut])), cut
    assert broken_stream(pdf(b"!!zz~~", b"/Filter [ /ASCII85Decode /FlateDecode ]"))


@pytest.mark.parametrize(
    "head",
    [b"/Filter /FlateDecode /Subtype /Image", b"/Filter /DCTDecode", b"/Filter /FlateDecode /Length1 9"],
)
def test_pictures_fonts_and_other_codings_are_passed_over(head: bytes) -> None:
    assert not broken_stream(pdf(b"not packed", head))
    assert not broken_stream(b"stream endstream")
    assert not broken_stream(pdf(b"ciphertext") + b"/Encrypt 5 0 R")


def test_a_file_on_disk_is_mapped(tmp_path: Path) -> None:
    for body, broken in ((FLATE, False), (FLATE[:-3], True), (b"", True)):
        (tmp_path / "a.pdf").write_bytes(pdf(body))
        with (tmp_path / "a.pdf").open("rb") as file:
            assert pdf_streams.broken_stream(file) is broken
