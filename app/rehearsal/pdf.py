"""A small PDF writer for lines of Chinese text (ISO 32000-1, 9.7), so that no PDF library is needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_LINES_A_PAGE: Final = 36
_LEADING: Final = 20
_TOP: Final = 790
_LEFT: Final = 50
_PAGES_ID: Final = 2
_FONT_ID: Final = 3
_FIRST_FREE_ID: Final = 7


def pdf_bytes(lines: Sequence[str]) -> bytes:
    """Give a PDF of A4 pages with these lines of text.

    The font is a Type0 font that no file is embedded for: codes are UTF-16 units
    (UniGB-UCS2-H), which a viewer shows with its own Chinese font, and a ToUnicode
    map makes the text extractable where the viewer knows no such encoding.
    """
    pages = [lines[at : at + _LINES_A_PAGE] for at in range(0, len(lines), _LINES_A_PAGE)] or [()]
    page_ids = range(_FIRST_FREE_ID, _FIRST_FREE_ID + 2 * len(pages), 2)
    objects = [_plain("<</Type/Catalog/Pages 2 0 R>>"), _page_tree(page_ids), *_font()]
    for page_id, page in zip(page_ids, pages, strict=True):
        objects += [_page(page_id + 1), _stream(_page_text(page))]
    return _file(objects)


def _plain(text: str) -> bytes:
    return text.encode("ascii")


def _stream(content: bytes) -> bytes:
    return b"<</Length %d>>stream\n%s\nendstream" % (len(content), content)


def _page_tree(page_ids: Sequence[int]) -> bytes:
    kids = " ".join(f"{page_id} 0 R" for page_id in page_ids)
    return _plain(f"<</Type/Pages/Count {len(page_ids)}/Kids[{kids}]>>")


def _page(content_id: int) -> bytes:
    return _plain(
        f"<</Type/Page/Parent {_PAGES_ID} 0 R/MediaBox[0 0 595 842]"
        f"/Resources<</Font<</F {_FONT_ID} 0 R>>>>/Contents {content_id} 0 R>>"
    )


def _page_text(lines: Sequence[str]) -> bytes:
    shown = "".join(f"<{line.encode('utf-16-be').hex()}> Tj T*\n" for line in lines)
    return _plain(f"BT /F 11 Tf {_LEADING} TL {_LEFT} {_TOP} Td\n{shown}ET")


def _font() -> list[bytes]:
    """Objects 3 to 6: font, descendant font, descriptor and ToUnicode map."""
    return [
        _plain(
            "<</Type/Font/Subtype/Type0/BaseFont/STSong-Light-UniGB-UCS2-H/Encoding/UniGB-UCS2-H"
            "/DescendantFonts[4 0 R]/ToUnicode 6 0 R>>"
        ),
        # CIDs 1 to 95 of Adobe-GB1 are the proportional ASCII characters.
        _plain(
            "<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light"
            "/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 2>>"
            "/FontDescriptor 5 0 R/DW 1000/W[1 95 500]>>"
        ),
        _plain(
            "<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[-25 -254 1000 880]"
            "/ItalicAngle 0/Ascent 880/Descent -120/CapHeight 880/StemV 93>>"
        ),
        _stream(_to_unicode()),
    ]


def _to_unicode() -> bytes:
    """Map each code to itself. A range may vary its last byte only, and a block holds at most 100 ranges."""
    ranges = [f"<{high:02x}00> <{high:02x}ff> <{high:02x}00>" for high in range(256)]
    blocks = [ranges[at : at + 100] for at in range(0, len(ranges), 100)]
    mapping = "\n".join(
        f"{len(block)} beginbfrange\n" + "\n".join(block) + "\nendbfrange" for block in blocks
    )
    return _plain(
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n"
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def\n"
        "1 begincodespacerange <0000> <ffff> endcodespacerange\n"
        f"{mapping}\nendcmap CMapName currentdict /CMap defineresource pop end end"
    )


def _file(objects: Sequence[bytes]) -> bytes:
    """Number the objects from 1 and write them with their cross-reference table."""
    out = bytearray(b"%PDF-1.4\n%\xe5\xbf\x98\xe5\xb7\x9d\n")
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)
