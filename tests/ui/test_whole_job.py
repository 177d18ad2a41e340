"""The whole job through the window, on a real company with real people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from officer_at_window import Officer
from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.domain.fate import Fate
from app.domain.outcome import Outcome
from app.domain.step import Step
from app.language import Language
from app.ui.pages.certify import CertifyPage
from app.ui.translation import speak
from app.ui.wizard import Wizard


class Reader(QObject):
    """Stands where the system's PDF reader would."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        self.opened.append(url.toLocalFile())


@pytest.fixture
def reader(qapp: QApplication) -> Iterator[Reader]:
    one = Reader()
    QDesktopServices.setUrlHandler("file", one, "open")
    yield one
    QDesktopServices.unsetUrlHandler("file")


@pytest.mark.parametrize("language", list(Language))
def test_from_the_first_page_to_the_certificate(
    make_wizard: Callable[[], Wizard],
    app: QApplication,
    qtbot: QtBot,
    company: Path,
    reader: Reader,
    language: Language,
) -> None:
    speak(app, language)
    wizard, home = make_wizard(), company.parent
    officer = Officer(wizard, qtbot)
    officer.come_in(company, home / "officer.p12")
    officer.know_keys(home)
    officer.go_to(Step.CERTIFY, home)
    flow = wizard.desk.flow
    plan = flow.plan()
    assert plan.with_fate(Fate.WIPE)
    for result in flow.results():
        if result.step is Step.WIPE and result.outcome in (Outcome.PROVEN, Outcome.OVERWRITTEN):
            path = next(item.path for item in plan.items if item.id == result.id)
            assert not Path(path).exists()
    kept = [item for item in plan.items if item.protected]
    assert kept
    assert all(Path(item.path).exists() for item in kept)

    officer.rest()
    page = officer.page(CertifyPage)
    assert page.witness.file.path() == home / "witness.p12"
    assert not page.witness.make.isVisible()
    before = {row.id for row in page.entries.all()}
    assert {item.id for item in kept} <= before, "what is kept is listed before the certificate is made, too"
    told, paced = [], page.paced

    def heard(pace: object) -> None:
        paced(pace)
        told.append((pace, page.verdict.text()))

    page.paced = heard
    page = officer.certify(home / "witness.p12")
    assert told[0][0] is None
    assert len(told) > 1, "what is verified is said while it is"
    colon = "：" if language is Language.ZH else ": "
    for pace, text in told[1:]:
        assert pace.unit in ("bytes", "entries", "rows", "leaves", "signatures")
        assert text.count(colon) >= 2, text
    assert {row.id for row in page.entries.all()} >= before
    qtbot.waitUntil(lambda: page._verdict is not None)
    assert page._verdict.valid, [check for check in page._verdict.checks if not check.ok]
    assert reader.opened == [str(flow.certificate)]
    assert page.path.text() == str(flow.certificate)
    assert page.verdict.text().startswith("核验通过" if language is Language.ZH else "Verified")
    assert len(page.entries.all()) >= len(kept)
    officer.press(wizard.WizardButton.FinishButton)
    assert not wizard.isVisible()
    assert wizard.desk.flow is None
