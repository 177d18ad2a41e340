"""CASE.toml: the officer's declarations as a file, read and written."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any, Final, TypeVar

from app.domain.case import (
    Backup,
    Case,
    CaseKind,
    CertificateTerms,
    Company,
    Custodian,
    Dates,
    FateRule,
    HoldRule,
    KeySource,
    Location,
    Match,
    NameLevel,
    PersonSource,
    Profile,
    Role,
    Scale,
)
from app.domain.fate import Fate
from app.domain.fault import Fault
from app.domain.record import Tier
from app.domain.wiping import Method, Wiping
from app.flow.toml_check import Form, Key, Source, check, load

T = TypeVar("T")

BACKUP_KINDS: Final = ("restic", "borg", "folder", "archive", "bagit", "declared")
KEY_KINDS: Final = ("pem", "pkcs12", "age")
HOLD_REASONS: Final = (
    "complaint",
    "lawsuit",
    "arbitration",
    "investigation",
    "tax_check",
    "request",
    "other",
)
LANGUAGES: Final = ("zh", "en", "both")

_NUMBER: Final = re.compile(r"[^\s./\\:*?\"<>|\x00-\x1f][^/\\:*?\"<>|\x00-\x1f]{0,99}")
"""A case number names a folder on every system."""


def _one_of(members: type[Enum]) -> tuple[str, ...]:
    return tuple(member.value for member in members)


_TEXT: Final = Key(str)
_FORMS: Final[dict[str, Form]] = {
    "company": {
        "name": Key(str, required=True),
        "uscc": Key(str, required=True),
        "kind": Key(str, choices=_one_of(CaseKind)),
        "people": Key(str, choices=_one_of(Scale)),
    },
    "dates": dict.fromkeys(("dissolved", "committee", "announced", "claims_until", "tax_cleared"), Key(date)),
    "location": {"path": Key(str, required=True)},
    "backup": {
        "kind": Key(str, required=True, choices=BACKUP_KINDS),
        "path": Key(str, required=True),
        "password_env": _TEXT,
        "note": _TEXT,
    },
    "key": {
        "kind": Key(str, required=True, choices=KEY_KINDS),
        "path": Key(str, required=True),
        "passphrase_env": _TEXT,
    },
    "custodian": {"name": Key(str, required=True), "recipient": Key(str, required=True), "identity": _TEXT},
    "decide": {
        "match": Key(dict, required=True),
        "fate": Key(str, required=True, choices=_one_of(Fate)),
        "reason": _TEXT,
    },
    "hold": {
        "reason": Key(str, required=True, choices=HOLD_REASONS),
        "match": Key(dict, required=True),
        "reference": _TEXT,
        "until": Key(date),
    },
    "person": {
        "role": Key(str, required=True, choices=_one_of(Role)),
        "identity": Key(str, required=True),
        "passphrase_env": _TEXT,
    },
    "wipe": {
        "method": Key(str, choices=_one_of(Method)),
        "passes": Key(list),
        "names": Key(bool),
        "device": Key(bool),
        "trim": Key(bool),
    },
    "certificate": {
        "out": _TEXT,
        "names": Key(str, choices=_one_of(NameLevel)),
        "language": Key(str, choices=LANGUAGES),
    },
}
_MATCH: Final[Form] = {
    "category": _TEXT,
    "glob": _TEXT,
    "tier": Key(str, choices=_one_of(Tier)),
    "path": _TEXT,
}
_TOP: Final[Form] = {
    "case": Key(str, required=True),
    "profile": Key(str, choices=_one_of(Profile)),
    "rehearsal": Key(bool),
}


@dataclass(frozen=True, slots=True)
class _Reader:
    """A case file being read: its tables, checked, and where its relative paths begin."""

    source: Source
    tables: dict[str, Any]
    must_exist: bool

    def one(self, table: str) -> dict[str, Any]:
        return check(self.source, table, 0, self.tables.get(table, {}), _FORMS[table])

    def each(self, table: str, make: Callable[[dict[str, Any], int], T]) -> tuple[T, ...]:
        values = self.tables.get(table, [])
        if not isinstance(values, list):
            raise self.source.refuse(Fault.CASE_FILE_WRONG_TYPE, table, 0, "", f"[[{table}]]")
        checked = [check(self.source, table, n, one, _FORMS[table]) for n, one in enumerate(values)]
        return tuple(make(one, n) for n, one in enumerate(checked))

    def path(self, table: str, index: int, key: str, text: str) -> Path:
        """An absolute path, links in it left as they are; it exists, unless the case is an opened one."""
        path = self.anchored(text)
        if self.must_exist and not path.exists():
            raise self.source.refuse(Fault.CASE_FILE_MISSING_PATH, table, index, key, str(path))
        return path

    def anchored(self, text: str) -> Path:
        return Path(os.path.normpath(self.source.path.absolute().parent / text))

    def match(self, table: str, index: int, values: dict[str, Any]) -> Match:
        fields = dict(check(self.source, table, index, values, _MATCH))
        if "tier" in fields:
            fields["tier"] = Tier(fields["tier"])
        return Match(**fields)


def read_case_file(path: Path) -> Case:
    """Read what the officer declares in a CASE.toml. Relative paths begin at the file's folder.

    Raises:
        Refused: with the file, the line and what was expected, before anything is touched.
    """
    return _read(path, must_exist=True)


def reread_case(path: Path) -> Case:
    """Read the `case.toml` of an opened case, some of whose files may be destroyed by now.

    Raises:
        Refused: with the file, the line and what was expected, before anything is touched.
    """
    return _read(path, must_exist=False)


def _read(path: Path, *, must_exist: bool) -> Case:
    source, values = load(path)
    plain = {name: value for name, value in values.items() if name not in _FORMS}
    top = check(source, "", 0, plain, _TOP)
    if not _NUMBER.fullmatch(top["case"]):
        raise source.refuse(Fault.CASE_FILE_WRONG_VALUE, "", 0, "case", "a name for a folder")
    if "company" not in values:
        raise source.refuse(Fault.CASE_FILE_MISSING_KEY, "", 0, "company", "[company]")
    reader = _Reader(source, values, must_exist)
    certificate = reader.one("certificate")
    return Case(
        number=top["case"],
        company=_company(reader.one("company")),
        certificate=CertificateTerms(
            reader.anchored(certificate.get("out", "out")),
            NameLevel(certificate.get("names", "masked")),
            certificate.get("language", "zh"),
        ),
        dates=Dates(**reader.one("dates")),
        locations=reader.each(
            "location", lambda one, n: Location(reader.path("location", n, "path", one["path"]))
        ),
        backups=reader.each("backup", lambda one, n: _backup(reader, one, n)),
        keys=reader.each("key", lambda one, n: _key(reader, one, n)),
        custodians=reader.each("custodian", lambda one, n: _custodian(reader, one, n)),
        rules=reader.each("decide", lambda one, n: _rule(reader, one, n)),
        holds=reader.each("hold", lambda one, n: _hold(reader, one, n)),
        people=reader.each("person", lambda one, n: _person(reader, one, n)),
        wiping=_wiping(reader),
        profile=Profile(top.get("profile", "standard")),
        rehearsal=top.get("rehearsal", False),
    )


def _company(one: dict[str, Any]) -> Company:
    return Company(
        one["name"],
        one["uscc"],
        CaseKind(one.get("kind", CaseKind.ORDINARY.value)),
        Scale(one.get("people", Scale.UNDER_1M.value)),
    )


def _wiping(reader: _Reader) -> Wiping:
    one = reader.one("wipe")
    contract = one.get("method") == Method.CONTRACT.value
    try:
        if contract == ("passes" in one):
            return Wiping.of({**Wiping().plain, **one})
    except (TypeError, ValueError):
        pass
    detail = '["00", "ff", "random"], with method = "contract"'
    raise reader.source.refuse(Fault.CASE_FILE_WRONG_VALUE, "wipe", 0, "passes", detail)


def _backup(reader: _Reader, one: dict[str, Any], index: int) -> Backup:
    declared = one["kind"] == "declared"
    path = reader.anchored(one["path"]) if declared else reader.path("backup", index, "path", one["path"])
    return Backup(one["kind"], path, one.get("password_env", ""), one.get("note", ""))


def _key(reader: _Reader, one: dict[str, Any], index: int) -> KeySource:
    return KeySource(
        one["kind"], reader.path("key", index, "path", one["path"]), one.get("passphrase_env", "")
    )


def _custodian(reader: _Reader, one: dict[str, Any], index: int) -> Custodian:
    identity = reader.path("custodian", index, "identity", one["identity"]) if one.get("identity") else None
    if not re.fullmatch(r"age1[02-9ac-hj-np-z]{20,}", one["recipient"]):
        raise reader.source.refuse(Fault.CASE_FILE_WRONG_VALUE, "custodian", index, "recipient", '"age1…"')
    return Custodian(one["name"], one["recipient"], identity)


def _rule(reader: _Reader, one: dict[str, Any], index: int) -> FateRule:
    return FateRule(reader.match("decide", index, one["match"]), Fate(one["fate"]), one.get("reason", ""))


def _hold(reader: _Reader, one: dict[str, Any], index: int) -> HoldRule:
    match = reader.match("hold", index, one["match"])
    return HoldRule(match, one["reason"], one.get("reference", ""), one.get("until"))


def _person(reader: _Reader, one: dict[str, Any], index: int) -> PersonSource:
    path = reader.path("person", index, "identity", one["identity"])
    return PersonSource(Role(one["role"]), path, one.get("passphrase_env", ""))


def case_folder(case_file: Path, case: Case) -> Path:
    """The folder of the case: beside the file, named after the case's number."""
    return case_file.absolute().parent / case.number


