"""The wizard: eight pages in a line, kept stupid. The flow decides what may be entered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget, QWizard
from typing_extensions import override

from app.domain.step import Step
from app.language import Language
from app.ui.desk import Desk
from app.ui.pages.certify import CertifyPage
from app.ui.pages.company import CompanyPage
from app.ui.pages.confirm import ConfirmPage
from app.ui.pages.decide import DecidePage
from app.ui.pages.locate import LocatePage
from app.ui.pages.page import Page, StepPage
from app.ui.pages.shred import ShredPage
from app.ui.pages.sign import SignPage
from app.ui.pages.wipe import WipePage
from app.ui.translation import speak
from app.ui.widgets.spoken import Spoken
from app.ui.widgets.steplist import State, StepList
from app.ui.words import language

if TYPE_CHECKING:
    from app.ui.pages.verify import VerifyWindow

_PAGES: Final = (
    CompanyPage,
    LocatePage,
    DecidePage,
    ConfirmPage,
    SignPage,
    ShredPage,
    WipePage,
    CertifyPage,
)
_Button = QWizard.WizardButton


class Wizard(Spoken, QWizard):
    """The window. Page ids are the steps' places in their order."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = Desk(self)
        self._walking = self._closing = False
        self._question: QMessageBox | None = None
        self.checking: VerifyWindow | None = None
        self.setWindowFlags(
            Qt.WindowType.Window | Qt.WindowType.WindowMinMaxButtonsHint | Qt.WindowType.WindowCloseButtonHint
        )
        self.setWizardStyle(QWizard.WizardStyle.ModernStyle)
        self.setOption(QWizard.WizardOption.NoBackButtonOnStartPage)
        self.setOption(QWizard.WizardOption.HaveCustomButton1)
        self.setOption(QWizard.WizardOption.HaveCustomButton2)
        self.setButtonLayout(
            [
                _Button.CustomButton1,
                _Button.CustomButton2,
                _Button.Stretch,
                _Button.BackButton,
                _Button.NextButton,
                _Button.CommitButton,
                _Button.FinishButton,
                _Button.CancelButton,
            ]
        )
        self.steps = StepList()
        self.setSideWidget(self.steps)
        self.pages: dict[Step, Page] = {}
        for step, page in zip(Step, _PAGES, strict=True):
            self.pages[step] = page(self.desk)
            self.setPage(step.index, self.pages[step])
            # After Qt's own slot, which would let Back be pressed while a step runs.
            self.pages[step].completeChanged.connect(self._mind_back)
        first = self.pages[Step.COMPANY]
        if isinstance(first, CompanyPage):
            first.came_in.connect(self._came_in)
        self.customButtonClicked.connect(self._pressed)
        self.currentIdChanged.connect(self._entered)
        self.desk.changed.connect(self._mark)
        self.desk.changed.connect(self._close_when_stopped)
        self.retranslate()
        metrics, room = self.fontMetrics(), self.screen().availableSize()
        width, height = metrics.horizontalAdvance("0") * 136, metrics.height() * 42
        # The frame takes its room too, and is not known before the window is in sight.
        self.resize(min(width, room.width() * 19 // 20), min(height, room.height() * 19 // 20))

    @property
    def step(self) -> Step:
        """The step whose page is in sight."""
        return list(Step)[max(0, self.currentId())]

    @property
    def language(self) -> Language:
        """The language the window speaks."""
        return language()

    def offer(self, case: Path) -> None:
        """Fill the first page from a case folder or a CASE.toml."""
        page = self.pages[Step.COMPANY]
        if isinstance(page, CompanyPage):
            page.offer(case)

    def switch_language(self) -> None:
        """Change between Chinese and English, at once and everywhere."""
        app = QApplication.instance()
        if app is not None:
            speak(app, Language.EN if self.language is Language.ZH else Language.ZH)

    def check_certificate(self) -> None:
        """Show the window that checks what was issued, by whomever; it needs no case."""
        from app.ui.pages.verify import VerifyWindow

        if self.checking is None:
            self.checking = VerifyWindow(self)
        self.checking.show()
        self.checking.raise_()
        self.checking.activateWindow()

    def walk_to(self, step: Step) -> None:
        """Go on to a step past those that are done, so that Back leads through them."""
        self._walking = True
        try:
            while self.currentId() < step.index:
                before = self.currentId()
                self.next()
                if self.currentId() == before:
                    break
        finally:
            self._walking = False
        self._entered(self.currentId())

    @override
    def validateCurrentPage(self) -> bool:
        return self._walking or super().validateCurrentPage()

    @override
    def reject(self) -> None:
        """Close; while a step runs ask first, then stop it cleanly. The case goes on from there."""
        if not self.desk.stepping:
            self._close()
            return
        if self._question is None:
            self._ask_to_stop()

    @override
    def accept(self) -> None:
        self.desk.close()
        super().accept()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape does not close the window: it is no dialog to be waved away."""
        if event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)

    def _pressed(self, button: int) -> None:
        if button == _Button.CustomButton1.value:
            self.switch_language()
        else:
            self.check_certificate()

    def _came_in(self) -> None:
        """A case was opened: go to where it stands."""
        open_step = self.desk.first_open()
        self.walk_to(Step.LOCATE if open_step is Step.COMPANY else open_step)

    def _close(self) -> None:
        if self.checking is not None:
            self.checking.close()
        self.desk.close()
        super().reject()

    def _ask_to_stop(self) -> None:
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(self.tr("A step is running"))
        box.setText(self.tr("Stop at the next safe point and close?"))
        box.setInformativeText(
            self.tr("Nothing is lost. Open the case again and it goes on exactly where it stopped.")
        )
        stop = box.addButton(self.tr("&Stop and close"), QMessageBox.ButtonRole.AcceptRole)
        stay = box.addButton(self.tr("&Keep running"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(stay)
        box.setEscapeButton(stay)
        box.finished.connect(lambda _: self._answered(box.clickedButton() is stop))
        self._question = box
        box.open()

    def _answered(self, stop: bool) -> None:
        if self._question is not None:
            self._question.deleteLater()
            self._question = None
        if stop:
            # Not joined here: a large file may take its time, and the window must go on painting.
            self._closing = True
            page = self.pages[self.step]
            if isinstance(page, StepPage):
                page.halt()
            self._close_when_stopped()

    def _close_when_stopped(self) -> None:
        if self._closing and not self.desk.running:
            self._closing = False
            self._close()

    def _entered(self, _: int) -> None:
        if self._walking or self.currentId() < 0:
            return
        page = self.pages[self.step]
        if self.step is not Step.LOCATE:
            self.desk.stand_down()
        # On a commit page Enter must not be able to begin what can't be taken back.
        self.setOption(QWizard.WizardOption.NoDefaultButton, self.step.destroys)
        page.enter()
        self._mark()

    def _mark(self) -> None:
        here = self.step
        states: dict[Step, State] = {}
        for step in Step:
            if step is here:
                states[step] = State.HERE
            elif self.desk.done(step):
                states[step] = State.DONE
            elif self.desk.begun(step):
                states[step] = State.BEGUN
            elif self.desk.flow is not None and self.desk.gate(step) is None:
                states[step] = State.OPEN
            else:
                states[step] = State.CLOSED
        self.steps.show_states(states)
        self._mind_back()

    def _mind_back(self) -> None:
        visited = self.visitedIds()
        free = not self.desk.running and len(visited) > 1
        allowed = free and not self.page(visited[-2]).isCommitPage()
        self.button(_Button.BackButton).setEnabled(allowed)

    @override
    def retranslate(self) -> None:
        # The program's own name is put behind it by Qt.
        self.setWindowTitle(self.tr("Disposal of customer data"))
        for button, text in (
            (_Button.BackButton, self.tr("&Back")),
            (_Button.NextButton, self.tr("&Next")),
            (_Button.FinishButton, self.tr("&Finish")),
            (_Button.CancelButton, self.tr("Close")),
            (_Button.CustomButton1, self.tr("中文")),
            (_Button.CustomButton2, self.tr("Check a certificate…")),
        ):
            self.setButtonText(button, text)
            self.button(button).setAccessibleName(text.replace("&", ""))
        self.steps.setAccessibleName(self.tr("Steps"))
        self._mark()
