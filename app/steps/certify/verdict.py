"""What verification says: each check with its result, and one verdict over all."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Standing(Enum):
    """The verdict, in one word."""

    VALID = "valid"
    INCOMPLETE = "incomplete"
    """Nothing is wrong with what is there, but something needed is missing."""
    ALTERED = "altered"
    NOT_OURS = "not_ours"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. A name ending in `.present` says whether something is there at all."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """All checks of one file. `kind` is certificate | manifest | p7s | inventory | proof."""

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
