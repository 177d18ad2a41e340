"""Processes that stand ready for the look are ended when the officer goes elsewhere, whichever way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from officer_at_window import Officer
from PySide6.QtWidgets import QWizard
from pytestqt.qtbot import QtBot

from app.domain.fault import Fault, Refused
from app.domain.step import Step
from app.ui.wizard import Wizard
from tests.held import below

Leave = Callable[[Officer, Path], None]


def ready() -> set[int]:
    """The processes that look, of this one."""
    return set(below())


def go_back(officer: Officer, _: Path) -> None:
    officer.press(QWizard.WizardButton.BackButton)


def close(officer: Officer, _: Path) -> None:
    officer.wizard.close()


def look(officer: Officer, _: Path) -> None:
    standing = officer.wizard.desk.crew
    officer.locate()
    assert officer.wizard.desk.flow.sought.crew is standing, "those that stood ready did it"


def be_refused_and_go_back(officer: Officer, company: Path) -> None:
    """The look is asked for with a list that can't be read."""
    page = officer.wizard.currentPage()
    page.sought.list.set_path(company)
    page.run.go.click()
    officer.rest()
    assert page.notice.error.fault is Fault.CUSTOMERS_UNREADABLE
    assert ready(), "they still stand ready"
    page.sought.list.set_path(None)
    officer.press(QWizard.WizardButton.BackButton)


def go_back_after_no_look(officer: Officer, _: Path) -> None:
    """The flow refuses to begin."""
    page, desk = officer.wizard.currentPage(), officer.wizard.desk

    def refuse(*_: object) -> None:
        raise Refused(Fault.DISK_FULL)

    begin, desk.begin = desk.begin, refuse
    page.run.go.click()
    officer.rest()
    desk.begin = begin
    assert page.notice.error.fault is Fault.DISK_FULL
    officer.press(QWizard.WizardButton.BackButton)


@pytest.mark.parametrize("leave", [go_back, close, look, be_refused_and_go_back, go_back_after_no_look])
def test_none_is_left_behind(wizard: Wizard, qtbot: QtBot, company: Path, leave: Leave) -> None:
    before = ready()
    officer = Officer(wizard, qtbot)
    officer.come_in(company, company.parent / "officer.p12")
    officer.know_keys(company.parent)
    assert wizard.step is Step.LOCATE
    qtbot.waitUntil(lambda: bool(ready() - before))
    leave(officer, company)
    qtbot.waitUntil(lambda: not ready() - before)


def test_who_comes_back_finds_others_ready(wizard: Wizard, qtbot: QtBot, company: Path) -> None:
    before = ready()
    officer = Officer(wizard, qtbot)
    officer.come_in(company, company.parent / "officer.p12")
    qtbot.waitUntil(lambda: bool(ready() - before))
    officer.press(QWizard.WizardButton.BackButton)
    qtbot.waitUntil(lambda: not ready() - before)
    officer.next()
    qtbot.waitUntil(lambda: bool(ready() - before))
