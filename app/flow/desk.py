"""The desk: one opened case with its register, its keys and what was declared, for the steps' work."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
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
from app.steps.confirm import sealed_names
from app.steps.decide import RulePack, Terms, load_pack
from app.system.paths import ANSWER, resource
from app.system.patience import within
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


def laid_out(case: Case) -> tuple[Path, ...]:
    """What Lethe lays where a case sends what leaves it. Other files that stand there are not its own.

    The printed volumes are those that a disk tells of in ten seconds; of a silent one none are known.
    """
    out, sealed, printed = case.certificate.out, sealed_folder_of(case), tuple[str, ...]()
    with suppress(TimeoutError):
        printed = tuple(within(ANSWER, lambda: printed_in(out)))
    return (
        *(out / name for name in (*HANDED_OUT, *printed)),
        *(sealed / name for name in sealed_names(case.number, case.custodians)),
    )


def sealed_folder_of(case: Case) -> Path:
    """Where the package of what the law keeps is written."""
    return case.certificate.out / "sealed"


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


def _led_to(paths: Sequence[Path]) -> list[str]:
    return [os.path.realpath(one) for one in paths]


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

    def not_looked_into(self, resolve: Callable[[Sequence[Path]], list[str]] = _led_to) -> tuple[Path, ...]:
        """Where locate does not look: what is Lethe's own, people's key files, backups of an opaque kind.

        Such a backup is named on the certificate as not searched. One that is itself a
        location is looked into. `resolve` says what paths lead to.
        """
        case = self.case
        opaque = [one.path for one in case.backups if one.kind not in LOOKED_INTO]
        named = resolve([one.path for one in case.locations])
        return (
            *self.own_places,
            *(path for path, real in zip(opaque, resolve(opaque), strict=True) if real not in named),
            *(person.identity for person in case.people),
            *(one.identity for one in case.custodians if one.identity),
        )

    @property
    def own_places(self) -> tuple[Path, ...]:
        """What Lethe itself writes, and nothing else that lies beside it."""
        return (self.folder, ledger_of(self.folder, self.case), *laid_out(self.case))

    @property
    def sealed_folder(self) -> Path:
        """Where the package of what the law keeps is written."""
        return sealed_folder_of(self.case)


_Rule = TypeVar("_Rule", HoldRule, FateRule)


def resolved(rules: tuple[_Rule, ...]) -> tuple[_Rule, ...]:
    """Spell the paths that rules name as records are spelled: links resolved."""
    return tuple(
        replace(rule, match=replace(rule.match, path=os.path.realpath(rule.match.path)))
        if Path(rule.match.path).is_absolute()
        else rule
        for rule in rules
    )
