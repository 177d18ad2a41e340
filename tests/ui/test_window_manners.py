"""Every page, in both languages: named for a screen reader, reachable by keyboard, nothing clipped."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from officer_at_window import Officer
from PySide6.QtCore import QSettings, Qt, QTimer
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QDialog,
    QGroupBox,
    QLabel,
    QPushButton,
    QTabBar,
    QTabWidget,
    QWidget,
    QWizard,
)
from pytestqt.qtbot import QtBot

from app.domain.case import Role
from app.domain.conditions import KeyWord
from app.domain.step import Step
from app.journal import FirstKey
from app.language import Language
from app.ui import open_window
from app.ui.desk import Desk
from app.ui.pages.add_backup import OTHERS, BackupDialog
from app.ui.pages.add_database import DatabaseDialog
from app.ui.pages.add_key import StoreKeyDialog
from app.ui.pages.first_key_dialog import FirstKeyDialog
from app.ui.pages.hold_dialog import HoldDialog
from app.ui.pages.key_word_dialog import KeyWordDialog
from app.ui.pages.verify import VerifyWindow
from app.ui.translation import speak
from app.ui.widgets.new_person import NewPerson
from app.ui.widgets.steplist import State
from app.ui.wizard import Wizard

KEYS = {Qt.FocusPolicy.TabFocus, Qt.FocusPolicy.StrongFocus, Qt.FocusPolicy.WheelFocus}


def every_page(officer: Officer, company: Path) -> Iterator[str]:
    """Walk through the case and stop at every page, before and after its step."""
    home = company.parent
    yield "start"
    officer.come_in(company, home / "officer.p12")
    officer.know_keys(home)
    for step in list(Step)[Step.LOCATE.index : Step.CERTIFY.index]:
        officer.rest()
        yield f"{step.value} before"
        following = list(Step)[step.index + 1]
        if not step.destroys and step is not Step.SIGN:
            tabs = officer.wizard.currentPage().findChild(QTabWidget)
            for at in range(tabs.count() if tabs else 0):
                tabs.setCurrentIndex(at)
                yield f"{step.value} tab {at}"
        officer.go_to(following, home)
    yield "certify"


@pytest.fixture
def settled(app: QApplication) -> Callable[[Language], None]:
    def settle(language: Language) -> None:
        speak(app, language)
        for _ in range(3):
            app.processEvents()

    return settle


def in_sight(top: QWidget) -> list[QWidget]:
    return [widget for widget in top.findChildren(QWidget) if widget.isVisible()]


def nameless(top: QWidget) -> list[str]:
    found = []
    for widget in in_sight(top):
        inner = isinstance(widget.parent(), (QAbstractScrollArea, QAbstractSpinBox, QTabWidget))
        if widget.focusPolicy() in KEYS and not inner and not isinstance(widget, QTabBar):
            face = QAccessible.queryAccessibleInterface(widget)
            if not face.text(QAccessible.Text.Name).strip():
                found.append(f"{type(widget).__name__} {widget.objectName()}")
    return found


def clipped(top: QWidget) -> list[str]:
    found = []
    for widget in in_sight(top):
        if isinstance(widget, QLabel) and widget.text() and widget.pixmap().isNull():
            need = widget.heightForWidth(widget.width()) if widget.wordWrap() else widget.sizeHint().height()
            short = not widget.wordWrap() and widget.sizeHint().width() > widget.width()
            if short or need > widget.height() + 1:
                found.append(f"label {widget.text()!r} {widget.size()} needs {widget.sizeHint()}")
        if isinstance(widget, QPushButton) and widget.sizeHint().width() > widget.width() + 1:
            found.append(f"button {widget.text()!r}")
        if isinstance(widget, QGroupBox) and widget.minimumSizeHint().width() > widget.width() + 1:
            found.append(f"group {widget.title()!r}")
    return found


def doubled(top: QWidget) -> dict[str, int]:
    keys: Counter[str] = Counter()
    for widget in in_sight(top):
        texts = []
        if isinstance(widget, QAbstractButton):
            texts = [widget.text()] if widget.isEnabled() else []
        elif isinstance(widget, QLabel) and widget.buddy() is not None:
            texts = [widget.text()]
        elif isinstance(widget, QTabBar):
            texts = [widget.tabText(at) for at in range(widget.count())]
        for text in texts:
            keys.update(letter.upper() for letter in re.findall(r"&(\w)", text))
    return {key: n for key, n in keys.items() if n > 1}


def test_every_page_is_named_unclipped_and_has_its_own_mnemonics(
    wizard: Wizard, qtbot: QtBot, company: Path, settled: Callable[[Language], None]
) -> None:
    faults: list[tuple[str, str, object]] = []
    for where in every_page(Officer(wizard, qtbot), company):
        page = wizard.currentPage()
        for language in Language:
            settled(language)
            seen = (nameless(wizard), clipped(wizard), doubled(wizard))
            faults.extend((where, language.value, fault) for fault in seen if fault)
            assert QAccessible.queryAccessibleInterface(page).text(QAccessible.Text.Name) == page.title()
        settled(Language.ZH)
    assert faults == []


def every_addition() -> Iterator[QDialog]:
    """The dialogs that ask for more than a path, with every choice that shows other lines."""
    desk = Desk()
    keys = StoreKeyDialog(desk, None)
    for at in range(keys.kind.count()):
        dialog = StoreKeyDialog(desk, None)
        dialog.kind.setCurrentIndex(at)
        yield dialog
    for at, kind in enumerate(OTHERS):
        for what in range(2 if kind == "duplicity" else 5 if kind == "declared" else 1):
            backup = BackupDialog(desk, None)
            backup.kind.setCurrentIndex(at)
            backup.disposal.setCurrentIndex(what)
            yield backup
    yield DatabaseDialog(desk, None)
    yield KeyWordDialog(KeyWord())


@pytest.mark.parametrize("language", list(Language))
def test_dialogs_are_named_unclipped_and_have_their_own_mnemonics(
    app: QApplication, qtbot: QtBot, language: Language
) -> None:
    speak(app, language)
    dialogs: list[QDialog] = [
        NewPerson(Role.WITNESS),
        HoldDialog(12),
        VerifyWindow(),
        FirstKeyDialog(FirstKey.new(), "2026-001"),
        *every_addition(),
    ]
    for dialog in dialogs:
        qtbot.addWidget(dialog)
        dialog.show()
        app.processEvents()
        assert (nameless(dialog), clipped(dialog), doubled(dialog)) == ([], [], {})


def test_no_text_is_left_in_the_other_language(
    wizard: Wizard, qtbot: QtBot, company: Path, settled: Callable[[Language], None]
) -> None:
    """Labels and buttons only: tables and lists hold names of the company's own."""
    allowed = re.compile(r"^$|^[\W\d]*$|PKCS|2026|中文|English|[0-9a-f]{8}|^https?:")
    officer = Officer(wizard, qtbot)
    for where in every_page(officer, company):
        settled(Language.ZH)
        for widget in in_sight(wizard):
            text = widget.text() if isinstance(widget, (QLabel, QAbstractButton)) else ""
            if not allowed.search(text):
                assert re.search("[\u4e00-\u9fff]", text), (where, text)


