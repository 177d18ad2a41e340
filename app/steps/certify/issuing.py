"""What is known only when a certificate is issued, and whether these people may sign it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from app.domain.case import Role
from app.domain.fault import Fault, Refused
from app.identity import Identity, refuse_alike
from app.identity.chain import Papers, Trust, trust_of
from app.steps.certify.account import Account
from app.steps.certify.evidence.ledger import Follows


@dataclass(frozen=True, slots=True)
class StandIn:
    """Someone who signs the certificate instead of who signed the plan, and why."""

    role: Role
    name: str
    instead_of: str
    reason: str


@dataclass(frozen=True, slots=True)
class Issuing:
    """All that the account does not hold.

    `follows` is None where no register of certificates is kept. `tsa` is the address of a
    time stamp service, empty for this computer's time; `tsa_papers` what others issued about it.
    """

    follows: Follows | None = None
    stand_ins: tuple[StandIn, ...] = ()
    tsa: str = ""
    tsa_papers: Papers = field(default_factory=Papers)


def refuse_others(account: Account, people: Sequence[Identity], stand_ins: Sequence[StandIn]) -> None:
    """Refuse people who are not those that signed the plan, but for declared stand-ins.

    Raises:
        Refused: OFFICER_IS_WITNESS when two share a key or a name, PERSON_MISSING without an
            officer and a witness, OTHER_SIGNER for whoever did not sign the plan, and for
            a witness of it who is missing; CERTIFICATE_REVOKED.
    """
    refuse_alike(person.holder for person in people)
    if len({person.fingerprint for person in people}) < len(people):
        raise Refused(Fault.OFFICER_IS_WITNESS)
    moment = datetime.now(UTC)
    for person in people:
        papers = person.papers
        if trust_of(person.certificate_der, papers.chain, papers, moment) in (Trust.REVOKED, Trust.BROKEN):
            raise Refused(Fault.CERTIFICATE_REVOKED, person.name)
    signed = {one.fingerprint: one for one in account.signers}
    instead = {(one.role.value, one.name): one for one in stand_ins}
    absent = {(one.role, one.name) for one in account.signers if one.role != Role.APPROVER.value}
    for person in people:
        key = (person.role.value, person.name)
        if person.fingerprint in signed:
            absent.discard(key)
        elif key in instead and (person.role.value, instead[key].instead_of) in absent:
            absent.discard((person.role.value, instead[key].instead_of))
        elif person.role is not Role.APPROVER:
            raise Refused(Fault.OTHER_SIGNER, person.role.value, person.name)
    if absent:
        role, name = min(absent)
        raise Refused(Fault.OTHER_SIGNER, role, name)


def papers_of(people: Iterable[Identity], issuing: Issuing, sent: Sequence[bytes]) -> Papers:
    """Put together all that others issued, `sent` being what the time stamp service gave along."""
    papers = issuing.tsa_papers + Papers(tuple(sent))
    for person in people:
        papers += person.papers
    return papers


def told(account: Account, people: Iterable[Identity], issuing: Issuing) -> dict[str, Any]:
    """Give what the manifest says of all this; what there is nothing to say of is left out."""
    chains = [bytes.fromhex(one) for signer in account.signers for one in signer.chain.split()]
    chains += [one for person in people for one in person.papers.chain]
    authorities = sorted({one.hex() for one in chains}, key=lambda one: hashlib.sha256(one.encode()).digest())
    values: dict[str, Any] = {"time": "rfc3161" if issuing.tsa else "computer"}
    if authorities:
        values["authorities"] = authorities
    if issuing.follows:
        values["register"] = asdict(issuing.follows)
    if issuing.stand_ins:
        values["stand_ins"] = [{**asdict(one), "role": one.role.value} for one in issuing.stand_ins]
    return values
