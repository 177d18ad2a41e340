"""A container whose overwrite was cut short is finished, though its own layout is no longer there to read."""

from dataclasses import replace

import key_stores as stores
import pytest

from app.domain.event import Noted
from app.domain.fate import Fate
from app.domain.outcome import KeyOutcome, Reason
from app.domain.plan import Subject
from app.domain.step import Stage
from app.identity import sign_plan
from app.steps.shred.overwriting import item_key, keystream

KEY = item_key(b"\x07" * 32, "k-0")
GOOD = (KeyOutcome.KEY_DESTROYED_HERE, KeyOutcome.MEDIUM_RESIDUE)
END = 16 << 20
"""Where the headers and keyslots of the volume end."""


@pytest.fixture
def volume(tmp_path):
    store = stores.Luks.make(tmp_path)
    with store.path.open("r+b") as file:
        file.seek(END)
        file.write(b"customers" * 1000)
    return store


def put(path, start, data):
    with path.open("r+b") as file:
        file.seek(start)
        file.write(data)


def finished(bed, store, stage=Stage.BEGUN, **more):
    """Go on as after a crash; the headers are gone afterwards, the rest is as it was."""
    bed.stages, bed.more = {"k-0": stage}, more
    settled = bed.run()["k-0"]
    body = store.path.read_bytes()
    assert not any(body[:END])
    assert body[END:].startswith(b"customers" * 1000)
    return settled


@pytest.mark.parametrize("upto", [16384 + 512, 1 << 20, END])
def test_cut_short_before_the_layout_was_touched(planned, volume, upto):
    bed = planned(volume)
    put(volume.path, 16384, keystream(KEY, 16384, upto - 16384))
    assert finished(bed, volume).outcome is KeyOutcome.ACCESS_REMOVED


@pytest.mark.parametrize("torn", [512, 4096, 16384])
def test_cut_short_within_the_layout(planned, volume, torn):
    bed = planned(volume)
    put(volume.path, 16384, keystream(KEY, 16384, END - 16384))
    put(volume.path, 0, keystream(KEY, 0, torn))
    settled = finished(bed, volume)
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert dict(settled.evidence.facts)["bytes"] == END


@pytest.mark.parametrize("zeros", [512, 1 << 20, END])
def test_cut_short_between_the_keystream_and_the_zeros(planned, volume, zeros):
    bed = planned(volume)
    put(volume.path, 0, keystream(KEY, 0, END))
    put(volume.path, 0, bytes(zeros))
    assert finished(bed, volume).outcome is KeyOutcome.ACCESS_REMOVED


def test_after_noted_only_the_proof_is_repeated(planned, volume):
    bed = planned(volume)
    noted = next(event for event in bed.events() if isinstance(event, Noted))
    settled = finished(bed, volume, Stage.NOTED, noted={"k-0": noted.evidence})
    assert settled.outcome in GOOD


def test_a_header_put_back_after_noted_still_opens(planned, volume):
    volume.hide()
    bed = planned(volume)
    noted = next(event for event in bed.events() if isinstance(event, Noted))
    volume.restore()
    bed.stages, bed.more = {"k-0": Stage.NOTED}, {"noted": {"k-0": noted.evidence}}
    settled = bed.run()["k-0"]
    assert settled.evidence.limits[0] is Reason.STILL_OPENS
    assert volume.opens()


def test_copies_found_before_a_crash_are_not_forgotten(planned, volume):
    volume.hide()
    bed = planned(volume)
    noted = next(event for event in bed.events() if isinstance(event, Noted))
    assert dict(noted.evidence.facts)["copies_found"] == 1
    settled = finished(bed, volume, Stage.NOTED, noted={"k-0": noted.evidence})
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.COPIES_REMAIN in settled.evidence.limits


@pytest.mark.parametrize("stage", [Stage.FRESH, Stage.BEGUN])
def test_another_content_is_not_ours(planned, volume, stage):
    bed = planned(volume)
    put(volume.path, 0, b"something else" * 10000)
    put(volume.path, 16384, b"x" * 16384)
    bed.stages = {"k-0": stage}
    before = volume.path.read_bytes()
    assert bed.run()["k-0"].evidence.limits[0] is Reason.CHANGED
    assert volume.path.read_bytes() == before


def test_an_unreadable_wrap_beside_counts_as_one(planned, tmp_path):
    store = stores.Restic.make(tmp_path)
    (store.path.parent / ("0" * 64)).mkdir()
    settled = planned(store).run()["k-0"]
    assert Reason.COPIES_REMAIN in settled.evidence.limits


@pytest.mark.parametrize("fate", [Fate.LEAVE, Fate.TRASH, Fate.WIPE])
def test_a_header_backup_among_the_records_that_stays_lowers_the_verdict(
    planned, people, volume, make_item, tmp_path, fate
):
    """Far from the volume, so that the hunt beside it does not see it, but the plan has its digest."""
    volume.hide()
    far = tmp_path / "far"
    far.mkdir()
    backup = volume.hidden[0].rename(far / "h.bak")
    bed = planned(volume)
    kept = make_item(backup, "r-1", Subject.RECORD, fate)
    plan = replace(bed.plan.plan, items=(*bed.plan.plan.items, kept))
    bed.plan = sign_plan(plan, people, "2026-11-21T20:00:00Z")
    settled = bed.run()["k-0"]
    if fate is Fate.WIPE:  # it goes in the next step, and has an outcome of its own there
        assert settled.outcome in GOOD
    else:
        assert settled.outcome is KeyOutcome.ACCESS_REMOVED
        assert Reason.COPIES_REMAIN in settled.evidence.limits
    assert backup.exists()
