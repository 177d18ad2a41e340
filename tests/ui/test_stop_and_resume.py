"""Stopping in the middle, closing, reopening: the case goes on where it stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from officer_at_window import Brake, Officer, close_in_the_middle
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWizard
from pytestqt.qtbot import QtBot

from app.domain.event import Looked, Noted
from app.domain.fate import Fate
from app.domain.fault import Fault, Refused
from app.domain.step import Gate, Step
from app.flow import Flow
from app.ui.wizard import Wizard
from app.ui.words import trouble


@pytest.fixture
def officer(wizard: Wizard, qtbot: QtBot, company: Path) -> Officer:
    one = Officer(wizard, qtbot)
    one.come_in(company, company.parent / "officer.p12")
    one.know_keys(company.parent)
    return one


def test_stopped_looking_goes_on(officer: Officer, company: Path, qtbot: QtBot) -> None:
    wizard = officer.wizard
    brake = Brake(wizard, Looked, 1)
    page = wizard.currentPage()
    qtbot.mouseClick(page.run.go, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(brake.reached.is_set)
    assert page.run.halt.isVisible()
    assert not wizard.button(QWizard.WizardButton.NextButton).isEnabled()
    assert not wizard.button(QWizard.WizardButton.BackButton).isEnabled()
    assert not page.places.remove.isEnabled()
    qtbot.mouseClick(page.run.halt, Qt.MouseButton.LeftButton)
    brake.release_soon()
    officer.rest()
    assert not wizard.desk.done(Step.LOCATE)
    assert officer.said().startswith("已停止")
    assert len(page.records.all()) > 0
    officer.locate()
    assert wizard.desk.done(Step.LOCATE)
    assert len(page.records.all()) > 50


def test_closed_in_the_middle_of_looking(
    officer: Officer, company: Path, qtbot: QtBot, make_wizard: Callable[[], Wizard]
) -> None:
    brake = Brake(officer.wizard, Looked, 1)
    page = officer.wizard.currentPage()
    close_in_the_middle(
        officer, brake, qtbot, begin=lambda: qtbot.mouseClick(page.run.go, Qt.MouseButton.LeftButton)
    )
    again = Officer(make_wizard(), qtbot)
    again.come_in(company.parent / "2026-001", company.parent / "officer.p12")
    assert again.wizard.step is Step.LOCATE
    again.locate()


def test_closed_in_the_middle_of_wiping(
    officer: Officer, company: Path, qtbot: QtBot, make_wizard: Callable[[], Wizard]
) -> None:
    home = company.parent
    officer.go_to(Step.WIPE, home)
    plan = officer.wizard.desk.flow.plan()
    doomed = [Path(item.path) for item in plan.with_fate(Fate.WIPE)]
    brake = Brake(officer.wizard, Noted, 1)  # overwritten and read back, not yet removed
    officer.arm_wipe()
    close_in_the_middle(officer, brake, qtbot, begin=lambda: officer.press(QWizard.WizardButton.CommitButton))

    again = Officer(make_wizard(), qtbot)
    again.come_in(home / "2026-001", home / "officer.p12")
    assert again.wizard.step is Step.WIPE
    page = again.wizard.currentPage()
    assert not all(row.outcome for row in page.entries.all())
    assert all(path.exists() for path in doomed)
    again.wipe()
    assert all(row.outcome for row in page.entries.all())
    assert not any(path.exists() for path in doomed)


def test_after_signing_nothing_before_can_be_changed(officer: Officer, company: Path, qtbot: QtBot) -> None:
    officer.go_to(Step.SHRED, company.parent)
    wizard = officer.wizard
    fate_before = [row.decision for row in wizard.desk.flow.rows()]
    for step in reversed(list(Step)[: Step.SHRED.index]):
        officer.press(QWizard.WizardButton.BackButton)
        assert wizard.step is step
        page = wizard.pages[step]
        assert page.locked
        assert officer.said() == ""
        if step is Step.SIGN:
            assert not page.sign.isVisible()
            assert "林晓文" in page.signed.text()
            assert not page.witness.file.isEnabled()
        elif step is Step.CONFIRM:
            assert not page.run.go.isEnabled()
            assert not page.custodians.list.add_other.isEnabled()
            assert not page.accept.isEnabled()
        elif step is Step.DECIDE:
            page.sheet.table.selectAll()
            assert not any(part.isEnabled() for part in (page.default, page.change, page.hold, page.fate))
        elif step is Step.LOCATE:
            assert not page.run.go.isEnabled()
            assert not page.places.add_folder.isEnabled()
            assert not page.places.list.acceptDrops()
            assert page.records.rowCount() > 50
        else:
            assert not page.form.company.isEnabled()
    assert wizard.step is Step.COMPANY
    for _ in range(Step.SHRED.index):
        officer.next()
    assert wizard.step is Step.SHRED
    assert [row.decision for row in wizard.desk.flow.rows()] == fate_before


def test_only_one_window_has_a_case(
    officer: Officer, company: Path, qtbot: QtBot, make_wizard: Callable[[], Wizard]
) -> None:
    other = Officer(make_wizard(), qtbot)
    other.come_in(company.parent / "2026-001", company.parent / "officer.p12")
    assert other.wizard.step is Step.COMPANY
    assert other.said() == trouble(Refused(Fault.CASE_IN_USE, str(company.parent / "2026-001")))


def test_a_finished_case_is_opened_only_to_be_read(
    officer: Officer, company: Path, qtbot: QtBot, make_wizard: Callable[[], Wizard]
) -> None:
    home = company.parent
    officer.go_to(Step.CERTIFY, home)
    page = officer.wizard.currentPage()
    page._open = lambda: None
    officer.certify(home / "witness.p12")
    officer.press(QWizard.WizardButton.FinishButton)
    again = Officer(make_wizard(), qtbot)
    again.come_in(home / "2026-001", home / "officer.p12")
    assert again.wizard.step is Step.CERTIFY, (again.said(), again.wizard.desk._standing)
    last = again.wizard.currentPage()
    assert last.paper.isVisible()
    assert not last.run.isVisible()
    assert last.path.text().endswith("certificate.pdf")
    qtbot.mouseClick(last.check, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: last._verdict is not None)
    assert last._verdict.valid
    assert Flow.open(home / "2026-001").gate(Step.LOCATE).gate is Gate.CLOSED
