"""The desk: one opened case with its register, its keys and what was declared, for the steps' work."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, TypeVar

from app.domain.case import Case, FateRule, HoldRule, Location
from app.domain.fate import Decision, Ground
from app.flow.state import State
from app.register import CaseKeys, Register
from app.register.codec import build, plain
from app.steps.certify import LEDGER
from app.steps.certify.volumes.printed import printed_in
from app.steps.decide import RulePack, Terms, load_pack
from app.system.paths import resource
from app.vault import Vault

HANDED_OUT: Final = (
    "certificate.pdf",
    "inventory.csv",
    "manifest.json",
    "manifest.p7s",
    "manifest.dsse.json",
    "check_certificate.py",
)
"""What leaves the case."""

LOOKED_INTO: Final = ("folder", "archive", "bagit")
"""Kinds of backups whose files are plain to see. Those that lie inside a location are looked at like it."""


def ledger_of(folder: Path, case: Case) -> Path:
    """The register of certificates in which this case's will stand: one for all cases that lie together."""
    return case.certificate.register or folder.parent / LEDGER


Passphrase = Callable[[Path, str], str]
"""Asked for the passphrase of a key file or a backup: its path and the name of an environment variable."""


def from_environment(_: Path, name: str) -> str:
    """Give a passphrase from the environment variable that the case file names, or nothing."""
    return os.environ.get(name, "") if name else ""


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
    vault: Vault | None = None
    """None while an older case is not taken over."""

    def pack(self) -> RulePack:
        """The retention rules Lethe ships with."""
        return load_pack(resource("rules/retention-cn.toml"))

    def terms(self) -> Terms:
        """What decisions rest on: the officer's word on single records goes before the case's rules."""
        holds = tuple(build(HoldRule, one) for one in self.register.fact("holds") or [])
        rules = tuple(build(FateRule, one) for one in self.register.fact("rules") or [])
        return Terms(
            self.pack(),
            resolved(holds + self.case.holds),
            resolved(rules + self.case.rules),
            frozenset(path for key in self.case.keys for path in (str(key.path), os.path.realpath(key.path))),
            today(),
            tuple(location.path for location in self.locations),
        )

    @property
    def locations(self) -> tuple[Location, ...]:
        """The declared locations, links resolved: one file has one path, however a location is spelled."""
        return tuple(Location(Path(os.path.realpath(one.path))) for one in self.case.locations)

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
        """Where locate does not look: what is Lethe's own, people's key files, backups of an opaque kind.

        Such a backup is named on the certificate as not searched. One that is itself a
        location is looked into.
        """
        case = self.case
        named = {one.path for one in self.locations}
        opaque = [one.path for one in case.backups if one.kind not in LOOKED_INTO]
        return (
            *self.own_places,
            *(path for path in opaque if Path(os.path.realpath(path)) not in named),
            *(person.identity for person in case.people),
            *(one.identity for one in case.custodians if one.identity),
        )

    @property
    def own_places(self) -> tuple[Path, ...]:
        """What Lethe itself writes, and nothing else that lies beside it."""
        out = self.case.certificate.out
        ledger = ledger_of(self.folder, self.case)
        return (
            self.folder,
            ledger,
            self.sealed_folder,
            *(out / name for name in (*HANDED_OUT, *printed_in(out))),
        )

    @property
    def sealed_folder(self) -> Path:
        """Where the package of what the law keeps is written."""
        return self.case.certificate.out / "sealed"


_Rule = TypeVar("_Rule", HoldRule, FateRule)


def resolved(rules: tuple[_Rule, ...]) -> tuple[_Rule, ...]:
    """Spell the paths that rules name as records are spelled: links resolved."""
    return tuple(
        replace(rule, match=replace(rule.match, path=os.path.realpath(rule.match.path)))
        if Path(rule.match.path).is_absolute()
        else rule
        for rule in rules
    )
