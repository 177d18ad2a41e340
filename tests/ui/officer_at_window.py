"""An officer at the window: what the tests do is said in the officer's words, not in widgets."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWizard
from pytestqt.qtbot import QtBot

from app.domain.step import Step
from app.rehearsal import PASSPHRASES
from app.ui.pages.certify import CertifyPage
from app.ui.pages.company import CompanyPage
from app.ui.pages.confirm import ConfirmPage
from app.ui.pages.decide import DecidePage
from app.ui.pages.locate import LocatePage
from app.ui.pages.shred import ShredPage
from app.ui.pages.sign import SignPage
from app.ui.pages.wipe import WipePage
from app.ui.wizard import Wizard

LONG = 60_000
Button = QWizard.WizardButton


class Officer:
    """Drives one wizard by its buttons."""

    def __init__(self, wizard: Wizard, qtbot: QtBot) -> None:
        self.wizard, self.qtbot = wizard, qtbot

    def page(self, kind: type) -> object:
        page = self.wizard.currentPage()
        assert isinstance(page, kind), (
            f"{kind.__name__} wanted, {type(page).__name__} in sight: {self.said()}"
        )
        return page

    def said(self) -> str:
        page = self.wizard.currentPage()
        return page.notice.text() if page is not None else ""

    def press(self, button: Button) -> None:
        self.rest()
        widget = self.wizard.button(button)
        assert widget.isVisible(), f"{button} is not in sight; {self.said()}"
        assert widget.isEnabled(), f"{button} can't be pressed; {self.said()}"
        self.qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)
        if not self.wizard.desk.stepping:
            self.rest()

    def next(self) -> None:
        self.press(Button.NextButton)

    def rest(self) -> None:
        """Wait until no step runs and its page has shown the end."""

        def quiet() -> bool:
            pages = self.wizard.pages.values()
            return not self.wizard.desk.running and not any(getattr(page, "working", False) for page in pages)

        self.qtbot.waitUntil(quiet, timeout=LONG)

    def come_in(self, case: Path, officer: Path, passphrase: str = PASSPHRASES["OFFICER_PASSPHRASE"]) -> None:
        """Give a CASE.toml or a case folder, unlock, go on."""
        page = self.page(CompanyPage)
        self.wizard.offer(case)
        page.officer.file.set_path(officer)
        page.officer.passphrase.clear()
        self.qtbot.keyClicks(page.officer.passphrase, passphrase)
        self.next()

    def know_keys(self, company: Path) -> None:
        """Type the passphrases of the company's own key files."""
        phrases = self.wizard.desk.passphrases
        phrases[company / "keys" / "database.pem"] = PASSPHRASES["DATABASE_KEY_PASSPHRASE"]
        phrases[company / "keys" / "mail.p12"] = PASSPHRASES["MAIL_KEY_PASSPHRASE"]

    def locate(self) -> None:
        page = self.page(LocatePage)
        self.rest()  # the places that were given are looked up first
        assert page.run.go.isEnabled(), self.said()
        self.qtbot.mouseClick(page.run.go, Qt.MouseButton.LeftButton)
        assert self.wizard.desk.running, self.said()
        self.rest()
        assert self.wizard.desk.done(Step.LOCATE), self.said()

    def decide(self) -> None:
        self.page(DecidePage)
        self.rest()
        assert self.wizard.desk.done(Step.DECIDE), self.said()

    def confirm(self) -> None:
        page = self.page(ConfirmPage)
        self.qtbot.mouseClick(page.run.go, Qt.MouseButton.LeftButton)
        self.rest()
        self.rest()
        assert self.wizard.desk.done(Step.CONFIRM), self.said()
        if page.all_open.isEnabled():
            self.qtbot.mouseClick(page.all_open, Qt.MouseButton.LeftButton)
            self.qtbot.mouseClick(page.accept, Qt.MouseButton.LeftButton)
            self.rest()

    def sign(self, witness: Path) -> None:
        page = self.page(SignPage)
        page.witness.file.set_path(witness)
        self.qtbot.keyClicks(page.witness.passphrase, PASSPHRASES["WITNESS_PASSPHRASE"])
        self.qtbot.mouseClick(page.sign, Qt.MouseButton.LeftButton)
        self.rest()
        self.take_first_key()
        assert self.wizard.desk.signed, self.said()

    def take_first_key(self) -> None:
        """Be the witness: write the words down, and type those that are asked for."""
        dialog = self.wizard.currentPage()._key_dialog
        assert dialog is not None, self.said()
        note = [label.text() for label in dialog.told]
        self.qtbot.mouseClick(dialog.written, Qt.MouseButton.LeftButton)
        for line, place in zip(dialog.typed, dialog.asked, strict=True):
            line.setText(note[place - 1])
            line.textEdited.emit(line.text())
        self.qtbot.mouseClick(dialog.confirm, Qt.MouseButton.LeftButton)
        self.rest()

    def shred(self) -> None:
        self.page(ShredPage)
        self.press(Button.CommitButton)
        self.rest()
        assert self.wizard.desk.done(Step.SHRED), self.said()

    def arm_wipe(self) -> WipePage:
        page = self.page(WipePage)
        self.qtbot.keyClicks(page.typed, self.wizard.desk.flow.case.number)
        return page

    def wipe(self) -> None:
        self.arm_wipe()
        self.press(Button.CommitButton)
        self.rest()
        assert self.wizard.desk.done(Step.WIPE), self.said()

    def certify(self, witness: Path) -> CertifyPage:
        page = self.page(CertifyPage)
        page.witness.file.set_path(witness)
        self.qtbot.keyClicks(page.witness.passphrase, PASSPHRASES["WITNESS_PASSPHRASE"])
        self.qtbot.mouseClick(page.run.go, Qt.MouseButton.LeftButton)
        self.rest()
        self.rest()
        assert self.wizard.desk.done(Step.CERTIFY), self.said()
        return page

    def go_to(self, step: Step, company: Path) -> None:
        """From the locate page on, do what comes before a step."""
        acts = {
            Step.LOCATE: self.locate,
            Step.DECIDE: self.decide,
            Step.CONFIRM: self.confirm,
            Step.SIGN: lambda: self.sign(company / "witness.p12"),
            Step.SHRED: self.shred,
            Step.WIPE: self.wipe,
        }
        while self.wizard.step is not step:
            here = self.wizard.step
            self.rest()
            if not self.wizard.desk.done(here):
                acts[here]()
            self.press(Button.CommitButton if here.destroys else Button.NextButton)
            assert self.wizard.step is not here, self.said()


