"""Issuing the certificate: its place in the register of certificates, who signs it, whose time it bears."""

from __future__ import annotations

from collections.abc import Sequence

from app.flow.desk import ledger_of, now
from app.flow.opened import OpenCase
from app.flow.people import papers_in
from app.flow.recording import Work
from app.identity import Identity
from app.steps.certify import Issuing, StandIn, compose, enter, entered, next_place
from app.steps.certify.account import Account


def issuing(opened: OpenCase, account: Account, people: Sequence[Identity]) -> Work:
    """Write the certificate and enter it in the register, unless an earlier run has done both.

    Raises:
        Refused: as `compose`, `next_place` and `enter` do.
    """
    folder = opened.folder / "certificate"
    path = ledger_of(opened.folder, opened.case)
    if entered(path, folder):
        return
    terms = opened.case.certificate
    follows = next_place(path)
    yield from compose(
        account,
        folder,
        people,
        issued_at=now(),
        journal=opened.folder / "journal.jsonl",
        issuing=Issuing(follows, stand_ins(opened, account, people), terms.tsa, papers_in(terms.tsa_papers)),
    )
    enter(path, follows, folder, now())


def stand_ins(opened: OpenCase, account: Account, people: Sequence[Identity]) -> tuple[StandIn, ...]:
    """Who of these people did not sign the plan, but is declared to sign instead of someone who did."""
    known = {one.fingerprint for one in account.signers}
    declared = {source.identity: source for source in opened.case.people if source.instead_of}
    return tuple(
        StandIn(person.role, person.name, source.instead_of, source.reason)
        for person in people
        if person.fingerprint not in known and (source := declared.get(person.path))
    )
