"""What a case declares besides paths is typed in the window: it is what CASE.toml would say, and comes back."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from officer_at_window import Officer
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox
from pytestqt.qtbot import QtBot

from app.domain.case import Backup, Case, Database, ServiceKey
from app.domain.conditions import ClearBefore, Escrow, KeyWord
from app.domain.copies import Disposal
from app.flow.case_file import read_case_file
from app.flow.databases import doors
from app.ui.pages.locate import LocatePage
from app.ui.widgets.plain import choose
from app.ui.wizard import Wizard

OK = QDialogButtonBox.StandardButton.Ok


@pytest.fixture
def officer(wizard: Wizard, qtbot: QtBot, company: Path) -> Officer:
    officer = Officer(wizard, qtbot)
    officer.come_in(company, company.parent / "officer.p12")
    officer.know_keys(company.parent)
    return officer


def tabs(officer: Officer) -> object:
    page: LocatePage = officer.page(LocatePage)
    return page.tabs


def press(officer: Officer, button: object) -> None:
    officer.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def accept(officer: Officer) -> None:
    press(officer, tabs(officer).dialog.buttons.button(OK))


def declared(officer: Officer) -> Case:
    return officer.wizard.desk.flow.case


def of_case_file(company: Path, told: str) -> Case:
    """The case that the company's own file and these lines declare."""
    beside = company.with_name("more.toml")
    beside.write_text(company.read_text(encoding="utf-8") + told, encoding="utf-8")
    return read_case_file(beside)


def fill(officer: Officer, **typed: object) -> None:
    """Type into the lines of the dialog that is open; `kind` first, for it says which lines there are."""
    dialog = tabs(officer).dialog
    for name, value in typed.items():
        line = getattr(dialog, name)
        if hasattr(line, "set_path") and not hasattr(line, "set_paths"):
            line.set_path(value)
        elif hasattr(line, "set_paths"):
            line.set_paths(value)
        elif hasattr(line, "set_day"):
            line.set_day(value)
        elif hasattr(line, "setChecked"):
            line.setChecked(value)
        elif hasattr(line, "setValue"):
            line.setValue(value)
        elif hasattr(line, "addItem"):
            choose(line, value)
            assert line.currentData() == value
        else:
            write(officer, line, value)


def write(officer: Officer, line: object, text: str) -> None:
    """Type, as far as a keyboard has the letters: an input method gives the others."""
    line.clear()
    if text.isascii():
        officer.qtbot.keyClicks(line, text)
    else:
        line.setText(text)


@pytest.fixture
def paper(company: Path) -> Path:
    path = company.parent / "protocol.pdf"
    path.write_bytes(b"%PDF-1.7 protocol")
    return path


def keys_of_every_kind(place: Path) -> list[tuple[dict[str, object], str, str]]:
    """What is typed for a key, with its secret, and what a case file says of the same."""
    (place / "module.so").write_bytes(b"\x7fELF")
    (place / "exports").mkdir()
    return [
        (
            {
                "kind": "pkcs11", "name": "pkcs11:token=crm;object=master", "module": place / "module.so",
                "timeout": 33, "copies": [place / "exports"],
            },
            "1234",
            """kind = "pkcs11"
name = "pkcs11:token=crm;object=master"
module = "module.so"
timeout = 33
copies = ["exports"]""",
        ),
        (
            {"kind": "openbao", "name": "transit/keys/customers", "url": "https://bao.example:8200"},
            "s.token",
            'kind = "openbao"\nname = "transit/keys/customers"\nurl = "https://bao.example:8200"',
        ),
        (
            {"kind": "aws_kms", "name": "alias/crm", "region": "cn-north-1", "wait": 30},
            "",
            'kind = "aws_kms"\nname = "alias/crm"\nregion = "cn-north-1"\nwait = 30',
        ),
        (
            {"kind": "secret_service", "name": "service=crm;username=backup"},
            "",
            'kind = "secret_service"\nname = "service=crm;username=backup"',
        ),
        (
            {"kind": "tpm2", "name": "0x81000001", "url": "swtpm:port=1"},
            "owner's",
            'kind = "tpm2"\nname = "0x81000001"\nurl = "swtpm:port=1"',
        ),
        (
            {"kind": "declared", "name": "旧总部的磁带密钥", "by": "李敏", "paper": place / "protocol.pdf"},
            "",
            'kind = "declared"\nname = "旧总部的磁带密钥"\nby = "李敏"\npaper = "protocol.pdf"',
        ),
    ]  # fmt: skip


