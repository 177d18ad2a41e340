"""On a small screen every page fits, also with a notice on it: the window never grows beyond the screen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from officer_at_window import Officer
from PySide6.QtWidgets import QApplication, QDialog, QLabel
from pytestqt.qtbot import QtBot

from app.domain.case import CertificateTerms
from app.domain.conditions import KeyWord
from app.domain.fault import Fault, Refused
from app.domain.vaulting import VaultTerms
from app.language import Language
from app.steps.shred.services import SERVICES
from app.ui.desk import Desk
from app.ui.pages.add_backup import OTHERS, BackupDialog
from app.ui.pages.add_database import DatabaseDialog
from app.ui.pages.add_key import StoreKeyDialog
from app.ui.pages.key_word_dialog import KeyWordDialog
from app.ui.pages.locate import LocatePage
from app.ui.pages.terms_dialog import TermsDialog
from app.ui.pages.vault_dialog import VaultDialog
from app.ui.translation import speak
from app.ui.widgets.plain import choose
from app.ui.wizard import Wizard

SMALL = (1024, 640)


@pytest.mark.parametrize("language", list(Language))
def test_every_page_fits_with_a_notice_on_it(app: QApplication, wizard: Wizard, language: Language) -> None:
    speak(app, language)
    wizard.resize(*SMALL)
    app.processEvents()
    room = wizard.currentPage().size()
    for step, page in wizard.pages.items():
        page.notice.tell(Refused(Fault.CUSTOMERS_UNREADABLE, "/home/officer/customers/list.csv"))
        need = page.minimumSizeHint()
        assert need.height() <= room.height(), step
        assert need.width() <= room.width(), step


@pytest.mark.parametrize("language", list(Language))
def test_the_window_stays_and_all_tabs_are_in_sight(
    app: QApplication, wizard: Wizard, qtbot: QtBot, company: Path, language: Language
) -> None:
    speak(app, language)
    wizard.resize(*SMALL)
    officer = Officer(wizard, qtbot)
    officer.come_in(company, company.parent / "officer.p12")
    page: LocatePage = officer.page(LocatePage)
    page.sought.list.set_path(company)
    page.sought.named.emit()
    officer.rest()
    assert page.notice.error.fault is Fault.CUSTOMERS_UNREADABLE
    app.processEvents()
    assert wizard.size().toTuple() == SMALL
    assert page.tabs.tabBar().sizeHint().width() <= page.tabs.width()


def asking() -> Iterator[QDialog]:
    """The dialogs with help below their fields, one for each kind of store and of backup."""
    yield DatabaseDialog(Desk(), None)
    yield VaultDialog(VaultTerms(), made=False)
    yield TermsDialog(CertificateTerms(Path("/out")), locked=False)
    yield KeyWordDialog(KeyWord())
    for kind in SERVICES:
        key = StoreKeyDialog(Desk(), None)
        choose(key.kind, kind)
        yield key
    for kind in OTHERS:
        backup = BackupDialog(Desk(), None)
        choose(backup.kind, kind)
        yield backup


@pytest.mark.parametrize("language", list(Language))
def test_no_line_of_help_is_cut_in_a_dialog_made_narrow(
    app: QApplication, qtbot: QtBot, language: Language
) -> None:
    speak(app, language)
    for dialog in asking():
        qtbot.addWidget(dialog)
        dialog.open()
        for width in (dialog.width(), dialog.minimumWidth()):
            dialog.resize(width, dialog.minimumHeight())
            app.processEvents()
            cut = [
                label.text()
                for label in dialog.findChildren(QLabel)
                if label.isVisible()
                and label.wordWrap()
                and label.height() < label.heightForWidth(label.width())
            ]
            assert not cut, (type(dialog).__name__, width)
        dialog.reject()
