"""Words for names that are not enums: categories, kinds of identifiers, reasons of holds, backups, keys."""

from __future__ import annotations

import re
import tomllib
from functools import cache

from app.language.table import Language, fill, words
from app.system.paths import resource


@cache
def _pack_names() -> dict[str, str]:
    pack = tomllib.loads(resource("rules/retention-cn.toml").read_text(encoding="utf-8"))
    return {rule["id"]: rule["name"] for rule in pack["rules"]}


def _named(section: str, name: str, language: Language) -> str | None:
    return words()[section].get(name, {}).get(language.value)


def category(id: str, language: Language) -> str:  # noqa: A002 - it is the category's id
    """Name a category of records: the rule pack's name in Chinese, the table's in English.

    A category below a known one takes its name with the rest of the id behind it; one that
    nobody knows is shown as its id.
    """
    if not id:
        return "未分类" if language is Language.ZH else "Unclassified"
    known, rest = id, ""
    while known:
        name = _named("category", known, language)
        if name is None and language is Language.ZH:
            name = _pack_names().get(known)
        if name is not None:
            return f"{name} ({rest})" if rest else name
        known, _, last = known.rpartition(".")
        rest = f"{last}.{rest}" if rest else last
    return id


def clue(told: str, language: Language) -> str:
    """Say what a category was told by, as `Record.clue` has it."""
    way, _, word = told.partition(":")
    sentence = words()["clue"].get(way or "none", {}).get(language.value, "")
    return fill(sentence, language, {"word": word})


def kind(id: str, language: Language) -> str:  # noqa: A002 - it is the kind's id
    """Name a kind of identifier of the command-line contract, `custom.<name>` included."""
    known = _named("kind", id, language)
    if known is None and id.startswith("custom."):
        return fill(words()["kind"]["custom"][language.value], language, {"name": id[len("custom.") :]})
    return known or id


@cache
def _sources() -> re.Pattern[str]:
    known = sorted((*words()["law"], *words()["law_note"]), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, known)))


def law(told: str, language: Language) -> str:
    """Name the sources of a rule: the pack's own words in Chinese; in English each law by both its names."""
    if language is Language.ZH:
        return told

    def named(found: re.Match[str]) -> str:
        english = _named("law", found[0], language)
        return f"{english} ({found[0]}) " if english else f" {_named('law_note', found[0], language)} "

    spaced = _sources().sub(named, told)
    return re.sub(r" +(?=[;,]|$)", "", re.sub(r"  +", " ", spaced)).strip()


def hold(reason: str, language: Language) -> str:
    """Name the reason of a hold."""
    return _named("hold", reason, language) or reason


def backup(kind: str, language: Language) -> str:
    """Name a kind of backup."""
    return _named("backup", kind, language) or kind


def key(kind: str, language: Language) -> str:
    """Name a kind of key."""
    return _named("key", kind, language) or kind
