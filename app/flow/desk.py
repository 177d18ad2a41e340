"""The desk: one opened case with its register, its keys and what was declared, for the steps' work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from app.domain.case import Case, FateRule, HoldRule
from app.domain.fate import Decision, Ground
from app.flow.state import State
from app.register import CaseKeys, Register
from app.register.codec import build, plain
from app.steps.decide import RulePack, Terms, load_pack
from app.system.paths import resource

Passphrase = Callable[[Path, str], str]
"""Asked for the passphrase of a key file or a backup: its path and the name of an environment variable."""


def now() -> str:
    """This computer's time, RFC 3339 UTC, whole seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def today() -> date:
    """The day on which retention rules and holds are judged: this computer's."""
    return date.today()


@dataclass(frozen=True, slots=True)
class Desk:
    """What the work of a step is done with."""

    folder: Path
    case: Case
    state: State
    register: Register
    keys: CaseKeys

    def pack(self) -> RulePack:
        """The retention rules Lethe ships with."""
        return load_pack(resource("rules/retention-cn.toml"))

    def terms(self) -> Terms:
        """What decisions rest on: the officer's word on single records goes before the case's rules."""
        holds = tuple(build(HoldRule, one) for one in self.register.fact("holds") or [])
        rules = tuple(build(FateRule, one) for one in self.register.fact("rules") or [])
        return Terms(
            self.pack(),
            holds + self.case.holds,
            rules + self.case.rules,
            frozenset(str(key.path) for key in self.case.keys),
            today(),
            tuple(location.path for location in self.case.locations),
        )

    def numbered(self, decision: Decision) -> Decision:
        """Count the case's rules as its file does: the officer's own words stand before them."""
        words = len(self.register.fact("rules") or [])
        if decision.ground is not Ground.RULE or not words:
            return decision
        number = int(decision.rule.removeprefix("case."))
        return replace(decision, rule="officer" if number <= words else f"case.{number - words}")

    def add_word(self, name: str, rule: HoldRule | FateRule) -> None:
        """Keep the officer's word on one record ("holds" or "rules"); the last word stands first."""
        self.register.set_fact(name, [plain(rule), *(self.register.fact(name) or [])])

    def not_looked_into(self) -> tuple[Path, ...]:
        """Where locate does not look: the case, what it puts out, backups, and people's own key files."""
        case = self.case
        return (
            self.folder,
            case.certificate.out,
            *(backup.path for backup in case.backups),
            *(person.identity for person in case.people),
            *(one.identity for one in case.custodians if one.identity),
        )

    @property
    def sealed_folder(self) -> Path:
        """Where the package of what the law keeps is written."""
        return self.case.certificate.out / "sealed"
