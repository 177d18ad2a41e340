"""The rule pack: what the law says of each category, how long, from when, and how sure we are."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any, Final, TypeVar

from app.domain.fault import Fault, Refused


class Bound(Enum):
    """What kind of period a rule sets."""

    MIN = "min"
    MAX = "max"
    PERMANENT = "permanent"
    UNTIL_EVENT = "until_event"
    NONE = "none"


class Unit(Enum):
    """The unit of a period."""

    YEARS = "y"
    MONTHS = "m"
    DAYS = "d"


class Clock(Enum):
    """The event that starts a period."""

    FISCAL_YEAR_END = "fiscal_year_end"
    CREATED = "created"
    CONTRACT_END = "contract_end"
    TXN_DONE = "txn_done"
    RELATION_END = "relation_end"
    ENGAGEMENT_END = "engagement_end"
    EVENT_END = "event_end"
    LIVE_END = "live_end"
    EXIT = "exit"
    ASSET_SCRAPPED = "asset_scrapped"
    CERT_EXPIRY = "cert_expiry"
    LAST_VISIT = "last_visit"
    DISCHARGE = "discharge"
    ANSWERED = "answered"
    MATTER_SETTLED = "matter_settled"
    MATTER_CLOSED = "matter_closed"
    NONE = "none"


class Early(Enum):
    """What must be done with a record whose period has not run."""

    FORBID = "forbid"
    SEAL = "seal"
    DESIGNATED = "designated"
    ANONYMISE_OK = "anonymise_ok"
    DESTROY = "destroy"
    MUST_DELETE = "must_delete"

    @property
    def protects(self) -> bool:
        """Whether it forbids destruction."""
        return self in (Early.FORBID, Early.SEAL, Early.DESIGNATED)


class Confidence(Enum):
    """How sure the pack is of a rule: the full text, a secondary source, memory, an interpretation."""

    TEXT = "V"
    SECONDARY = "S"
    MEMORY = "M"
    INTERPRETED = "I"


_MARK: Final = {Confidence.MEMORY: "（待核）", Confidence.INTERPRETED: "（解释，待确认）"}
_MEASURED: Final = (Bound.MIN, Bound.MAX)


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """What the law says of one category. `n` is 0 and `unit` None where the bound has no length."""

    id: str
    name: str
    bound: Bound
    n: int
    unit: Unit | None
    clock: Clock
    src: str
    conf: Confidence
    early: Early

    @property
    def law(self) -> str:
        """The source as it may be printed: marked where it was never checked against the text."""
        return self.src + _MARK.get(self.conf, "")

    @property
    def protects(self) -> bool:
        """Whether the rule can forbid destruction; a maximum never does."""
        return self.early.protects and self.bound is not Bound.MAX

    def covers(self, category: str) -> bool:
        """Whether it speaks of `category`: its own, one below it, or a family it belongs to.

        A category that names only the family (`acct`) is covered by every rule of
        it, so that what is known roughly is kept by the strictest.
        """
        return bool(category) and (
            category == self.id
            or category.startswith(self.id + ".")
            or self.id.startswith(category.removesuffix(".*") + ".")
        )


@dataclass(frozen=True, slots=True)
class RulePack:
    """A dated set of retention rules. `sha256` is of the file, hex."""

    name: str
    version: str
    as_of: date
    rules: tuple[RetentionRule, ...]
    sha256: str

    @property
    def label(self) -> str:
        """Name, version and date, as the plan and the certificate quote them."""
        return f"{self.name} {self.version} ({self.as_of.isoformat()})"

    def covering(self, category: str) -> tuple[RetentionRule, ...]:
        """The rules that speak of `category`, in the order of the pack."""
        return tuple(rule for rule in self.rules if rule.covers(category))


class _Broken(Exception):
    """What is wrong with the pack, as `place: what`."""


_PACK_KEYS: Final = {"pack": str, "version": str, "as_of": date, "rules": list}
_RULE_KEYS: Final = {"id", "name", "bound", "n", "u", "clock", "src", "conf", "early"}
_TEXT_KEYS: Final = ("name", "bound", "clock", "src", "conf", "early")

E = TypeVar("E", bound=Enum)


def load_pack(path: Path) -> RulePack:
    """Read a rule pack and check every rule of it.

    Raises:
        Refused: RULES_BROKEN with the path and the place in it, when the file can't
            be read, is not TOML, or holds anything that is not exactly as expected.
    """
    try:
        raw = path.read_bytes()
        return _pack(tomllib.loads(raw.decode("utf-8")), hashlib.sha256(raw).hexdigest())
    except OSError as error:
        raise Refused(Fault.RULES_BROKEN, str(path), error.strerror or "") from error
    except (ValueError, RecursionError, _Broken) as error:
        raise Refused(Fault.RULES_BROKEN, str(path), str(error)) from error


def _pack(values: dict[str, Any], sha256: str) -> RulePack:
    for key, kind in _PACK_KEYS.items():
        if type(values.get(key)) is not kind or not values[key]:
            raise _Broken(f"{key}: {values.get(key)!r}")
    unknown = values.keys() - _PACK_KEYS.keys()
    if unknown:
        raise _Broken(f"{min(unknown)}: ?")
    rules: dict[str, RetentionRule] = {}
    for number, row in enumerate(values["rules"], 1):
        rule = _rule(row, number)
        if rule.id in rules:
            raise _Broken(f"rules {number}: id {rule.id!r} x2")
        rules[rule.id] = rule
    return RulePack(values["pack"], values["version"], values["as_of"], tuple(rules.values()), sha256)


def _rule(row: Any, number: int) -> RetentionRule:
    if not isinstance(row, dict) or not isinstance(row.get("id"), str) or not row["id"]:
        raise _Broken(f"rules {number}: id")
    place = row["id"]
    unknown = row.keys() - _RULE_KEYS
    if unknown:
        raise _Broken(f"{place}.{min(unknown)}: ?")
    for key in _TEXT_KEYS:
        if not isinstance(row.get(key), str) or not row[key]:
            raise _Broken(f"{place}.{key}: {row.get(key)!r}")
    bound = _member(Bound, row, "bound")
    n, unit = _length(row, bound)
    return RetentionRule(
        id=place,
        name=row["name"],
        bound=bound,
        n=n,
        unit=unit,
        clock=_member(Clock, row, "clock"),
        src=row["src"],
        conf=_member(Confidence, row, "conf"),
        early=_member(Early, row, "early"),
    )


def _length(row: dict[str, Any], bound: Bound) -> tuple[int, Unit | None]:
    if bound not in _MEASURED:
        for key in ("n", "u"):
            if key in row:
                raise _Broken(f"{row['id']}.{key}: {row[key]!r}")
        return 0, None
    n = row.get("n")
    if type(n) is not int or not 0 < n <= 1000:
        raise _Broken(f"{row['id']}.n: {n!r}")
    return n, _member(Unit, row, "u")


def _member(cls: type[E], row: dict[str, Any], key: str) -> E:
    try:
        return cls(row.get(key))
    except ValueError:
        raise _Broken(f"{row['id']}.{key}: {row.get(key)!r}") from None
