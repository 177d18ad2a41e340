"""How the command line speaks: results on stdout, progress and messages on stderr."""

from __future__ import annotations

import json
import locale
import os
import shutil
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from app.cli.phrases import Phrase
from app.cli.tally import Tally
from app.domain.event import BackupSearched, CopyFound, Event, Located, Looked, Progressed, Settled
from app.domain.fault import GateClosed, Refused
from app.domain.step import Step
from app.language import Language, explain, say
from app.register.codec import plain

_EVERY = 0.2
_EVERY_PIPED = 5.0


def chosen_language(asked: str | None) -> Language:
    """The language asked for, else that of the system; Chinese where neither says English."""
    if asked:
        return Language(asked)
    told = os.environ.get("LANG") or locale.getlocale()[0] or ""
    return Language.EN if told.lower().startswith("en") else Language.ZH


def command() -> str:
    """How this program is called again, as it was called now: `lethe`, or a path to it."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return f"{Path(sys.executable).name} -m app"
    found = shutil.which(called.name)
    return called.name if found and Path(found) == called else quoted(called)


def quoted(path: Path) -> str:
    """Write a path so that a shell takes it for one word."""
    return f'"{path}"' if " " in str(path) else str(path)


class Console:
    """Speaks one language; with `machine` each result is one JSON object a line."""

    def __init__(self, language: Language, *, machine: bool) -> None:
        self.language = language
        self.machine = machine
        self._wide = sys.stderr.isatty()
        self._shown = 0
        self._tally: Tally | None = None
        self._last = self._start()
        for stream in (sys.stdout, sys.stderr):
            # A name that the terminal can't show must not end the program.
            getattr(stream, "reconfigure", lambda **_: None)(errors="backslashreplace")

    def result(self, text: str, **facts: object) -> None:
        """Print a result: `text` for a person, or `facts` as a line of JSON."""
        self._clear()
        print(json.dumps(facts, ensure_ascii=True) if self.machine else text, flush=True)

    def phrase(self, phrase: Phrase, **facts: object) -> None:
        """Tell a person something on stderr."""
        self.line(phrase.say(self.language, **facts))

    def line(self, text: str) -> None:
        """Tell a person a line that is in words already, on stderr."""
        self._clear()
        print(text, file=sys.stderr, flush=True)

    def refuse(self, refused: Refused | GateClosed) -> None:
        """Say why Lethe refuses, and what to do."""
        self._clear()
        print(f"lethe: {explain(refused, self.language)}", file=sys.stderr, flush=True)

    def watch(self, events: Iterable[Event]) -> None:
        """Draw all events of a run and show them: each step, its progress, what it did and its outcomes."""
        try:
            for event in events:
                self._take(event)
        except (GateClosed, Refused) as error:
            # What the last step came to may be why.
            self._end(self._tally, Phrase.STEP_STOPPED if isinstance(error, Refused) else Phrase.STEP_DONE)
            raise
        tally, self._tally = self._tally, None
        whole = tally is not None and tally.step is Step.CERTIFY
        self._end(tally, Phrase.STEP_DONE if whole else Phrase.STEP_STOPPED)

    def _take(self, event: Event) -> None:
        step = self._step_of(event)
        if step is not None and (self._tally is None or step is not self._tally.step):
            self.begin(step)
        if self._tally is not None:
            self._tally.count(event)
        if isinstance(event, Settled) and self.machine:
            print(json.dumps({"event": "settled", **plain(event)}), flush=True)
        elif isinstance(event, Progressed):
            self.progress(event)

    def _step_of(self, event: Event) -> Step | None:
        """The step that an event belongs to; some name none, and may be the first of theirs."""
        if isinstance(event, (Located, Looked)):
            return Step.LOCATE
        if isinstance(event, (BackupSearched, CopyFound)):
            late = self._tally and self._tally.step.index > Step.CONFIRM.index
            return None if late else Step.CONFIRM
        return getattr(event, "step", None)

    def begin(self, step: Step) -> None:
        """Say that a step begins; the one before is over."""
        self._end(self._tally, Phrase.STEP_DONE)
        self._tally = Tally(step) if step is not Step.SIGN else None
        self._last = self._start()
        self.phrase(Phrase.STEP_BEGUN, step=say(step, self.language))

    def progress(self, event: Progressed) -> None:
        """Show how far a step has come, now and then."""
        pause = _EVERY if self._wide else _EVERY_PIPED
        if time.monotonic() - self._last < pause:
            return
        self._last = time.monotonic()
        text = Phrase.PROGRESS.say(self.language, done=event.done, total=event.total or "?", now="")
        if self._wide:
            self._clear()
            self._shown = len(text)
        print(text, end="" if self._wide else "\n", file=sys.stderr, flush=True)

    def _start(self) -> float:
        """When progress was shown last: on a pipe the first line of it waits like the others."""
        return 0.0 if self._wide else time.monotonic()

    def _clear(self) -> None:
        """Take the line of progress off the terminal again."""
        if self._shown:
            print("\r" + " " * self._shown + "\r", end="", file=sys.stderr)
            self._shown = 0

    def _end(self, tally: Tally | None, phrase: Phrase) -> None:
        if tally is None:
            return
        comma = Phrase.COMMA.say(self.language)
        what = comma.join(tally.told(self.language)) or Phrase.NOTHING.say(self.language)
        self.phrase(phrase, what=what, seconds=f"{tally.seconds:.1f}")
        for outcome, count in tally.outcomes.items():
            self.phrase(Phrase.SETTLED, outcome=say(outcome, self.language), count=count)
        for path, why in tally.faults:
            self.phrase(Phrase.BACKUP_FAULT, path=path, why=say(why, self.language))