class Brake:
    """Holds a step's own thread after so many events of a kind, until it is let go."""

    def __init__(self, wizard: Wizard, kind: type, after: int) -> None:
        self.reached, self.go = threading.Event(), threading.Event()
        self._kind, self._left, self._desk = kind, after, wizard.desk
        self._tasks: list[object] = []
        wizard.desk.changed.connect(self._watch)

    def _watch(self) -> None:
        task = self._desk._task
        if task is not None and task not in self._tasks:
            self._tasks.append(task)
            task.happened.connect(self._hold, Qt.ConnectionType.DirectConnection)

    def _hold(self, event: object) -> None:
        if isinstance(event, self._kind) and threading.current_thread() is not threading.main_thread():
            self._left -= 1
            if self._left == 0:
                self.reached.set()
                self.go.wait(120)

    def release_soon(self) -> None:
        threading.Timer(0.2, self.go.set).start()


def close_in_the_middle(officer: Officer, brake: Brake, qtbot: QtBot, *, begin: Callable[[], None]) -> None:
    """Close the window while a step runs: it asks first, stays when told so, and closes after a safe point."""
    wizard = officer.wizard
    begin()
    qtbot.waitUntil(brake.reached.is_set, timeout=LONG)
    wizard.close()
    assert wizard.isVisible(), "it asks first"
    box = wizard._question
    assert box.text() == "要在下一个安全点停止并关闭吗？"
    stay = next(one for one in box.buttons() if one.text() == "继续运行(&K)")
    qtbot.mouseClick(stay, Qt.MouseButton.LeftButton)
    assert wizard.isVisible()
    assert wizard.desk.running
    wizard.close()
    stop = next(one for one in wizard._question.buttons() if one.text() == "停止并关闭(&S)")
    brake.release_soon()
    qtbot.mouseClick(stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not wizard.isVisible())
    assert not wizard.desk.running
    assert not [one for one in threading.enumerate() if one.name == "lethe-step"]
