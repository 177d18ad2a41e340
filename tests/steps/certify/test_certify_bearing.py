"""The refusal lives in composing: nobody can have more certified than the journal holds."""

import hashlib
import json
import tracemalloc
from dataclasses import replace
from types import SimpleNamespace

import account_sample as sample
import pytest
from certify_issued import ready

from app.domain.canonical import canonical
from app.domain.fate import Fate
from app.domain.fault import Fault, Refused
from app.domain.outcome import KeepOutcome, KeyOutcome, Outcome, Reason
from app.journal import Journal
from app.register.codec import build, plain
from app.steps.certify import Status, compose, write_inventory
from app.steps.certify.account import Account, Excuse, digest_of, pieces_of
from app.steps.certify.bearing import borne
from app.steps.certify.difference import difference_of
from app.steps.certify.journalled import Journalled
from app.steps.certify.status import status_of


def refusal(account, folder, people, terms):
    write_inventory(account, folder)
    with pytest.raises(Refused) as refused:
        list(compose(account, folder, people, **terms))
    assert not (folder / "certificate.pdf").exists()
    assert not (folder / "manifest.json").exists()
    return refused.value.fault, refused.value.detail


def rewritten(account, journal):
    """A forger who can append to the journal lets it name the forged account."""
    told = Journal.open(journal, lambda _: None)
    told.append("accounted", {"sha256": digest_of(account), "number": ""})
    told.close()


def failed_case():
    lines = (sample.line(0), sample.line(1, outcome=Outcome.FAILED), sample.line(2, outcome=None))
    return replace(sample.clean(0), lines=lines)


def polished(lines):
    return tuple(replace(line, outcome=Outcome.OVERWRITTEN, evidence=sample.GOOD) for line in lines)


FORGED = {
    "outcomes": lambda account: replace(account, lines=polished(account.lines)),
    "items": lambda account: replace(account, lines=account.lines[:1]),
    "planned": lambda account: replace(
        account, lines=(*account.lines[:2], replace(account.lines[2], fate=Fate.LEAVE))
    ),
    "plan": lambda account: replace(account, plan="0" * 64),
    "signers": lambda account: replace(account, signers=account.signers[::-1]),
    "anchor": lambda account: replace(account, journal_head="0" * 64),
    "unplanned": lambda account: replace(account, unplanned=("r-none",)),
}


@pytest.mark.parametrize("what", FORGED)
def test_a_forged_account_is_refused(tmp_path, people, what):
    account, terms = ready(failed_case(), tmp_path / "c", people)
    forged = FORGED[what](account)
    first = "anchor" if what == "anchor" else "account"
    assert refusal(forged, tmp_path / "c", people, terms) == (Fault.NOT_BORNE, first)
    # Even where the journal was made to name it: what it says of each item is older than that.
    rewritten(forged, terms["journal"])
    assert refusal(forged, tmp_path / "c", people, terms) == (Fault.NOT_BORNE, what)


def test_what_only_the_account_knows_is_bound_by_its_digest(tmp_path, people):
    account, terms = ready(sample.mixed(), tmp_path / "c", people)
    forged = replace(account, searched=(), coverage=replace(account.coverage, unreadable=0))
    assert refusal(forged, tmp_path / "c", people, terms) == (Fault.NOT_BORNE, "account")


def test_a_journal_that_was_changed_or_has_no_end_of_the_register(tmp_path, people):
    account, terms = ready(sample.clean(3), tmp_path / "c", people)
    journal = terms["journal"]
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:-1]))
    assert refusal(account, tmp_path / "c", people, terms) == (Fault.NOT_BORNE, "k-register")
    journal.write_bytes(b"".join([lines[0], *lines[2:]]))
    assert refusal(account, tmp_path / "c", people, terms)[0] is Fault.JOURNAL_BROKEN
    journal.write_bytes(b"".join(lines).replace(b"Outcome.overwritten", b"Outcome.proven", 1))
    assert refusal(account, tmp_path / "c", people, terms)[0] is Fault.JOURNAL_BROKEN


def test_signatures_that_the_journal_holds_but_nobody_made(tmp_path, people, monkeypatch):
    import certify_issued

    real = certify_issued.signed

    def unsigned(account, people):
        account, body = real(account, people)
        bad = [{**one, "value": "00" + one["value"][2:]} for one in body["signatures"]]
        signers = tuple(replace(one, value="00" + one.value[2:]) for one in account.signers)
        return replace(account, signers=signers), {**body, "signatures": bad}

    monkeypatch.setattr(certify_issued, "signed", unsigned)
    account, terms = ready(sample.clean(3), tmp_path / "c", people)
    assert refusal(account, tmp_path / "c", people, terms)[0] is Fault.SIGNATURE_INVALID


