"""What every page of the wizard is: a step, a title, one place for what is wrong, a retranslation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QVBoxLayout, QWizardPage
from typing_extensions import override

from app.domain.event import Progressed
from app.domain.fault import GateClosed, Refused
from app.domain.step import Step
from app.ui.desk import Desk
from app.ui.mishap import show_mishap
from app.ui.task import Task
from app.ui.widgets.notice import Notice
from app.ui.widgets.runbar import RunBar
from app.ui.widgets.spoken import Spoken

if TYPE_CHECKING:
    from app.flow import Flow
    from app.identity import Identity


class Page(Spoken, QWizardPage):
    """The page of one step. Subclasses build in `__init__`, speak in `retranslate`, read in `load`."""

    def __init__(self, desk: Desk, step: Step) -> None:
        super().__init__()
        self.desk, self.step = desk, step
        self.notice = Notice()
        self._answer: object = None
        self._then: Callable[[Any], None] = self.show_fetched
        self.column = QVBoxLayout(self)
        self.column.setSpacing(self.fontMetrics().height() * 2 // 3)
        desk.changed.connect(self.refresh)

    @property
    def locked(self) -> bool:
        """Whether signing has put this page beyond change."""
        return self.desk.signed and self.step.index <= Step.SIGN.index

    def title_as(self, title: str, subtitle: str) -> None:
        """Name the page on its top and for a screen reader."""
        self.setTitle(title)
        self.setSubTitle(subtitle)
        self.setAccessibleName(title)
        self.setAccessibleDescription(subtitle)

    def enter(self) -> None:
        """The page comes in sight: read the case and say why nothing can be done, if so."""
        self.notice.clear()
        flow = self.desk.flow
        if flow is not None and self.desk.free:
            gate = self.desk.gate(self.step)
            if gate is not None and not self.desk.done(self.step) and not self.locked:
                self.notice.tell(gate)
            self.load(flow)
            self.read()
        self.refresh()

    def load(self, flow: Flow) -> None:
        """Show what the officer declared; quick."""

    def read(self) -> None:
        """Read from the register off the window's thread, then show it: there may be 200,000 records."""
        flow = self.desk.flow
        if flow is not None and self.desk.free:
            self.ask(lambda: self.fetch(flow), then=self.show_fetched)

    def fetch(self, flow: Flow) -> object:
        """Read what the page shows. Runs on another thread and touches no widget."""
        return flow.folder

    def show_fetched(self, fetched: Any) -> None:
        """Show what `fetch` gave."""

    def refresh(self) -> None:
        """The case stands differently: allow or forbid accordingly."""
        self.completeChanged.emit()

    def leave(self) -> bool:
        """The officer presses Next: do what is left to do, or say why not and stay."""
        return True

    @override
    def isComplete(self) -> bool:
        return self.desk.done(self.step) and not self.desk.running

    @override
    def validatePage(self) -> bool:
        if not self.leave():
            return False
        if self.step is Step.CERTIFY:
            return True
        following = list(Step)[self.step.index + 1]
        gate = self.desk.gate(following)
        if gate is not None and not self.desk.done(following):
            self.notice.tell(gate)
            return False
        return True

    def complain(self, error: BaseException) -> None:
        """Say what is wrong: in place, and with a report where it was not foreseen."""
        self.notice.tell(error)
        if not isinstance(error, (Refused, GateClosed)):
            show_mishap(error, self)

    def ask(self, function: Callable[[], object], *, then: Callable[[Any], None]) -> None:
        """Do one slow thing off the window's thread; once it is over, give its result to `then`."""
        self._watch(self.desk.call(function), then)

    def watch(self, pieces: Iterator[object], *, then: Callable[[Any], None]) -> None:
        """As `ask`, in pieces: `paced` hears of each Progressed, and the last other one is the result."""
        self._watch(self.desk.look(pieces), then)

    def paced(self, pace: Progressed) -> None:
        """What is watched has come so far."""

    def _watch(self, task: Task, then: Callable[[Any], None]) -> None:
        self._answer, self._then = None, then
        task.happened.connect(self._hear)
        task.stopped.connect(self._heard)
        task.failed.connect(self._unheard)
        task.start()

    def _hear(self, answer: object) -> None:
        if isinstance(answer, Progressed):
            self.paced(answer)
        else:
            self._answer = answer

    def _heard(self, done: bool) -> None:
        if done:
            answer, self._answer = self._answer, None
            self._then(answer)
            self.refresh()

    def _unheard(self, error: BaseException) -> None:
        self.complain(error)
        self.refresh()


class StepPage(Page):
    """A page whose step runs on a thread: starts it, shows it, stops it."""

    def __init__(self, desk: Desk, step: Step, *, starts: bool = True) -> None:
        super().__init__(desk, step)
        self.run = RunBar(starts=starts)
        self.run.start.connect(self.begin)
        self.run.stop.connect(self.halt)
        self._mine = False

    @property
    def working(self) -> bool:
        """Whether this page's own step is under way, or its end was not shown yet."""
        return self._mine

    def people(self) -> Sequence[Identity]:
        """Who must be there for the step."""
        return ()

    def begin(self) -> None:
        """Start the step, or go on with it."""
        self.notice.clear()
        try:
            task = self.desk.begin(self.step, self.people())
        except (Refused, GateClosed) as refusal:
            self.notice.tell(refusal)
            return
        self.work(task)

    def work(self, task: Task) -> None:
        """Run a task as this page's own: it is shown, and stopped, like its step."""
        self._mine = True
        self._wire(task)
        self.began()
        self.run.began()
        self.refresh()
        task.start()

    def halt(self) -> None:
        """Ask for a stop between two events."""
        self.run.stopping()
        self.desk.stop()

    def began(self) -> None:
        """The step is about to run."""

    def happened(self, event: object) -> None:
        """The step said something that is not about its progress."""

    def ended(self, done: bool) -> None:
        """The step came to its end, or was stopped; the flow may be read again."""

    def _wire(self, task: Task) -> None:
        task.happened.connect(self._happened)
        task.stopped.connect(self._stopped)
        task.failed.connect(self._failed)

    def _happened(self, event: object) -> None:
        if isinstance(event, Progressed):
            self.run.progress(event)
        else:
            self.happened(event)

    def _stopped(self, done: bool) -> None:
        self._mine = False
        self.run.ended(done)
        if self.desk.free:
            self.ended(done)
            if not done:
                self.notice.inform(
                    lambda: self.tr("Stopped. Nothing is lost; go on whenever you like, also tomorrow.")
                )
        self.refresh()

    def _failed(self, error: BaseException) -> None:
        self._mine = False
        self.run.ended(False)
        if self.desk.free:
            self.ended(False)
        self.complain(error)
        self.refresh()
