"""Mail: the headers that name people, every body and every attachment; single mails and mbox files."""

from __future__ import annotations

import base64
import binascii
import quopri
from collections.abc import Iterator
from email import policy
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.utils import collapse_rfc2231_value
from typing import TYPE_CHECKING, Final

from app.domain.record import Problem
from app.steps.locate.limits import Breach, Reading
from app.steps.locate.passage import Passage
from app.steps.locate.read.raw import read_raw
from app.steps.locate.read.source import Source

_HEADERS: Final = frozenset({"subject", "from", "to", "cc", "bcc", "reply-to", "sender"})
"""Message-ID and References look like addresses and name no one."""
_LINE_END: Final = 3
"""So much of a part stays, for a new mail is known by the empty line before it."""
_BODIES: Final = {"text/html": "body.html", "text/plain": "body.txt"}
_INSIDE: Final = "attached.eml"
"""What a mail within a mail is called: its own name is most often its subject."""
if TYPE_CHECKING:
    _Raw = Message[str, str]


def read_mail(source: Source, reading: Reading) -> Iterator[Passage]:
    """Read one mail with its attachments."""
    if not reading.too_deep():
        yield from _message(source.whole(reading.limits.held).read(), reading)


def read_emlx(source: Source, reading: Reading) -> Iterator[Passage]:
    """Read a mail as Apple keeps it: the number of its bytes stands above it, a property list below."""
    data = source.whole(reading.limits.held).read()
    count, _, rest = data.partition(b"\n")
    yield from _message(rest[: int(count)], reading)
    yield Passage(rest[int(count) :])


def read_mbox(source: Source, reading: Reading) -> Iterator[Passage]:
    """Read a mailbox file, one mail in memory at a time (RFC 4155). The place of a mail is its number.

    A mail that is broken or too large is searched as bytes, and the next one is read.
    """
    if reading.too_deep():
        return
    for number, data, whole in _mails(source, reading.limits.held):
        place = f"#{number}"
        if not whole:
            reading.note(Problem.BOMB_BYTES)
            yield from _raw(data, reading, place)
            continue
        try:
            for passage in _message(data, reading):
                yield passage.within(place)
        except Breach:
            raise
        except MemoryError:
            reading.note(Problem.OVER_MEMORY)
            yield from _raw(data, reading, place)
        except Exception:  # noqa: BLE001  a parser of hostile mail raises anything; the next mail is read
            reading.note(Problem.MALFORMED)
            yield from _raw(data, reading, place)


def _raw(data: bytes, reading: Reading, place: str) -> Iterator[Passage]:
    for passage in read_raw(Source.of_bytes("", data), reading):
        yield passage.within(place)


def _mails(source: Source, limit: int) -> Iterator[tuple[int, bytes, bool]]:
    """Give the number of each mail and all of it, or parts of one that is larger than `limit`."""
    held = bytearray()
    number, whole = 1, True
    for line in _lines(source.blocks()):
        if line.startswith(b"From ") and (not held or held.endswith((b"\n\n", b"\n\r\n"))):
            if held:
                yield number, bytes(held), whole
                number += 1
            held.clear()
            whole = True
            continue
        held += line
        if len(held) > limit:
            whole = False
            yield number, bytes(held), whole
            held = held[-_LINE_END:]
    if held:
        yield number, bytes(held), whole


