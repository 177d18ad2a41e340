"""Signing the plan: two people's signatures, and the one door to destruction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NoReturn, final

from typing_extensions import override

from app.domain.canonical import canonical
from app.domain.case import Role
from app.domain.fault import Fault, Refused
from app.domain.item import PlanItem
from app.domain.pages import Pages
from app.domain.plan import Plan
from app.identity.certificate import Holder, has_signed, read_holder
from app.identity.person import Identity


@dataclass(frozen=True, slots=True)
class Signature:
    """One person's signature of a plan. `certificate` is DER, `at` RFC 3339, `value` over the statement.

    `chain` are the certificates above that of an authority, DER, the root last.
    """

    role: str
    name: str
    certificate: bytes
    at: str
    value: bytes
    chain: tuple[bytes, ...] = ()

    def plain(self) -> dict[str, str]:
        """The JSON form: text as it is, bytes in hex, the chain with spaces between."""
        above = {"chain": " ".join(one.hex() for one in self.chain)} if self.chain else {}
        return above | {
            "role": self.role,
            "name": self.name,
            "certificate": self.certificate.hex(),
            "at": self.at,
            "value": self.value.hex(),
        }

    @classmethod
    def from_plain(cls, values: Mapping[str, object]) -> Signature:
        """Read what `plain` gave.

        Raises:
            Refused: SIGNATURE_INVALID for a missing, unknown or malformed field.
        """
        names = ("role", "name", "certificate", "at", "value")
        texts = [text for text in (values.get(name) for name in names) if isinstance(text, str)]
        above = values.get("chain", "")
        if set(values) - {"chain"} != set(names) or len(texts) != len(names) or not isinstance(above, str):
            raise Refused(Fault.SIGNATURE_INVALID, "", "five text fields")
        role, name, certificate, at, value = texts
        try:
            chain = tuple(bytes.fromhex(one) for one in above.split())
            return cls(role, name, bytes.fromhex(certificate), at, bytes.fromhex(value), chain)
        except ValueError as error:
            raise Refused(Fault.SIGNATURE_INVALID, name, "hex") from error


def _statement(on: PlanDigest, signature: Signature, fingerprint: str) -> bytes:
    statement = {
        "case": on.case,
        "plan": on.digest,
        "role": signature.role,
        "name": signature.name,
        "at": signature.at,
        "fingerprint": fingerprint,
    }
    return canonical({**statement, "planned": on.planned} if on.planned else statement)


@dataclass(frozen=True, slots=True)
class PlanDigest:
    """What stands for a plan in a signature. `planned` is the Merkle root over its salted lines, or empty.

    The digest names the plan to whoever holds it; the root lets a stranger see that one
    line of it was signed, without the others.
    """

    case: str
    digest: str
    planned: str = ""


@final
@dataclass(frozen=True, slots=True)
class SignedPlan:
    """A plan that an officer and a witness, two different people, have signed. Making one checks it.

    Every way of making one goes through the check: the constructor,
    `dataclasses.replace`, `copy` and `pickle`. Python can't forbid
    `object.__new__` with `object.__setattr__`; so what destroys calls `verify`
    first, and only code that rewrites this module itself gets past that.

    Raises:
        Refused: PERSON_MISSING without an officer and a witness; OFFICER_IS_WITNESS
            when two of them share a key or a name; SIGNATURE_INVALID else.
    """

    plan: Plan
    signatures: tuple[Signature, ...]
    planned: str = ""
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "signatures", tuple(self.signatures))
        object.__setattr__(self, "digest", _checked(self.plan, self.signatures, self.planned))

    @override
    def __init_subclass__(cls, **_: object) -> NoReturn:
        raise TypeError("SignedPlan has no subclasses")

    @override
    def __reduce__(self) -> tuple[type[SignedPlan], tuple[Plan, tuple[Signature, ...], str]]:
        return SignedPlan, (self.plan, self.signatures, self.planned)

    def verify(self) -> None:
        """Check everything again, as the constructor did.

        Raises:
            Refused: as the constructor; PLAN_CHANGED when the digest is another now.
        """
        try:
            plan, signatures, digest, planned = self.plan, self.signatures, self.digest, self.planned
        except AttributeError as error:
            raise Refused(Fault.SIGNATURE_INVALID, "", "not made by signing") from error
        if _checked(plan, signatures, planned) != digest:
            raise Refused(Fault.PLAN_CHANGED, plan.case)


def refuse_alike(people: Iterable[Holder | None]) -> None:
    """Refuse people among whom no officer and witness are two different persons.

    Raises:
        Refused: PERSON_MISSING, OFFICER_IS_WITNESS for a shared key or name; SIGNATURE_INVALID
            for one whose certificate names nobody.
    """
    holders = list(people)
    known = [holder for holder in holders if holder is not None]
    if len(known) < len(holders):
        raise Refused(Fault.SIGNATURE_INVALID)
    _refuse_alike(known)


def sign_plan(plan: Plan, people: Sequence[Identity], at: str, planned: str = "") -> SignedPlan:
    """Have each of these unlocked people sign the plan's digest at the time `at` (RFC 3339 with an offset).

    `planned` is the Merkle root over the plan's salted lines; they sign it with the digest.

    Raises:
        Refused: as `SignedPlan`; PASSPHRASE_MISSING for a locked person.
    """
    on = PlanDigest(plan.case, plan.digest(), planned)
    return SignedPlan(plan, tuple(_sign(on, person, at) for person in people), planned)


def _sign(on: PlanDigest, person: Identity, at: str) -> Signature:
    chain = person.papers.chain
    blank = Signature(person.role.value, person.name, person.certificate_der, at, b"", chain)
    value = person.sign(_statement(on, blank, person.fingerprint))
    return Signature(blank.role, blank.name, blank.certificate, at, value, chain)


def refuse_unsigned(on: PlanDigest, signatures: Iterable[Signature]) -> None:
    """Refuse a digest that an officer and another person as witness have not signed, as `SignedPlan` does.

    For whoever has no plan any more, or never had: all it needs stands in a manifest.

    Raises:
        Refused: as `SignedPlan`.
    """
    _refuse_alike([_verified(on, signature) for signature in signatures])


def _checked(plan: Plan, signatures: Iterable[Signature], planned: str) -> str:
    """Give the plan's digest after every check has passed."""
    # A list, or a subclass with its own idea of a field, could change after the check.
    if type(plan) is not Plan or type(plan.items) not in (tuple, Pages):
        raise Refused(Fault.SIGNATURE_INVALID, "", "not a frozen plan")
    if type(plan.items) is tuple and any(type(item) is not PlanItem for item in plan.items):
        raise Refused(Fault.SIGNATURE_INVALID, plan.case, "not a frozen plan")
    digest = plan.digest()
    refuse_unsigned(PlanDigest(plan.case, digest, planned), signatures)
    return digest


