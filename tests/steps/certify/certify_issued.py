"""Issue a certificate, as the tests of this folder do."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import account_sample as sample

from app.domain.case import Profile
from app.domain.plan import Plan, PlanItem
from app.domain.record import Stamp
from app.identity import sign_plan
from app.journal import Journal
from app.register.codec import plain
from app.steps.certify import Signer, compose, planned_root, write_inventory
from app.steps.certify.account import digest_of, named

ISSUED_AT = "2026-11-21T10:05:00Z"
SIGNED_AT = "2026-11-21T09:20:00Z"


def signed(account, people):
    """The account with its plan, its root and the signatures of these people."""
    blank = Stamp(1, 2, 3, 4, 5, 1)
    items = tuple(
        PlanItem(
            line.id,
            line.subject,
            f"/data/{line.id}",
            line.fate,
            line.ground,
            line.rule,
            line.law,
            line.tier,
            line.category,
            line.people,
            blank,
            "",
        )
        for line in account.lines
    )
    plan = Plan(account.case, SIGNED_AT, account.pack, Profile.STANDARD, items)
    root = planned_root(items, bytes.fromhex(account.salts))
    done = sign_plan(plan, people, SIGNED_AT, root)
    signers = tuple(map(Signer.of, done.signatures))
    account = replace(account, plan=done.digest, planned=root, signers=signers)
    return account, {
        "plan": done.digest,
        "planned": root,
        "items": len(items),
        "signatures": [one.plain() for one in done.signatures],
    }


def journalled(account, journal, people, closing=None):
    """Write a journal that bears the account; give the account as that journal has it."""
    journal.parent.mkdir(parents=True, exist_ok=True)
    for old in journal.parent.glob("journal*"):
        old.unlink()
    account, body = signed(account, people)
    told = Journal.create(journal)
    told.append("signed", body)
    for line in account.lines:
        if line.outcome:
            told.append("settled", {"id": line.id, "outcome": named(line.outcome)})
    for item in account.unplanned:
        told.append("settled", {"id": item, "outcome": "Outcome.overwritten"})
    told.commit()
    account = replace(account, journal_count=told.count, journal_head=told.head)
    digest = digest_of(account)
    told.append("accounted", {"sha256": digest, "number": account.number})
    end = closing or sample.closing()
    told.append(
        "settled",
        {"id": "k-register", "outcome": named(end.outcome), "evidence": plain(end.evidence)},
    )
    told.close()
    return account


def ready(account, folder: Path, people, closing=None):
    """Lay everything out so that the certificate can be composed; give the arguments for it."""
    folder.mkdir(parents=True, exist_ok=True)
    journal = folder.parent / "journal.jsonl"
    account = journalled(account, journal, people, closing)
    write_inventory(account, folder)
    return account, {"issued_at": ISSUED_AT, "journal": journal}


def issue(account, folder: Path, people, closing=None) -> Path:
    account, terms = ready(account, folder, people, closing)
    list(compose(account, folder, people, **terms))
    certified(folder, terms["journal"])
    return folder


def certified(folder, journal):
    """Let the journal say that the certificate in the folder was issued."""
    told = Journal.open(journal, lambda _: None)
    told.append(
        "certified", {"manifest.json": hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()}
    )
    told.close()
