"""Sheets of a workbook, streamed: only cells in which something is reported are taken out of the XML.

A sheet is searched as it stands in its zip. Its tags end every value, so nothing needs to be
parsed until something is reported; then the cell around it is taken, with its address, and the
cells of a column are handed on together under the head of that column.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from app.steps.locate.engine import Class, Scan
from app.steps.locate.named import headed
from app.steps.locate.passage import Passage
from app.steps.locate.plain import unescape
from app.steps.locate.read.source import BLOCK, Stream
from app.steps.locate.read.table import header_row

_ROW_END: Final = b"</row>"
_STRING_END: Final = b"</si>"
_LONGEST: Final = 8 << 20
_REACH: Final = 32 << 10
"""Characters a cell may hold (Excel's own limit)."""
_CELL: Final = re.compile(
    rb'<c r="([A-Z]{1,3})([0-9]+)"([^>]*)>(?:<f[^>]*>[^<]*</f>|<f[^>]*/>)?(?:<v>([^<]*)</v>|<is>(.*?)</is>)?',
    re.DOTALL,
)
_PLAIN_CELL: Final = re.compile(
    rb'<c r="([A-Z]{1,3})([0-9]{1,7})"[^>]*>(?:<f[^>]*>[^<]*</f>|<f[^>]*/>)?(?:<v>|<is><t[^>]*>)([^<]*)'
)
_PLAIN_REACH: Final = 256
"""Characters from a cell's tag to what was reported in it, in nearly all."""
_ADDRESS: Final = re.compile(rb'<c r="([A-Z]{1,3})([0-9]{1,7})"')
_STRING: Final = re.compile(rb"<si>(.*?)</si>", re.DOTALL)
_TAG: Final = re.compile(rb"<[^>]*>")
_RICH: Final = re.compile(rb"<(?:[a-z0-9]+:)?(?:r|rPh)[ >]")
_SHEET: Final = re.compile(rb"<(?:[a-z0-9]+:)?sheet\b[^>]*>")
_RELATION: Final = re.compile(rb"<(?:[a-z0-9]+:)?Relationship\b[^>]*>")
_ATTRIBUTE: Final = re.compile(rb'([A-Za-z:]+)="([^"]*)"')
_TELLING: Final = re.compile(
    rb"&#(?:0*(?:3[2-9]|[4-9][0-9]|1[01][0-9]|12[0-6]|160|215|1061|1093|82[0-9]{2}|12288|65[0-9]{3})"
    rb"|[xX]0*(?:[2-7][0-9a-fA-F]|[aA]0|[dD]7|4[24]5|425|20[0-9a-fA-F]{2}|3000|[fF][fF][0-9a-fA-F]{2}));"
    rb"|&#[0-9a-fA-FxX]+;[A-HJ-NP-Z](?:&#[0-9a-fA-FxX]+;|\xc2\xb7|\xe2\x80\xa2|[ .\-])?[A-HJ-NP-Z0-9]{4}"
)
"""An escape of what can be part of a value or of a word in Latin letters, or of a plate's sign."""
_HEAD_STRINGS: Final = 2000
_HEAD_ROWS: Final = 6


@dataclass(slots=True)
class Book:
    """What the sheets of one workbook have in common."""

    spots: Scan
    plain: Callable[[bytes], bytes]
    """Makes text of XML: for what can't be searched as it stands."""
    names: dict[str, str] = field(default_factory=dict)
    """Sheet by the path of its file in the zip."""
    strings: list[str] = field(default_factory=list)
    """The first of the shared strings: among them are the heads of the columns."""
    wanted: dict[str, set[int]] = field(default_factory=dict)
    """By a head that names what nothing else tells, the shared strings of its column."""


def sheet_names(workbook: bytes, relations: bytes) -> dict[str, str]:
    """Give the names of the sheets by the paths of their files (ECMA-376 part 1, 18.2.20)."""
    targets = {}
    for tag in _RELATION.findall(relations):
        told = dict(_ATTRIBUTE.findall(tag))
        targets[told.get(b"Id", b"")] = told.get(b"Target", b"").decode("utf-8", "replace")
    names = {}
    for tag in _SHEET.findall(workbook):
        told = dict(_ATTRIBUTE.findall(tag))
        target = targets.get(told.get(b"r:id", b""), "")
        if target:
            path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            names[path] = html.unescape(told.get(b"name", b"").decode("utf-8", "replace"))
    return names


def sheet_passages(stream: Stream, path: str, book: Book) -> Iterator[Passage]:
    """Give the cells of a sheet, or the shared strings, in which something is reported."""
    strings = path.endswith("sharedStrings.xml")
    name = "" if strings else book.names.get(path, path.rpartition("/")[2])
    heads: dict[bytes, str] = {}
    common = ""
    for number, rows in enumerate(_rows(stream, _STRING_END if strings else _ROW_END)):
        xml = rows
        if strings:
            if len(book.strings) < _HEAD_STRINGS:
                book.strings += [
                    _text(one) for one in _STRING.findall(xml)[: _HEAD_STRINGS - len(book.strings)]
                ]
            common = common or _common(book.strings)
        elif not number:
            heads = _heads(xml, book.strings)
            yield from (Passage(head.encode("utf-8", "replace"), where=name) for head in heads.values())
        yield from _named_columns(xml, name, heads, book)
        hits = book.spots(xml)
        if not hits:
            continue
        kinds = {kind for _, kind in hits}
        if Class.ESCAPE in kinds and _TELLING.search(xml):
            xml = unescape(xml)
            hits = book.spots(xml)
            kinds = {kind for _, kind in hits}
        if Class.WIDE in kinds or (strings and _RICH.search(xml)):
            yield Passage(book.plain(xml), common or " ".join(heads.values()), where=name or path)
            continue
        yield from _columns(xml, hits, name, heads, common)


def _named_columns(xml: bytes, sheet: str, heads: dict[bytes, str], book: Book) -> Iterator[Passage]:
    """Give the cells of columns whose values are told by their head alone; of shared strings their places."""
    for column, head in heads.items():
        if not headed(head):
            continue
        cells = []
        for told, value, text in _column(column).findall(xml):
            if b't="s"' in told and value.isdigit():
                book.wanted.setdefault(head, set()).add(int(value))
            else:
                cells.append(_text(value or text))
        if any(cells):
            where = f"{sheet}!{column.decode()}"
            yield Passage("\n".join(cells).encode("utf-8", "replace"), head, column=True, where=where)


@cache
def _column(letters: bytes) -> re.Pattern[bytes]:
    return re.compile(
        rb'<c r="' + letters + rb'[0-9]+"([^>]*)>(?:<f[^>]*>[^<]*</f>|<f[^>]*/>)?'
        rb"(?:<v>([^<]*)</v>|<is>(.*?)</is>)",
        re.DOTALL,
    )


def wanted_strings(stream: Stream, book: Book) -> Iterator[Passage]:
    """Give the shared strings of the columns that were told by their heads, each under its head."""
    at = 0
    for xml in _rows(stream, _STRING_END):
        strings = _STRING.findall(xml)
        for head, wanted in book.wanted.items():
            here = [_text(strings[place - at]) for place in wanted if at <= place < at + len(strings)]
            if here:
                yield Passage("\n".join(here).encode("utf-8", "replace"), head, column=True, where=head)
        at += len(strings)


def _columns(
    xml: bytes, hits: list[tuple[int, int]], name: str, heads: dict[bytes, str], common: str
) -> Iterator[Passage]:
    """Take the cells around what was reported, and put those of a column together."""
    found: dict[bytes, list[bytes]] = {}
    places: dict[bytes, list[bytes]] = {}
    done = 0
    plain = _PLAIN_CELL.match
    for end, kind in hits:
        if kind == Class.ESCAPE:
            continue
        at = end - 1
        if at < done:
            continue
        tag = xml.rfind(b"<c ", max(0, at - _PLAIN_REACH), at) if name else -1
        cell = plain(xml, tag) if tag >= 0 else None
        if cell and cell.start(3) <= at <= cell.end(3):
            column, row, text = cell.groups()
            done = cell.end()
            found.setdefault(column, []).append(text)
            places.setdefault(column, [row, row])[1] = row
            continue
        first = xml.rfind(b">", max(0, at - _REACH), at) + 1
        done = xml.find(b"<", at)
        done = done if done >= 0 else len(xml)
        if xml.rfind(b"<", first, at) >= first:
            continue  # inside a tag: an attribute is no cell
        column = b""
        if name:
            tag = xml.rfind(b"<c ", max(0, first - _REACH), first)
            address = _ADDRESS.match(xml, tag) if tag >= 0 else None
            if address:
                column = address[1]
                rows = places.setdefault(column, [address[2], b""])
                rows[1] = address[2]
        found.setdefault(column, []).append(xml[first:done])
    for column, cells in found.items():
        head = heads.get(column, "") or common
        rows = places.get(column, [b"", b""])
        where = name
        if column:
            letters = column.decode()
            where = f"{name}!{letters}{rows[0].decode()}"
            where += f":{letters}{rows[1].decode()}" if rows[1] != rows[0] else ""
        text = b"\n".join(cells)
        yield Passage(text, head, column=column in heads, where=where)


def _rows(stream: Stream, end: bytes) -> Iterator[bytes]:
    """Cut the XML where a row or a string ends."""
    carry = b""
    while block := stream.read(BLOCK):
        if not carry and block[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise UnicodeError("XML in UTF-16 is not read")
        xml = carry + block
        last = xml.rfind(end, max(0, len(carry) - len(end)))
        cut = last + len(end) if last >= 0 else 0
        if not cut and len(xml) > _LONGEST:
            cut = xml.rfind(b"<")
            cut = cut if cut > 0 else len(xml)
        carry = xml[cut:]
        if cut:
            yield xml[:cut]
    if carry:
        yield carry


def _text(xml: bytes) -> str:
    return html.unescape(_TAG.sub(b"", xml).decode("utf-8", "replace"))


def _heads(xml: bytes, strings: list[str]) -> dict[bytes, str]:
    """Give the heads of the columns, when one of the first rows holds them."""
    rows: list[dict[bytes, str]] = []
    last = b""
    for m in _CELL.finditer(xml[: 256 << 10]):
        if m[2] != last:
            if len(rows) == _HEAD_ROWS:
                break
            rows.append({})
            last = m[2]
        rows[-1][m[1]] = _cell_text(m, strings)
    place = header_row([list(row.values()) for row in rows])
    return (
        {}
        if place is None
        else {column: head.strip() for column, head in rows[place].items() if head.strip()}
    )


def _cell_text(m: re.Match[bytes], strings: list[str]) -> str:
    value = m[4] if m[4] is not None else m[5] or b""
    if b't="s"' in m[3] and value.isdigit():
        return strings[int(value)] if int(value) < len(strings) else ""
    return _text(value)


def _common(strings: list[str]) -> str:
    from app.steps.locate.words import ODD, header_kinds, is_header

    return " ".join(one for one in strings[:64] if is_header(one) and header_kinds(one) - {ODD})
