"""A person's word of a key is taken as that: CLAIMED, with the name and the paper's digest."""

import hashlib

import pytest

from app.domain.case import ServiceKey
from app.domain.fault import Fault, Refused
from app.domain.outcome import KeyOutcome, Reason
from app.domain.step import Stage
from app.steps.shred.services.asking import foreask, inquire


def source(paper):
    return ServiceKey("declared", "Veeam escrow key", by="李四", paper=paper)


@pytest.fixture
def paper(tmp_path):
    path = tmp_path / "protocol.pdf"
    path.write_bytes(b"%PDF signed by hand")
    return path


def test_it_is_claimed_and_no_more(paper, counter):
    (settled,) = counter(source(paper)).run()
    assert settled.outcome is KeyOutcome.CLAIMED
    assert Reason.DECLARED in settled.evidence.limits
    told = dict(settled.evidence.facts)
    assert told["declared_by"] == "李四"
    assert told["paper_sha256"] == hashlib.sha256(paper.read_bytes()).hexdigest()
    assert {f"C{n}=open" for n in (1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12)} <= set(told["conditions"].split())


def test_the_dry_run_says_that_nothing_is_called(paper):
    told = foreask(source(paper), "")
    assert told.calls == ()
    assert Reason.DECLARED in told.limits


def test_a_paper_that_was_changed_is_not_what_was_signed_for(paper, counter):
    bed = counter(source(paper))
    paper.write_bytes(b"%PDF another")
    (settled,) = bed.run()
    assert settled.outcome is KeyOutcome.FAILED
    assert settled.evidence.limits[0] is Reason.REPLACED


@pytest.mark.parametrize("name", ["none.pdf", None])
def test_without_its_paper_nothing_is_taken(tmp_path, name):
    with pytest.raises(Refused) as refused:
        list(inquire([source(name and tmp_path / name)], key=b"k" * 32, passphrase=lambda _: ""))
    assert refused.value.fault is Fault.KEY_NOT_IN_STORE


def test_what_is_settled_is_not_asked_for_again(paper, counter):
    bed = counter(source(paper))
    bed.stages = dict.fromkeys(bed.calls, Stage.SETTLED)
    paper.unlink()
    assert bed.run() == []
