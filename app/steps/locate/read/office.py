"""Documents that are zips of XML, streamed: xlsx, docx, pptx and the OpenDocument texts.

The XML is cut at the end of a paragraph or cell and its tags are dropped, so a value
that a word processor split over several runs is whole again. No tree is built: memory
does not grow with the file.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from typing import Final

from app.domain.record import Problem
from app.steps.locate.limits import Reading
from app.steps.locate.passage import Passage
from app.steps.locate.plain import unescape, whole_runs
from app.steps.locate.presence import holds
from app.steps.locate.read.inflate import member
from app.steps.locate.read.source import BLOCK, Container, Source, Stream
from app.steps.locate.read.workbook import Book, sheet_names, sheet_passages, wanted_strings
from app.steps.locate.words import heads_among

_END: Final = re.compile(rb"</(?:si|c|row|w:p|a:p|text:p|text:h)>")
_NEAR_END: Final = (2 << 10, 64 << 10, 1 << 62)
_BREAKS: Final = re.compile(
    rb"</(?:si|c|row|[a-z]{1,4}:p|text:h|w:tc|a:tc)>|<(?:w:br|w:tab|w:cr|a:br|text:tab|text:line-break|text:s)\b[^>]*>"
)
_TAGS: Final = re.compile(rb"<[^>]*>")
_TEXTS: Final = re.compile(rb">([^<]+)")
_FAMILIES: Final = {
    # By how its elements begin: what ends a paragraph, and what else breaks its text.
    b"w:": (b"</w:p>", b"<w:br", b"<w:tab", b"<w:cr", b"</w:tc>"),
    b"a:": (b"</a:p>", b"<a:br", b"</a:tc>"),
    b"text:": (b"</text:p>", b"<text:tab", b"<text:line-break", b"<text:s ", b"<text:s/", b"</text:h>"),
}
_MORE: Final = rb"<(?:w:(?:br|tab|cr)|/w:tc|a:br|/a:[pt]|/?text:)"
"""What breaks a text besides the end of a paragraph in a letter: one look instead of one for each."""
_CELLS: Final = re.compile(rb"(?:<[^>]*>)+")
"""Between two texts of a workbook: every tag ends one."""
_LONGEST: Final = 4 << 20
_SKIPPED: Final = re.compile(
    r"(?:^|/)(?:theme|printerSettings|_rels)/|(?:styles(?:WithEffects)?|fontTable|settings)\.xml$|\.(?:ttf|odttf|bin\.rels)$"
)
IMAGES: Final = re.compile(r"\.(?:png|jpe?g|gif|bmp|tiff?|emf|wmf|webp|svm)$", re.IGNORECASE)
_SHEETS: Final = re.compile(r"xl/(?:worksheets/[^/]+\.xml|sharedStrings\.xml)$")
_STRINGS: Final = "xl/sharedStrings.xml"
_MARKERS: Final = ("xl/", "word/", "ppt/", "content.xml")


def is_office(names: list[str]) -> bool:
    """Whether a zip with these members is a document."""
    return any(name.startswith(_MARKERS) for name in names) and any(
        name in ("[Content_Types].xml", "mimetype") for name in names
    )


def read_office(archive: zipfile.ZipFile, container: Container, reading: Reading) -> Iterator[Passage]:
    """Read every text member; shared strings first, since they hold the heads of the columns."""
    members = sorted(
        archive.infolist(), key=lambda info: ("sharedStrings" not in info.filename, info.filename)
    )
    heads = ""
    book = _book(archive, reading)
    for info in members:
        if reading.spent:
            return
        if info.is_dir() or _SKIPPED.search(info.filename):
            continue
        if IMAGES.search(info.filename) and not reading.means.pictures:
            reading.note(Problem.IMAGE_NOT_READ)
            continue
        with member(archive, info) as stream:
            metered = container.meter(stream)
            if not info.filename.endswith((".xml", ".rels", ".vml")) and info.filename != "mimetype":
                yield from reading.enter(Source(info.filename, metered))
                continue
            if book and _SHEETS.match(info.filename):
                yield from sheet_passages(metered, info.filename, book)
                continue
            for text in texts(metered, cells=info.filename.startswith("xl/")):
                heads = heads or (_heads(text) if info.filename.startswith("xl/") else "")
                yield Passage(text, heads, where=info.filename)
    if book and book.wanted:
        with member(archive, archive.getinfo(_STRINGS)) as stream:
            yield from wanted_strings(container.meter(stream), book)


def _book(archive: zipfile.ZipFile, reading: Reading) -> Book | None:
    """Give what is needed to search sheets as they stand; None where every word of them must be read."""
    if reading.spots is None or "xl/workbook.xml" not in archive.namelist():
        return None
    parts = []
    for name in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels"):
        try:
            with archive.open(name) as stream:
                parts.append(stream.read(_LONGEST))
        except KeyError:
            parts.append(b"")
    return Book(reading.spots, lambda xml: _plain(xml, True), sheet_names(*parts))


def texts(stream: Stream, *, cells: bool) -> Iterator[bytes]:
    """Give the text of XML, cut where a paragraph or a cell ends; `cells` says that every tag ends one."""
    carry, block = b"", stream.read(BLOCK)
    while block:
        if not carry and block[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise UnicodeError("XML in UTF-16 is not read")
        xml = carry + block
        try:
            block = stream.read(BLOCK)
        except Exception:
            yield _plain(whole_runs(xml) if cells else xml, cells)
            raise
        cut = _last_end(xml) if block else len(xml)
        if not cut and len(xml) > _LONGEST:
            cut = xml.rfind(b"<")
        if cut <= 0 and len(xml) > _LONGEST:
            cut = len(xml)
        carry = xml[max(cut, 0) :]
        if cut > 0:
            xml = xml[:cut]
            yield _plain(whole_runs(xml) if cells else xml, cells)


def _last_end(xml: bytes) -> int:
    """Give where the last paragraph or cell ends; 0 when none does."""
    for near in _NEAR_END:
        ends = [m.end() for m in _END.finditer(xml, max(0, len(xml) - near))]
        if ends:
            return ends[-1]
    return 0


def _plain(xml: bytes, cells: bool) -> bytes:
    if xml.rfind(b"<") > xml.rfind(b">"):  # the last tag has no end: it is text as it stands
        return _plain_by_tags(xml, cells)
    if cells:
        return b"\n".join(_TEXTS.findall(b">" + xml))
    if b"</w:p>" in xml and not holds(_MORE)(xml):
        return b"".join(_TEXTS.findall(b">" + b"\n".join(xml.split(b"</w:p>"))))
    families = [breaks for begin, breaks in _FAMILIES.items() if begin in xml]
    if not families:
        return _plain_by_tags(xml, cells)
    for end, *others in families:
        xml = b"\n".join(xml.split(end))
        for other in others:
            if other in xml:
                xml = xml.replace(other, b"\n" + other)
    return b"".join(_TEXTS.findall(b">" + xml))


def _plain_by_tags(xml: bytes, cells: bool) -> bytes:
    if cells:
        return _CELLS.sub(b"\n", xml)
    return _TAGS.sub(b"", _BREAKS.sub(b"\n", xml))


def _heads(text: bytes) -> str:
    """Give the column heads among the first strings of a workbook."""
    return heads_among(unescape(text[: 16 << 10]).decode("utf-8", "replace").split("\n"))
