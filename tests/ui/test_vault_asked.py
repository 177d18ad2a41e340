"""The passphrase of a case's own vault is asked for in the window, twice where the case is new."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from officer_at_window import Button, Officer
from pytestqt.qtbot import QtBot

from app.domain.fault import Fault
from app.rehearsal import PASSPHRASES
from app.ui.pages.company import CompanyPage
from app.ui.wizard import Wizard

VARIABLE = "LETHE_TEST_OWN_VAULT"


@pytest.fixture
def case_file(company: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv(VARIABLE, raising=False)
    told = f'\n[vault]\npassphrase_env = "{VARIABLE}"\nargon2_mib = 64\n'
    company.write_text(company.read_text(encoding="utf-8") + told, encoding="utf-8")
    return company


def offered(officer: Officer, what: Path, key: Path) -> CompanyPage:
    page = officer.page(CompanyPage)
    officer.wizard.offer(what)
    page.officer.file.set_path(key)
    page.officer.passphrase.setText(PASSPHRASES["OFFICER_PASSPHRASE"])
    page.officer.passphrase.textEdited.emit(page.officer.passphrase.text())
    return page


def test_it_is_asked_twice_for_a_new_case_and_once_for_an_old_one(
    wizard: Wizard, make_wizard: Callable[[], Wizard], qtbot: QtBot, case_file: Path
) -> None:
    officer, key = Officer(wizard, qtbot), case_file.parent / "officer.p12"
    page = offered(officer, case_file, key)
    assert page.vault.line.isVisible()
    assert page.vault.again.isVisible()
    officer.press(Button.NextButton)
    assert page.notice.text() == "请输入封存库口令。"
    page.vault.line.setText("correct horse battery")
    page.vault.again.setText("correct horse batterz")
    officer.press(Button.NextButton)
    assert page.notice.text() == "两次输入的封存库口令不一致。"
    assert wizard.desk.flow is None
    page.vault.again.setText("correct horse battery")
    officer.press(Button.NextButton)
    assert wizard.desk.flow is not None, officer.said()
    assert page.vault.line.text() == ""
    folder = wizard.desk.flow.folder
    assert "correct horse" not in (folder / "case.toml").read_text(encoding="utf-8")
    wizard.desk.close()
    again = Officer(make_wizard(), qtbot)
    page = offered(again, folder, key)
    assert page.vault.line.isVisible()
    assert not page.vault.again.isVisible()
    page.vault.line.setText("wrong")
    again.press(Button.NextButton)
    assert again.wizard.desk.flow is None
    assert page.notice.error.fault is Fault.WRONG_PASSPHRASE
    page.vault.line.setText("correct horse battery")
    again.press(Button.NextButton)
    assert again.wizard.desk.flow is not None, again.said()


def test_it_is_taken_from_the_environment_where_it_stands_there(
    wizard: Wizard, qtbot: QtBot, case_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "from outside")
    officer = Officer(wizard, qtbot)
    offered(officer, case_file, case_file.parent / "officer.p12")
    officer.press(Button.NextButton)
    assert wizard.desk.flow is not None, officer.said()


def test_a_case_without_one_asks_for_none(wizard: Wizard, qtbot: QtBot, company: Path) -> None:
    page = offered(Officer(wizard, qtbot), company, company.parent / "officer.p12")
    assert not page.vault.isVisible()


def test_a_folder_that_is_typed_is_asked_for_too(
    wizard: Wizard, make_wizard: Callable[[], Wizard], qtbot: QtBot, case_file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv(VARIABLE, "from outside")
    officer = Officer(wizard, qtbot)
    offered(officer, case_file, case_file.parent / "officer.p12")
    officer.press(Button.NextButton)
    folder = wizard.desk.flow.folder
    wizard.desk.close()
    page = make_wizard().currentPage()
    page.old.setChecked(True)
    assert not page.vault.isVisible()
    page.where.line.setText(str(folder))
    assert page.vault.line.isVisible()
