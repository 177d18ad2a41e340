"""The twelve conditions and the ladder: over every combination nothing is rounded up."""

import itertools
import os
from dataclasses import replace
from datetime import date

import pytest

from app.domain.conditions import ClearBefore, Condition, Escrow, KeyWord, Standing, standings
from app.domain.outcome import Evidence, KeyOutcome, Reason
from app.steps.shred.content import destroy_content
from app.steps.shred.kinds.contract import Worded
from app.steps.shred.verdict import CANARY, DRAWN, NOT_SEEN, STRENGTH, at_best, concluded, graded, verdict
from app.system.disk import this_disk

LADDER = list(KeyOutcome)
FACTS = ((CANARY, "c"), ("sha256_read_back", "r"), (DRAWN, True), ("probes", "p"), (STRENGTH, 128))
LIMITS = (
    Reason.WRONG_PASSPHRASE,
    Reason.CANARY_FAILED,
    Reason.COPIES_REMAIN,
    Reason.OPEN_ELSEWHERE,
    Reason.FLASH,
    Reason.STORE_WORD,
    Reason.DELETION_PENDING,
    Reason.RESTORABLE,
    Reason.DECLARED,
    Reason.PLACES_UNSEEN,
)
BEST = KeyWord("王五", ClearBefore.NO, Escrow.NONE, date(2040, 1, 1))
WORDS = (
    KeyWord(),
    BEST,
    KeyWord("王五", ClearBefore.YES, Escrow.STANDS),
    KeyWord("王五", ClearBefore.UNKNOWN, Escrow.DESTROYED, date(2030, 1, 1)),
    KeyWord("", ClearBefore.NO, Escrow.NONE, date(2040, 1, 1)),
)


def subsets(every):
    return itertools.chain.from_iterable(itertools.combinations(every, n) for n in range(len(every) + 1))


def everything():
    for facts in subsets(FACTS):
        for limits in subsets(LIMITS):
            for word in WORDS:
                yield concluded(Evidence("m", limits, facts), (), word), word


def at_least(outcome, rung):
    return LADDER.index(outcome) <= LADDER.index(rung)


def test_no_combination_is_rounded_up():
    """2^5 facts, 2^10 limits, 5 people's words: 163,840 endings."""
    count = 0
    for ended, word in everything():
        count += 1
        told, outcome = standings(ended), graded(ended)
        assert list(told) == list(Condition)
        # That no copy was ever made is seen of no key: whoever can read may copy without a trace.
        assert not told[Condition.COPIES].known
        assert outcome is not KeyOutcome.CE_PURGE
        if at_least(outcome, KeyOutcome.KEY_DESTROYED_HERE):
            live = (
                Condition.MEDIUM,
                Condition.NO_SESSION,
                Condition.FINAL,
                Condition.CANARY,
                Condition.READ_BACK,
            )
            assert all(told[one].known for one in live)
            assert Reason.COPIES_REMAIN not in ended.limits
            assert Reason.ESCROW_STANDS not in ended.limits
        if at_least(outcome, KeyOutcome.MEDIUM_RESIDUE):
            assert all(told[one].known for one in (Condition.NO_SESSION, Condition.FINAL, Condition.CANARY))
        if at_least(outcome, KeyOutcome.SCHEDULED):
            assert told[Condition.CANARY].known or Reason.DELETION_PENDING in ended.limits
            assert CANARY in dict(ended.facts)
        if Reason.DELETION_PENDING in ended.limits:
            assert not at_least(outcome, KeyOutcome.MEDIUM_RESIDUE)
        if Reason.DECLARED in ended.limits:
            assert at_least(KeyOutcome.CLAIMED, outcome)
        assert LADDER.index(outcome) >= LADDER.index(verdict(ended.limits))
        # What nobody can see is never more than a word, and without a name not even that.
        for one in (Condition.NEVER_CLEAR, Condition.ESCROW, Condition.HORIZON):
            assert told[one] in ((Standing.DECLARED, Standing.OPEN) if word.by else (Standing.OPEN,))
        assert told[Condition.COPIES] in (Standing.DECLARED, Standing.OPEN)
    assert count == 2**5 * 2**10 * 5


