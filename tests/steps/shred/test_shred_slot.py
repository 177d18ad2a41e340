"""Lethe's own slot: it opens before, not after, and is gone; every failure is said."""

import os

import pytest

from app.domain.fault import Refused
from app.domain.outcome import KeyOutcome, Reason
from app.steps.shred import shred_slot
from app.steps.shred.slot import overwrite_side
from app.system.disk import Disk
from app.system.memory import Secret
from app.vault import SIZE, Factors, Suite, Vault
from app.vault.slot import Side, read_secret, span_of

SECRET = b"s" * 32
GOOD = (KeyOutcome.KEY_DESTROYED_HERE, KeyOutcome.MEDIUM_RESIDUE)


@pytest.fixture
def slot(tmp_path):
    path = tmp_path / "key.slot"
    Vault.create(tmp_path, Factors(SECRET), "2026-001").close()
    return path


def opener(path):
    def opens():
        try:
            # What is named otherwise, or linked, is tried as the slot of the vault it was made with.
            read_secret(path, Side(0, 1, Suite.AES), Secret(32))
        except Refused:
            return False
        return True

    return opens


def test_the_slot_is_destroyed(slot):
    kept = slot.with_name("kept")
    os.link(slot, kept)
    done = shred_slot(slot, opens=opener(slot))
    told = dict(done.evidence.facts)
    assert done.outcome in GOOD
    assert {"C9", "C10", "C11"} <= set(told["conditions_seen"].split())
    assert told["bytes"] == SIZE
    assert not slot.exists()
    assert kept.read_bytes() == bytes(SIZE)
    assert not opener(kept)()


def test_a_slot_that_did_not_open_gets_no_grade_above_access_removed(slot):
    done = shred_slot(slot, opens=lambda: False)
    assert done.outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.CANARY_FAILED in done.evidence.limits
    assert not slot.exists()


def test_a_slot_that_still_opens_failed_and_stays(slot):
    done = shred_slot(slot, opens=lambda: True)
    assert done.outcome is KeyOutcome.FAILED
    assert done.evidence.limits[0] is Reason.STILL_OPENS
    assert slot.exists()


@pytest.mark.parametrize("name", ["key.slot", "missing/key.slot"])
def test_a_slot_that_is_gone_is_not_claimed(tmp_path, name):
    done = shred_slot(tmp_path / name, opens=lambda: False)
    assert done.outcome is KeyOutcome.ACCESS_REMOVED
    assert done.evidence.limits[0] is Reason.GONE
    assert "C11" not in dict(done.evidence.facts)["conditions_seen"].split()


def test_a_link_in_its_place_is_not_followed(slot, tmp_path):
    moved = tmp_path / "moved"
    slot.rename(moved)
    slot.symlink_to(moved)
    done = shred_slot(slot, opens=opener(slot))
    assert done.evidence.limits[0] is Reason.LINK
    assert opener(moved)()


class Deaf(Disk):
    def overwrite(self, fd, offset, data):
        return


class Stuck(Disk):
    def unlink(self, folder, name):
        raise OSError(13, "no")


def test_a_disk_that_forgets_is_found_out(slot):
    done = shred_slot(slot, opens=opener(slot), disk=Deaf())
    assert (done.outcome, done.evidence.limits[0]) == (KeyOutcome.FAILED, Reason.READ_BACK_DIFFERS)


def test_a_name_that_stays_is_said(slot):
    done = shred_slot(slot, opens=opener(slot), disk=Stuck())
    assert done.outcome in GOOD
    assert Reason.NAME_REMAINS in done.evidence.limits
    assert slot.read_bytes() == bytes(SIZE)


def test_a_side_is_overwritten_alone_and_graded(slot):
    vault = Vault.open(slot.parent, Factors(SECRET), "2026-001")
    before = slot.read_bytes()
    changed = vault.puncture([], overwrite_side)
    told = dict(changed.evidence.facts)
    start, stop = span_of(0)
    assert (told["bytes"], told["offsets"]) == (stop - start, f"{start}-{stop}")
    assert {"C9", "C10", "C11"} <= set(told["conditions_seen"].split())
    assert slot.read_bytes()[start:stop] == bytes(stop - start) != before[start:stop]
    assert Vault.opens(slot.parent, Factors(SECRET), "2026-001")


def test_a_side_that_reads_otherwise_is_an_error(slot):
    with pytest.raises(OSError, match="read_back_differs"):
        overwrite_side(slot, *span_of(0), Deaf())
