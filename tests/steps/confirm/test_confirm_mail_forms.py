"""Mails as files: parts as the library sees them, Outlook's own form, and mails that are broken, endless or made to harm."""

from __future__ import annotations

import io
import random
import struct
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from attached_copies import GOES, OTHER, forwarded, found, in_zip, is_the_one, mail, sha

from app.domain.case import Backup
from app.domain.copies import Disposal
from app.domain.event import Progressed
from app.domain.outcome import Reason
from app.steps.confirm import Wanted, find_copies
from app.steps.confirm.mails import is_mail, parts
from tests.in_time import computes_within


def nested(depth: int) -> bytes:
    inner = b"Content-Transfer-Encoding: base64\n\nQQ==\n"
    for at in range(depth):
        inner = b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n%s\n--b%d--\n' % (at, at, inner, at)
    return b"From: a@example.cn\n" + inner


@pytest.mark.parametrize(
    "data",
    [
        b"From: x\n",
        b"From: x",
        b'From: x\nContent-Type: multipart/mixed; boundary=""\n\n--\n--\n',
        b"From: x\nContent-Type: multipart/mixed; boundary=b\n\n",
        b"From: x\nContent-Type: multipart/mixed; boundary=b\n\n--b--\n--b\n\n--b",
        b"From: x\nContent-Type: multipart/mixed; boundary=b\n\n"
        + 2 * b"--b\nContent-Type: a/b; boundary=b\n\n",
        b"From: x\n" + 2 * b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" + b"\n--b--\n",
        b"From: x\nContent-Transfer-Encoding: base64\n\nA",
        b"From: x\nContent-Transfer-Encoding: base64\n\nQUI=QUI=\n====",
        b"From: x\nContent-Transfer-Encoding: base64\n\n" + b"\0\xff=" * 999,
        b"From: x\nContent-Transfer-Encoding: quoted-printable\n\n=\n=ZZ=4",
        b"From: x\nContent-Type: message/rfc822\n\n" * 200,
        b"From: x\n" + b"X: " + b"y" * (3 << 20),
        b"From: x\nContent-Type: " + b";" * (3 << 20) + b"\n\nx",
        b"From: x\nContent-Type: a/b" + b';\n a="' * 300_000 + b"\n\nx",
        b"From: x\nContent-Type: a/b" + b";\n name*%d*=b" * 1000 + b"\n\nx",
        b"From: x\n" + b'Content-Disposition: attachment; filename="=?a?b?' * 9999 + b"\n\nx",
        b"From a Mon 08:00 2026\n\n\nFrom b Mon 08:00 2026\n",
        nested(300),
    ],
)
def test_a_mail_made_to_harm_ends(data: bytes) -> None:
    with computes_within(20):
        for part in parts(io.BytesIO(data)):
            while part and part.stream.read(1 << 16):
                pass


def test_a_head_that_is_too_long_is_no_mail_without_attachments(tmp_path: Path) -> None:
    data = (
        mail(("a", GOES))
        .as_bytes()
        .replace(b"Content-Type: multipart", b"Content-Type:" + b" " * 20_000 + b"multipart")
    )
    (tmp_path / "x.eml").write_bytes(data)
    copies, searched = found(tmp_path)
    assert copies == []
    assert searched.limits == (Reason.UNREADABLE,)
    # and the mails behind it are read all the same
    begins = b"From a Mon Nov 02 08:00:00 2026\n"
    box = begins + data + b"\n" + begins + mail(("名单.csv", GOES)).as_bytes()
    (tmp_path / "x.eml").write_bytes(box)
    (copy,), _ = found(tmp_path)
    assert (copy.member, set(copy.reasons)) == ("名单.csv", {Reason.IN_MAIL, Reason.UNREADABLE})


def test_any_bytes_end_without_an_error_of_ours(tmp_path: Path) -> None:
    """Cut and mixed at random, a mail is read or can't be; it never ends the search."""
    rng, whole = random.Random(5), forwarded().as_bytes() + in_zip().as_bytes()
    for at in range(150):
        data = bytearray(whole[: rng.randrange(len(whole))])
        for _ in range(rng.randrange(20)):
            if data:
                data[rng.randrange(len(data))] = rng.randrange(256)
        (tmp_path / "x.eml").write_bytes(b"From: x\n" + data)
        copies, _ = found(tmp_path)
        assert all(copy.disposal is Disposal.EXCEPTION for copy in copies), at


def _read(part) -> bytes:
    return b"".join(iter(lambda: part.stream.read(777), b""))


def test_the_parts_are_those_that_the_library_sees() -> None:
    """Held against the parser of the standard library, which reads a mail whole."""
    from email import message_from_bytes, policy

    rng = random.Random(3)
    for _ in range(40):
        outer = mail(*((f"a{at}", rng.randbytes(rng.randrange(4000))) for at in range(rng.randrange(4))))
        if rng.random() < 0.5:
            outer.add_attachment(mail(("deep", rng.randbytes(99))))
        data = outer.as_bytes(policy=policy.SMTP if rng.random() < 0.5 else policy.default)
        told = message_from_bytes(data)
        theirs = [one.get_payload(decode=True) for one in told.walk() if not one.is_multipart()]
        ours = [_read(part) for part in parts(io.BytesIO(data)) if part]
        # Where a mail is in one piece the end of its last line is part of it, to the library.
        assert [ours[0].rstrip(b"\r\n"), *ours[1:]] == [theirs[0].rstrip(b"\r\n"), *theirs[1:]]


