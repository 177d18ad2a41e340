"""The synthetic company on disk: what lies where."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from app.domain.fault import Fault, Refused
from app.rehearsal import papers
from app.rehearsal.case_file import case_text
from app.rehearsal.keys import write_age, write_keys, write_people
from app.rehearsal.office import docx_bytes, xlsx_bytes, zip_bytes
from app.rehearsal.papers import csv_text, register_rows
from app.rehearsal.pdf import pdf_bytes
from app.rehearsal.people import Customer, make_customers

_KINDS: Final = 9
"""In how many kinds of file the customers are spread."""
_COMPLAINTS: Final = 2
_FEWEST: Final = 24
_A_LETTER: Final = 6
_A_DOCUMENT: Final = 40

Files = dict[str, bytes]


def build_company(folder: Path, *, records: int = 300, seed: int = 1) -> Path:
    """Make a synthetic company below `folder` and give the path of its case file.

    At least `records` customers, and never fewer than 24, each in one list and in
    one dossier, the last two under a complaint instead. The same seed gives the
    same bytes, but for the keys and what is encrypted to them.

    Raises:
        Refused: CASE_EXISTS when `folder` is there and not empty; nothing is written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refused(Fault.CASE_EXISTS, str(folder))
    customers = make_customers(max(records, _FEWEST), seed)
    going, complaining = customers[:-_COMPLAINTS], customers[-_COMPLAINTS:]
    lists = _lists(going)
    _write(folder, {**lists, **_dossiers(going), **_disputes(complaining), **_clean()})
    _write_database(folder / "customers/系统/会员.db", going[7::_KINDS])
    _write(folder, {**_marketing(going), **_vouchers(going), **_contracts(going)})
    write_keys(folder / "keys")
    _write_backups(folder, lists)
    given = zip(("receipt.txt", "second-receipt.txt"), papers.CUSTODIANS, strict=True)
    _write(folder, {f"custodian/{name}": papers.receipt(one).encode("utf-8") for name, one in given})
    recipients = [write_age(folder / "custodian" / name) for name in ("key.txt", "second-key.txt")]
    write_people(folder)
    case = folder / "CASE.toml"
    case.write_text(case_text(*recipients), encoding="utf-8", newline="\n")
    return case


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _lists(going: Sequence[Customer]) -> Files:
    """All kinds of list but the database; each customer stands in one of them, the duplicate aside."""
    main = csv_text(register_rows(going[0::_KINDS])).encode("utf-8")
    old = csv_text(register_rows(going[1::_KINDS])).encode("gb18030")
    archived = csv_text(register_rows(going[6::_KINDS])).encode("utf-8-sig")
    notes = going[8::_KINDS]
    half = len(notes) // 2
    return {
        "customers/名单/客户名单.csv": main,
        "customers/名单/客户名单 - 副本.csv": main,
        "customers/名单/老系统客户.csv": old,
        "customers/名单/会员登记.xlsx": xlsx_bytes("会员", register_rows(going[2::_KINDS])),
        **_documents(going[3::_KINDS], going[4::_KINDS]),
        **_letters(going[5::_KINDS]),
        "customers/归档/老客户.zip": zip_bytes({"老客户/客户名单.csv": archived}),
        "customers/系统/来电记录.txt": papers.call_notes(notes[:half]).encode("utf-8"),
        "customers/系统/短信平台.txt": papers.call_notes(notes[half:]).encode("utf-16"),
    }


def _documents(visited: Sequence[Customer], members: Sequence[Customer]) -> Files:
    files = {}
    for number, group in enumerate(_groups(visited, _A_DOCUMENT), 1):
        files[f"customers/回访/回访记录-{number:02d}.docx"] = docx_bytes(
            ["客户回访记录"], register_rows(group)
        )
    for number, group in enumerate(_groups(members, _A_DOCUMENT), 1):
        files[f"customers/资料/会员资料-{number:02d}.pdf"] = pdf_bytes(papers.sheet_lines(group))
    return files


def _letters(customers: Sequence[Customer]) -> Files:
    """Letters in which the first of a group writes and sends a list of the others."""
    files = {}
    for writer, *attached in _groups(customers, _A_LETTER):
        body = "附上我和朋友的资料。\n" + papers.dossier(writer)
        name = f"customers/邮件/{writer.handle}.eml"
        files[name] = papers.letter(writer, "会员资料更新", body, attached)
    return files


def _groups(customers: Sequence[Customer], size: int) -> list[Sequence[Customer]]:
    return [customers[at : at + size] for at in range(0, len(customers), size)]


def _dossiers(customers: Sequence[Customer]) -> Files:
    return {
        f"customers/客户档案/{c.city}/{c.handle}-{c.name}.txt": papers.dossier(c).encode("utf-8")
        for c in customers
    }


def _disputes(customers: Sequence[Customer]) -> Files:
    first, second = customers
    mail = papers.letter(second, "投诉：退款未到账", papers.complaint(second))
    return {
        f"customers/disputes/{first.handle}-投诉单.txt": papers.complaint(first).encode("utf-8"),
        f"customers/disputes/{second.handle}-投诉邮件.eml": mail,
    }


def _clean() -> Files:
    readme = "本文件夹存放客服部门的工作文件。\n文件名以部门和月份开头。\n"
    return {"customers/使用说明.txt": readme.encode(), "customers/logo.png": papers.logo_png()}


def _marketing(customers: Sequence[Customer]) -> Files:
    rows = [("姓名", "手机", "邮箱"), *((c.name, c.mobile, c.email) for c in customers[::3])]
    return {"营销/短信营销名单.csv": csv_text(rows).encode("utf-8-sig")}


def _vouchers(customers: Sequence[Customer]) -> Files:
    files = {}
    for month in (3, 9):
        spring = papers.voucher_rows(2024, month, customers[month : month + 9])
        files[f"财务/凭证/2024/记账凭证-2024-{month:02d}.csv"] = csv_text(spring).encode("utf-8-sig")
        autumn = papers.voucher_rows(2025, month, customers[month + 3 : month + 12])
        files[f"财务/凭证/2025/记账凭证-2025-{month:02d}.xlsx"] = xlsx_bytes("记账凭证", autumn)
    return files


def _contracts(customers: Sequence[Customer]) -> Files:
    files = {}
    for number, customer in enumerate(customers[:3], 1):
        text = papers.contract_text(f"HT-2025-{number:03d}", 2025, customer)
        files[f"合同/2025/技术服务合同-HT-2025-{number:03d}.docx"] = docx_bytes(text)
    return files


def _write_database(path: Path, customers: Sequence[Customer]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(f"CREATE TABLE 会员 ({', '.join(f'{column} TEXT' for column in papers.HEADER)})")
        database.executemany(
            f"INSERT INTO 会员 VALUES ({', '.join('?' * len(papers.HEADER))})",  # noqa: S608 - only marks
            [papers.register_row(customer) for customer in customers],
        )


def _write_backups(folder: Path, lists: Files) -> None:
    """Mirror the customers' folder and one key every night; archive the lists, which all go, every week."""
    nightly = folder / "backup/nightly"
    shutil.copytree(folder / "customers", nightly / "customers")
    (nightly / "keys").mkdir()
    shutil.copy2(folder / "keys/database.pem", nightly / "keys/database.pem")
    (folder / "backup/weekly.zip").write_bytes(zip_bytes(lists))
