"""Look into mails: every part as it was before it was sent, as a stream (RFC 5322, 2045-2047, 4155)."""

from __future__ import annotations

import binascii
import io
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from typing_extensions import override

from app.domain.outcome import Reason
from app.steps.confirm.reading import CHUNK

if TYPE_CHECKING:
    from olefile import OleFileIO

OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How an Outlook mail begins, and every older file of Office."""
_LARGEST_IN_MSG: Final = 128 << 20
"""Bytes of an attachment of an Outlook mail, which is held in memory whole."""
_LONGEST_HEAD: Final = 16 << 10
"""Bytes of the fields that tell of a body. The library takes the square of their length to read them."""
_LONGEST_LINE: Final = 1 << 20
_PIECE: Final = 1 << 16
_DEEPEST: Final = 32
_FIRST: Final = re.compile(rb"(?:From \S[^\n]*\n|\d{1,10}[ \t]*\r?\n)?[A-Za-z][!-9;-~]*:")
"""A mailbox begins with a line of its own, and a mail of Apple's with its length."""
_FIELD: Final = re.compile(
    rb"^(?:Received|Return-Path|Delivered-To|Message-ID|MIME-Version|From|To|Subject|Date|Content-Type"
    rb"|Reply-To|DKIM-Signature|ARC-Seal|Authentication-Results|X-[\w-]+):",
    re.MULTILINE | re.IGNORECASE,
)
_BEGINS: Final = re.compile(rb"From \S.*\d\d:\d\d")
"""The line before each mail of a mailbox; text that begins with the same word has no time in it."""
_NOT_BASE64: Final = bytes(
    set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
)
_ENCODINGS: Final = ("", "7bit", "8bit", "binary", "base64", "quoted-printable")
_IN_TEXT: Final = re.compile(
    rb"begin(?:-base64)? [0-7]{3,4} \S|=ybegin |\(This file must be converted with BinHex"
)
"""How a file begins that stands in the text of a mail, as it was done before there were parts."""
_PROBLEMS: Final = {
    "application/pkcs7-mime": Reason.UNREADABLE,
    "application/x-pkcs7-mime": Reason.UNREADABLE,
    "application/pgp-encrypted": Reason.UNREADABLE,
    "application/ms-tnef": Reason.NOT_SEARCHED,
    "application/vnd.ms-tnef": Reason.NOT_SEARCHED,
}
"""Parts that hold attachments of their own, which nobody can see from here."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a mail that is no mail itself; read before the next is asked for.

    `exact` says that its bytes came through as they were; text that was sent as lines may have
    other ends of lines than the file had.
    """

    name: str
    stream: BinaryIO
    exact: bool = True
    problem: Reason | None = None


def is_mail(head: bytes) -> bool:
    """Whether a file that begins so is a mail or a mailbox."""
    return bool(_FIRST.match(head) and _FIELD.search(head))


def parts(file: BinaryIO) -> Iterator[Part | None]:
    """Give every part of the mails in an open file, however nested; None before each, as a sign of life."""
    return _Walk(file).parts()


def parts_of_msg(file: BinaryIO) -> Iterator[Part | None]:
    """Give every attachment of an Outlook mail, also of mails in it ([MS-OXMSG]); nothing of another file.

    Raises:
        OSError: when its structure is broken.
    """
    import olefile

    with olefile.OleFileIO(file) as streams:
        yield None
        if not streams.exists("__properties_version1.0"):
            return
        for path in streams.listdir():
            if path[-1] == "__substg1.0_37010102":
                name = _attached(streams, path[:-1])
                if streams.get_size(path) > _LARGEST_IN_MSG:
                    yield Part(name, io.BytesIO(), problem=Reason.SEARCH_LIMIT)
                else:
                    yield Part(name, streams.openstream(path))


def _attached(streams: OleFileIO, folder: list[str]) -> str:
    """The name of an attachment in a mail of Outlook, long or short; it may have none."""
    for tag in ("3707001F", "3704001F", "3001001F"):
        path = [*folder, f"__substg1.0_{tag}"]
        if streams.exists(path):
            return bytes(streams.openstream(path).read()).decode("utf-16-le", "replace").rstrip("\0")
    return ""


class _Stream(io.RawIOBase):
    """Pieces as a stream that is read forward only."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces = pieces
        self._held = b""

    @override
    def readable(self) -> bool:
        return True

    @override
    def read(self, count: int = -1) -> bytes:
        """Give at most `count` bytes, and no more than one piece at a time."""
        while not self._held:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._held = piece
        count = len(self._held) if count < 0 else count
        data, self._held = self._held[:count], self._held[count:]
        return data


class _Walk:
    """The way through the lines of one file. A body ends at a boundary of what it is a part of."""

    def __init__(self, file: BinaryIO) -> None:
        self._lines = _lines(file)
        self._boundaries: list[bytes] = []
        self._level: int | None = None
        """Which boundary ended the last body; None when the mail ended."""
        self._closed = False
        """Whether that boundary was the last of its kind."""
        self._over = self._at_end = False
        """Whether the mail has ended, and the file."""
        self._is_box = self._blank = False
        self._in_text = False
        """Whether the text of a part has a file in it."""

    def parts(self) -> Iterator[Part | None]:
        first = next(self._lines, b"")
        self._is_box = bool(_BEGINS.match(first))
        if not self._is_box and not first.strip().isdigit():
            self._lines = chain((first,), self._lines)
        while not self._at_end:
            yield None
            self._over = False
            yield from self._entity(0)
            self._boundaries.clear()
            # Whatever stands behind it, up to the next mail.
            self._skip()

    def _body(self) -> Iterator[bytes]:
        """The lines up to where this body ends; `_level` tells where that is."""
        while not self._over:
            line = next(self._lines, b"")
            if line.startswith(b"--") and self._is_boundary(line):
                return
            if not line or (self._is_box and self._blank and _BEGINS.match(line)):
                self._level, self._over, self._at_end = None, True, not line
                return
            self._blank = not line.strip(b"\r\n")
            yield line

    def _is_boundary(self, line: bytes) -> bool:
        word = line.rstrip()
        for level, boundary in enumerate(self._boundaries):
            if word in (boundary, boundary + b"--"):
                self._level, self._closed = level, word != boundary
                return True
        return False

    def _skip(self) -> None:
        for _ in self._body():
            pass

    def _entity(self, depth: int) -> Iterator[Part]:
        """One mail or part; afterwards its body has ended, where `_level` tells."""
        try:
            told = self._head()
        except ValueError:
            # The mails behind it are read all the same.
            yield Part("", io.BytesIO(), problem=Reason.UNREADABLE)
            self._skip()
            return
        if told is None:
            return
        if told.boundary and depth < _DEEPEST:
            yield from self._several(b"--" + told.boundary, depth)
        elif told.is_mail and depth < _DEEPEST:
            yield from self._entity(depth + 1)
        else:
            yield from self._part(told)

    def _part(self, told: _Told) -> Iterator[Part]:
        """What is in one piece, and a word of the files in its text, which are not taken out of it."""
        pieces = _decoded(self._noticed(self._body()), told.encoding)
        yield Part(told.name, cast("BinaryIO", _Stream(pieces)), told.encoding == "base64", told.problem)
        for _ in pieces:
            pass
        if self._in_text:
            self._in_text = False
            yield Part(told.name, io.BytesIO(), problem=Reason.NOT_SEARCHED)

    def _noticed(self, lines: Iterator[bytes]) -> Iterator[bytes]:
        for line in lines:
            self._in_text |= bool(_IN_TEXT.match(line))
            yield line

    def _several(self, boundary: bytes, depth: int) -> Iterator[Part]:
        level = len(self._boundaries)
        self._boundaries.append(boundary)
        self._skip()
        while self._level == level and not self._closed:
            yield from self._entity(depth + 1)
        del self._boundaries[level:]
        if self._level == level:
            self._skip()

    def _head(self) -> _Told | None:
        """What the head says, its empty line passed; None when the body ended before one."""
        kept, tells = bytearray(), False
        for line in self._body():
            if not line.strip(b"\r\n"):
                return _told(bytes(kept))
            tells = tells if line[:1] in (b" ", b"\t") else line[:8].lower() == b"content-"
            if tells:
                kept += line
            if len(kept) > _LONGEST_HEAD:
                raise ValueError("head")
        return None


@dataclass(frozen=True, slots=True)
class _Told:
    """What a head tells of its body. `boundary` is empty where it is in one piece."""

    kind: str
    boundary: bytes
    encoding: str
    name: str

    @property
    def is_mail(self) -> bool:
        return self.kind == "message/rfc822" and self.encoding in ("", "7bit", "8bit", "binary")

    @property
    def problem(self) -> Reason | None:
        """Why nobody sees from here what is in its body."""
        if self.boundary or self.is_mail:
            return Reason.SEARCH_LIMIT
        return _PROBLEMS.get(self.kind) or (None if self.encoding in _ENCODINGS else Reason.NOT_SEARCHED)


def _told(head: bytes) -> _Told:
    from email.header import decode_header, make_header
    from email.parser import BytesHeaderParser

    try:
        told = BytesHeaderParser().parsebytes(head)
        kind = told.get_content_type()
        boundary = (told.get_boundary() or "").encode("utf-8", "surrogateescape")
        encoding = str(told.get("Content-Transfer-Encoding", "")).strip().lower()
        name = str(told.get_filename() or "")
        with suppress(ValueError, LookupError):
            name = str(make_header(decode_header(name)))
    except (LookupError, TypeError, AttributeError) as error:
        # The library trips over some heads that were made to harm.
        raise ValueError("head") from error
    return _Told(kind, boundary if kind.startswith("multipart/") else b"", encoding, name)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    rest = b""
    while block := file.read(CHUNK):
        *whole, rest = (rest + block).split(b"\n")
        yield from (line + b"\n" for line in whole)
        if len(rest) > _LONGEST_LINE:
            yield rest
            rest = b""
    if rest:
        yield rest


def _decoded(lines: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """The bytes of a body in pieces; the end of its last line belongs to the boundary behind it."""
    if encoding == "base64":
        yield from _from_base64(lines)
        return
    quoted, held, ending = encoding == "quoted-printable", bytearray(), b""
    for line in lines:
        text = line.rstrip(b"\r\n")
        held += ending
        ending = line[len(text) :]
        if quoted:
            text = text.rstrip(b" \t")
            soft = text.endswith(b"=")
            text, ending = binascii.a2b_qp(text[:-1] if soft else text), b"" if soft else ending
        held += text
        if len(held) >= _PIECE:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)


def _from_base64(lines: Iterator[bytes]) -> Iterator[bytes]:
    """As far as it is there: a last character that stands alone holds nothing."""
    held, ended = bytearray(), False
    for line in chain(lines, (b"====",)):
        if ended:
            continue
        held += line.translate(None, _NOT_BASE64)
        ended = b"=" in held
        if ended or len(held) >= _PIECE:
            text = held.partition(b"=")[0]
            rest = len(text) % 4
            whole, held = text[: len(text) - rest], text[len(text) - rest :]
            if ended and rest > 1:
                whole += held.ljust(4, b"=")
            yield binascii.a2b_base64(whole)
