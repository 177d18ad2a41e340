"""Sheets of a workbook, streamed: only cells in which something is reported are taken out of the XML.

A sheet is searched as it stands in its zip. Its tags end every value, so nothing needs to be
parsed until something is reported; then the cell around it is taken, with its address, and the
cells of a column are handed on together under the head of that column.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import compress
from typing import Final, NamedTuple, TypeVar

from app.steps.locate.engine import Class, Hits, Scan
from app.steps.locate.named import headed
from app.steps.locate.passage import Passage
from app.steps.locate.plain import has_runs, unescape, whole_runs
from app.steps.locate.presence import holds
from app.steps.locate.read.ahead import Aside, blocks_ahead, searched_ahead
from app.steps.locate.read.cells import Cells, Taken, around, take_columns, take_strings, tells
from app.steps.locate.read.source import Stream
from app.steps.locate.read.table import header_row
from app.steps.locate.words import heads_among

_ROW_END: Final = b"</row>"
_STRING_END: Final = b"</si>"
_LONGEST: Final = 8 << 20
_CELL: Final = re.compile(
    rb'<c r="([A-Z]{1,3})([0-9]+)"([^>]*)>(?:<f[^>]*>[^<]*</f>|<f[^>]*/>)?(?:<v>([^<]*)</v>|<is>(.*?)</is>)?',
    re.DOTALL,
)
_STRING: Final = re.compile(rb"<si */>|<si>(.*?)</si>", re.DOTALL)
_TAG: Final = re.compile(rb"<[^>]*>")
_SHEET: Final = re.compile(rb"<(?:[a-z0-9]+:)?sheet\b[^>]*>")
_RELATION: Final = re.compile(rb"<(?:[a-z0-9]+:)?Relationship\b[^>]*>")
_ATTRIBUTE: Final = re.compile(rb'([A-Za-z:]+)="([^"]*)"')
_TELLING: Final = (
    rb"&#0*(?:3[2-9]|[4-9][0-9]|1[01][0-9]|12[0-6]|160|215|1061|1093|82[0-9]{2}|12288|65[0-9]{3});"
    rb"|&#[xX]0*(?:[2-7][0-9a-fA-F]|[aA]0|[dD]7|4[24]5|425|20[0-9a-fA-F]{2}|3000|[fF][fF][0-9a-fA-F]{2});"
    rb"|&#[0-9a-fA-FxX]+;[A-HJ-NP-Z](?:&#[0-9a-fA-FxX]+;|\xc2\xb7|\xe2\x80\xa2|[ .\-])?[A-HJ-NP-Z0-9]{4}"
)
"""An escape of what can be part of a value or of a word in Latin letters, or of a plate's sign."""
_NUMBERED: Final = re.compile(r"&#[0-9]{1,7};|&#[xX][0-9a-fA-F]{1,6};")
_FEW: Final = 100
_STRINGS: Final = "sharedStrings.xml"
_STRING_LEAST: Final = len(b"<si/>")
_HEAD_STRINGS: Final = 2000
_HEAD_ROWS: Final = 6
_Some = TypeVar("_Some")


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
    length: int = 0
    """Bytes of the shared strings that were read."""
    wanted: dict[str, bytearray] = field(default_factory=dict)
    """By a head that names what nothing else tells, 1 for each shared string of its column."""

    def name(self, path: str) -> str:
        """Give the name of a sheet by the path of its file."""
        return self.names.get(path, path.rpartition("/")[2])

    def want(self, head: str, numbers: list[bytes]) -> None:
        """Ask for shared strings by their numbers; there are not more than their length allows."""
        flags = self.wanted.setdefault(head, bytearray())
        most = self.length // _STRING_LEAST
        places = [place for place in map(int, numbers) if place < most]
        if places and len(flags) <= max(places):
            flags.extend(bytes(max(places) + 1 - len(flags)))
        for place in places:
            flags[place] = 1


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


class _Piece(NamedTuple):
    """Some rows of a sheet: whole, what was taken out of them at once, and what is left."""

    xml: bytes
    taken: Mapping[bytes, Taken]
    rest: bytes
    heads: dict[bytes, str]
    """The heads of the columns."""


def sheet_passages(stream: Stream, path: str, book: Book) -> Iterator[Passage]:
    """Give the cells of a sheet, or the shared strings, in which something is reported."""
    with Aside() as aside:
        if path.endswith(_STRINGS):
            yield from _string_passages(_rows(stream, _STRING_END, aside), path, book)
        else:
            yield from _cell_passages(_rows(stream, _ROW_END, aside), book.name(path) or path, book, aside)


def _cell_passages(rows: Iterator[bytes], name: str, book: Book, aside: Aside) -> Iterator[Passage]:
    told: dict[bytes, str] = {}
    for piece, hits in searched_ahead(_pieces(rows, book), lambda one: book.spots(one.rest), aside):
        if piece.heads is not told:
            told = piece.heads
            yield from (Passage(head.encode("utf-8", "replace"), where=name) for head in told.values())
        yield from _named_columns(piece.xml, name, told, book)
        yield from _reported(piece, hits, name, book)


