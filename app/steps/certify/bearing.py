"""What a journal bears: nothing may be certified that it does not hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from app.domain.fault import Fault, Refused
from app.domain.outcome import Evidence, KeyOutcome
from app.identity import PlanDigest, Signature, refuse_unsigned
from app.journal import replay_entries
from app.register.codec import build, outcome_named
from app.steps.certify.account import Account, Line, Signer, digest_of, named
from app.steps.certify.evidence.leaves import leaves_from, roots_of
from app.steps.certify.journalled import REGISTER_KEY, Journalled
from app.steps.certify.status import Closing


def borne(account: Account, journal: Path) -> Closing:
    """See that the journal bears the account, and give how it says the register's key ended.

    The journal's chain must hold and contain the account's anchor; the account must be the
    one it names; the plan, its signatures and its root must be those it holds, and so must
    be the outcome of every line, up to the anchor.

    Raises:
        Refused: JOURNAL_BROKEN with the line that breaks the chain; NOT_BORNE with what
            the journal does not bear; SIGNATURE_INVALID for a plan that nobody signed.
    """
    told = Journalled(account.journal_count)
    replay_entries(journal, told.take)
    for what, same in _held(account, told):
        if not same:
            raise Refused(Fault.NOT_BORNE, str(journal), what)
    refuse_unsigned(PlanDigest(account.case, account.plan, account.planned), map(_signature, account.signers))
    return _closing(told, journal)


def _held(account: Account, told: Journalled) -> tuple[tuple[str, bool], ...]:
    """Each thing the account claims, and whether the journal holds it."""
    signers = [
        (one.role, one.name, one.signed_at, one.certificate, one.value, one.chain) for one in account.signers
    ]
    journalled = [
        (*(one.get(name) for name in ("role", "name", "at", "certificate", "value")), one.get("chain", ""))
        for one in told.signed.get("signatures", [])
    ]
    return (
        ("anchor", bool(told.head) and told.head == account.journal_head),
        ("account", told.accounted == digest_of(account)),
        ("plan", told.signed.get("plan") == account.plan),
        ("items", told.signed.get("items") == len(account.lines) == len({one.id for one in account.lines})),
        ("signers", bool(signers) and signers == journalled),
        ("planned", told.signed.get("planned") == account.planned == roots_of(leaves_from(account))[0]),
        ("outcomes", all(told.outcome(line.id) == named(line.outcome) for line in _claiming(account))),
        ("unplanned", _unplanned(account, told) == account.unplanned),
    )


def _claiming(account: Account) -> Iterator[Line]:
    return (line for line in account.lines if line.outcome)


def _unplanned(account: Account, told: Journalled) -> tuple[str, ...]:
    """The items that the journal has an outcome of and the account has none."""
    if len(told) == sum(1 for _ in _claiming(account)):
        # Each of the account's has been found in the journal, so there is no room for another.
        return ()
    claimed = {line.id for line in _claiming(account)}
    return tuple(sorted(item for item in told.items() if item not in claimed))


def _closing(told: Journalled, journal: Path) -> Closing:
    if not told.register:
        raise Refused(Fault.NOT_BORNE, str(journal), REGISTER_KEY)
    outcome = outcome_named(told.register["outcome"])
    return Closing(KeyOutcome(outcome.value), build(Evidence, told.register["evidence"]))


def _signature(one: Signer) -> Signature:
    return Signature(
        one.role,
        one.name,
        bytes.fromhex(one.certificate),
        one.signed_at,
        bytes.fromhex(one.value),
        tuple(bytes.fromhex(above) for above in one.chain.split()),
    )
