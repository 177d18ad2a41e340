"""What the two commit pages share: the commit button begins the act, and goes on once it is done."""

from __future__ import annotations

from PySide6.QtWidgets import QWizard
from typing_extensions import override

from app.domain.event import Settled
from app.domain.step import Step
from app.ui.desk import Desk
from app.ui.pages.page import StepPage


class ActPage(StepPage):
    """A page whose step can't be taken back. Its button says the verb until the act is done."""

    def __init__(self, desk: Desk, step: Step) -> None:
        super().__init__(desk, step, starts=False)
        self.setCommitPage(True)

    def verb(self) -> str:
        """What the commit button says before the act."""
        raise NotImplementedError

    def armed(self) -> bool:
        """Whether the officer has done what must be done before the act."""
        return True

    def settled(self, event: Settled) -> None:
        """One item ended."""

    @override
    def happened(self, event: object) -> None:
        if isinstance(event, Settled) and event.step is self.step:
            self.settled(event)

    @override
    def isComplete(self) -> bool:
        if self.desk.running:
            return False
        if self.desk.done(self.step):
            return True
        return self.desk.gate(self.step) is None and self.armed()

    @override
    def validatePage(self) -> bool:
        if self.desk.done(self.step):
            return super().validatePage()
        if self.isComplete():
            self.begin()
        return False

    @override
    def refresh(self) -> None:
        done = self.desk.done(self.step)
        self.setButtonText(QWizard.WizardButton.CommitButton, self.tr("&Next") if done else self.verb())
        super().refresh()