def test_the_first_page_can_be_filled_by_tab_alone(wizard: Wizard, qtbot: QtBot) -> None:
    page = wizard.currentPage()
    wanted = [
        page.officer.file.line,
        page.officer.passphrase,
        page.form.number,
        page.form.company,
        page.form.uscc,
    ]
    page.new.setFocus()
    seen: list[QWidget] = []
    for _ in range(60):
        qtbot.keyClick(wizard, Qt.Key.Key_Tab)
        focus = wizard.focusWidget()
        if focus in wanted and focus not in seen:
            seen.append(focus)
    assert seen == wanted


def test_the_window_fits_a_small_screen(wizard: Wizard, settled: Callable[[Language], None]) -> None:
    """1366 x 768, less the bars of the system."""
    for language in Language:
        settled(language)
        least = wizard.minimumSizeHint().expandedTo(wizard.minimumSize())
        assert least.width() <= 1366
        assert least.height() <= 700


def test_escape_does_not_close_the_window(wizard: Wizard, qtbot: QtBot) -> None:
    qtbot.keyClick(wizard, Qt.Key.Key_Escape)
    assert wizard.isVisible()


def test_enter_never_begins_what_cannot_be_taken_back(wizard: Wizard, qtbot: QtBot, company: Path) -> None:
    officer = Officer(wizard, qtbot)
    officer.come_in(company, company.parent / "officer.p12")
    officer.know_keys(company.parent)
    officer.go_to(Step.SHRED, company.parent)
    qtbot.keyClick(wizard, Qt.Key.Key_Return)
    assert not wizard.desk.running
    assert wizard.button(QWizard.WizardButton.CommitButton).text() == "粉碎密钥(&S)"
    officer.go_to(Step.WIPE, company.parent)
    assert not wizard.button(QWizard.WizardButton.BackButton).isEnabled()
    assert not wizard.button(QWizard.WizardButton.CommitButton).isEnabled()
    page = officer.arm_wipe()
    assert wizard.button(QWizard.WizardButton.CommitButton).text() == "擦除(&W)"
    qtbot.keyClick(page.typed, Qt.Key.Key_Return)
    assert not wizard.desk.running
    page.typed.setText("2026-002")
    assert not wizard.button(QWizard.WizardButton.CommitButton).isEnabled()


def test_the_list_of_steps_says_by_word_where_the_case_stands(
    wizard: Wizard, qtbot: QtBot, company: Path
) -> None:
    officer = Officer(wizard, qtbot)
    assert set(wizard.steps.states().values()) == {State.HERE, State.CLOSED}
    officer.come_in(company, company.parent / "officer.p12")
    officer.go_to(Step.DECIDE, company.parent)
    states = wizard.steps.states()
    assert states[Step.LOCATE] is State.DONE
    assert states[Step.DECIDE] is State.HERE
    assert states[Step.WIPE] is State.CLOSED
    said = {label.text() for label in in_sight(wizard.steps) if isinstance(label, QLabel)}
    assert {"已完成", "当前", "尚未开始"} <= said
    marks = [face.accessibleName() for face in in_sight(wizard.steps) if face.accessibleName()]
    assert "2. 查找记录: 已完成" in marks


@pytest.mark.parametrize("language", list(Language))
def test_the_program_opens_on_a_case_and_remembers_its_language(
    app: QApplication, company: Path, tmp_path: Path, language: Language
) -> None:
    QSettings.setPath(QSettings.Format.NativeFormat, QSettings.Scope.UserScope, str(tmp_path / "settings"))
    seen: list[tuple[str, str, str]] = []

    def look_and_close() -> None:
        wizard = next(top for top in app.topLevelWidgets() if isinstance(top, Wizard) and top.isVisible())
        page = wizard.currentPage()
        seen.append((page.title(), page.form.number.text(), str(page.officer.file.path())))
        wizard.close()

    for wish in (language.value, ""):
        QTimer.singleShot(200, look_and_close)
        assert open_window(["lethe"], case=company, language=wish) == 0
    title = "公司信息" if language is Language.ZH else "Company"
    assert seen == [(title, "2026-001", str(company.parent / "officer.p12"))] * 2