def test_all_conditions_met_or_seen_is_the_top_rung_and_one_less_is_not():
    """By no kind of today: C1, C5, C6 and C12 rest on a person's word. The rung itself is right."""
    for one in Condition:
        for how in Standing:
            told = dict.fromkeys(Condition, Standing.MET) | {one: how}
            assert (at_best(told) is KeyOutcome.CE_PURGE) is how.known


def ended(word, *limits):
    return concluded(Evidence("m", limits, FACTS[:2]), (), word)


def test_a_named_persons_word_is_taken_and_named():
    told = ended(BEST)
    facts = dict(told.facts)
    assert facts["conditions_by"] == "王五"
    assert facts["secret_until"] == "2040-01-01"
    assert {"C1=declared", "C6=declared", "C12=declared"} <= set(str(facts["conditions"]).split())
    assert told.limits == (Reason.COPIES_DECLARED_ONLY,)
    assert graded(told) is KeyOutcome.KEY_DESTROYED_HERE


def test_escrow_that_stands_leaves_only_the_access_removed():
    told = ended(KeyWord("王五", ClearBefore.YES, Escrow.STANDS))
    assert set(told.limits) == {Reason.COPIES_DECLARED_ONLY, Reason.ESCROW_STANDS, Reason.CLEAR_BEFORE}
    assert graded(told) is KeyOutcome.ACCESS_REMOVED
    assert standings(told)[Condition.ESCROW] is Standing.OPEN
    assert standings(told)[Condition.NEVER_CLEAR] is Standing.OPEN


@pytest.mark.parametrize("word", [KeyWord(), KeyWord("", ClearBefore.NO, Escrow.NONE, date(2040, 1, 1))])
def test_an_answer_in_nobodys_name_is_none(word):
    told = ended(word)
    assert Reason.ESCROW_UNKNOWN in told.limits
    assert standings(told)[Condition.ESCROW] is Standing.OPEN
    assert "conditions_by" not in dict(told.facts)


def test_what_is_said_of_a_key_reaches_its_evidence(bench, make_key):
    path, kind = make_key("ec")
    bed = bench((path, kind))
    bed.kinds = {"k-0": Worded(kind, BEST)}
    told = standings(bed.run()["k-0"].evidence)
    assert told[Condition.ESCROW] is Standing.DECLARED
    assert told[Condition.CANARY] is Standing.MET


def test_of_evidence_without_conditions_nothing_is_told():
    assert standings(Evidence("m")) == {}


def test_evidence_that_says_nothing_grades_no_key_as_destroyed():
    for evidence in (NOT_SEEN, Evidence(""), Evidence("none"), Evidence("none", (), ((CANARY, "00"),))):
        assert graded(evidence) is KeyOutcome.ACCESS_REMOVED


def test_a_file_of_which_nobody_tells_who_has_it_open_meets_no_session(tmp_path):
    """Of somebody else's file the kernel tells only root; so it was read back, and C8 was not looked at."""
    if os.name == "nt" or os.geteuid() != 0:
        pytest.skip("only root can try it as somebody else")
    path = tmp_path / "key"
    for who, standing in ((0, Standing.SEEN), (65534, Standing.OPEN)):
        path.write_bytes(b"a key")
        fd = os.open(path, os.O_RDWR)
        try:
            os.seteuid(who)
            done = destroy_content(this_disk(), fd, b"k" * 32)
        finally:
            os.seteuid(0)
            os.close(fd)
        ended = concluded(replace(done, facts=(*done.facts, (CANARY, "c"))), ())
        assert standings(ended)[Condition.NO_SESSION] is standing
        assert (graded(ended) is KeyOutcome.ACCESS_REMOVED) is (who != 0)
        assert ("handles_told" in dict(ended.facts)) is (who != 0)
