"""What a journal bears: nothing may be certified that it does not hold."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final

from app.domain.canonical import canonical
from app.domain.fault import Fault, Refused
from app.domain.outcome import Evidence, KeyOutcome
from app.identity import PlanDigest, Signature, refuse_unsigned
from app.journal import Entry, replay_entries
from app.register.codec import build, outcome_named, plain
from app.steps.certify.account import Account, Signer, named
from app.steps.certify.evidence.leaves import leaves_from, roots_of
from app.steps.certify.status import Closing

REGISTER_KEY: Final = "k-register"
"""The id under which a journal speaks of the register's own key."""


def borne(account: Account, journal: Path) -> Closing:
    """See that the journal bears the account, and give how it says the register's key ended.

    The journal's chain must hold and contain the account's anchor; the account must be the
    one it names; the plan, its signatures and its root must be those it holds, and so must
    be the outcome of every line, up to the anchor.

    Raises:
        Refused: JOURNAL_BROKEN with the line that breaks the chain; NOT_BORNE with what
            the journal does not bear; SIGNATURE_INVALID for a plan that nobody signed.
    """
    told = _Told(account.journal_count)
    replay_entries(journal, told.take)
    for what, same in _held(account, told):
        if not same:
            raise Refused(Fault.NOT_BORNE, str(journal), what)
    refuse_unsigned(PlanDigest(account.case, account.plan, account.planned), map(_signature, account.signers))
    return _closing(told, journal)


class _Told:
    """What a journal says of plan, outcomes and account, read once from its first entry to its last."""

    def __init__(self, anchor: int) -> None:
        self.anchor = anchor
        self.head = ""
        self.signed: dict[str, Any] = {}
        self.accounted = ""
        self.outcomes: dict[str, str] = {}
        self.register: dict[str, Any] = {}

    def take(self, entry: Entry) -> None:
        if entry.n == self.anchor:
            self.head = entry.hash
        if entry.event == "settled":
            self._settled(entry)
        elif entry.event == "signed" and entry.n <= self.anchor:
            self.signed = dict(entry.body)
        elif entry.event == "accounted":
            self.accounted = str(entry.body.get("sha256"))

    def _settled(self, entry: Entry) -> None:
        if entry.body["id"] == REGISTER_KEY:
            self.register = dict(entry.body)
        elif entry.n <= self.anchor:
            self.outcomes[entry.body["id"]] = str(entry.body["outcome"])


def _held(account: Account, told: _Told) -> tuple[tuple[str, bool], ...]:
    """Each thing the account claims, and whether the journal holds it."""
    claimed = {line.id: named(line.outcome) for line in account.lines if line.outcome}
    rest = told.outcomes.keys() - claimed.keys()
    signers = [
        (one.role, one.name, one.signed_at, one.certificate, one.value, one.chain) for one in account.signers
    ]
    journalled = [
        (*(one.get(name) for name in ("role", "name", "at", "certificate", "value")), one.get("chain", ""))
        for one in told.signed.get("signatures", [])
    ]
    return (
        ("anchor", bool(told.head) and told.head == account.journal_head),
        ("account", told.accounted == hashlib.sha256(canonical(plain(account))).hexdigest()),
        ("plan", told.signed.get("plan") == account.plan),
        ("items", told.signed.get("items") == len(account.lines) == len({one.id for one in account.lines})),
        ("signers", bool(signers) and signers == journalled),
        ("planned", told.signed.get("planned") == account.planned == roots_of(leaves_from(account))[0]),
        ("outcomes", all(told.outcomes.get(item) == outcome for item, outcome in claimed.items())),
        ("unplanned", tuple(sorted(rest)) == account.unplanned),
    )


def _closing(told: _Told, journal: Path) -> Closing:
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
