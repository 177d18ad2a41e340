"""Every custodian, and the vault's terms, are declared in the window as CASE.toml would, and come back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from officer_at_window import Button, Officer
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox
from pytestqt.qtbot import QtBot

from app.domain.case import Custodian
from app.domain.step import Gate, Step
from app.domain.vaulting import Suite, VaultTerms
from app.flow.case_file import read_case_file
from app.rehearsal import PASSPHRASES
from app.ui.pages.company import CompanyPage
from app.ui.pages.confirm import ConfirmPage
from app.ui.pages.custodian_dialog import CustodianDialog, How
from app.ui.pages.vault_dialog import VaultDialog
from app.ui.widgets.plain import choose
from app.ui.wizard import Wizard

OK = QDialogButtonBox.StandardButton.Ok
CUSTODIANS = """
[[custodian]]
name = "恒信律师事务所"
recipient = "{recipient}"
identity = "custodian/second-key.txt"
receipt = "protocol.pdf"

[[custodian]]
name = "股东三人"
shares = "2 of 4"
without_receipt = "三人各自收执"

[[custodian]]
name = "省档案馆"
recipient = "{recipient}"
one_recipient = "暂无第二人"
without_restore = "密钥在外地"

[[custodian]]
name = "上级公司"
"""


def press(officer: Officer, button: object) -> None:
    officer.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def fill(dialog: CustodianDialog, one: Custodian) -> None:
    """Type what is known of a custodian."""
    choose(dialog.how, How.SHARES if one.shares else How.RECIPIENT if one.recipient else How.MADE_HERE)
    for name in ("name", "recipient", "one_recipient", "without_restore", "without_receipt"):
        getattr(dialog, name).setText(getattr(one, name))
    dialog.identity.set_path(one.identity)
    dialog.receipt.set_path(one.receipt)
    if one.shares:
        dialog.needed.setValue(one.shares[0])
        dialog.made.setValue(one.shares[1])


@pytest.fixture
def officer(wizard: Wizard, qtbot: QtBot, company: Path) -> Officer:
    officer = Officer(wizard, qtbot)
    officer.come_in(company, company.parent / "officer.p12")
    officer.know_keys(company.parent)
    officer.locate()
    officer.next()
    officer.next()
    return officer


def test_every_custodian_is_declared_as_in_a_case_file(
    officer: Officer, company: Path, make_wizard: Callable[[], Wizard]
) -> None:
    (company.parent / "protocol.pdf").write_bytes(b"%PDF")
    text = company.read_text(encoding="utf-8")
    head, tail = text[: text.index("[[custodian]]")], text[text.index("[[decide]]") :]
    flow = officer.wizard.desk.flow
    recipient = flow.case.custodians[1].recipient
    beside = company.with_name("more.toml")
    beside.write_text(head + CUSTODIANS.format(recipient=recipient) + tail, encoding="utf-8")
    wanted = read_case_file(beside).custodians
    assert len(wanted) == 4

    page: ConfirmPage = officer.page(ConfirmPage)
    box = page.custodians
    assert [one.text().split("  ·  ")[0] for one in texts(box)] == [one.name for one in flow.case.custodians]
    for _ in range(2):
        box.list.list.setCurrentRow(0)
        press(officer, box.list.remove)
    assert flow.case.custodians == ()
    for one in wanted:
        press(officer, box.list.add_other)
        fill(box.dialog, one)
        press(officer, box.dialog.buttons.button(OK))
    assert flow.case.custodians == wanted
    box.list.list.setCurrentRow(1)
    press(officer, box.list.details)
    assert box.dialog.recipient.isHidden()
    assert box.dialog.made.value() == 4
    box.dialog.made.setValue(5)
    press(officer, box.dialog.buttons.button(OK))
    assert flow.case.custodians == (wanted[0], replace(wanted[1], shares=(2, 5)), *wanted[2:])
    assert [one.name for one in (flow.folder / "evidence" / "custodian").iterdir()].count("protocol.pdf") == 1

    folder, kept = flow.folder, flow.case.custodians
    officer.wizard.desk.close()
    again = Officer(make_wizard(), officer.qtbot)
    again.come_in(folder, company.parent / "officer.p12")
    assert again.wizard.desk.flow.case.custodians == kept
    shown = again.wizard.pages[Step.CONFIRM].custodians
    shown.show_custodians(kept)
    assert shown.custodians() == kept


def texts(box: object) -> list[object]:
    return [box.list.list.item(at) for at in range(box.list.list.count())]


@pytest.mark.usefixtures("app")
def test_what_a_custodian_lacks_is_said_in_one_sentence(qtbot: QtBot, tmp_path: Path) -> None:
    dialog, taken = CustodianDialog(None), []
    qtbot.addWidget(dialog)
    dialog.given.connect(taken.append)

    def said() -> str:
        qtbot.mouseClick(dialog.buttons.button(OK), Qt.MouseButton.LeftButton)
        return dialog.notice.text()

    assert said() == "请填写保管人名称。"
    dialog.name.setText("律所")
    no_key = said()
    assert "age1" in no_key
    dialog.recipient.setText("age1short")
    assert said() == no_key
    choose(dialog.how, How.SHARES)
    dialog.needed.setValue(7)
    assert said() == "所需份数不能多于制作的份数。"
    choose(dialog.how, How.MADE_HERE)
    dialog.receipt.set_path(tmp_path / "none.pdf")
    assert said() == f"没有文件 {tmp_path / 'none.pdf'}。"
    assert taken == []
    dialog.receipt.set_path(None)
    said()
    assert taken == [Custodian("律所")], "what was typed for another way is not declared"


def test_a_gate_that_is_shut_is_told_and_opened_on_the_page(officer: Officer, company: Path) -> None:
    """One key, then no receipt: each is said when confirming ended, and mended without leaving the page."""
    flow = officer.wizard.desk.flow
    page: ConfirmPage = officer.page(ConfirmPage)
    first, second = flow.case.custodians
    for paper in (flow.folder / "evidence" / "custodian").glob("*"):
        paper.unlink()
    page.custodians.declared.emit((replace(first, receipt=None),))
    officer.confirm()
    assert "只为一把密钥封存" in officer.said()
    assert "one_recipient" in officer.said()
    page.custodians.declared.emit((replace(first, receipt=None), second))
    officer.confirm()
    assert officer.wizard.desk.gate(Step.SIGN).gate is Gate.NO_RECEIPT
    assert "没有保管人的移交与接收回执" in officer.said()
    press(officer, page.custodians.papers)
    assert page._papers.kind.currentData() == "custodian"
    page._papers.attach([company.parent / "custodian" / "receipt.txt"])
    page._papers.reject()
    assert officer.wizard.desk.done(Step.CONFIRM)
    assert officer.wizard.desk.gate(Step.SIGN) is None
    assert officer.said() == ""
    officer.next()
    assert officer.wizard.step is Step.SIGN


def test_a_reason_given_in_the_window_opens_the_gate(officer: Officer) -> None:
    page: ConfirmPage = officer.page(ConfirmPage)
    first = officer.wizard.desk.flow.case.custodians[0]
    page.custodians.declared.emit((first,))
    officer.confirm()
    assert officer.wizard.desk.gate(Step.SIGN).gate is Gate.ONE_RECIPIENT
    page.custodians.list.list.setCurrentRow(0)
    press(officer, page.custodians.list.details)
    page.custodians.dialog.one_recipient.setText("股东会只指定一家")
    press(officer, page.custodians.dialog.buttons.button(OK))
    assert officer.wizard.desk.done(Step.CONFIRM)
    assert officer.wizard.desk.gate(Step.SIGN) is None


def test_a_locked_dialog_shows_and_changes_nothing(qtbot: QtBot) -> None:
    dialog = CustodianDialog(Custodian("律所", shares=(3, 4), without_receipt="x"), locked=True)
    qtbot.addWidget(dialog)
    assert not dialog.buttons.button(OK).isEnabled()
    assert (dialog.needed.value(), dialog.made.value(), dialog.without_receipt.text()) == (3, 4, "x")


def test_the_vault_s_terms_are_those_of_a_case_file(
    make_wizard: Callable[[], Wizard], qtbot: QtBot, company: Path
) -> None:
    wanted = VaultTerms(Suite.SM4, "LETHE_TEST_WINDOW_VAULT", 128, keychain=False, keep=True)
    told = '\n[vault]\nsuite = "sm4-gcm"\npassphrase_env = "LETHE_TEST_WINDOW_VAULT"\nargon2_mib = 128\nkeep = true\n'
    beside = company.with_name("more.toml")
    beside.write_text(company.read_text(encoding="utf-8") + told, encoding="utf-8")
    assert read_case_file(beside).vault == wanted

    officer = Officer(make_wizard(), qtbot)
    page: CompanyPage = officer.page(CompanyPage)
    officer.wizard.offer(company)
    assert not page.vault.line.isVisible()
    press(officer, page.form.vault)
    dialog: VaultDialog = page.form._dialog
    choose(dialog.suite, Suite.SM4)
    dialog.variable.setText("not a name")
    press(officer, dialog.buttons.button(OK))
    assert dialog.notice.text() == "名称只能由字母、数字和 _ 组成。"
    dialog.variable.setText("LETHE_TEST_WINDOW_VAULT")
    dialog.memory.setValue(128)
    dialog.keep.setChecked(True)
    press(officer, dialog.buttons.button(OK))
    assert page.vault.line.isVisible()
    page.officer.file.set_path(company.parent / "officer.p12")
    page.officer.passphrase.setText(PASSPHRASES["OFFICER_PASSPHRASE"])
    page.officer.passphrase.textEdited.emit(page.officer.passphrase.text())
    officer.press(Button.NextButton)
    assert officer.wizard.desk.flow is None, "the vault's passphrase is asked for"
    page.vault.line.setText("correct horse battery")
    page.vault.again.setText("correct horse battery")
    officer.press(Button.NextButton)
    flow = officer.wizard.desk.flow
    assert flow is not None, officer.said()
    assert flow.case.vault == wanted
    folder = flow.folder
    officer.wizard.desk.close()

    again = Officer(make_wizard(), qtbot)
    page = again.page(CompanyPage)
    again.wizard.offer(folder)
    page.vault.line.setText("correct horse battery")
    again.come_in(folder, company.parent / "officer.p12")
    assert again.wizard.desk.flow.case.vault == wanted
    again.press(Button.BackButton)
    page = again.page(CompanyPage)
    press(again, page.form.vault)
    dialog = page.form._dialog
    assert not any(
        part.isEnabled() for part in (dialog.suite, dialog.variable, dialog.memory, dialog.keychain)
    )
    assert dialog.keep.isEnabled()
    assert dialog.suite.currentData() is Suite.SM4
    dialog.keep.setChecked(False)
    press(again, dialog.buttons.button(OK))
    again.next()
    assert again.wizard.desk.flow.case.vault == replace(wanted, keep=False)
