"""The officer's desk: the open case and the step under way, which all pages share."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.domain.case import Backup, Database, KeySource, PersonSource, ServiceKey
from app.domain.fault import GateClosed, Refused
from app.domain.step import Step
from app.ui.task import Task

if TYPE_CHECKING:
    from app.flow import Flow, Standing
    from app.identity import Identity
    from app.steps.locate import Crew


class Desk(QObject):
    """Holds the flow and at most one task.

    The flow serves one thread at a time, so while a task runs nothing here or in a
    page may call it; what the pages need meanwhile is kept in `_standing`.

    Signals:
        changed: the case was opened, or it stands differently, or a task began or ended.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.flow: Flow | None = None
        self.passphrases: dict[Path, str] = {}
        self.witness: PersonSource | None = None
        """The key the witness signed the list with, to be offered again for the certificate."""
        self._task: Task | None = None
        self._stepping = False
        self._standing: dict[Step, Standing] = {}
        self._crew: Crew | None = None

    @property
    def running(self) -> bool:
        """Whether a task is under way."""
        return self._task is not None

    @property
    def stepping(self) -> bool:
        """Whether the task under way is a step, and not only a look into the case."""
        return self._stepping and self._task is not None

    @property
    def signed(self) -> bool:
        """Whether the list is signed, so that nothing before may change."""
        return self.done(Step.SIGN)

    @property
    def free(self) -> bool:
        """Whether the flow may be called now."""
        return self.flow is not None and self._task is None

    def done(self, step: Step) -> bool:
        """Whether a step is done."""
        standing = self._standing.get(step)
        return standing is not None and standing.done

    def begun(self, step: Step) -> bool:
        """Whether a step was begun, if not finished."""
        standing = self._standing.get(step)
        return standing is not None and standing.begun

    def gate(self, step: Step) -> GateClosed | None:
        """Why a step may not be entered, as the flow said last."""
        standing = self._standing.get(step)
        return standing.gate if standing else None

    def first_open(self) -> Step:
        """The first step that is not done; CERTIFY when all are."""
        return next((step for step in Step if not self.done(step)), Step.CERTIFY)

    def take(self, flow: Flow) -> None:
        """Put an opened case on the desk, in place of the one before."""
        self.close()
        self.flow = flow
        self.refresh()

    def refresh(self) -> None:
        """Ask the flow how the case stands and tell the pages."""
        if self.flow is not None and self._task is None:
            self._standing = {one.step: one for one in self.flow.standing()}
        self.changed.emit()

    def begin(self, step: Step, people: Sequence[Identity] = ()) -> Task:
        """Make the task of a step; the caller connects it and starts it.

        Raises:
            GateClosed: as the flow says.
            Refused: as the flow says.
        """
        if self.flow is None:
            raise RuntimeError("no case is open")
        events = self.flow.begin(step, people=people, passphrase=self.passphrase)
        self._stepping = True
        return self._keep(Task(events, self))

    def call(self, function: Callable[[], object]) -> Task:
        """Make a task of one slow call on the flow; the caller connects it and starts it."""
        self._stepping = False
        return self._keep(Task.of(function, self))

    def look(self, pieces: Iterator[object]) -> Task:
        """Make a task of a slow look in pieces, which is no step; the caller connects it and starts it."""
        self._stepping = False
        return self._keep(Task(pieces, self))

    def ask_again(self, people: Sequence[Identity]) -> Task:
        """Make the task that asks for what a certified case waits for; the caller connects and starts it."""
        if self.flow is None:
            raise RuntimeError("no case is open")
        # It writes to the journal and signs: who closes the window meanwhile is asked, as in a step.
        self._stepping = True
        return self._keep(Task(self._asking(self.flow, people), self))

    def _asking(self, flow: Flow, people: Sequence[Identity]) -> Iterator[object]:
        from app.flow.pending import ask_again

        # One at a time holds a case; the flow is taken up anew, for the journal has grown.
        flow.close()
        try:
            yield from ask_again(flow.folder, people, self.passphrase)
        except BaseException:
            # What went wrong first is what is told; that no case is open any more, the pages see.
            with suppress(Refused, OSError):
                self._take_up(flow, people)
            raise
        self._take_up(flow, people)

    def _take_up(self, flow: Flow, people: Sequence[Identity]) -> None:
        """Open the case anew. Where that fails none is open, and nobody's key stays unlocked.

        Raises:
            Refused: as `Flow.open`.
        """
        self.flow = None
        try:
            self.flow = type(flow).open(flow.folder, people[0], self.passphrase)
        finally:
            if self.flow is None:
                for one in (*people, flow.officer):
                    if one is not None:
                        one.lock()

    @property
    def crew(self) -> Crew | None:
        """The processes that stand ready to look, if any do."""
        return self._crew

    def stand_ready(self) -> None:
        """Let processes begin that the next look will need; nothing is read before it."""
        from app.flow.sought import stand_ready

        if self._crew is None:
            self._crew = stand_ready()

    def stand_down(self) -> None:
        """End those that no look took. Some may still be beginning: the window does not wait for that."""
        crew, self._crew = self._crew, None
        if crew is not None:
            threading.Thread(target=crew.close, name="lethe-stand-down").start()

    def stop(self) -> None:
        """Ask the task under way to end between two events."""
        if self._task is not None:
            self._task.stop()

    def close(self) -> None:
        """Stop the task, wait for its thread, release the case and forget the officer's key."""
        if self._task is not None:
            self._task.stop()
            self._task.join()
            self._task = None
        self.stand_down()
        if self.flow is not None:
            self.flow.close()
            if self.flow.officer is not None:
                self.flow.officer.lock()
            self.flow = None
        self._standing = {}
        self.passphrases.clear()
        self.witness = None

    def _keep(self, task: Task) -> Task:
        if self._task is not None:
            raise RuntimeError("a task is under way")
        self._task = task
        # These are connected first, so the desk is free again when a page hears of the end.
        task.stopped.connect(self._ended)
        task.failed.connect(self._ended)
        self.changed.emit()
        return task

    def _ended(self, _: object) -> None:
        task = self.sender()
        if self._task is not None and task is self._task:
            self._task.join()
            self._task.deleteLater()
            self._task = None
        self.refresh()

    @property
    def place(self) -> Path:
        """Where the relative paths of a case file beside the case would begin."""
        return self.flow.folder.parent if self.flow is not None else Path.cwd()

    def keep_secret(self, one: Backup | Database | KeySource | ServiceKey, secret: str) -> None:
        """Keep what was typed for it in memory, until the case is closed; nothing typed changes nothing."""
        from app.flow.asked_as import asked_as

        if secret:
            self.passphrases[asked_as(one)] = secret

    def passphrase_of(self, one: Backup | Database | ServiceKey) -> str:
        """What was typed for it before, or stands in its environment variable."""
        from app.flow.asked_as import asked_as

        variable = one.passphrase_env if isinstance(one, ServiceKey) else one.password_env
        return self.passphrase(asked_as(one), variable)

    def passphrase(self, path: Path, variable: str) -> str:
        """Asked from a task's thread for the passphrase of a key file or a backup."""
        known = self.passphrases.get(Path(path), "")
        return known or (os.environ.get(variable, "") if variable else "")
