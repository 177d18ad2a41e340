"""The certificate's words in Chinese, English or both, from `resources/i18n/certificate.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any, Final

from app.domain.case import Role
from app.domain.copies import Disposal, Trace
from app.domain.limit import Limit
from app.domain.outcome import Reason
from app.domain.record import Problem
from app.domain.wiping import Pass
from app.language import Language, category, hold, kind, law, passes, say
from app.steps.certify.page.breaking import visible
from app.steps.certify.status import Status
from app.system.paths import resource

_ROLES: Final = frozenset(role.value for role in Role)


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(resource("i18n/certificate.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Words:
    """Speaks one language, or Chinese and then English."""

    languages: tuple[Language, ...]

    @classmethod
    def of(cls, language: str) -> Words:
        """Give the words for `zh`, `en` or `both`."""
        return cls(tuple(Language) if language == "both" else (Language(language),))

    def each(self, key: str, **facts: object) -> tuple[str, ...]:
        """Give the text at `section.name`, once a language.

        Raises:
            KeyError: when the table lacks it.
        """
        section, name = key.split(".", 1)
        texts = _table()[section][name]
        return tuple(texts[language.value].format_map(facts) for language in self.languages)

    def label(self, key: str, **facts: object) -> str:
        """Give a label on one line."""
        return " ".join(self.each(key, **facts))

    def lines(self, key: str, **facts: object) -> str:
        """Give a sentence, each language on a line of its own."""
        return "\n".join(self.each(key, **facts))

    def has(self, key: str) -> bool:
        """Whether the table has `section.name`."""
        section, name = key.split(".", 1)
        return name in _table()[section]

    @property
    def colon(self) -> str:
        """What stands between a name and what is said of it."""
        return "：" if Language.ZH in self.languages else ": "

    def said(self, member: Enum) -> str:
        """Put an enum member in words, on one line."""
        return " / ".join(say(member, language) for language in self.languages)

    def problem(self, name: str) -> str:
        """Put a problem met by locate in words; a name this version does not know stays."""
        known = {problem.value: problem for problem in Problem}
        return self.said(known[name]) if name in known else name

    def kind(self, name: str) -> str:
        """Name a kind of identifier, on one line."""
        return " / ".join(dict.fromkeys(kind(name, language) for language in self.languages))

    def category(self, name: str) -> str:
        """Name a category of records or a rule, each language on a line of its own."""
        return "\n".join(dict.fromkeys(category(name, language) for language in self.languages))

    def hold(self, name: str) -> str:
        """Name the reason of a hold, on one line."""
        return " / ".join(dict.fromkeys(hold(name, language) for language in self.languages))

    def law(self, told: str) -> str:
        """Name the sources of a rule, each language on a line of its own."""
        return "\n".join(dict.fromkeys(law(told, language) for language in self.languages))

    def stacked(self, member: Enum) -> str:
        """Put an enum member in words, each language on a line of its own."""
        return "\n".join(say(member, language) for language in self.languages)

    def reason(self, limit: Reason) -> str:
        """Put one reason in words, on one line."""
        return " / ".join(_begun(say(limit, language)) for language in self.languages)

    def reasons(self, limits: Sequence[Reason]) -> str:
        """Put reasons in words, one a line and language."""
        return "\n".join(_begun(say(limit, language)) for limit in limits for language in self.languages)

    def limits_met(self, seen: Sequence[tuple[Reason, int]]) -> str:
        """Tell the limits that outcomes carry and how many carry each, each language on its own line."""
        texts = _table()["limit"]["met"]
        return "\n".join(
            texts[language.value].format(
                what=apart(language).join(
                    f"{_begun(say(reason, language))} (×{count:,})" for reason, count in seen
                )
            )
            for language in self.languages
        )

    def excused(self, limit: Reason, why: str) -> str:
        """Tell in the officer's own words why a limit was let stand, each language on its own line."""
        texts = _table()["limit"]["excused"]
        return "\n".join(
            texts[language.value].format(limit=_begun(say(limit, language)), why=why)
            for language in self.languages
        )

    def why(self, rule: str) -> str:
        """Say why a copy is what it is: the kind of trace, and each reason it stays; unknown names stay."""
        known: dict[str, Enum] = {f"trace.{trace.value}": trace for trace in Trace}
        known |= {f"disposal.{one.value}": one for one in Disposal}
        known |= {reason.value: reason for reason in Reason}
        return "; ".join(self.said(known[one]) if one in known else one for one in rule.split())

    def beyond(self, limit: Limit) -> str:
        """Put in words what no wipe of a file reaches, each language on a line of its own."""
        texts = _table()["limit"]["beyond" if limit.seen else "unasked"]
        name = f" {limit.name}" if limit.name else ""
        return "\n".join(
            texts[language.value].format(kind=say(limit.kind, language), name=name)
            for language in self.languages
        )

    def method(self, name: str) -> str:
        """Put the name of a method in words; a name the table lacks stands as it is."""
        key = f"method.{name or 'none'}"
        return self.lines(key) if self.has(key) else name

    def briefs(self) -> dict[str, str]:
        """Name each outcome in a few words of the first language, by its name for machines."""
        return {name: str(texts[self.languages[0].value]) for name, texts in _table()["brief"].items()}

    def passes(self, told: str) -> str:
        """Say what each pass wrote, one a line and language; `told` as the evidence names them."""
        sequence = tuple(Pass.of(text) for text in told.split())
        return "\n".join(line for language in self.languages for line in passes(sequence, language))