def _verified(on: PlanDigest, signature: Signature) -> Holder:
    if type(signature) is not Signature:
        raise Refused(Fault.SIGNATURE_INVALID, "", "not a signature")
    try:
        holder = read_holder(signature.certificate, signature.chain, Role(signature.role))
        statement = _statement(on, signature, holder.fingerprint)
        valid = has_signed(signature.certificate, signature.value, statement)
    except (ValueError, LookupError) as error:
        raise Refused(Fault.SIGNATURE_INVALID, signature.name, str(error)) from error
    if (holder.name, holder.role.value) != (signature.name, signature.role):
        raise Refused(Fault.SIGNATURE_INVALID, signature.name, "the certificate names someone else")
    if not valid:
        raise Refused(Fault.SIGNATURE_INVALID, signature.name)
    if not _is_time(signature.at):
        raise Refused(Fault.SIGNATURE_INVALID, signature.name, "the time is not RFC 3339")
    return holder


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _refuse_alike(holders: Sequence[Holder]) -> None:
    officers = [holder for holder in holders if holder.role is Role.OFFICER]
    witnesses = [holder for holder in holders if holder.role is Role.WITNESS]
    for officer in officers:
        for witness in witnesses:
            if officer.public_key == witness.public_key or officer.plain_name == witness.plain_name:
                raise Refused(Fault.OFFICER_IS_WITNESS, witness.name)
    for present, role in ((officers, Role.OFFICER), (witnesses, Role.WITNESS)):
        if not present:
            raise Refused(Fault.PERSON_MISSING, role.value)
