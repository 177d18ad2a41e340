"""Mails: where in a mailbox something stands, what is attached and attached to that, and headers as they come."""

from __future__ import annotations

import base64
import quopri
from email import policy
from email.message import EmailMessage

import pytest

from app.domain.record import Look, Problem
from app.steps.locate import Limits
from tests.packing import zipped

ID, MOBILE = "11010519491231002X", "13812345678"
SUBJECT = "关于张三先生的投诉"
FROM = b"From x@y Sat Nov 21 20:00:00 2026\n"


def mail(text="见附件", attachments=(), inner=(), subject=SUBJECT):
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "a@example.com", "b@example.com", subject
    made.set_content(text)
    for name, data in attachments:
        made.add_attachment(data, "application", "octet-stream", filename=name)
    for one in inner:
        made.add_attachment(one, filename=f"{SUBJECT}.eml")
    return made


def places(located):
    findings = [found for found in located.record.findings if found.kind not in ("email", "name")]
    return {where for found in findings for where in found.where}


def test_the_place_in_a_mailbox_is_a_number_and_an_attachment_and_no_subject(look, tmp_path):
    mails = [
        mail(subject=f"{SUBJECT} {MOBILE}"),
        mail("无"),
        mail(f"手机 {MOBILE}"),
        mail(attachments=[("客户.csv", f"姓名,身份证号\n张三,{ID}\n".encode("gb18030"))]),
        mail(attachments=[("packed.zip", zipped({"a.txt": f"身份证 {ID}"}))]),
        mail(inner=[mail(attachments=[("b.txt", f"身份证号 {ID}".encode())])]),
    ]
    box = b"".join(FROM + one.as_bytes() + b"\n" for one in mails)
    (tmp_path / "in" / "inbox").write_bytes(box)
    located = look()["inbox"]
    assert located.record.problems == ()
    assert places(located) == {
        "#1", "#3!body.txt", "#4!客户.csv!身份证号", "#5!packed.zip!a.txt", "#6!attached.eml!b.txt",
    }  # fmt: skip
    assert not any("投诉" in where for where in places(located))


def test_mails_in_mails_end_at_the_depth_of_all_else(look, tmp_path):
    nest = mail(f"手机 {MOBILE}")
    for _ in range(5):
        nest = mail(inner=[nest])
    (tmp_path / "in" / "a.eml").write_bytes(nest.as_bytes())
    assert places(look()["a.eml"]) == {"attached.eml!" * 5 + "body.txt"}
    located = look(limits=Limits(depth=3))["a.eml"]
    assert located.look is not Look.CLEAN
    assert located.record.problems == (Problem.TOO_DEEP,)
    many = mail(inner=[mail() for _ in range(30)])
    (tmp_path / "in" / "a.eml").write_bytes(many.as_bytes())
    assert Problem.BOMB_MEMBERS in look(limits=Limits(members=20))["a.eml"].record.problems


def raw_mail(headers, body):
    return b"From: a@example.com\nSubject: x\nMIME-Version: 1.0\n" + headers + b"\n" + body


GB = "张三的资料.csv".encode("gb18030")
TABLE = f"姓名,身份证号\n张三,{ID}\n".encode("gb18030")
NAMED = {
    "as it is": b'attachment; filename="' + GB + b'"',
    "encoded word": b'attachment; filename="=?gb18030?B?' + base64.b64encode(GB) + b'?="',
    "quoted word": b'attachment; filename="=?gbk?Q?'
    + b"".join(b"=%02X" % byte for byte in GB)
    + b'?="',
    "two words": b'attachment;\n filename="=?gb2312?B?' + base64.b64encode(GB[:4]) + b"?=\n =?gb2312?B?"
    + base64.b64encode(GB[4:]) + b'?="',
    "rfc 2231": b"attachment; filename*=gb18030''" + b"".join(b"%%%02X" % byte for byte in GB),
    "rfc 2231 in parts": b"attachment; filename*0*=gb18030''"
    + b"".join(b"%%%02X" % byte for byte in GB[:6])
    + b";\n filename*1*="
    + b"".join(b"%%%02X" % byte for byte in GB[6:]),
}  # fmt: skip