def apart(language: Language) -> str:
    """What stands between the members of a long row."""
    return "；" if language is Language.ZH else "; "


def explained(name: str, language: Language) -> str:
    """Say what a check of `verify` looks at. `signer.officer` is explained as `signer`.

    Raises:
        ValueError: for a name of which the table has no beginning.
    """
    checks = _table()["check"]
    while name not in checks:
        # What follows the last dot tells one of several apart: a person's field, a file.
        name = name[: name.rindex(".")]
    return str(checks[name][language.value])


@dataclass(frozen=True, slots=True)
class Who:
    """A person by role and name, as a manifest calls them; a role that is none of ours stands as it is."""

    role: str
    name: str


def seen(name: str, language: Language, facts: Mapping[str, object]) -> str:
    """Say what a check of `verify` saw. Facts that are enum members or people are put in words too."""
    told = {key: _told(value, language) for key, value in facts.items()}
    return str(_table()["seen"][name][language.value]).format_map(told)


def _told(fact: object, language: Language) -> str:
    """Put a fact in words; what comes from a file can't turn the line around or hide in it."""
    if isinstance(fact, tuple):
        return ("、" if language is Language.ZH else ", ").join(_told(one, language) for one in fact)
    if isinstance(fact, Status):
        return str(_table()["status"][fact.value][language.value])
    if isinstance(fact, Who):
        role = say(Role(fact.role), language) if fact.role in _ROLES else fact.role
        return visible(f"{role} {fact.name}".strip())
    if isinstance(fact, Enum):
        return say(fact, language)
    return f"{fact:,}" if isinstance(fact, int) else visible(str(fact))


def _begun(sentence: str) -> str:
    """Begin a sentence with a capital: the shared table holds some that follow others."""
    return sentence[:1].upper() + sentence[1:]


def amount(count: int) -> str:
    """Write bytes for people: 1,234 B, 12.3 MB (powers of 1000)."""
    if count < 10_000:
        return f"{count:,}\u00a0B"
    size = float(count)
    for unit in ("kB", "MB", "GB", "TB"):
        size /= 1000
        if size < 1000:
            return f"{size:,.1f}\u00a0{unit}"
    return f"{size:,.1f}\u00a0PB"


def grouped(digest: str) -> str:
    """Write a digest in groups of 8 hex digits, for people to compare."""
    return " ".join(digest[i : i + 8] for i in range(0, len(digest), 8))


def capital(count: int) -> str:
    """Write a number in the capital figures that can't be altered on paper: 55 is 伍拾伍."""
    groups: list[str] = []
    rest, scale = count, 0
    while rest:
        rest, low = divmod(rest, 10_000)
        text = _four(low)
        # A zero stands for what is left out between two groups.
        if rest and 0 < low < 1000:
            text = "零" + text
        if low:
            groups.append(text + ("", "万", "亿", "兆")[scale])
        scale += 1
    return "".join(reversed(groups)) or "零"


def _four(number: int) -> str:
    text = ""
    for power, unit in ((1000, "仟"), (100, "佰"), (10, "拾"), (1, "")):
        digit = number // power % 10
        if digit:
            text += "零壹贰叁肆伍陆柒捌玖"[digit] + unit
        elif text and number % power and not text.endswith("零"):
            text += "零"
    return text
