"""Read `resources/i18n/words.toml`: one section an enum, one line a member, two languages."""

from __future__ import annotations

import tomllib
from enum import Enum
from functools import cache

from app.system.paths import resource


class Language(Enum):
    """A language Lethe speaks."""

    ZH = "zh"
    EN = "en"


@cache
def _words() -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads(resource("i18n/words.toml").read_text(encoding="utf-8"))


def say(member: Enum, language: Language, **facts: object) -> str:
    """Put an enum member in words. `{name}` in the sentence is replaced by the fact of that name.

    A fact the sentence does not name is ignored; a name without a fact stays empty, so that
    a message can't fail to be shown.

    Raises:
        KeyError: when the table lacks the member, which a test rules out.
    """
    sentence = _words()[type(member).__name__][str(member.value)][language.value]
    return sentence.format_map(_Facts(facts)) if "{" in sentence else sentence


class _Facts(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return ""
