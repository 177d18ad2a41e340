"""The company's papers: what is written in each file about its customers."""

from __future__ import annotations

import csv
import io
import struct
import zlib
from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final

from app.rehearsal.office import Row
from app.rehearsal.people import Customer, with_uscc_check

COMPANY: Final = "示例科技有限公司"
CUSTODIANS: Final = ("示例档案托管有限公司", "示例律师事务所")
"""Who is to keep what the law keeps."""
COMPANY_USCC: Final = "91350100M000100Y43"
HEADER: Final = ("客户编号", "姓名", "身份证号", "手机", "银行卡号", "邮箱", "车牌", "地址")
VOUCHER_HEADER: Final = ("凭证号", "日期", "摘要", "客户名称", "联系手机", "科目", "借方金额", "贷方金额")


def register_row(customer: Customer) -> Row:
    """Give the customer as a row under `HEADER`."""
    return (
        customer.handle,
        customer.name,
        customer.id_number,
        customer.mobile,
        customer.bank_card,
        customer.email,
        customer.plate,
        customer.address,
    )


def register_rows(customers: Sequence[Customer]) -> list[Row]:
    """Give `HEADER` and a row for each customer."""
    return [HEADER, *map(register_row, customers)]


def csv_text(rows: Sequence[Row]) -> str:
    """Give the rows as comma-separated text with CRLF (RFC 4180)."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()


def dossier(customer: Customer) -> str:
    """Give the page that is kept for one customer."""
    named = zip(HEADER, register_row(customer), strict=True)
    return "客户档案\n" + "".join(f"{label}：{value}\n" for label, value in named)


def call_notes(customers: Sequence[Customer]) -> str:
    """Give a page of running text, where nothing but the words around them marks the numbers."""
    return "".join(
        f"联系人{c.name}（身份证 {c.id_number}）来电，回电请打{c.mobile}，"
        f"退款到卡{c.bank_card}，或写信给{c.email}。车牌{c.plate}，住{c.address}。\r\n"
        for c in customers
    )


def sheet_lines(customers: Sequence[Customer]) -> list[str]:
    """Give three short lines a customer, for a page that does not wrap."""
    return [
        line
        for c in customers
        for line in (
            f"{c.handle}  姓名：{c.name}  身份证号：{c.id_number}",
            f"手机：{c.mobile}  银行卡号：{c.bank_card}  车牌：{c.plate}",
            f"邮箱：{c.email}  地址：{c.address}",
        )
    ]


def letter(sender: Customer, subject: str, body: str, attached: Sequence[Customer] = ()) -> bytes:
    """Give a mail from a customer to the company; `attached` go as a CSV file with it."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(sender.name, addr_spec=sender.email)
    mail["To"] = Address("客服", addr_spec="service@example.com")
    mail["Subject"] = subject
    mail["Date"] = f"Mon, 12 May 2025 09:{sender.number % 60:02d}:00 +0800"
    mail["Message-ID"] = f"<{sender.handle}@mail.example.com>"
    mail.set_content(body, cte="base64")
    if attached:
        table = csv_text(register_rows(attached)).encode("utf-8-sig")
        mail.add_attachment(table, maintype="text", subtype="csv", filename="名单.csv")
        # The library would draw a boundary at random, and the same seed would not give the same file.
        mail.set_boundary(f"==={sender.handle}===")
    return mail.as_bytes()


def complaint(customer: Customer) -> str:
    """Give the text of a complaint that is not settled."""
    return (
        f"投诉单\r\n投诉人：{customer.name}\r\n身份证号：{customer.id_number}\r\n手机：{customer.mobile}\r\n"
        f"银行卡号：{customer.bank_card}\r\n邮箱：{customer.email}\r\n"
        f"车牌：{customer.plate}\r\n地址：{customer.address}\r\n"
        "事由：退款未到账，已向消费者协会投诉，尚未办结。\r\n"
    )


def receipt(custodian: str) -> str:
    """Give the paper by which a custodian says that they took over what was sealed."""
    return (
        f"移交与接收回执（演练）\r\n移交人：{COMPANY}清算组\r\n接收人：{custodian}\r\n"
        "已收到依法留存资料的封存包一份，已用本单位密钥打开并逐项核对，将保管至法定期限届满。\r\n"
    )


def voucher_rows(year: int, month: int, customers: Sequence[Customer]) -> list[Row]:
    """Give a month of accounting vouchers, debit and credit in balance, amounts in yuan."""
    rows: list[Row] = [VOUCHER_HEADER]
    for number, customer in enumerate(customers, 1):
        amount = 100 + 37 * customer.number % 4900
        mark = (f"记-{number:03d}", f"{year}-{month:02d}-{number % 28 + 1:02d}")
        who = (f"收{customer.name}服务费", customer.name, customer.mobile)
        rows += [(*mark, *who, "银行存款", amount, 0), (*mark, *who, "主营业务收入", 0, amount)]
    return rows


def contract_text(number: str, year: int, customer: Customer) -> list[str]:
    """Give a service contract between a partner company's manager and the company."""
    partner = with_uscc_check(f"91110105MA{customer.number:07d}")
    return [
        "技术服务合同",
        f"合同编号：{number}",
        f"甲方：{COMPANY}  统一社会信用代码：{COMPANY_USCC}",
        f"乙方：示例商贸{customer.number}有限公司  统一社会信用代码：{partner}",
        f"乙方联系人：{customer.name}  身份证号：{customer.id_number}  手机：{customer.mobile}",
        f"签订日期：{year}年3月1日  合同期限至{year + 1}年2月28日",
        "双方就乙方委托甲方提供系统维护服务一事订立本合同，各执一份。",
    ]


def logo_png(width: int = 64) -> bytes:
    """Give a square picture of flat waves: a file without any person in it."""
    colours = (b"\x2f\x6f\x73", b"\xe6\xef\xee")
    rows = b"".join(b"\0" + colours[y // 8 % 2] * width for y in range(width))
    header = struct.pack(">IIBBBBB", width, width, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )
