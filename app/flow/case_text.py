"""A case as the text of a case file, and the digest of what it declares."""

from __future__ import annotations

import hashlib
import os
from dataclasses import fields, replace
from enum import Enum
from pathlib import Path
from typing import Any

from app.domain.case import Backup, Case, CertificateTerms, Database, Dates, Match
from app.domain.wiping import Method, Wiping
from app.flow.custodians import custodian_toml
from app.flow.key_words import word_toml
from app.flow.looking import looking_toml, pattern_toml
from app.flow.people import person_toml
from app.flow.services import service_toml
from app.flow.vaulting import vault_toml


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
        "dates": {name: getattr(dates, name) for name in (one.name for one in fields(Dates))},
        "location": [*({"path": one.path} for one in case.locations), *map(_database, case.databases)],
        "backup": [
            {field.name: getattr(one, field.name) for field in fields(Backup)} for one in case.backups
        ],
        "key": [
            *(
                {
                    "kind": one.kind,
                    "path": one.path,
                    "passphrase_env": one.passphrase_env,
                    **word_toml(one.word),
                }
                for one in case.keys
            ),
            *map(service_toml, case.services),
        ],
        "custodian": [custodian_toml(one) for one in case.custodians],
        "holder": [{"name": one.name, "recipient": one.recipient} for one in terms.holders],
        "decide": [
            {"match": _match(one.match), "fate": one.fate, "reason": one.reason} for one in case.rules
        ],
        "hold": [
            {"match": _match(one.match), "reason": one.reason, "reference": one.reference, "until": one.until}
            for one in case.holds
        ],
        "person": [person_toml(one) for one in case.people],
        "locate": looking_toml(case.looking),
        "pattern": [pattern_toml(one) for one in case.looking.patterns],
        "wipe": _wipe(case.wiping),
        "vault": vault_toml(case.vault),
        "certificate": _certificate(terms),
    }
    return tomli_w.dumps(_bare(everything))


def _certificate(terms: CertificateTerms) -> dict[str, Any]:
    return {
        "out": terms.out,
        "names": terms.names,
        "language": terms.language,
        "tsa": terms.tsa,
        "tsa_papers": list(terms.tsa_papers),
        "register": terms.register,
        "print_inventory": terms.printed,
    }


def _wipe(wiping: Wiping) -> dict[str, Any]:
    plain = wiping.plain
    return plain if wiping.method is Method.CONTRACT else {**plain, "passes": None}


def declared_digest(case: Case) -> str:
    """SHA-256, hex, of all that results rest on; where people's files and the out folder lie is not in it."""
    nowhere = Path(os.sep)
    bare = replace(
        case,
        people=(),
        custodians=tuple(replace(one, identity=None, receipt=None) for one in case.custodians),
        certificate=replace(case.certificate, out=nowhere, tsa="", tsa_papers=(), register=None),
    )
    return hashlib.sha256(case_toml(bare).encode()).hexdigest()


def _database(one: Database) -> dict[str, Any]:
    return {
        "url": one.url,
        "password_env": one.password_env,
        "customers": one.customers,
        "whole": one.whole or None,
    }


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
