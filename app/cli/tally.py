"""What one step did, counted from its events for the line at its end."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator

from app.cli.phrases import Phrase
from app.domain.event import BackupSearched, CopyFound, Event, Located, Looked, Progressed, Settled
from app.domain.outcome import AnyOutcome, Reason
from app.domain.plan import Subject
from app.domain.record import Look
from app.domain.step import Step
from app.language import Language, say

_MOVED = {"bytes": Phrase.BYTES_MOVED, "records": Phrase.RECORDS_DECIDED}


class Tally:
    """The counts of one step, from its first event on."""

    def __init__(self, step: Step) -> None:
        self.step = step
        self.outcomes: Counter[AnyOutcome] = Counter()
        self.faults: list[tuple[str, Reason]] = []
        """Backups that failed their own check, or could not be read, and why."""
        self._began = time.monotonic()
        self._counts: Counter[Phrase] = Counter()
        self._subjects: Counter[Subject] = Counter()

    @property
    def seconds(self) -> float:
        """Since the step's first event."""
        return time.monotonic() - self._began

    def count(self, event: Event) -> None:
        """Take one event in."""
        match event:
            case Located():
                self._counts[Phrase.FILES_SEEN] += 1
                self._counts[Phrase.FILE_BYTES] += event.bytes
                self._counts[Phrase.RECORDS_FOUND] += event.look is Look.FOUND
                self._counts[Phrase.FILES_UNREADABLE] += event.look is Look.UNREADABLE
            case Looked():
                looks = event.counts()
                self._counts[Phrase.FILES_SEEN] += looks.total()
                self._counts[Phrase.FILE_BYTES] += event.size
                self._counts[Phrase.RECORDS_FOUND] += looks[Look.FOUND]
                self._counts[Phrase.FILES_UNREADABLE] += looks[Look.UNREADABLE]
            case CopyFound():
                self._counts[Phrase.COPIES_FOUND] += 1
            case BackupSearched():
                self._counts[Phrase.BACKUPS_SEARCHED] += 1
                if event.searched.fault:
                    self.faults.append((event.searched.backup, event.searched.fault))
            case Settled():
                self.outcomes[event.outcome] += 1
                self._counts[Phrase.NOT_READ] += Reason.NOT_READ_FROM_DEVICE in event.evidence.limits
                self._subjects[event.subject] += 1
            case Progressed() if event.unit in _MOVED:
                self._counts[_MOVED[event.unit]] = event.done
            case Progressed() if self.step is Step.CONFIRM:
                self._counts[Phrase.FILES_COMPARED] = event.done
            case _:
                pass

    def told(self, language: Language) -> Iterator[str]:
        """Give each count that is not zero, in words."""
        for phrase, amount in self._counts.items():
            if amount:
                yield phrase.say(language, n=f"{amount:,}")
        for subject, amount in self._subjects.items():
            yield Phrase.SUBJECT_SETTLED.say(language, subject=say(subject, language), n=f"{amount:,}")
