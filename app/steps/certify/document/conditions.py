"""The twelve conditions on a key's block: how far each holds, and where copies of the key were found."""

from __future__ import annotations

from app.domain.conditions import Condition, Standing, standings
from app.domain.outcome import Evidence
from app.language import say
from app.steps.certify.wording import Words, apart


def conditions_told(evidence: Evidence | None, words: Words) -> str:
    """Tell on a line a language which conditions are met, seen, only declared or not met; and the copies."""
    told = standings(evidence) if evidence else {}
    if not evidence or not told:
        return ""
    lines = []
    for language in words.languages:
        parts = []
        for standing in Standing:
            which = " ".join(one.label for one, how in told.items() if how is standing)
            if which:
                parts.append(f"{say(standing, language)} {which}")
        lines.append(apart(language).join(parts))
    places = dict(evidence.facts).get("copies_at")
    if places:
        lines.append(words.lines("sentence.key_copies", names=places))
    return "\n" + "\n".join(lines)


def legend(words: Words) -> str:
    """What each of the twelve asks, a line a language."""
    return "\n".join(
        apart(language).join(f"{one.label} {say(one, language)}" for one in Condition)
        for language in words.languages
    )
