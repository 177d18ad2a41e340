"""The people of a case: what the case file says of them, unlocking them, who must sign what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from app.domain.case import Case, PersonSource, Role
from app.domain.fault import Fault, Refused
from app.flow.desk import Passphrase
from app.flow.toml_check import Form, Key
from app.identity import Identity, unlock
from app.identity.chain import Papers, Trust, read_papers, trust_of
from app.identity.token import SCHEME

PERSON: Final[Form] = {
    "role": Key(str, required=True, choices=tuple(role.value for role in Role)),
    "identity": Key(str, required=True),
    "passphrase_env": Key(str),
    "module": Key(str),
    "chain": Key(list),
    "revocation": Key(list),
    "instead_of": Key(str),
    "reason": Key(str),
}
"""What may stand in `[[person]]`."""


def person_toml(one: PersonSource) -> dict[str, Any]:
    """Write a person as the case file has them."""
    return {
        "role": one.role,
        "identity": one.identity,
        "passphrase_env": one.passphrase_env,
        "module": one.module,
        "chain": list(one.chain),
        "revocation": list(one.revocation),
        "instead_of": one.instead_of,
        "reason": one.reason,
    }


def on_token(identity: str) -> bool:
    """Whether a person's key is on a token, not in a file."""
    return identity.startswith(SCHEME)


def people_of(case: Case, passphrase: Passphrase) -> tuple[Identity, ...]:
    """Unlock everybody the case names, the officer first.

    Raises:
        Refused: PERSON_MISSING without officer or witness; WRONG_PASSPHRASE, WRONG_ROLE,
            TOKEN_UNUSABLE …; CERTIFICATE_REVOKED for one that an authority took back.
    """
    for role in (Role.OFFICER, Role.WITNESS):
        if all(source.role is not role for source in case.people):
            raise Refused(Fault.PERSON_MISSING, role.value)
    ordered = sorted(case.people, key=lambda source: list(Role).index(source.role))
    return tuple(unlocked(source, passphrase) for source in ordered)


def unlocked(source: PersonSource, passphrase: Passphrase) -> Identity:
    """Unlock one person.

    Raises:
        Refused: as `people_of`.
    """
    person = unlock(
        source.identity,
        passphrase(source.identity, source.passphrase_env),
        source.role,
        module=source.module,
        papers=papers_in((*source.chain, *source.revocation)),
    )
    refuse_revoked(person)
    return person


def papers_in(files: Iterable[Path]) -> Papers:
    """Read what authorities issued.

    Raises:
        Refused: IDENTITY_UNREADABLE with the file.
    """
    papers = Papers()
    for path in files:
        try:
            papers += read_papers([path.read_bytes()])
        except (OSError, ValueError) as error:
            raise Refused(Fault.IDENTITY_UNREADABLE, str(path), str(error)) from error
    return papers


def refuse_revoked(person: Identity) -> None:
    """Refuse a person whose certificate is not in force, or of whom what was given does not tell.

    Raises:
        Refused: CERTIFICATE_REVOKED.
    """
    papers = person.papers
    trust = trust_of(person.certificate_der, papers.chain, papers, datetime.now(UTC))
    asked = papers.crls or papers.ocsps
    if trust in (Trust.REVOKED, Trust.BROKEN) or (trust is Trust.UNKNOWN and asked):
        raise Refused(Fault.CERTIFICATE_REVOKED, person.name, trust.value)


def refuse_unapproved(case: Case, people: Sequence[Identity]) -> None:
    """Refuse to sign the plan without every approver whom the case declares.

    Raises:
        Refused: PERSON_MISSING; OFFICER_IS_WITNESS when an approver stands there twice.
    """
    declared = sum(source.role is Role.APPROVER for source in case.people)
    approvers = [person for person in people if person.role is Role.APPROVER]
    if len(approvers) < declared:
        raise Refused(Fault.PERSON_MISSING, Role.APPROVER.value)
    if len({person.holder.public_key for person in people}) < len(people):
        raise Refused(Fault.OFFICER_IS_WITNESS)