def _lines(blocks: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for block in blocks:
        lines = (rest + block).split(b"\n")
        rest = lines.pop()
        yield from (line + b"\n" for line in lines)
    if rest:
        yield rest


def _message(data: bytes, reading: Reading) -> Iterator[Passage]:
    # The older policy takes headers as they are: the newer one parses them, slowly, and breaks on some.
    message: _Raw = BytesParser(policy=policy.compat32).parsebytes(data)
    yield Passage("\n".join(_head_lines(message)).encode("utf-8", "replace"))
    yield from _part(message, reading)


def _part(part: _Raw, reading: Reading) -> Iterator[Passage]:
    kind = part.get_content_type()
    if kind == "message/rfc822" and part.is_multipart():
        yield from _inside(part, reading)
    elif part.is_multipart():
        for text in (part.preamble, part.epilogue):
            if text and text.strip():
                yield Passage(_bytes(text))
        for one in part.get_payload():
            if isinstance(one, Message):
                yield from _part(one, reading)
    else:
        payload = part.get_payload(decode=True)
        if kind == "application/pkcs7-mime":
            reading.note(Problem.ENCRYPTED)
        if isinstance(payload, bytes):
            yield from reading.enter(Source.of_bytes(_part_name(part, kind), _in_utf8(part, payload)))
    if part.defects:
        reading.note(Problem.MALFORMED)


def _inside(part: _Raw, reading: Reading) -> Iterator[Passage]:
    """Read a mail within a mail; some pack it, though they may not (RFC 2046 section 5.2.1)."""
    yield Passage(_part_name(part, "").encode("utf-8", "replace"))
    for one in part.get_payload():
        if isinstance(one, Message):
            data = one.as_bytes(policy=policy.compat32)
            yield from reading.enter(Source.of_bytes(_INSIDE, _unpacked(part, data)))


def _unpacked(part: _Raw, data: bytes) -> bytes:
    coding = str(part.get("content-transfer-encoding", "")).strip().lower()
    if coding == "base64":
        try:
            return base64.b64decode(data)
        except binascii.Error:
            return data
    return quopri.decodestring(data) if coding == "quoted-printable" else data


def _head_lines(message: _Raw) -> Iterator[str]:
    for name, value in message.raw_items():
        if name.lower() in _HEADERS:
            yield f"{name}: {_words(value)}"


def _words(value: str) -> str:
    """Give a header as text: its encoded words (RFC 2047), or bytes that were never encoded."""
    if "=?" not in value:
        return _bytes(value).decode("utf-8", "replace")
    made = []
    try:
        for text, charset in decode_header(value.encode("utf-8", "surrogateescape").decode("latin-1")):
            data = text if isinstance(text, bytes) else text.encode("latin-1", "replace")
            made.append(_decoded(data, charset or "utf-8"))
    except (ValueError, binascii.Error):
        return _bytes(value).decode("utf-8", "replace")
    return "".join(made)


def _bytes(text: str) -> bytes:
    """Give UTF-8 of what the parser left as it was; bytes in it that are none are GB18030."""
    data = text.encode("utf-8", "surrogateescape")
    return data if text.isascii() else _decoded(data, "utf-8").encode("utf-8", "replace")


def _decoded(data: bytes, charset: str) -> str:
    for codec in ("gb18030" if charset in ("gb2312", "gbk") else charset, "utf-8", "gb18030"):
        try:
            return data.decode(codec)
        except (LookupError, ValueError):
            continue
    return data.decode("gb18030", "replace")


def _part_name(part: _Raw, kind: str) -> str:
    """Give the name of an attachment, in whatever way it was written; else what kind of body it is."""
    for header, parameter in (("content-disposition", "filename"), ("content-type", "name")):
        for name, value in part.raw_items():
            if name.lower() == header:
                bare: _Raw = Message()
                bare[header] = _bytes(str(value)).decode("utf-8", "replace")
                found = bare.get_param(parameter, header=header)
                if found:
                    return _words(collapse_rfc2231_value(found)).replace("\n", "")
    return _BODIES.get(kind, "body")


def _in_utf8(part: _Raw, payload: bytes) -> bytes:
    """Give the body of a text part in UTF-8 when its declared charset holds; attachments as they are."""
    charset = part.get_content_charset()
    if part.get_content_maintype() != "text" or part.get_filename() or not charset:
        return payload
    try:
        return payload.decode("gb18030" if charset in ("gb2312", "gbk") else charset).encode()
    except (LookupError, UnicodeError):
        return payload
