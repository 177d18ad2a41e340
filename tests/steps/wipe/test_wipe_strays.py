"""What a stopped run had overwritten and is not where it was: removed by it, or moved by somebody."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from wiped_secret import SECRET, SEED

from app.domain.event import Noted
from app.domain.outcome import Outcome, Reason
from app.domain.step import Stage
from app.domain.wiping import Wiping
from app.steps.wipe import strays as straying
from app.steps.wipe import wipe
from app.steps.wipe.scene import Terms
from app.system.disk import Disk
from app.system.walk import Walk


def stopped(job, item):
    """How the journal stands after a run that was stopped once it had noted the file as overwritten."""
    events = wipe(job.signed(), stages={}, seed=SEED)
    for event in events:
        if isinstance(event, Noted) and event.what == "overwritten":
            events.close()
            outcome = Outcome(dict(event.evidence.facts)["outcome"])
            return {"stages": {item.id: Stage.NOTED}, "noted": {item.id: (outcome, event.evidence)}}
    raise AssertionError


@pytest.fixture
def placed(job):
    """A file in a folder that a stopped run had overwritten, and how the journal stands."""
    (job.folder / "d").mkdir()
    path = job.folder / "d" / "张三.csv"
    item = job.add(path, SECRET)
    return path, item, stopped(job, item)


@pytest.mark.parametrize(
    "act", ["folder moved", "file moved", "folder moved and made anew", "out of the location"]
)
def test_moved_by_somebody(job, placed, act, tmp_path, monkeypatch):
    path, item, stand = placed
    if act == "file moved":
        path.rename(job.folder / "李四.csv")
    elif act == "out of the location":
        path.parent.rename(tmp_path / "elsewhere")
        monkeypatch.setattr(straying, "volume_of", lambda place: _Volume(str(tmp_path)))
    else:
        path.parent.rename(job.folder / "e")
        if act.endswith("anew"):
            path.parent.mkdir()
            path.write_bytes(b"another's")
    end = job.run(**stand)[item.id]
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert Reason.NAME_REMAINS in end.evidence.limits
    if act.endswith("anew"):
        assert path.read_bytes() == b"another's"


class _Volume:
    def __init__(self, mount):
        self.mount = mount


def test_removed_before_the_stop(job, placed):
    path, item, stand = placed
    path.unlink()
    (job.folder / "other").write_bytes(b"another's")
    end = job.run(**stand)[item.id]
    assert end.outcome is stand["noted"][item.id][0]
    assert Reason.NAME_REMAINS not in end.evidence.limits


def test_a_location_that_is_too_big_to_look_through(job, placed, monkeypatch):
    path, item, stand = placed
    path.unlink()
    (job.folder / "other").write_bytes(b"another's")
    monkeypatch.setattr(straying, "Walk", lambda root: Walk(root, most=0))
    end = job.run(**stand)[item.id]
    assert Reason.NAME_REMAINS in end.evidence.limits


def test_a_location_that_is_gone(job, placed):
    _, item, stand = placed
    job.folder.rename(job.folder.with_name("elsewhere"))
    end = job.run(**stand)[item.id]
    assert Reason.NAME_REMAINS in end.evidence.limits


def test_a_place_that_can_not_be_asked_for(job, placed):
    path, item, stand = placed

    class Broken(Disk):
        def look(self, folder, name):
            raise OSError(5, "broken")

    end = job.run(disk=Broken(), **stand)[item.id]
    assert Reason.NAME_REMAINS in end.evidence.limits
    assert path.exists()


def test_another_file_that_was_given_its_number(job):
    item = job.add(job.folder / "a", SECRET)
    terms = Terms(Disk(), SEED, None, (), Wiping(), frozenset())
    missing = replace(item, path=str(job.folder / "b"), location="")
    assert straying.strays([missing], terms) == frozenset()

    class Closed(Disk):
        def open_to_read(self, folder, name):
            raise PermissionError(13, "closed")

    class Gone(Disk):
        def open_to_read(self, folder, name):
            raise FileNotFoundError(2, "gone")

    assert straying.strays([missing], replace(terms, disk=Gone())) == frozenset()
    # One that can't be looked into may be it.
    assert straying.strays([missing], replace(terms, disk=Closed())) == {item.id}


def test_an_empty_file_is_known_by_its_time(job):
    item = job.add(job.folder / "a", b"")
    terms = Terms(Disk(), SEED, None, (), Wiping(), frozenset())
    (job.folder / "a").rename(job.folder / "b")
    assert straying.strays([item], terms) == {item.id}
    os.utime(job.folder / "b", ns=(0, 0))
    assert straying.strays([item], terms) == frozenset()


def test_a_walk_ends(tmp_path):
    for name in ("a", "b/c", "b/d/e"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "link").symlink_to(tmp_path / "b")
    whole = Walk(str(tmp_path))
    assert {entry.name for entry in whole} == {"a", "c", "e"}
    assert whole.whole
    few = Walk(str(tmp_path), most=2)
    assert len(list(few)) <= 2
    assert not few.whole
    late = Walk(str(tmp_path), most=1, seconds=-1)
    assert list(late) == []
    assert not late.whole
    gone = Walk(str(tmp_path / "gone"))
    assert list(gone) == []
    assert not gone.whole


def test_a_walk_that_may_not_look_into_a_folder(tmp_path, monkeypatch):
    (tmp_path / "b").mkdir()
    (tmp_path / "a").write_bytes(b"")
    real = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: _refuse() if str(path).endswith("b") else real(path))
    walk = Walk(str(tmp_path))
    assert [entry.name for entry in walk] == ["a"]
    assert not walk.whole


def _refuse():
    raise PermissionError(13, "closed")