def _pieces(rows: Iterator[bytes], book: Book) -> Iterator[_Piece]:
    heads: dict[bytes, str] | None = None
    for xml in rows:
        if heads is None:
            heads = _heads(xml, book.strings)
        yield _Piece(*_taken(xml, take_columns), heads)


def _taken(xml: bytes, take: Callable[[bytes], tuple[_Some, bytes]]) -> tuple[bytes, _Some, bytes]:
    """Take out what is a value: the XML with rich texts made whole, the values, what is left."""
    values, rest = take(xml)
    if not has_runs(rest):
        return xml, values, rest
    xml = whole_runs(xml)
    return xml, *take(xml)


def _string_passages(rows: Iterator[bytes], path: str, book: Book) -> Iterator[Passage]:
    common = ""
    for xml in rows:
        book.length += len(xml)
        if len(book.strings) < _HEAD_STRINGS:
            some = _STRING.findall(xml)[: _HEAD_STRINGS - len(book.strings)]
            book.strings += [_text(one) for one in some]
        common = common or heads_among(book.strings)
        whole, values, rest = _taken(xml, take_strings)
        if values and not book.spots(rest):
            yield Passage(b"\n".join(values), common)
            continue
        hits, text = _unescaped(whole, book.spots(whole), book)
        if any(kind == Class.WIDE for _, kind in hits):
            yield Passage(book.plain(text), common, where=path)
            continue
        for cells in around(text, hits, inside=False).values():
            yield cells.passage("", b"", "", common)


def _unescaped(xml: bytes, hits: Hits, book: Book) -> tuple[Hits, bytes]:
    """Resolve escapes where one may be part of a value, and ask again."""
    if any(kind == Class.ESCAPE for _, kind in hits) and holds(_TELLING)(xml):
        xml = unescape(xml)
        hits = book.spots(xml)
    return hits, xml


def _reported(piece: _Piece, hits: Hits, name: str, book: Book) -> Iterator[Passage]:
    """Give the cells of a piece of a sheet in which something is reported."""
    taken, heads, xml = piece.taken, piece.heads, piece.xml
    hits, rest = _unescaped(piece.rest, hits, book)
    if rest is not piece.rest:
        xml = unescape(xml)
    if any(kind == Class.WIDE for _, kind in hits):
        yield Passage(book.plain(xml), " ".join(heads.values()), where=name)
        return
    found = around(rest, hits, inside=True)
    both = [column for column in found if column in taken]
    if any(column not in heads or tells(taken[column].values, found[column].texts) for column in both):
        taken, found = {}, around(xml, book.spots(xml), inside=True)
    for column in sorted({**taken, **found}, key=lambda letters: (len(letters), letters)):
        cells = Cells.of(taken.get(column), found.get(column))
        yield cells.passage(name, column, heads.get(column, ""), "")


def _named_columns(xml: bytes, sheet: str, heads: dict[bytes, str], book: Book) -> Iterator[Passage]:
    """Give the cells of columns whose values are told by their head alone; of shared strings their places."""
    for column, head in heads.items():
        if not headed(head):
            continue
        if b't="s"' in xml:
            book.want(head, _shared(column).findall(xml))
        cells = b"\n".join(_column(column).findall(xml))
        if cells.strip():
            where = f"{sheet}!{column.decode()}"
            yield Passage(_texts(cells).encode("utf-8", "replace"), head, column=True, where=where)


@cache
def _column(letters: bytes) -> re.Pattern[bytes]:
    return re.compile(
        rb'<c r="' + letters + rb'[0-9]+"(?![^>]* t="s")[^>]*>(?:<f[^>]*>[^<]*</f>|<f[^>]*/>)?'
        rb"(?:<v>|<is>(?:<t[^>]*>)?)([^<]*(?:<(?!/v>|/t></is>|/is>)[^<]*)*)</"
    )


@cache
def _shared(letters: bytes) -> re.Pattern[bytes]:
    return re.compile(rb'<c r="' + letters + rb'[0-9]+"[^>]* t="s"[^>]*>(?:<f[^>]*/>)?<v>([0-9]{1,9})</v>')


def wanted_strings(stream: Stream, book: Book) -> Iterator[Passage]:
    """Give the shared strings of the columns that were told by their heads, each under its head."""
    at = 0
    with Aside() as aside:
        for xml in _rows(stream, _STRING_END, aside):
            strings = _STRING.findall(xml)
            for head, wanted in book.wanted.items():
                here = b"\n".join(compress(strings, wanted[at : at + len(strings)]))
                if here:
                    yield Passage(_texts(here).encode("utf-8", "replace"), head, column=True, where=head)
            at += len(strings)


def _rows(stream: Stream, end: bytes, aside: Aside) -> Iterator[bytes]:
    """Cut the XML where a row or a string ends."""
    carry = b""
    for block in blocks_ahead(stream, aside):
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


def _texts(cells: bytes) -> str:
    """Do as `_text` with many cells at once: the same few characters are escaped in all of them."""
    text = (_TAG.sub(b"", cells) if b"<" in cells else cells).decode("utf-8", "replace")
    if "&" not in text:
        return text
    written = set(_NUMBERED.findall(text))
    if len(written) < _FEW and not any("&" in html.unescape(one) for one in written):
        for one in written:
            text = text.replace(one, html.unescape(one))
    return html.unescape(text) if "&" in text else text


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