def test_a_key_of_every_store_is_declared_as_the_case_file_would(
    officer: Officer, company: Path, paper: Path
) -> None:
    kinds = keys_of_every_kind(company.parent)
    page = tabs(officer)
    page.setCurrentIndex(2)
    for typed, secret, _ in kinds:
        press(officer, page.keys.add_other)
        fill(officer, **typed)
        page.dialog.secret.setText(secret)
        accept(officer)
        assert page.dialog is None, officer.said()
    told = "".join(f"\n[[key]]\n{text}\n" for _, _, text in kinds)
    assert declared(officer).services == of_case_file(company, told).services
    assert len(declared(officer).services) == 6
    shown = [one.text for one in page.keys.entries()[-6:]]
    assert "alias/crm" in shown[2]
    for service, (_, secret, _) in zip(declared(officer).services, kinds, strict=True):
        assert officer.wizard.desk.passphrase_of(service) == secret
    text = (officer.wizard.desk.flow.folder / "case.toml").read_text(encoding="utf-8")
    assert "1234" not in text
    assert "s.token" not in text


def test_what_was_declared_comes_back_and_can_be_changed_and_removed(
    officer: Officer, company: Path, make_wizard: Callable[[], Wizard], qtbot: QtBot
) -> None:
    page = tabs(officer)
    press(officer, page.keys.add_other)
    fill(officer, kind="openbao", name="transit/keys/a", url="http://127.0.0.1:1")
    accept(officer)
    folder, key_files = officer.wizard.desk.flow.folder, declared(officer).keys
    officer.wizard.desk.close()
    again = Officer(make_wizard(), qtbot)
    again.come_in(folder, company.parent / "officer.p12")
    assert declared(again).services == (ServiceKey("openbao", "transit/keys/a", url="http://127.0.0.1:1"),)
    page = tabs(again)
    page.setCurrentIndex(2)
    page.keys.list.setCurrentRow(page.keys.list.count() - 1)
    assert not page.key_row.kind.isEnabled()
    assert page.key_row.phrase.line.isEnabled()
    qtbot.keyClicks(page.key_row.phrase.line, "s.again")
    assert again.wizard.desk.passphrase_of(declared(again).services[0]) == "s.again"
    press(again, page.keys.details)
    fill(again, name="transit/keys/b")
    accept(again)
    assert [one.name for one in declared(again).services] == ["transit/keys/b"]
    page.keys.list.setCurrentRow(page.keys.list.count() - 1)
    press(again, page.keys.remove)
    assert declared(again).services == ()
    assert declared(again).keys == key_files


def test_a_key_is_not_declared_before_what_it_needs_is_there(officer: Officer, company: Path) -> None:
    page = tabs(officer)
    press(officer, page.keys.add_other)
    fill(officer, kind="pkcs11", name="pkcs11:token=crm;object=master")
    accept(officer)
    assert "令牌驱动库" in page.dialog.notice.text()
    fill(officer, module=company.parent / "none.so")
    accept(officer)
    assert str(company.parent / "none.so") in page.dialog.notice.text()
    assert declared(officer).services == ()


def test_backups_elsewhere_are_declared_as_the_case_file_would(
    officer: Officer, company: Path, paper: Path
) -> None:
    page, before = tabs(officer), declared(officer).backups
    page.setCurrentIndex(1)
    chain = company.parent / "chain"
    chain.mkdir()
    for typed in (
        {"kind": "s3", "where": "bucket/crm"},
        {"kind": "rclone", "where": "cloud:crm", "secret": "config"},
        {"kind": "duplicity", "where": str(chain), "disposal": Disposal.DISCARD, "by": "王磊"},
        {
            "kind": "declared", "where": "7 号磁带", "disposal": Disposal.EXPIRES, "until": date(2027, 1, 31),
            "by": "王磊", "note": "总部机房",
        },
        {"kind": "declared", "where": "旧硬盘", "disposal": Disposal.MEDIUM, "by": "王磊", "paper": paper},
    ):  # fmt: skip
        press(officer, page.backups.add_other)
        fill(officer, **typed)
        accept(officer)
        assert page.dialog is None, typed
    told = """
[[backup]]
kind = "s3"
path = "bucket/crm"
[[backup]]
kind = "rclone"
path = "cloud:crm"
[[backup]]
kind = "duplicity"
path = "chain"
disposal = "discard"
declared_by = "王磊"
[[backup]]
kind = "declared"
path = "7 号磁带"
disposal = "expires"
until = 2027-01-31
declared_by = "王磊"
note = "总部机房"
[[backup]]
kind = "declared"
path = "旧硬盘"
disposal = "medium"
declared_by = "王磊"
paper = "protocol.pdf"
"""
    assert declared(officer).backups == of_case_file(company, told).backups
    assert declared(officer).backups[: len(before)] == before
    assert officer.wizard.desk.passphrases[Path("cloud:crm")] == "config"
    page.backups.list.setCurrentRow(page.backups.list.count() - 2)
    press(officer, page.backups.details)
    assert page.dialog.where.text() == "7 号磁带"
    assert page.dialog.until.day() == date(2027, 1, 31)
    fill(officer, by="")
    accept(officer)
    assert page.dialog.notice.text()
    fill(officer, by="李敏")
    accept(officer)
    assert declared(officer).backups[-2].declared_by == "李敏"


def test_a_remote_backup_that_does_not_answer_says_why_when_tried(
    officer: Officer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RCLONE_CONFIG", str(tmp_path / "rclone.conf"))
    page = tabs(officer)
    press(officer, page.backups.add_other)
    fill(officer, kind="rclone", where="nowhere:crm")
    press(officer, page.dialog.attempt)
    officer.rest()
    assert "无法列出" in page.dialog.notice.text()
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "one").write_bytes(b"1")
    fill(officer, where=str(tmp_path / "files"))
    press(officer, page.dialog.attempt)
    officer.rest()
    assert page.dialog.notice.text() == "可以连接，并能列出内容。"


def test_a_database_is_declared_tried_and_entered_with_what_was_typed(
    officer: Officer, company: Path, tmp_path: Path
) -> None:
    file = company.parent / "crm.db"
    with sqlite3.connect(file) as made:
        made.execute("create table customers (id integer primary key, mobile text)")
        made.execute("create table notes (id integer primary key)")
    made.close()
    page = tabs(officer)
    press(officer, page.places.add_other)
    accept(officer)
    assert page.dialog.notice.text() == "请填写数据库地址。"
    fill(officer, url=f"postgresql://crm:secret@host/{file.name}")
    accept(officer)
    assert "secret" not in page.dialog.notice.text()
    assert declared(officer).databases == ()
    fill(officer, url=f"sqlite:///{file}")
    press(officer, page.dialog.attempt)
    officer.rest()
    assert page.dialog.notice.text() == "可以连接。可见的表：2 张。"
    accept(officer)
    press(officer, page.places.add_other)
    fill(officer, url="postgresql://crm@127.0.0.1:1/crm", whole=True)
    page.dialog.secret.setText("geheim")
    press(officer, page.dialog.attempt)
    officer.rest()
    assert "无法连接" in page.dialog.notice.text()
    accept(officer)
    told = (
        f'\n[[location]]\nurl = "sqlite:///{file}"\n'
        '[[location]]\nurl = "postgresql://crm@127.0.0.1:1/crm"\nwhole = true\n'
    )
    assert declared(officer).databases == of_case_file(company, told).databases
    assert [one.whole for one in declared(officer).databases] == [False, True]
    entered = doors(declared(officer), officer.wizard.desk.passphrase)
    assert [door.password for door in entered.values()] == ["", "geheim"]


def test_a_database_that_the_window_declares_is_looked_through(officer: Officer, company: Path) -> None:
    file = company.parent / "crm.db"
    with sqlite3.connect(file) as made:
        made.execute("create table customers (id integer primary key, name text, mobile text)")
        made.execute("insert into customers values (1, '张伟', '13812345678'), (2, '王芳', '13912345678')")
    made.close()
    page = tabs(officer)
    press(officer, page.places.add_other)
    fill(officer, url=f"sqlite:///{file}")
    accept(officer)
    officer.locate()
    assert any("customers" in row.record.path for row in officer.wizard.desk.flow.rows())


def test_what_is_said_of_a_key_file_stands_in_the_case(officer: Officer, company: Path) -> None:
    page, before = tabs(officer), declared(officer).keys
    page.setCurrentIndex(2)
    page.keys.list.setCurrentRow(0)
    press(officer, page.keys.details)
    fill(officer, clear=ClearBefore.NO, escrow=Escrow.NONE, until=date(2046, 12, 31))
    accept(officer)
    assert page.dialog.notice.text()
    fill(officer, by="李敏")
    accept(officer)
    word = KeyWord("李敏", ClearBefore.NO, Escrow.NONE, date(2046, 12, 31))
    assert declared(officer).keys == (replace(before[0], word=word), *before[1:])


def test_a_locked_case_shows_its_declarations_and_takes_passphrases(officer: Officer) -> None:
    page = tabs(officer)
    press(officer, page.places.add_other)
    fill(officer, url="postgresql://crm@127.0.0.1:1/crm")
    accept(officer)
    page.lock(locked=True)
    page.places.list.setCurrentRow(page.places.list.count() - 1)
    assert not page.places.add_other.isEnabled()
    assert page.place_row.line.isEnabled()
    press(officer, page.places.details)
    assert not page.dialog.buttons.button(OK).isEnabled()


def test_backups_that_come_with_the_case_keep_their_order() -> None:
    from app.ui.pages.declared import backups_of, backups_shown

    company_backups = (
        Backup("s3", Path("bucket")),
        Backup("folder", Path("/srv/a")),
        Backup("declared", Path("/srv/tape")),
        Backup("restic", Path("/srv/a")),
    )
    case = replace(_bare_case(), backups=company_backups)
    assert backups_of(backups_shown(case), company_backups) == company_backups
    assert Database("sqlite:////x.db") not in case.databases


def _bare_case() -> Case:
    from app.domain.case import CertificateTerms, Company

    return Case("1", Company("x", "y"), CertificateTerms(Path("/out")))
