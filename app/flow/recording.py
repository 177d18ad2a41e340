"""The recording of a step: every event that matters is in the journal, synced, before the step goes on."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any, Final

from app.domain.event import Begun, Event, Noted, Settled
from app.domain.step import Step
from app.flow.state import State
from app.journal import Journal
from app.register.codec import plain

GROUP: Final = 512
"""Outcomes that share one fsync at the most."""


Work = Generator[Event, None, None]
"""A step at work."""


class Recorder:
    """Writes what a step says to the journal, and tells the state."""

    def __init__(self, journal: Journal, state: State) -> None:
        self._journal = journal
        self._state = state

    def note(self, event: str, body: Mapping[str, Any]) -> None:
        """Append one entry and put it on disk."""
        self._append(event, body)
        self._journal.commit()

    def anchor(self) -> tuple[int, str]:
        """How many entries the journal holds on disk, and the last one's hash."""
        self._journal.commit()
        return self._journal.count, self._journal.head

    def follow(self, step: Step, events: Work, settle: Callable[[], list[int]]) -> Work:
        """Draw the events of a step and pass each on once it is safe to believe.

        An outcome reaches the caller only when it is on disk; an intent is on disk before the
        step is asked to go on. However the drawing ends, the journal says so: `step.finished`,
        or `step.stopped`; `settle` has put the register on disk before that and given what is
        still pending.

        Raises:
            Refused: what the step refuses; DISK_FULL when the journal can't be written, and
                then the step is not asked to go on.
        """
        self.note("step.begun", {"step": step.value})
        finished = False
        try:
            yield from self._drawn(events)
            finished = True
        finally:
            # A stopped step lets go of what it holds before the journal says that it stopped.
            events.close()
            pending = settle()
            self.note(
                "step.finished" if finished else "step.stopped", {"step": step.value, "pending": pending}
            )

    def _drawn(self, events: Work) -> Iterator[Event]:
        unsynced: list[Event] = []
        for event in events:
            if isinstance(event, Settled):
                self._append("settled", _body(event))
                unsynced.append(event)
                if len(unsynced) == GROUP:
                    yield from self._synced(unsynced)
                continue
            if isinstance(event, (Begun, Noted)):
                self._append("begun" if isinstance(event, Begun) else "noted", _body(event))
            yield from self._synced(unsynced)
            yield event
        yield from self._synced(unsynced)

    def _synced(self, outcomes: list[Event]) -> Iterator[Event]:
        """Put everything on disk, then show the outcomes."""
        self._journal.commit()
        shown = outcomes.copy()
        outcomes.clear()
        yield from shown

    def _append(self, event: str, body: Mapping[str, Any]) -> None:
        self._state.tell(self._journal.append(event, body))


def _body(event: Begun | Noted | Settled) -> dict[str, Any]:
    body: dict[str, Any] = plain(event)
    return body
