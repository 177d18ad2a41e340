"""What the window says of the core's nouns, in the language the window speaks now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from enum import Enum

from PySide6.QtCore import QCoreApplication, QLocale

from app import language as table
from app.domain.case import HoldRule
from app.domain.fate import Decision, Ground
from app.domain.fault import GateClosed, Refused
from app.domain.outcome import Reason
from app.domain.record import Finding, Problem, Record
from app.domain.wiping import Pass
from app.language import Language

translate = QCoreApplication.translate


def language() -> Language:
    """Give the window's language. The translation says it itself, so the two can't disagree."""
    return Language(translate("Words", "en"))


def say(member: Enum, **facts: object) -> str:
    """Put an enum member of the core in words."""
    return table.say(member, language(), **facts)


def trouble(error: BaseException) -> str:
    """Say in one sentence what is wrong and what to do; never a traceback, never a path of ours."""
    if isinstance(error, (Refused, GateClosed)):
        return table.explain(error, language())
    return translate(
        "Words",
        "Something unforeseen went wrong ({name}). What was done so far is in the journal. "
        "Close Lethe, open the case again and go on.",
    ).format(name=type(error).__name__)


def category(name: str) -> str:
    """Name a category of records."""
    return table.category(name, language())


def told_category(record: Record) -> str:
    """Name the category of a record with what it was told by."""
    return f"{category(record.category)} · {table.clue(record.clue, language())}"


def kind(name: str) -> str:
    """Name a kind of identifier."""
    return table.kind(name, language())


def hold(reason: str) -> str:
    """Name the reason of a hold."""
    return table.hold(reason, language())


def hold_rule(rule: HoldRule) -> str:
    """Name a hold of the case with what it matches."""
    match = rule.match
    told = (match.path, match.glob, match.category, say(match.tier) if match.tier else "")
    return f"{hold(rule.reason)} ({', '.join(filter(None, told))})"


def key(name: str) -> str:
    """Name a kind of key."""
    return table.key(name, language())


def backup(name: str) -> str:
    """Name a kind of backup."""
    return table.backup(name, language())


def paper(kind: str) -> str:
    """Name a kind of documents as the certificate does; one it has no word for stays."""
    from app.steps.certify.wording import Words

    spoken, key = Words.of(language().value), f"paper.{kind}"
    return spoken.label(key) if spoken.has(key) else kind


def findings(found: tuple[Finding, ...]) -> str:
    """List findings with their counts, the most frequent first."""
    ordered = sorted(found, key=lambda one: -one.count)
    return translate("Words", ", ").join(f"{kind(one.kind)} {count(one.count)}" for one in ordered)


def problems(seen: tuple[Problem, ...]) -> str:
    """List problems."""
    return translate("Words", ", ").join(say(one) for one in seen)


def reasons(why: tuple[Reason, ...]) -> str:
    """List reasons."""
    return translate("Words", "; ").join(say(one) for one in why)


def passes(sequence: Sequence[Pass]) -> tuple[str, ...]:
    """Say what each pass of a wipe writes."""
    return table.passes(sequence, language())


def law(told: str) -> str:
    """Name the sources of a rule."""
    return table.law(told, language())


def rule(decision: Decision) -> str:
    """Say what a decision rests on: the ground and, for a hold, its reason."""
    if decision.ground is Ground.HOLD:
        return f"{say(decision.ground)} · {hold(decision.rule)}"
    if decision.ground is Ground.RETENTION:
        return f"{say(decision.ground)} · {category(decision.rule)}"
    return say(decision.ground)


def sentences(*said: str) -> str:
    """Put whole sentences one behind the other; Chinese takes no space between them."""
    return ("" if language() is Language.ZH else " ").join(filter(None, said))


def count(number: int) -> str:
    """Write a number with its thousands apart."""
    return f"{number:,}"


def size(octets: int) -> str:
    """Write a number of bytes as a person reads it; 1 KiB is 1024 bytes."""
    text = QLocale(QLocale.Language.English).formattedDataSize(octets, 1)
    return text.replace("bytes", "B")


def day(when: date | None) -> str:
    """Write a day as ISO 8601, or nothing."""
    return when.isoformat() if when else ""


def digest_groups(digest: str) -> str:
    """Write a hex digest in groups of eight, so that two people can compare it by eye."""
    return " ".join(digest[at : at + 8] for at in range(0, len(digest), 8))
