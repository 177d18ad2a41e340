"""How the command line speaks: results on stdout, progress and messages on stderr."""

from __future__ import annotations

import json
import locale
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable

from app.cli.phrases import Phrase
from app.domain.event import Event, Located, Progressed, Settled
from app.domain.fault import GateClosed, Refused
from app.domain.outcome import AnyOutcome
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


class Console:
    """Speaks one language; with `machine` each result is one JSON object a line."""

    def __init__(self, language: Language, *, machine: bool) -> None:
        self.language = language
        self.machine = machine
        self._last = 0.0
        self._wide = sys.stderr.isatty()
        for stream in (sys.stdout, sys.stderr):
            # A name that the terminal can't show must not end the program.
            getattr(stream, "reconfigure", lambda **_: None)(errors="backslashreplace")

    def result(self, text: str, **facts: object) -> None:
        """Print a result: `text` for a person, or `facts` as a line of JSON."""
        print(json.dumps(facts, ensure_ascii=True) if self.machine else text, flush=True)

    def phrase(self, phrase: Phrase, **facts: object) -> None:
        """Tell a person something on stderr."""
        print(phrase.say(self.language, **facts), file=sys.stderr, flush=True)

    def refuse(self, refused: Refused | GateClosed) -> None:
        """Say why Lethe refuses, and what to do."""
        print(f"lethe: {explain(refused, self.language)}", file=sys.stderr, flush=True)

    def watch(self, events: Iterable[Event]) -> None:
        """Draw all events of a run and show them: each step, its progress and its outcomes."""
        step: Step | None = None
        outcomes: Counter[AnyOutcome] = Counter()
        for event in events:
            now = getattr(event, "step", Step.LOCATE if isinstance(event, Located) else step)
            if now is not step and now is not None:
                self._end(step, outcomes)
                step = now
                self.phrase(Phrase.STEP_BEGUN, step=say(step, self.language))
            if isinstance(event, Settled):
                outcomes[event.outcome] += 1
                if self.machine:
                    print(json.dumps({"event": "settled", **plain(event)}), flush=True)
            elif isinstance(event, Progressed):
                self.progress(event)
        self._end(step, outcomes)

    def progress(self, event: Progressed) -> None:
        """Show how far a step has come, now and then."""
        pause = _EVERY if self._wide else _EVERY_PIPED
        if time.monotonic() - self._last < pause:
            return
        self._last = time.monotonic()
        text = Phrase.PROGRESS.say(self.language, done=event.done, total=event.total or "?", now="")
        end = "\r" if self._wide else "\n"
        print(text, end=end, file=sys.stderr, flush=True)

    def _end(self, step: Step | None, outcomes: Counter[AnyOutcome]) -> None:
        if step is not None:
            for outcome, count in outcomes.items():
                self.phrase(Phrase.SETTLED, outcome=say(outcome, self.language), count=count)
        outcomes.clear()
