"""What shredding will do to each key, and afterwards how far each of the twelve conditions holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.cli.phrases import Phrase
from app.domain.conditions import Standing
from app.domain.step import Step
from app.flow import Flow
from app.flow.hunting import foreseen_here
from app.flow.key_words import key_standings
from app.language import Language, say
from app.register.codec import plain
from app.steps.shred import Foreseen


@dataclass(frozen=True, slots=True)
class KeysTold:
    """Of each key what shredding would do, or how far its conditions hold."""

    flow: Flow

    def lines(self, language: Language) -> Iterator[str]:
        """For a person."""
        for told in self._foreseen():
            yield Phrase.KEY_FORESEEN.say(
                language,
                path=told.path,
                bytes=f"{told.bytes:,}",
                calls=" → ".join(told.calls),
                days=told.wait // 86400,
                copies=len(told.copies) + len(told.wraps),
                unseen=len(told.unseen),
            )
            for one in told.copies:
                yield Phrase.KEY_COPY_AT.say(language, path=" > ".join(filter(None, (one.path, one.member))))
        for item, conditions in key_standings(self.flow.results()).items():
            yield Phrase.KEY_CONDITIONS.say(language, key=item)
            for standing in Standing:
                which = [one for one, how in conditions.items() if how is standing]
                names = "; ".join(f"{one.label} {say(one, language)}" for one in which)
                if which:
                    yield Phrase.KEY_STANDING.say(language, standing=say(standing, language), names=names)

    def facts(self) -> list[dict[str, Any]]:
        """For a machine."""
        before = [plain(told) for told in self._foreseen()]
        after = [
            {"id": item, "conditions": {one.label: how.value for one, how in conditions.items()}}
            for item, conditions in key_standings(self.flow.results()).items()
        ]
        return before + after

    def _foreseen(self) -> Iterator[Foreseen]:
        return iter(()) if self.flow.done(Step.SIGN) else foreseen_here(self.flow.case)
