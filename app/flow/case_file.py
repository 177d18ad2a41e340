"""CASE.toml: the officer's declarations as a file, read and written."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any, Final, TypeVar

from app.domain.case import (
    AnnexHolder,
    Backup,
    Case,
    CaseKind,
    CertificateTerms,
    Company,
    Dates,
    FateRule,
    HoldRule,
    Match,
    NameLevel,
    PersonSource,
    Profile,
    Role,
    Scale,
)
from app.domain.copies import Disposal
from app.domain.fate import Fate
from app.domain.fault import Fault
from app.domain.record import Tier
from app.domain.wiping import Method, Wiping
from app.flow import services
from app.flow.custodians import CUSTODIAN, read_custodian, recipient_of
from app.flow.databases import LOCATION, parted, places_in
from app.flow.declarable import DISPOSALS, undeclarable
from app.flow.looking import LOOKING, PATTERN, looking_of, pattern_reader
from app.flow.people import PERSON, on_token
from app.flow.toml_check import Form, Key, Source, check, load, parsed
from app.flow.vaulting import VAULT, terms_of
from app.steps.confirm.repositories import KINDS as REPOSITORIES
from app.steps.shred.kinds import KINDS

T = TypeVar("T")

BACKUP_KINDS: Final = (*REPOSITORIES, "folder", "archive", "bagit", "declared")
KEY_KINDS: Final = tuple(KINDS)
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
    "location": LOCATION,
    "locate": LOOKING,
    "pattern": PATTERN,
    "backup": {
        "kind": Key(str, required=True, choices=BACKUP_KINDS),
        "path": Key(str, required=True),
        "password_env": _TEXT,
        "note": _TEXT,
        "disposal": Key(str, choices=DISPOSALS),
        "until": Key(date),
        "declared_by": _TEXT,
        "paper": _TEXT,
    },
    "key": services.key_form(KEY_KINDS),
    "custodian": CUSTODIAN,
    "holder": {"name": Key(str, required=True), "recipient": Key(str, required=True)},
    "decide": {
        "match": Key(dict, required=True),
        "fate": Key(str, required=True, choices=tuple(one.value for one in Fate if one is not Fate.EXPUNGE)),
        "reason": _TEXT,
    },
    "hold": {
        "reason": Key(str, required=True, choices=HOLD_REASONS),
        "match": Key(dict, required=True),
        "reference": _TEXT,
        "until": Key(date),
    },
    "person": PERSON,
    "wipe": {
        "method": Key(str, choices=_one_of(Method)),
        "passes": Key(list),
        "names": Key(bool),
        "device": Key(bool),
        "trim": Key(bool),
    },
    "vault": VAULT,
    "certificate": {
        "out": _TEXT,
        "names": Key(str, choices=_one_of(NameLevel)),
        "language": Key(str, choices=LANGUAGES),
        "tsa": _TEXT,
        "tsa_papers": Key(list),
        "register": _TEXT,
        "print_inventory": Key(bool),
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

    def paths(self, table: str, index: int, key: str, texts: list[object]) -> tuple[Path, ...]:
        """Each as `path`."""
        if any(not isinstance(text, str) for text in texts):
            raise self.source.refuse(Fault.CASE_FILE_WRONG_TYPE, table, index, key, '["path", …]')
        return tuple(self.path(table, index, key, str(text)) for text in texts)

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
    return _read(*load(path), must_exist=True)


def reread_case(path: Path, text: str | None = None) -> Case:
    """Read the `case.toml` of an opened case, some of whose files may be destroyed by now.

    With a text: what it would be if its file held that.

    Raises:
        Refused: with the file, the line and what was expected, before anything is touched.
    """
    return _read(*(load(path) if text is None else parsed(path, text)), must_exist=False)


def _read(source: Source, values: dict[str, Any], *, must_exist: bool) -> Case:
    plain = {name: value for name, value in values.items() if name not in _FORMS}
    top = check(source, "", 0, plain, _TOP)
    if not _NUMBER.fullmatch(top["case"]):
        raise source.refuse(Fault.CASE_FILE_WRONG_VALUE, "", 0, "case", "a name for a folder")
    if "company" not in values:
        raise source.refuse(Fault.CASE_FILE_MISSING_KEY, "", 0, "company", "[company]")
    reader = _Reader(source, values, must_exist)
    locations, databases = parted(reader.each("location", places_in(reader.source, reader.path)))
    keys, called = services.parted(reader.each("key", lambda one, n: services.read_key(reader, one, n)))
    return Case(
        number=top["case"],
        company=_company(reader.one("company")),
        certificate=_terms(reader),
        dates=Dates(**reader.one("dates")),
        locations=locations,
        databases=databases,
        looking=looking_of(reader.one("locate"), reader.path, reader.each("pattern", pattern_reader(source))),
        backups=reader.each("backup", lambda one, n: _backup(reader, one, n)),
        keys=keys,
        services=called,
        custodians=reader.each("custodian", lambda one, n: read_custodian(reader, one, n)),
        rules=reader.each("decide", lambda one, n: _rule(reader, one, n)),
        holds=reader.each("hold", lambda one, n: _hold(reader, one, n)),
        people=reader.each("person", lambda one, n: _person(reader, one, n)),
        wiping=_wiping(reader),
        vault=terms_of(source, reader.one("vault")),
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
    path = Path(one["path"])
    if one["kind"] == "declared":
        path = reader.anchored(one["path"])
    elif not Backup(one["kind"], path).remote:
        path = reader.path("backup", index, "path", one["path"])
    backup = Backup(
        one["kind"],
        path,
        one.get("password_env", ""),
        one.get("note", ""),
        Disposal(one["disposal"]) if "disposal" in one else None,
        one.get("until"),
        one.get("declared_by", "").strip(),
        reader.path("backup", index, "paper", one["paper"]) if one.get("paper") else None,
    )
    if wrong := undeclarable(backup):
        raise reader.source.refuse(Fault.CASE_FILE_WRONG_VALUE, "backup", index, *wrong)
    return backup


def _holder(reader: _Reader, one: dict[str, Any], index: int) -> AnnexHolder:
    return AnnexHolder(one["name"], recipient_of(reader.source, "holder", one, index))


def _rule(reader: _Reader, one: dict[str, Any], index: int) -> FateRule:
    return FateRule(reader.match("decide", index, one["match"]), Fate(one["fate"]), one.get("reason", ""))


def _hold(reader: _Reader, one: dict[str, Any], index: int) -> HoldRule:
    match = reader.match("hold", index, one["match"])
    return HoldRule(match, one["reason"], one.get("reference", ""), one.get("until"))


def _terms(reader: _Reader) -> CertificateTerms:
    one = reader.one("certificate")
    tsa = one.get("tsa", "")
    if tsa and not tsa.startswith(("http://", "https://")):
        detail = '"http://…" | "https://…"'
        raise reader.source.refuse(Fault.CASE_FILE_WRONG_VALUE, "certificate", 0, "tsa", detail)
    return CertificateTerms(
        reader.anchored(one.get("out", "out")),
        NameLevel(one.get("names", "masked")),
        one.get("language", "zh"),
        reader.each("holder", lambda holder, n: _holder(reader, holder, n)),
        tsa,
        reader.paths("certificate", 0, "tsa_papers", one.get("tsa_papers", [])),
        reader.anchored(one["register"]) if one.get("register") else None,
        one.get("print_inventory"),
    )


def _person(reader: _Reader, one: dict[str, Any], index: int) -> PersonSource:
    identity, token = one["identity"], on_token(one["identity"])
    if token != ("module" in one):
        detail = 'with identity = "pkcs11:…", and only then'
        raise reader.source.refuse(Fault.CASE_FILE_WRONG_VALUE, "person", index, "module", detail)
    if ("instead_of" in one) != ("reason" in one):
        detail = "instead_of and reason go together"
        raise reader.source.refuse(Fault.CASE_FILE_MISSING_KEY, "person", index, "reason", detail)
    return PersonSource(
        Role(one["role"]),
        Path(identity) if token else reader.path("person", index, "identity", identity),
        one.get("passphrase_env", ""),
        reader.path("person", index, "module", one["module"]) if token else None,
        reader.paths("person", index, "chain", one.get("chain", [])),
        reader.paths("person", index, "revocation", one.get("revocation", [])),
        one.get("instead_of", ""),
        one.get("reason", ""),
    )


def case_folder(case_file: Path, case: Case) -> Path:
    """The folder of the case: beside the file, named after the case's number."""
    return case_file.absolute().parent / case.number