def case_toml(case: Case) -> str:
    """Write a case as the text of a case file, all paths absolute; `read_case_file` gives the case back."""
    import tomli_w

    company, dates, terms = case.company, case.dates, case.certificate
    everything: dict[str, Any] = {
        "case": case.number,
        "profile": case.profile.value,
        "rehearsal": case.rehearsal,
        "company": {
            "name": company.name,
            "uscc": company.uscc,
            "kind": company.kind,
            "people": company.people,
        },
        "dates": {name: getattr(dates, name) for name in _FORMS["dates"]},
        "location": [{"path": one.path} for one in case.locations],
        "backup": [
            {"kind": one.kind, "path": one.path, "password_env": one.password_env, "note": one.note}
            for one in case.backups
        ],
        "key": [
            {"kind": one.kind, "path": one.path, "passphrase_env": one.passphrase_env} for one in case.keys
        ],
        "custodian": [
            {"name": one.name, "recipient": one.recipient, "identity": one.identity}
            for one in case.custodians
        ],
        "decide": [
            {"match": _match(one.match), "fate": one.fate, "reason": one.reason} for one in case.rules
        ],
        "hold": [
            {"match": _match(one.match), "reason": one.reason, "reference": one.reference, "until": one.until}
            for one in case.holds
        ],
        "person": [
            {"role": one.role, "identity": one.identity, "passphrase_env": one.passphrase_env}
            for one in case.people
        ],
        "wipe": _wipe(case.wiping),
        "certificate": {"out": terms.out, "names": terms.names, "language": terms.language},
    }
    return tomli_w.dumps(_bare(everything))


def _wipe(wiping: Wiping) -> dict[str, Any]:
    plain = wiping.plain
    return plain if wiping.method is Method.CONTRACT else {**plain, "passes": None}


def declared_digest(case: Case) -> str:
    """SHA-256, hex, of all that results rest on; where people's files and the out folder lie is not in it."""
    nowhere = Path(os.sep)
    bare = replace(
        case,
        people=(),
        custodians=tuple(replace(one, identity=None) for one in case.custodians),
        certificate=replace(case.certificate, out=nowhere),
    )
    return hashlib.sha256(case_toml(bare).encode()).hexdigest()


def _match(match: Match) -> dict[str, Any]:
    return {"category": match.category, "glob": match.glob, "tier": match.tier, "path": match.path}


def _bare(value: Any) -> Any:
    """Leave out what is not declared and put enums and paths as TOML has them."""
    if isinstance(value, dict):
        return {
            name: _bare(inner) for name, inner in value.items() if inner is not None and inner not in ("", [])
        }
    if isinstance(value, list):
        return [_bare(inner) for inner in value]
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, Path) else value
