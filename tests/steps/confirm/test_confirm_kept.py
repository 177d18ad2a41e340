"""What stays in place is looked at again: the same bytes, or it is said what became of them."""

import hashlib
import os
from dataclasses import replace

import pytest

from app.domain.event import Settled
from app.domain.fate import Fate, Ground
from app.domain.outcome import KeepOutcome, Outcome, Reason
from app.domain.plan import PlanItem, Subject
from app.domain.record import Stamp, Tier
from app.domain.step import Step
from app.steps.confirm import check_kept


def item_of(path, fate=Fate.FREEZE):
    seen = os.stat(path)
    stamp = Stamp(seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_nlink)
    return PlanItem(
        "r-1", Subject.RECORD, str(path), fate, Ground.HOLD, "complaint", "", Tier.SENSITIVE, "", 1, stamp,
        hashlib.sha256(path.read_bytes()).hexdigest(),
    )  # fmt: skip


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "争议 1.csv"
    path.write_bytes(b"complaint" * 100)
    return path


def check(item):
    (settled,) = (one for one in check_kept([item]) if isinstance(one, Settled))
    assert (settled.step, settled.id, settled.subject) == (Step.CERTIFY, item.id, item.subject)
    return settled.outcome, settled.evidence.limits


@pytest.mark.parametrize(("fate", "end"), [(Fate.FREEZE, KeepOutcome.FROZEN), (Fate.LEAVE, KeepOutcome.LEFT)])
def test_what_is_still_there_ends_as_planned(path, fate, end):
    assert check(item_of(path, fate)) == (end, ())
    item = item_of(path, fate)
    os.utime(path, (1, 1))
    os.rename(path, str(path) + ".2")
    (path.parent / (path.name + ".2")).rename(path)
    assert check(item) == (end, ())


def test_one_changed_byte_fails(path):
    item = item_of(path)
    data = bytearray(path.read_bytes())
    data[7] ^= 1
    path.write_bytes(data)
    assert check(item) == (Outcome.FAILED, (Reason.CHANGED,))


def test_what_grew_went_or_became_a_link_fails(path):
    item = item_of(path)
    path.write_bytes(path.read_bytes() + b"x")
    assert check(item) == (Outcome.FAILED, (Reason.CHANGED,))
    path.rename(path.with_suffix(".real"))
    assert check(item) == (Outcome.FAILED, (Reason.GONE,))
    path.symlink_to(path.with_suffix(".real"))
    assert check(item) == (Outcome.FAILED, (Reason.CHANGED, Reason.LINK))
    path.unlink()
    path.mkdir()
    assert check(item) == (Outcome.FAILED, (Reason.CHANGED, Reason.NOT_A_FILE))


def test_what_was_never_hashed_is_compared_by_size_and_time(path):
    item = replace(item_of(path, Fate.LEAVE), sha256="")
    assert check(item) == (KeepOutcome.LEFT, (Reason.UNREADABLE,))
    os.utime(path, (1, 1))
    assert check(item) == (Outcome.FAILED, (Reason.CHANGED,))


def test_what_may_not_be_opened(path, enterable):
    if os.geteuid() != 0:
        pytest.skip("needs root to become someone else")
    known = item_of(path)
    unknown = replace(known, sha256="")
    enterable(path.parent)
    os.chmod(path, 0)
    try:
        os.seteuid(65534)
        assert check(known) == (Outcome.FAILED, (Reason.DENIED,))
        assert check(unknown) == (KeepOutcome.LEFT if unknown.fate is Fate.LEAVE else KeepOutcome.FROZEN,
                                  (Reason.UNREADABLE,))  # fmt: skip
        assert check(replace(unknown, stamp=replace(unknown.stamp, mtime_ns=1)))[0] is Outcome.FAILED
    finally:
        os.seteuid(0)


def test_other_fates_are_passed_over(path):
    assert list(check_kept([replace(item_of(path), fate=Fate.SEAL)])) == []
