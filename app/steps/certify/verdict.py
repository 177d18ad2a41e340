"""What verification says: each check with its result, and one verdict over all."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from enum import Enum

from app.domain.event import Progressed
from app.domain.step import Step
from app.language import Language
from app.steps.certify.wording import seen


class Standing(Enum):
    """The verdict, in one word."""

    VALID = "valid"
    INCOMPLETE = "incomplete"
    """Nothing is wrong with what is there, but something needed is missing."""
    ALTERED = "altered"
    NOT_OURS = "not_ours"


class Said:
    """What a check saw: a sentence of the table, and the facts in it."""

    __slots__ = ("facts", "name")

    def __init__(self, sentence: str, /, **facts: object) -> None:
        self.name = sentence
        self.facts = facts

    def in_words(self, language: Language) -> str:
        """Put it in words."""
        return seen(self.name, language, self.facts)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. A name ending in `.present` says whether something is there at all."""

    name: str
    ok: bool
    told: Said | str = ""
    """What was seen; text needs no translation, as a name."""

    @property
    def detail(self) -> str:
        """What was seen, in English."""
        return self.said(Language.EN)

    def said(self, language: Language) -> str:
        """What was seen, in words."""
        return self.told.in_words(language) if isinstance(self.told, Said) else self.told


@dataclass(frozen=True, slots=True)
class Verdict:
    """All checks of one file.

    `kind` is certificate | manifest | p7s | dsse | inventory | proof | qr | annex | journal | sealed.
    """

    kind: str
    checks: tuple[Check, ...]

    @property
    def status(self) -> Standing:
        """The worst that the checks bear out."""
        failed = [check.name for check in self.checks if not check.ok]
        if not failed and self.checks:
            return Standing.VALID
        if "ours" in failed or not self.checks:
            return Standing.NOT_OURS
        missing = all(name.endswith(".present") for name in failed)
        return Standing.INCOMPLETE if missing else Standing.ALTERED

    @property
    def valid(self) -> bool:
        """Whether every check passed."""
        return self.status is Standing.VALID


Verifying = Generator[Progressed, None, Verdict]
"""Verification in pieces: closed between two it stops and leaves nothing open. It returns the verdict."""


def progressed(done: int, total: int, unit: str) -> Progressed:
    """Say how far verification has come; `unit` is bytes | entries | rows | leaves | signatures."""
    return Progressed(Step.CERTIFY, done, total, unit)


def verdict_of(kind: str, checks: Iterable[Check | Progressed]) -> Verifying:
    """Gather the checks into a verdict, and pass on what is said of progress between them."""
    found: list[Check] = []
    for one in checks:
        if isinstance(one, Check):
            found.append(one)
        else:
            yield one
    return Verdict(kind, tuple(found))


def drained(verifying: Verifying) -> Verdict:
    """Run verification to its end."""
    while True:
        try:
            next(verifying)
        except StopIteration as end:
            verdict: Verdict = end.value
            return verdict
