"""Readers: one file each by idea. The content says what a file is before its name does."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Final

from app.domain.record import Problem
from app.steps.locate.limits import Breach, Reading, TooLarge
from app.steps.locate.passage import Passage
from app.steps.locate.read import raw
from app.steps.locate.read.dbf import is_dbf
from app.steps.locate.read.source import Source
from app.steps.locate.read.text import charset_of, read_rtf, read_text

Reader = Callable[[Source, Reading], Iterator[Passage]]


def _later(module: str, name: str) -> Reader:
    """Name a reader whose module is imported when a file needs it: most searches need few."""

    def read(source: Source, reading: Reading) -> Iterator[Passage]:
        reader: Reader = getattr(import_module(f"{__name__}.{module}"), name)
        return reader(source, reading)

    return read


_PICTURE: Final = _later("picture", "read_picture")
_MAGIC: Final[tuple[tuple[bytes, Reader], ...]] = (
    (b"PK\x03\x04", _later("archive", "read_zip")),
    (b"PK\x05\x06", _later("archive", "read_zip")),
    (b"SQLite format 3\0", _later("database", "read_sqlite")),
    (b"7z\xbc\xaf\x27\x1c", _later("sevenzip", "read_7z")),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _later("ole", "read_ole")),
    (b"Rar!\x1a\x07", _later("rar", "read_rar")),
    (b"!BDN", _later("pst", "read_pst")),
    (b"\0\1\0\0Standard Jet DB\0", _later("access", "read_access")),
    (b"\0\1\0\0Standard ACE DB\0", _later("access", "read_access")),
    (b"\x1f\x8b", _later("archive", "read_gzip")),
    (b"BZh", _later("archive", "read_bzip2")),
    (b"\xfd7zXZ\0", _later("archive", "read_xz")),
    (b"{\\rtf", read_rtf),
    (b"\x89PNG\r\n", _PICTURE),
    (b"\xff\xd8\xff", _PICTURE),
    (b"GIF8", _PICTURE),
    (b"II*\0", _PICTURE),
    (b"MM\0*", _PICTURE),
    (b"LUKS\xba\xbe", raw.read_encrypted),
    (b"age-encryption.org/", raw.read_encrypted),
    (b"-----BEGIN AGE ENCRYPTED", raw.read_encrypted),
    (b"-----BEGIN PGP MESSAGE", raw.read_encrypted),
    (b"\xfe\xed\xfe\xed", raw.read_keystore),
)
_KEY_STORE: Final = re.compile(rb"0(?:\x82..|\x81.|[\x40-\x7f])\x02\x01[\x00\x03][0\x02]", re.DOTALL)
"""DER of PKCS#12 (version 3), PKCS#8 and PKCS#1 (version 0); a certificate begins otherwise."""
_IMAGE: Final = re.compile(rb"BM.{4}\0\0\0\0|RIFF.{4}WEBP|.{4}ftyp(?:heic|heix|avif|mif1)", re.DOTALL)
_MBOX: Final = re.compile(rb"From \S+ .{10,60}\r?\n[A-Za-z\-]+:")
_COUNTED: Final = re.compile(rb"[0-9]{1,9} *\r?\n[A-Za-z\-]+:")
_MAIL: Final = re.compile(
    rb"(?:(?:Return-Path|Received|Delivered-To|Message-ID|MIME-Version|Date|From|To|Subject|X-[A-Za-z\-]+|DKIM-Signature"
    rb"|Content-Type):[^\n]*\n(?:[ \t][^\n]*\n)*){2}",
    re.IGNORECASE,
)


_OTHER_TEXT: Final = re.compile(
    rb"\{\\rtf|BZh|GIF8|RIFF|BM|age-encryption\.org/|-----BEGIN (?:AGE ENCRYPTED|PGP MESSAGE)"
)


def reads_as_text(data: bytes, name: str) -> bool:
    """Whether bytes without control characters are for the reader of plain text and no other."""
    return not (
        _OTHER_TEXT.match(data)
        or _MAIL.match(data)
        or _MBOX.match(data)
        or name[-5:].lower().endswith((".eml", ".emlx"))
        or data.find(b"%PDF-", 0, 1024) >= 0
        or is_dbf(data)
    )


def is_plain_text(source: Source) -> bool:
    """Whether the reader of plain text reads a source."""
    return _reader(source) is read_text


def passages(source: Source, reading: Reading) -> Iterator[Passage]:
    """Read a source by what it is, its name first.

    What one reader cannot do is noted as a problem and searched as raw bytes, so that
    no file is called clean only because it failed to parse.
    """
    yield Passage(source.name.encode("utf-8", "replace"))
    try:
        yield from _reader(source)(source, reading)
    except TooLarge as breach:
        reading.note(breach.problem)
        yield from _rest(source, reading)
    except Breach as breach:
        reading.note(breach.problem)
    except MemoryError:
        reading.note(Problem.OVER_MEMORY)
        yield from _rest(source, reading)
    except OSError as error:
        # Some readers say "broken" with an OSError that has no number.
        reading.note(Problem.IO_ERROR if error.errno else Problem.MALFORMED)
        yield from _rest(source, reading)
    except Exception:  # noqa: BLE001  parsers of hostile files raise anything; the file is listed, the search goes on
        reading.note(Problem.MALFORMED)
        yield from _rest(source, reading)


def _rest(source: Source, reading: Reading) -> Iterator[Passage]:
    try:
        yield from raw.read_raw(source, reading)
    except Breach as breach:
        reading.note(breach.problem)
    except Exception:  # noqa: BLE001  a stream that broke once breaks again; what was read counts
        reading.note(Problem.MALFORMED)


def _reader(source: Source) -> Reader:
    head = source.head()
    if not head:
        return raw.read_empty
    for magic, reader in _MAGIC:
        if head.startswith(magic):
            return reader
    if b"%PDF-" in head[:1024]:
        return _later("pdf", "read_pdf")
    return _by_shape(source, head)


def _by_shape(source: Source, head: bytes) -> Reader:
    if head[257:262] == b"ustar":
        return _later("archive", "read_tar")
    if _KEY_STORE.match(head):
        return raw.read_keystore
    if is_dbf(head):
        return _later("dbf", "read_dbf")
    return _PICTURE if _IMAGE.match(head) else _text(source, head)


def _text(source: Source, head: bytes) -> Reader:
    if charset_of(source) is None:
        return raw.read_unknown
    if source.suffix == "emlx" and _COUNTED.match(head):
        return _later("mail", "read_emlx")
    if _MBOX.match(head):
        return _later("mail", "read_mbox")
    if _MAIL.match(head) or source.suffix == "eml":
        return _later("mail", "read_mail")
    return read_text
