from dataclasses import replace

import account_sample as sample
import pytest

from app.domain.copies import Searched
from app.domain.fate import Fate, Ground
from app.domain.outcome import CopyOutcome, Evidence, KeepOutcome, KeyOutcome, Outcome, Reason
from app.domain.plan import Subject
from app.domain.record import Look
from app.steps.certify import Status, status_of
from app.steps.certify.account import Coverage
from app.steps.certify.status import Failing, exceptions


def of(*lines, **changes):
    account = replace(sample.clean(2), **changes)
    account = replace(account, lines=account.lines + lines)
    found = list(exceptions(account, sample.closing()))
    return status_of(account, sample.closing()), [one.failing for one in found]


def test_all_destroyed():
    assert of() == (Status.ALL_DESTROYED, [])


def test_what_is_kept_lawfully_is_no_exception():
    kept = [
        sample.line(90, fate=Fate.SEAL, ground=Ground.RETENTION, outcome=KeepOutcome.SEALED),
        sample.line(91, fate=Fate.FREEZE, ground=Ground.HOLD, outcome=KeepOutcome.FROZEN),
        sample.line(92, fate=Fate.LEAVE, outcome=KeepOutcome.LEFT),
    ]
    assert of(*kept) == (Status.ALL_DESTROYED, [])


@pytest.mark.parametrize(
    ("changes", "failing"),
    [
        ({"outcome": None, "evidence": None}, Failing.NO_OUTCOME),
        *(({"outcome": o}, Failing.NOT_GONE) for o in Outcome if not o.good),
        ({"outcome": KeepOutcome.LEFT}, Failing.NOT_GONE),
        ({"fate": Fate.TRASH, "outcome": Outcome.REMOVED}, Failing.BINNED),
        ({"fate": Fate.TRASH, "outcome": Outcome.PROVEN}, Failing.BINNED),
        ({"fate": Fate.SEAL, "outcome": KeepOutcome.NOT_SEALED}, Failing.NOT_KEPT_SAFE),
        ({"fate": Fate.FREEZE, "outcome": Outcome.OVERWRITTEN}, Failing.NOT_KEPT_SAFE),
        ({"fate": Fate.LEAVE, "outcome": KeepOutcome.LEFT, "ground": Ground.UNREADABLE}, Failing.NOT_DECIDED),
        ({"fate": Fate.LEAVE, "outcome": KeepOutcome.LEFT, "ground": Ground.UNDECIDED}, Failing.NOT_DECIDED),
        ({"fate": Fate.LEAVE, "outcome": KeepOutcome.LEFT, "subject": Subject.COPY}, Failing.COPY_REMAINS),
        *(
            ({"subject": Subject.KEY, "fate": Fate.SHRED, "outcome": o}, Failing.NOT_GONE)
            for o in KeyOutcome
            if not o.good
        ),
    ],
)
def test_each_kind_of_exception(changes, failing):
    assert of(sample.line(99, **changes)) == (Status.WITH_EXCEPTIONS, [failing])


def test_limits_of_the_search_are_exceptions():
    searched = (Searched("backup", 1, 1, 1), Searched("borg", 0, 0, 0, (Reason.NOT_SEARCHED,)))
    assert of(searched=searched) == (Status.WITH_EXCEPTIONS, [Failing.SEARCH_LIMITED])


@pytest.mark.parametrize("limit", [Reason.NOT_OPENED, Reason.UNFINISHED_UPLOADS, Reason.STORE_WORD])
def test_absent_is_no_more_than_what_could_be_looked_into(limit):
    evidence = Evidence("store", (limit,))
    seen = {"subject": Subject.COPY, "outcome": CopyOutcome.ABSENT, "evidence": evidence}
    line = sample.line(99, fate=Fate.LEAVE, **seen)
    told = limit is Reason.STORE_WORD
    expected = (Status.ALL_DESTROYED, []) if told else (Status.WITH_EXCEPTIONS, [Failing.COPY_REMAINS])
    assert of(line) == expected


@pytest.mark.parametrize("limit", [Reason.DISK_SILENT, Reason.NOT_SEARCHED_AGAIN, Reason.FLASH])
@pytest.mark.parametrize(
    "went",
    [
        {},
        {"subject": Subject.KEY, "fate": Fate.SHRED, "outcome": KeyOutcome.KEY_DESTROYED_HERE},
        {"subject": Subject.COPY, "fate": Fate.EXPUNGE, "outcome": CopyOutcome.EXPUNGED},
    ],
)
def test_what_went_and_could_not_be_seen_again_is_an_exception(went, limit):
    """It counts as destroyed, for that was seen; that it is not back was not."""
    line = sample.line(99, **{"outcome": Outcome.OVERWRITTEN, **went}, evidence=Evidence("x", (limit,)))
    flash = (Status.ALL_DESTROYED, [])
    assert of(line) == (
        flash if limit is Reason.FLASH else (Status.WITH_EXCEPTIONS, [Failing.NOT_SEEN_AGAIN])
    )
    alone = replace(sample.clean(1), lines=(line,))
    assert status_of(alone, sample.closing()) is of(line)[0]


def test_files_nobody_looked_into_are_exceptions_and_not_counted_twice():
    coverage = Coverage(10, 10, 3, 5, 1, 0, 0)
    assert of(coverage=coverage) == (Status.WITH_EXCEPTIONS, [Failing.NOT_LOOKED_AT])
    unread = {"fate": Fate.LEAVE, "outcome": KeepOutcome.LEFT, "look": Look.UNREADABLE}
    left = sample.line(99, **unread, ground=Ground.UNREADABLE)
    assert of(left, coverage=coverage) == (Status.WITH_EXCEPTIONS, [Failing.NOT_DECIDED])
    named = sample.line(99, **unread, ground=Ground.RULE)
    assert of(named, coverage=coverage) == (Status.ALL_DESTROYED, [])


@pytest.mark.parametrize("outcome", KeyOutcome)
def test_the_registers_own_key(outcome):
    status = status_of(sample.clean(2), sample.closing(outcome))
    assert status is (Status.ALL_DESTROYED if outcome.good else Status.WITH_EXCEPTIONS)


def test_nothing_destroyed():
    failed = replace(sample.clean(2), lines=(sample.line(1, outcome=Outcome.FAILED),))
    binned = replace(sample.clean(2), lines=(sample.line(1, fate=Fate.TRASH, outcome=Outcome.REMOVED),))
    for account in (failed, binned, replace(failed, lines=())):
        assert status_of(account, sample.closing()) is Status.NOT_DESTROYED
