"""Copies attached to mails: known however they were sent, wherever they lie, and never a reason to wipe a whole mail."""

from __future__ import annotations

import mailbox
from email.message import EmailMessage
from pathlib import Path

import pytest
from attached_copies import (
    GOES,
    OTHER,
    alone,
    as_attached_file,
    forwarded,
    found,
    in_gzip,
    in_old_names,
    in_zip,
    is_the_one,
    mail,
    sha,
)

from app.domain.copies import Disposal
from app.domain.outcome import Reason
from tests.packing import zipped


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "8bit"])
@pytest.mark.parametrize("ends", [b"\n", b"\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("sent", [b"\n", b"\r\n"], ids=["kept as lf", "kept as crlf"])
def test_an_attachment_is_known_however_it_was_sent(
    tmp_path: Path, encoding: str, ends: bytes, sent: bytes
) -> None:
    goes = GOES.replace(b"\n", ends)
    made = mail(("other.csv", OTHER), ("名单.csv", goes), encoding=encoding)
    path = tmp_path / "x"
    path.write_bytes(made.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", sent))
    copies, searched = found(tmp_path, goes=goes)
    assert is_the_one(copies, path)
    assert searched.limits == ()
    path.write_bytes(mail(("other.csv", OTHER)).as_bytes())
    assert found(tmp_path, goes=goes)[0] == []


def test_text_that_is_the_whole_of_a_mail(tmp_path: Path) -> None:
    for number, end in enumerate(("", "\n")):
        made = EmailMessage()
        made["From"] = "a@example.cn"
        made.set_content(GOES.decode()[:-1] + end, cte="8bit")
        (tmp_path / f"{number}.eml").write_bytes(made.as_bytes())
    copies, _ = found(tmp_path)
    assert [copy.member for copy in copies] == ["", ""]


@pytest.mark.parametrize("make", [in_zip, in_gzip, forwarded, as_attached_file, alone, in_old_names])
def test_however_deep_it_lies(tmp_path: Path, make) -> None:
    path = tmp_path / "x.eml"
    path.write_bytes(make().as_bytes())
    assert is_the_one(found(tmp_path)[0], path, "名单.zip")


def test_a_mailbox_names_what_is_attached_to_any_of_its_mails(tmp_path: Path) -> None:
    path = tmp_path / "Inbox"
    box = mailbox.mbox(path)
    for at in range(40):
        box.add(mail(("other", OTHER + bytes([at])), subject=f"From {at}:00 here"))
    box.add(mail(("名单.csv", GOES)))
    text = mail(subject="words")
    text.set_content("\n\nFrom here on nothing is a mail\n\n--\nregards\n")
    box.add(text)
    box.add(mail(("又一份.csv", GOES)))
    box.close()
    assert is_the_one(found(tmp_path)[0], path, "名单.csv, 又一份.csv")


def test_a_mail_of_apples_and_one_in_an_archive(tmp_path: Path) -> None:
    data = mail(("名单.csv", GOES)).as_bytes()
    (tmp_path / "1.emlx").write_bytes(b"%-10d\n" % len(data) + data + b'<?xml version="1.0"?><plist/>\n')
    assert is_the_one(found(tmp_path)[0], tmp_path / "1.emlx")
    (tmp_path / "1.emlx").unlink()
    # the archive can't be written anew: the mail in it stays, and with it what is attached
    (tmp_path / "a.zip").write_bytes(zipped({"mail": data, "loose": GOES, "other": OTHER}))
    (copy,), _ = found(tmp_path)
    assert (copy.disposal, set(copy.reasons)) == (
        Disposal.EXCEPTION,
        {Reason.IN_MAIL, Reason.MIXED_ARCHIVE},
    )


def test_an_archive_with_a_mail_of_others_is_never_destroyed_whole(tmp_path: Path) -> None:
    """A mail with nothing attached is more than the members that were seen in it: none."""
    plain = mail().as_bytes()
    (tmp_path / "a.zip").write_bytes(zipped({"goes": GOES, "mail": plain}))
    (copy,), _ = found(tmp_path)
    assert (copy.disposal, copy.reasons) == (Disposal.REWRITE, (Reason.MIXED_ARCHIVE,))
    (tmp_path / "a.zip").write_bytes(zipped({"goes": GOES}))
    assert found(tmp_path)[0][0].disposal is Disposal.WIPE


def test_what_is_kept_elsewhere_says_so_too(tmp_path: Path) -> None:
    (tmp_path / "x.eml").write_bytes(mail(("a", GOES)).as_bytes())
    (copy,), _ = found(tmp_path, kept=frozenset({sha(GOES)}))
    assert set(copy.reasons) == {Reason.IN_MAIL, Reason.KEPT_CONTENT}


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("application/pkcs7-mime", Reason.UNREADABLE),
        ("application/pgp-encrypted", Reason.UNREADABLE),
        ("application/ms-tnef", Reason.NOT_SEARCHED),
    ],
)
def test_what_can_not_be_seen_in_a_mail_is_said(tmp_path: Path, kind: str, reason: Reason) -> None:
    made = mail()
    main, sub = kind.split("/")
    made.add_attachment(OTHER, maintype=main, subtype=sub, filename="x")
    (tmp_path / "x.eml").write_bytes(made.as_bytes())
    copies, searched = found(tmp_path)
    assert (copies, searched.limits) == ([], (reason,))
