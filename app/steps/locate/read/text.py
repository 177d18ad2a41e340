"""Plain text of every kind: notes, logs, JSON, XML, HTML, RTF, and tables with a delimiter."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

from app.domain.record import Problem
from app.steps.locate.encoding import HEAD, NO_TEXT, Charset, detect, is_not_plain
from app.steps.locate.limits import Reading
from app.steps.locate.passage import Passage
from app.steps.locate.plain import mend
from app.steps.locate.read.chunk import chunks
from app.steps.locate.read.source import Source
from app.steps.locate.read.table import header_row, table

UTF8: Final = ("utf-8", "utf-8-sig")
_DELIMITERS: Final = ",\t;|"
_DELIMITER_BYTES: Final = _DELIMITERS.encode()
_RTF: Final = re.compile(
    rb"\\'([0-9a-fA-F]{2})|\\u(-?[0-9]{1,5}) ?\??|(\\(?:par|line|cell|row|tab)\b ?)"
    rb"|\\[a-z]+-?[0-9]* ?|[{}\r\n]"
)


def charset_of(source: Source) -> Charset | None:
    """Name the encoding of a source, None when it is no text."""
    head = source.head()
    if source.charset is None:
        source.charset = detect(head, complete=len(head) < HEAD) or NO_TEXT
    return None if source.charset is NO_TEXT else source.charset


def read_text(source: Source, reading: Reading) -> Iterator[Passage]:
    """Read text in its own encoding; a table with a head is read by columns."""
    charset = charset_of(source) or Charset("gb18030", doubtful=True)
    if charset.doubtful:
        reading.note(Problem.DOUBTFUL_ENCODING)
    delimiter = _delimiter(source.head(), charset)
    if delimiter:
        yield from table(_rows(_lines(utf8(source.blocks(), charset.codec, reading)), delimiter))
    else:
        yield from text_passages(source.blocks(), charset.codec, reading)


def text_passages(blocks: Iterator[bytes], codec: str, reading: Reading) -> Iterator[Passage]:
    """Give the passages of running text."""
    if codec in UTF8:
        yield from utf8_passages(chunks(blocks), reading)
        return
    for chunk in chunks(utf8(blocks, codec, reading)):
        yield Passage(chunk)


def utf8_passages(texts: Iterator[bytes], reading: Reading) -> Iterator[Passage]:
    """Hand text in UTF-8 on as it is.

    Whether each line really is UTF-8 is asked only where something is found, and where there
    are bytes that are never part of such text.
    """
    for text in texts:
        if is_not_plain(text) and not _is_utf8(text):
            yield Passage(_mended(text, reading))
        else:
            yield Passage(text, loose=True)


def utf8(blocks: Iterator[bytes], codec: str, reading: Reading) -> Iterator[bytes]:
    """Transcode to UTF-8. Lines of a UTF-8 text that are not UTF-8 are tried as GB18030."""
    if codec in UTF8:
        for chunk in chunks(blocks, overlap=0):
            yield chunk if _is_utf8(chunk) else _mended(chunk, reading)
        return
    decoder = codecs.getincrementaldecoder(codec)("replace")
    doubtful = False
    for block in chain(blocks, (None,)):
        text = decoder.decode(block or b"", final=block is None)
        doubtful = doubtful or "\ufffd" in text
        yield text.encode("utf-8", "replace")
    if doubtful:
        reading.note(Problem.DOUBTFUL_ENCODING)


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _mended(text: bytes, reading: Reading) -> bytes:
    plain, sure = mend(text)
    if not sure:
        reading.note(Problem.DOUBTFUL_ENCODING)
    return plain


def is_table(head: bytes, charset: Charset) -> bool:
    """Whether a text begins with the head of a table."""
    return bool(_delimiter(head, charset))


def may_be_table(data: bytes) -> bool:
    """Whether a text in UTF-8 begins with the head of a table."""
    head = data[:2048]
    return any(map(head.__contains__, _DELIMITER_BYTES)) and bool(_delimiter(data, Charset("utf-8")))


def _delimiter(head: bytes, charset: Charset) -> str:
    """Name the delimiter of a table whose head stands in the first lines, or nothing."""
    text = codecs.getincrementaldecoder(charset.codec)("replace").decode(head[: 16 << 10])
    lines = [line for line in text.splitlines()[:6] if line.strip()]
    for delimiter in _DELIMITERS:
        if not any(delimiter in line for line in lines):
            continue
        rows = list(csv.reader(lines, delimiter=delimiter))
        place = header_row(rows)
        if place is not None and len(rows) > place + 1 and len(rows[place + 1]) >= 2:
            return delimiter
    return ""


def _lines(blocks: Iterator[bytes]) -> Iterator[str]:
    for chunk in chunks(blocks, overlap=0):
        text = chunk.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
        yield from text.splitlines(keepends=True)


def _rows(lines: Iterator[str], delimiter: str) -> Iterator[Sequence[str]]:
    """Parse rows; from the first broken one on, the lines as they are, under no head."""
    recent: list[str] = []

    def feed() -> Iterator[str]:
        for line in lines:
            recent.append(line)
            yield line

    try:
        for row in csv.reader(feed(), delimiter=delimiter):
            recent.clear()
            yield row
    except csv.Error:
        for line in chain(recent, lines):
            yield [*("",) * 64, line]


def read_rtf(source: Source, reading: Reading) -> Iterator[Passage]:
    """Read Rich Text: escapes resolved, control words dropped; Chinese is in GB18030 bytes."""
    data = source.whole(reading.limits.held).read()
    if b"\\pict" in data:
        reading.note(Problem.IMAGE_NOT_READ)
    if b"\\objdata" in data:
        reading.note(Problem.UNKNOWN_FORMAT)
    text = _RTF.sub(_rtf_text, data)
    yield Passage(text.decode("gb18030", "replace").encode())


def _rtf_text(m: re.Match[bytes]) -> bytes:
    if m[1]:
        return bytes([int(m[1], 16)])
    if m[2]:
        return chr(int(m[2]) % 0x10000).encode("gb18030", "replace")
    return b"\n" if m[3] else b""
