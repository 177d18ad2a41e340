"""Mail: the headers that name people, every body and every attachment; single mails and mbox files."""

from __future__ import annotations

from collections.abc import Iterator
from email import policy
from email.message import EmailMessage, Message
from email.parser import BytesParser
from typing import Final

from app.domain.record import Problem
from app.steps.locate.limits import Reading, TooLarge
from app.steps.locate.passage import Passage
from app.steps.locate.read.source import Source

_HEADERS: Final = ("Subject", "From", "To", "Cc", "Bcc", "Reply-To", "Sender")
"""Message-ID and References look like addresses and name no one."""


def read_mail(source: Source, reading: Reading) -> Iterator[Passage]:
    """Read one mail with its attachments."""
    yield from _message(source.whole(reading.limits.held).read(), reading)


def read_mbox(source: Source, reading: Reading) -> Iterator[Passage]:
    """Read a mailbox file, one mail in memory at a time (RFC 4155)."""
    held = bytearray()
    for line in _lines(source.blocks()):
        if line.startswith(b"From ") and (not held or held.endswith((b"\n\n", b"\n\r\n"))):
            if held:
                yield from _message(bytes(held), reading)
            held.clear()
            continue
        held += line
        if len(held) > reading.limits.held:
            raise TooLarge
    if held:
        yield from _message(bytes(held), reading)


def _lines(blocks: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for block in blocks:
        lines = (rest + block).split(b"\n")
        rest = lines.pop()
        yield from (line + b"\n" for line in lines)
    if rest:
        yield rest


def _message(data: bytes, reading: Reading) -> Iterator[Passage]:
    message = BytesParser(policy=policy.default).parsebytes(data)
    yield Passage("\n".join(_head_lines(message)).encode("utf-8", "replace"))
    for part in message.walk():
        if part.is_multipart():
            continue
        payload = part.get_payload(decode=True)
        if not isinstance(payload, bytes):
            continue
        if part.defects:
            reading.note(Problem.MALFORMED)
        if part.get_content_type() == "application/pkcs7-mime":
            reading.note(Problem.ENCRYPTED)
        yield from reading.enter(Source.of_bytes(_part_name(part), _in_utf8(part, payload)))


def _head_lines(message: EmailMessage) -> Iterator[str]:
    for name in _HEADERS:
        for value in message.get_all(name, []):
            yield f"{name}: {value}"


def _part_name(part: Message) -> str:
    named = part.get_filename()
    if named:
        return named
    return {"text/html": "body.html", "text/plain": "body.txt"}.get(part.get_content_type(), "body")


def _in_utf8(part: Message, payload: bytes) -> bytes:
    """Give the body of a text part in UTF-8 when its declared charset holds; attachments as they are."""
    charset = part.get_content_charset()
    if part.get_content_maintype() != "text" or part.get_filename() or not charset:
        return payload
    try:
        return payload.decode("gb18030" if charset in ("gb2312", "gbk") else charset).encode()
    except (LookupError, UnicodeError):
        return payload