def test_the_registers_key_ends_as_the_journal_says(tmp_path, people):
    """There is no way to tell composing otherwise."""
    for outcome in (KeyOutcome.KEY_DESTROYED_HERE, KeyOutcome.FAILED):
        account, terms = ready(
            sample.clean(2), tmp_path / outcome.value / "c", people, sample.closing(outcome)
        )
        closing = borne(account, terms["journal"])
        assert closing == sample.closing(outcome)
        best = Status.ALL_DESTROYED if outcome.good else Status.WITH_EXCEPTIONS
        assert status_of(account, closing) is best


def test_outcomes_that_were_not_planned_are_said(tmp_path, people):
    folder = tmp_path / "c"
    account, terms = ready(sample.clean(3, unplanned=("r-" + "9" * 16,)), folder, people)
    list(compose(account, folder, people, **terms))
    manifest = json.loads((folder / "manifest.json").read_bytes())
    assert manifest["difference"]["not_planned"] == ["r-" + "9" * 16]
    assert manifest["status"] == "with_exceptions"
    assert "not_planned" in {one["what"] for one in manifest["exceptions"]}
    # Left out of the account, it is refused.
    other, terms = ready(sample.clean(3, unplanned=("r-" + "9" * 16,)), tmp_path / "d" / "c", people)
    silent = replace(other, unplanned=())
    rewritten(silent, terms["journal"])
    assert refusal(silent, tmp_path / "d" / "c", people, terms) == (Fault.NOT_BORNE, "unplanned")


def test_the_difference():
    account = sample.clean(3)
    assert difference_of(account).none
    kept = replace(account.lines[0], outcome=KeepOutcome.LEFT)
    gone = replace(account.lines[1], fate=Fate.FREEZE)
    silent = replace(account.lines[2], outcome=None)
    bad = sample.line(7, outcome=Outcome.FAILED, evidence=replace(sample.GOOD, limits=(Reason.CHANGED,)))
    found = difference_of(replace(account, lines=(kept, gone, silent, bad), unplanned=("x",)))
    assert (found.planned, found.done) == (4, 4)
    assert found.unanswered == (silent.id,)
    assert found.unplanned == ("x",)
    assert found.otherwise == (kept.id, gone.id)


def test_the_digest_of_an_account_is_that_of_its_canonical_form():
    for account in (sample.mixed(), sample.clean(0), sample.clean(1, company='"lines":[] of "lines":[1]')):
        excused = replace(account, excuses=(Excuse(Reason.NO_RECEIPT, "in Urumqi"),))
        older = {name: one for name, one in plain(account).items() if name != "excuses"}
        # an account of an older Lethe, which knew no excuses, keeps its digest
        for one, whole in ((excused, plain(excused)), (build(Account, older), older)):
            assert b"".join(pieces_of(one)) == canonical(whole)
            assert digest_of(one) == hashlib.sha256(canonical(whole)).hexdigest()
            assert build(Account, json.loads(canonical(whole))) == one


def test_it_is_held_against_the_journal_without_holding_it_twice(tmp_path, people):
    """An account of 20,000 lines; a copy of it as plain values would take 50 MB."""
    account, terms = ready(sample.clean(20_000), tmp_path / "c", people)
    borne(account, terms["journal"])
    tracemalloc.start()
    try:
        borne(account, terms["journal"])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 << 20


def test_the_last_outcome_of_an_item_counts(tmp_path):
    entry = SimpleNamespace(n=1, event="settled", hash="", body={"id": "r-1", "outcome": "Outcome.failed"})
    told = Journalled(3)
    for n, item, outcome in (
        (1, "r-1", "failed"),
        (2, "r-1", "proven"),
        (4, "r-1", "survives"),
        (3, "x", "x"),
    ):
        told.take(SimpleNamespace(**{**vars(entry), "n": n, "body": {"id": item, "outcome": outcome}}))
    assert told.outcome("r-1") == "proven"
    assert told.outcome("r-2") is None
    assert sorted(told.items()) == ["r-1", "x"]
    assert len(told) == 2
