"""Verification in pieces: what it says on the way, that it can be stopped, and that the verdict is the same."""

import os

import account_sample as sample
import pytest
from certify_issued import issue

from app.domain.event import Progressed
from app.domain.fault import Fault, Refused
from app.steps.certify import verify, verifying
from tests.held import leaves_no_file_open


@pytest.fixture(scope="module")
def long(tmp_path_factory, people):
    """A certificate over more lines than one piece holds."""
    return issue(sample.clean(9000), tmp_path_factory.mktemp("long") / "certificate", people)


def drawn(path, journal=None):
    """What was said on the way, and the verdict."""
    said, work = [], verifying(path, journal)
    while True:
        try:
            said.append(next(work))
        except StopIteration as end:
            return said, end.value


def test_a_long_certificate_says_how_far_it_is(long):
    said, verdict = drawn(long / "certificate.pdf")
    assert all(isinstance(one, Progressed) for one in said)
    at_once = verify(long / "certificate.pdf").checks
    assert [(one.name, one.ok, one.detail) for one in verdict.checks] == [
        (one.name, one.ok, one.detail) for one in at_once
    ]
    assert verdict.valid
    units = {one.unit for one in said}
    assert units == {"signatures", "leaves", "bytes", "entries", "rows"}
    for unit in units:
        counts = [one.done for one in said if one.unit == unit]
        assert counts == sorted(set(counts)), unit
        assert len(counts) >= 2, unit
        assert all(one.done <= one.total for one in said if one.unit == unit and one.total), unit


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")
@pytest.mark.parametrize("unit", ["signatures", "leaves", "entries", "rows"])
def test_it_stops_between_two_pieces_and_leaves_nothing_open(long, unit):
    with leaves_no_file_open():
        work = verifying(long / "certificate.pdf")
        for one in work:
            if one.unit == unit:
                break
        work.close()
        with pytest.raises(StopIteration):
            next(work)
        del work


def test_the_parts_are_verified_in_pieces_too(long):
    for name in ("manifest.json", "manifest.p7s", "manifest.dsse.json", "inventory.csv"):
        said, verdict = drawn(long / name)
        assert verdict.valid
        assert {"leaves", "entries", "rows"} <= {one.unit for one in said}


def test_a_refusal_comes_with_the_first_piece(tmp_path):
    work = verifying(tmp_path / "none.pdf")
    with pytest.raises(Refused) as refused:
        next(work)
    assert refused.value.fault is Fault.NOT_VERIFIABLE
