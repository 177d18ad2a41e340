"""Read `resources/i18n/words.toml`: one section an enum, one line a member, two languages."""

from __future__ import annotations

import re
import tomllib
from enum import Enum
from functools import cache
from typing import Final

from app.system.paths import resource

_OPTIONAL: Final = re.compile(r"\[([^\[\]]*)\]")
_FACT: Final = re.compile(r"\{(\w+)\}")


class Language(Enum):
    """A language Lethe speaks."""

    ZH = "zh"
    EN = "en"


@cache
def words() -> dict[str, dict[str, dict[str, str]]]:
    """Give the whole table: section, member, language, sentence."""
    return tomllib.loads(resource("i18n/words.toml").read_text(encoding="utf-8"))


def say(member: Enum, language: Language, **facts: object) -> str:
    """Put an enum member in words. `{name}` in the sentence is replaced by the fact of that name.

    A fact that is an enum member is put in words itself. A fact the sentence does not name
    is ignored; a name without a fact stays empty, and takes the `[optional clause]` around it
    along, so that a message can't fail to be shown. Brackets without a name in them are text.

    Raises:
        KeyError: when the table lacks the member, which a test rules out.
    """
    return fill(words()[type(member).__name__][str(member.value)][language.value], language, facts)


def fill(sentence: str, language: Language, facts: dict[str, object]) -> str:
    """Put facts in a sentence of the table."""
    given = {
        name: say(fact, language) if isinstance(fact, Enum) else str(fact)
        for name, fact in facts.items()
        if fact not in (None, "", 0)
    }

    def kept(clause: re.Match[str]) -> str:
        names = _FACT.findall(clause[1])
        if not names:
            return clause[0]
        return clause[1] if all(name in given for name in names) else ""

    # The facts go in last and in one pass, so that what they hold is never read as part of the sentence.
    return _FACT.sub(lambda fact: given.get(fact[1], ""), _OPTIONAL.sub(kept, sentence))