def long_mail(size: int) -> Iterator[bytes]:
    yield b"From: a@example.cn\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
    yield b"Content-Type: application/x; name=big\nContent-Transfer-Encoding: base64\n\n"
    line = b"QUJD" * 19 + b"\n"
    for _ in range(size // len(line)):
        yield line
    yield b"--b--\n"


def test_a_long_mail_takes_little_memory_shows_progress_and_can_be_broken_off(tmp_path: Path) -> None:
    path = tmp_path / "long.eml"
    with path.open("wb") as file:
        file.writelines(long_mail(24 << 20))
    wanted = Wanted({sha(GOES): ("r1",)}, frozenset({len(GOES)}), frozenset())
    tracemalloc.start()
    try:
        events = find_copies([Backup("folder", tmp_path)], wanted, key=b"k" * 32)
        seen = [type(event) for event in events]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert seen.count(Progressed) >= 2
    assert peak < 12 << 20
    events = find_copies([Backup("folder", tmp_path)], wanted, key=b"k" * 32)
    next(events)
    next(events)
    events.close()


def ole(streams: dict[str, bytes]) -> bytes:
    """The smallest compound file with these streams ([MS-CFB]), each path being folder/name."""
    sector, data, fat = 512, bytearray(), [0xFFFFFFFD]
    names = ["Root Entry", *dict.fromkeys(path.split("/")[0] for path in streams if "/" in path)]
    starts: dict[str, tuple[int, int]] = {}
    for path, content in streams.items():
        padded = content.ljust(4096, b"\0")  # small streams would lie elsewhere
        at = len(fat)
        count = -(-len(padded) // sector)
        fat += [*range(at + 1, at + count), 0xFFFFFFFE]
        data += padded.ljust(count * sector, b"\0")
        starts[path] = (at, len(padded))
    tree: dict[str, list[str]] = {name: [] for name in names}
    for path in streams:
        tree["Root Entry" if "/" not in path else path.split("/")[0]].append(path)
    order = [*names, *streams]
    number = {name: at for at, name in enumerate(order)}
    children = {**tree, "Root Entry": [*tree["Root Entry"], *names[1:]]}
    sibling: dict[str, int] = {}
    first: dict[str, int] = {}
    for parent, inner in children.items():
        ordered = sorted(inner, key=lambda one: (len(one.split("/")[-1]), one.split("/")[-1].upper()))
        first[parent] = number[ordered[0]] if ordered else 0xFFFFFFFF
        for one, after in zip(ordered, [*ordered[1:], None], strict=True):
            sibling[one] = number[after] if after else 0xFFFFFFFF
    directory = bytearray()
    for name in order:
        text = name.split("/")[-1].encode("utf-16-le") + b"\0\0"
        kind = 5 if name == "Root Entry" else 2 if name in streams else 1
        start, size = starts.get(name, (0xFFFFFFFE, 0))
        directory += text.ljust(64, b"\0") + struct.pack("<HBB", len(text), kind, 1)
        directory += struct.pack(
            "<III", 0xFFFFFFFF, sibling.get(name, 0xFFFFFFFF), first.get(name, 0xFFFFFFFF)
        )
        directory += bytes(36) + struct.pack(
            "<IQ", start if kind == 2 else (0xFFFFFFFE if kind == 5 else 0), size
        )
    at = len(fat)
    count = -(-len(directory) // sector)
    fat += [*range(at + 1, at + count), 0xFFFFFFFE]
    assert len(fat) <= 128
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 62, 3, 0xFFFE, 9, 6)
    head += bytes(6) + struct.pack("<IIIIIIIII", 0, 1, at, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    head += struct.pack("<I", 0) + b"\xff" * (108 * 4)
    table = struct.pack(f"<{len(fat)}I", *fat).ljust(sector, b"\xff")
    return head + table + bytes(data) + bytes(directory).ljust(count * sector, b"\xff")


def test_an_outlook_mail_gives_its_attachments(tmp_path: Path) -> None:
    goes = GOES.ljust(5000, b"x")
    path = tmp_path / "x.msg"
    path.write_bytes(
        ole(
            {
                "__properties_version1.0": b"p",
                "__attach_version1.0_#00000000/__substg1.0_37010102": OTHER,
                "__attach_version1.0_#00000001/__substg1.0_37010102": goes,
                "__attach_version1.0_#00000001/__substg1.0_3707001F": "名单.csv".encode("utf-16-le"),
            }
        )
    )
    copies, searched = found(tmp_path, goes=goes)
    assert searched.limits == ()
    assert is_the_one(copies, path)
    # of an older file of Office with the same streams nothing is said
    path.write_bytes(ole({"WordDocument": goes, "__attach/__substg1.0_37010102": goes}))
    assert found(tmp_path, goes=goes)[0] == []
    path.write_bytes(path.read_bytes()[:700])
    assert found(tmp_path, goes=goes)[1].limits == (Reason.UNREADABLE,)


@pytest.mark.parametrize(
    ("head", "is_one"),
    [
        (b"From: a@b.cn\r\nTo: c", True),
        (b"Received: from x\n", True),
        (b"From - Mon Nov 02 08:00:00 2026\nX-Mozilla-Status: 0001\n", True),
        (b"812       \nReturn-Path: <a@b.cn>\n", True),
        (b"name,phone\nFrom: x\n", False),
        (b"Dear all,\nSubject: is not one\n", False),
        (b"key: value\nother: value\n", False),
        (b"", False),
    ],
)
def test_mails_are_told_by_how_they_begin(head: bytes, is_one: bool) -> None:
    assert is_mail(head) is is_one
