"""The dry run tells the very bytes that go, and what would lower the verdict; it changes nothing."""

import key_stores as stores
import pytest

from app.domain.case import KeySource
from app.domain.fault import Fault, Refused
from app.domain.outcome import Reason
from app.steps.shred import Foreseen, Grounds
from app.steps.shred import foresee as foretold


def foresee(*arguments, **more):
    return (one for one in foretold(*arguments, **more) if isinstance(one, Foreseen))


def test_it_tells_the_bytes_of_a_container_that_really_go(planned, tmp_path):
    store = stores.Luks.make(tmp_path)
    before = store.path.read_bytes()
    (told,) = foresee([KeySource("luks", store.path)])
    assert store.path.read_bytes() == before
    assert told.calls == ("overwrite", "sync", "read_back", "open")
    assert told.wait == 0
    assert Reason.COPIES_REMAIN not in told.limits
    assert Reason.ESCROW_UNKNOWN in told.limits
    done = dict(planned(store).run()["k-0"].evidence.facts)
    spans = sorted((span.start, span.stop) for span in told.spans)
    assert done["offsets"] == " ".join(f"{start}-{stop}" for start, stop in spans)
    assert told.bytes == done["bytes"] * done["passes"]


def test_it_finds_a_header_backup_in_a_far_place(tmp_path):
    store = stores.Luks.make(tmp_path)
    store.hide()
    far = tmp_path / "far"
    far.mkdir()
    backup = store.hidden[0].rename(far / "x")
    assert next(foresee([KeySource("luks", store.path)])).copies == ()
    (told,) = foresee([KeySource("luks", store.path)], grounds=Grounds(places=(str(far),)))
    assert [one.path for one in told.copies] == [str(backup)]
    assert Reason.COPIES_REMAIN in told.limits


def test_wraps_that_are_declared_too_are_no_risk(tmp_path):
    store = stores.Restic.make(tmp_path)
    other = store.add("another")
    (told,) = foresee([KeySource("restic", store.path)])
    assert told.wraps == (str(other),)
    assert Reason.COPIES_REMAIN in told.limits
    assert told.calls[-2:] == ("unlink", "sync_folder")
    both = list(foresee([KeySource("restic", store.path), KeySource("restic", other)]))
    assert not any(one.wraps or Reason.COPIES_REMAIN in one.limits for one in both)


def test_what_is_no_container_of_its_kind_is_refused(tmp_path):
    (tmp_path / "f").write_bytes(b"x")
    with pytest.raises(Refused) as caught:
        next(foresee([KeySource("luks", tmp_path / "f")]))
    assert caught.value.fault is Fault.CASE_FILE_WRONG_VALUE
