"""A mail with a copy attached, and the search for it."""

from __future__ import annotations

import gzip
import hashlib
from email.message import EmailMessage
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from pathlib import Path

from app.domain.case import Backup
from app.domain.copies import Copy, Disposal
from app.domain.event import BackupSearched, CopyFound
from app.domain.outcome import Reason
from app.steps.confirm import Wanted, find_copies
from tests.packing import zipped

GOES = "姓名,手机\n张三,13800138000\n".encode() * 60


OTHER = b"of somebody else\n" * 30


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def found(path: Path, *, goes: bytes = GOES, kept: frozenset[str] = frozenset()) -> tuple[list[Copy], object]:
    wanted = Wanted({sha(goes): ("r1",)}, frozenset({len(goes)}), kept, records=frozenset({"r1"}))
    events = list(find_copies([Backup("folder", path)], wanted, key=b"k" * 32))
    (searched,) = [event.searched for event in events if isinstance(event, BackupSearched)]
    return [event.copy for event in events if isinstance(event, CopyFound)], searched


def mail(*attached: tuple[str, bytes], subject: str = "名单", encoding: str = "base64") -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "a@example.cn", "b@example.cn", subject
    made["Date"] = "Mon, 02 Nov 2026 08:00:00 +0800"
    made.set_content("见附件\n")
    for name, data in attached:
        if encoding == "base64":
            made.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
        else:
            made.add_attachment(data.decode(), subtype="csv", cte=encoding, filename=name)
    return made


def is_the_one(copies: list[Copy], path: Path, member: str = "名单.csv") -> bool:
    (copy,) = copies
    return (copy.path, copy.member, copy.of, copy.disposal, copy.reasons) == (
        str(path),
        member,
        ("r1",),
        Disposal.EXCEPTION,
        (Reason.IN_MAIL,),
    )


def in_zip() -> EmailMessage:
    return mail(("名单.zip", zipped({"a": GOES, "b": OTHER})))


def in_gzip() -> EmailMessage:
    return mail(("名单.zip", gzip.compress(GOES)))


def forwarded() -> EmailMessage:
    outer = mail(("other", OTHER), subject="Fwd")
    outer.add_attachment(mail(("名单.zip", GOES)))
    outer.add_attachment(OTHER, maintype="application", subtype="pdf", filename="behind.pdf")
    return outer


def as_attached_file() -> EmailMessage:
    return mail(("名单.zip", mail(("inner.csv", GOES)).as_bytes()))


def alone() -> MIMEBase:
    made = MIMEBase("application", "vnd.ms-excel", name="名单.zip")
    made["From"] = "a@example.cn"
    made.set_payload(GOES)
    from email.encoders import encode_base64

    encode_base64(made)
    return made


def in_old_names() -> MIMEMultipart:
    """The name as the mail programs of ten years ago wrote it, RFC 2047 where it does not belong."""
    outer = MIMEMultipart()
    outer["From"] = "a@example.cn"
    inner = alone()
    del inner["Content-Type"]
    inner["Content-Type"] = 'application/octet-stream; name="=?GBK?B?w/u1pS56aXA=?="'
    outer.attach(inner)
    return outer