@pytest.mark.parametrize("way", NAMED)
@pytest.mark.parametrize("coding", ["base64", "quoted-printable", "8bit"])
def test_a_chinese_name_in_every_way_it_is_written(way, coding, look, tmp_path):
    data = {"base64": base64.encodebytes, "quoted-printable": quopri.encodestring, "8bit": bytes}[coding](
        TABLE
    )
    head = b"Content-Type: application/octet-stream\nContent-Disposition: " + NAMED[way]
    head += b"\nContent-Transfer-Encoding: " + coding.encode() + b"\n"
    (tmp_path / "in" / "a.eml").write_bytes(raw_mail(head, data))
    located = look()["a.eml"]
    assert located.record.problems == ()
    assert places(located) == {"张三的资料.csv!身份证号"}


def test_headers_that_were_never_encoded_are_read(look, tmp_path):
    text = "Subject: 投诉 电话：".encode("gb18030") + MOBILE.encode() + b"\nFrom: x\n\nnothing\n"
    (tmp_path / "in" / "a.eml").write_bytes(text)
    (tmp_path / "in" / "b.eml").write_bytes(
        b"Subject: =?GBK?B?" + base64.b64encode(f"电话：{MOBILE}".encode("gbk")) + b"?=\nFrom: x\n\nnothing\n"
    )
    (tmp_path / "in" / "c.eml").write_bytes(
        b"Subject: =?no-such?B?"
        + base64.b64encode(f"电话：{MOBILE}".encode("gbk"))
        + b"?=\nFrom: x\n\nnothing\n"
    )
    for name, located in look().items():
        assert [f.kind for f in located.record.findings] == ["cn.mobile"], name


def test_text_beside_the_parts_and_a_border_that_is_missing(look, tmp_path):
    head = b'Content-Type: multipart/mixed; boundary="XX"\n'
    inside = b"--XX\nContent-Type: text/plain\n\nhello\n"
    number = b"mobile 13812345678\n"
    cases = {
        "before": head + b"\n" + number + inside + b"--XX--\n",
        "behind": head + b"\n" + inside + b"--XX--\n" + number,
        "no border": head + b"\n" + number,
        "no end": head + b"\n" + inside + number,
    }
    for name, data in cases.items():
        (tmp_path / "in" / f"{name}.eml").write_bytes(raw_mail(b"", b"")[:-1] + data)
    results = look()
    for name in cases:
        assert results[f"{name}.eml"].look is Look.FOUND, name
    assert results["no border.eml"].record.problems == (Problem.MALFORMED,)


def test_a_mail_within_that_was_packed_all_the_same(look, tmp_path):
    inner = mail(f"手机 {MOBILE}").as_bytes()
    head = b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n"
    (tmp_path / "in" / "a.eml").write_bytes(raw_mail(head, base64.encodebytes(inner)))
    assert look()["a.eml"].look is Look.FOUND


def test_a_mail_that_apple_keeps(look, tmp_path):
    data = mail(attachments=[("a.txt", f"身份证号 {ID}".encode())]).as_bytes()
    made = b"%d\n" % len(data) + data + b"<?xml version='1.0'?><plist>13912345678</plist>"
    (tmp_path / "in" / "1.emlx").write_bytes(made)
    located = look()["1.emlx"]
    assert {f.kind for f in located.record.findings} >= {"cn.id"}
    assert "a.txt" in places(located)


def test_one_broken_or_huge_mail_does_not_hide_the_next(look, tmp_path):
    broken = b"Subject: x\nContent-Type: multipart/mixed; boundary=Q\n\n--Q\nContent-Type: text/plain\n"
    broken += b"Content-Transfer-Encoding: base64\n\n!!!=?notbase64\n"
    huge = mail(attachments=[("noise.bin", bytes(90_000))]).as_bytes()
    last = mail(attachments=[("a.csv", TABLE)]).as_bytes()
    box = b"".join(FROM + one + b"\n" for one in (broken, huge, last))
    (tmp_path / "in" / "inbox").write_bytes(box)
    located = look(limits=Limits(held=50_000))["inbox"]
    assert places(located) == {"#3!a.csv!身份证号"}
    assert set(located.record.problems) == {Problem.MALFORMED, Problem.BOMB_BYTES}


def test_what_is_attached_is_read_as_what_it_is(look, tmp_path):
    def plain(name):
        return [(name, zipped({"a.txt": f"身份证 {ID}"}))]

    made = mail(attachments=plain("noise"))
    made.add_attachment(mail(attachments=plain("内.bin")))
    data = made.as_bytes(policy=policy.SMTP)
    (tmp_path / "in" / "a.eml").write_bytes(data)
    assert places(look()["a.eml"]) == {"noise!a.txt", "attached.eml!内.bin!a.txt"}
