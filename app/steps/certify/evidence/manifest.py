"""The manifest: one canonical JSON object that binds all the certificate says; what both people sign."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from app.domain.canonical import canonical
from app.domain.case import Role
from app.domain.outcome import Evidence
from app.domain.plan import Subject
from app.identity import Identity
from app.steps.certify.account import Account, Coverage, named
from app.steps.certify.difference import difference_of
from app.steps.certify.evidence.annex import ANNEX
from app.steps.certify.evidence.inventory import INVENTORY
from app.steps.certify.evidence.leaves import leaves_from, roots_of
from app.steps.certify.issuing import Issuing, told
from app.steps.certify.status import Closing, Exceptional, exceptions, status_of
from app.steps.certify.tally import by_category, limits_seen, summed

MANIFEST: Final = "manifest.json"
DETACHED: Final = "manifest.p7s"
CERTIFICATE: Final = "certificate.pdf"
FORMAT: Final = "lethe-manifest"
VERSION: Final = 2


def manifest_of(
    account: Account,
    folder: Path,
    people: Sequence[Identity],
    issued_at: str,
    closing: Closing,
    issuing: Issuing,
) -> dict[str, Any]:
    """Build the manifest from the account and from `inventory.csv` in `folder`.

    Raises:
        OSError: when that is not there.
    """
    inventory = (folder / INVENTORY).read_bytes()
    planned, done = roots_of(leaves_from(account))
    return {
        "format": FORMAT,
        "version": VERSION,
        **_identification(account),
        "issued_at": issued_at,
        "status": status_of(account, closing).value,
        **told(account, people, issuing),
        **_excused(account),
        "signatures": [_signature(field, person) for field, person in fields_of(people)],
        "totals": _totals(account),
        "coverage": _coverage(account.coverage),
        "searched": [_searched(account, i) for i in range(len(account.searched))],
        "media": [asdict(medium) for medium in account.media],
        "locations": list(account.locations),
        "keys": [
            {"id": line.id, "outcome": named(line.outcome), **_evidence(line.evidence)}
            for line in account.lines
            if line.subject is Subject.KEY
        ],
        "register_key": {"outcome": named(closing.outcome), **_evidence(closing.evidence)},
        "exceptions": [_exception(one) for one in exceptions(account, closing)],
        "limits": [[reason.value, count] for reason, count in limits_seen(account, closing.evidence.limits)],
        "inventory": _inventory(inventory, len(account.lines)),
        "annex": {"file": ANNEX, **asdict(account.annex)} if account.annex else None,
        "papers": [asdict(paper) for paper in account.papers],
        "leaves": {
            "hash": "RFC 9162 SHA-256, salted",
            "count": len(account.lines),
            "planned": planned,
            "done": done,
        },
        "difference": _difference(account),
        "journal": {"count": account.journal_count, "head": account.journal_head},
    }


def _excused(account: Account) -> dict[str, Any]:
    pairs = [[one.limit.value, one.why] for one in account.excuses]
    return {"excused": pairs} if pairs else {}


def _signature(field: str, person: Identity) -> dict[str, str]:
    role, name = person.role.value, person.name
    return {"field": field, "role": role, "name": name, "fingerprint": person.fingerprint}


def _coverage(one: Coverage) -> dict[str, Any]:
    pairs = {"problems": [list(pair) for pair in one.problems], "kinds": [list(pair) for pair in one.kinds]}
    return asdict(one) | pairs


def _inventory(data: bytes, rows: int) -> dict[str, Any]:
    digest = hashlib.sha256(data).hexdigest()
    return {"file": INVENTORY, "sha256": digest, "bytes": len(data), "rows": rows}


def fields_of(people: Sequence[Identity]) -> list[tuple[str, Identity]]:
    """Name a signature field for each person: officer, witness, witness2 …, the officer first."""
    order = [Role.OFFICER, Role.WITNESS, Role.APPROVER]
    fields: list[tuple[str, Identity]] = []
    seen: dict[Role, int] = {}
    for person in sorted(people, key=lambda one: order.index(one.role)):
        seen[person.role] = seen.get(person.role, 0) + 1
        suffix = str(seen[person.role]) if seen[person.role] > 1 else ""
        fields.append((person.role.value + suffix, person))
    return fields


def written(manifest: dict[str, Any]) -> bytes:
    """Give the bytes of a manifest: RFC 8785."""
    return canonical(manifest)


def _identification(account: Account) -> dict[str, Any]:
    return {
        "number": account.number,
        "machine_id": account.machine_id,
        "case": account.case,
        "company": {"name": account.company, "uscc": account.uscc},
        "kind": account.kind.value,
        "scale": account.scale.value,
        "dates": dict(account.dates),
        "profile": account.profile.value,
        "rehearsal": account.rehearsal,
        "language": account.language,
        "names": account.names.value,
        "opened_at": account.opened_at,
        "begun_at": account.begun_at,
        "ended_at": account.ended_at,
        "plan": account.plan,
        "plan_signers": [asdict(signer) for signer in account.signers],
        "pack": account.pack,
        "tool": account.tool,
        "system": account.system,
    }


def _totals(account: Account) -> dict[str, Any]:
    subjects = {
        subject.value: asdict(summed([line for line in account.lines if line.subject is subject]))
        for subject in Subject
    }
    categories = [
        {"tier": tier.value, "category": category, **asdict(total)}
        for tier, category, total in by_category(account)
    ]
    return {**subjects, "all": asdict(summed(account.lines)), "records_by_category": categories}


def _difference(account: Account) -> dict[str, Any]:
    found = difference_of(account)
    return {
        "planned": found.planned,
        "done": found.done,
        "without_outcome": list(found.unanswered),
        "not_planned": list(found.unplanned),
        "ended_otherwise": list(found.otherwise),
    }


def _searched(account: Account, index: int) -> dict[str, Any]:
    searched = account.searched[index]
    return {**asdict(searched), "limits": [limit.value for limit in searched.limits]}


def _evidence(evidence: Evidence | None) -> dict[str, Any]:
    if evidence is None:
        return {"method": "", "limits": [], "facts": {}}
    return {
        "method": evidence.method,
        "limits": [limit.value for limit in evidence.limits],
        "facts": dict(evidence.facts),
    }


def _exception(one: Exceptional) -> dict[str, Any]:
    return {
        "what": one.failing.value,
        "id": one.line.id if one.line else "",
        "backup": one.searched.backup if one.searched else "",
        "count": one.count,
        "limits": [limit.value for limit in one.limits],
    }
