"""Moving to the bin destroys nothing and says so."""

import errno
import hashlib
import os

import pytest
from wiped_secret import SECRET, SEED

from app.domain.case import Profile
from app.domain.event import Begun, Noted, Settled
from app.domain.fate import Fate
from app.domain.outcome import Outcome, Reason
from app.domain.step import Stage
from app.steps.wipe import wipe
from app.system.disk import Disk


@pytest.fixture(autouse=True)
def bin_folder(tmp_path, monkeypatch):
    """A bin of the test's own; the person's is never touched."""
    plat_other = pytest.importorskip("send2trash.plat_other", reason="only the freedesktop bin can be moved")
    home = os.fsencode(tmp_path / "home")
    os.mkdir(home)
    monkeypatch.setenv("HOME", os.fsdecode(home))
    monkeypatch.setattr(plat_other, "XDG_DATA_HOME", home)
    monkeypatch.setattr(plat_other, "HOMETRASH_B", home + b"/Trash")
    monkeypatch.setattr("send2trash.send2trash", plat_other.send2trash)
    return tmp_path / "home" / "Trash" / "files"


@pytest.mark.parametrize("name", ["张三.csv", os.fsdecode(b"\xff.csv"), "a b\nc"])
def test_it_is_whole_in_the_bin_and_never_called_destroyed(job, bin_folder, name):
    item = job.add(job.folder / name, SECRET, fate=Fate.TRASH)
    end = job.run()[item.id]
    assert end.outcome is Outcome.REMOVED
    assert not end.outcome.good
    assert end.evidence.method == "trash"
    assert end.evidence.limits == (Reason.MOVED_TO_BIN,)
    assert os.listdir(job.folder) == []
    assert (bin_folder / name).read_bytes() == SECRET
    assert [type(event) for event in job.events] == [Begun, Noted, Settled]
    noted = job.events[1]
    assert noted.what == "trashing"
    assert dict(noted.evidence.facts)["outcome"] == "removed"


def test_what_is_not_what_was_signed_for_is_left(job, tmp_path):
    names = ["changed", "gone", "link", "content"]
    items = {name: job.add(job.folder / name, SECRET, fate=Fate.TRASH) for name in names}
    (job.folder / "changed").write_bytes(b"y")
    (job.folder / "gone").unlink()
    (job.folder / "link").rename(job.folder / "to")
    (job.folder / "link").symlink_to("to")
    ends = job.run()
    told = {name: ends[items[name].id].evidence.limits for name in names[:3]}
    assert told == {"changed": (Reason.CHANGED,), "gone": (Reason.GONE,), "link": (Reason.LINK,)}
    assert {ends[items[name].id].outcome for name in names[:3]} == {Outcome.FAILED}
    assert ends[items["content"].id].outcome is Outcome.REMOVED


def test_nothing_is_noted_when_nothing_is_moved(job):
    job.add(job.folder / "a", SECRET, fate=Fate.TRASH)
    (job.folder / "a").unlink()
    job.run()
    assert [type(event) for event in job.events] == [Begun, Settled]


def test_the_strict_profile_looks_at_the_content(job):
    same = job.add(job.folder / "same", SECRET, fate=Fate.TRASH)
    other = job.add(job.folder / "other", SECRET, fate=Fate.TRASH, sha256=hashlib.sha256(b"").hexdigest())
    ends = job.run(Profile.STRICT)
    assert ends[same.id].outcome is Outcome.REMOVED
    assert ends[other.id].evidence.limits == (Reason.CHANGED,)


def test_changed_between_the_note_and_the_move(job):
    item = job.add(job.folder / "a", SECRET, fate=Fate.TRASH)
    for event in wipe(job.signed(), stages={}, seed=SEED):
        job.events.append(event)
        if isinstance(event, Noted):
            (job.folder / "a").write_bytes(b"new")
    assert job.ends()[item.id].evidence.limits == (Reason.CHANGED,)
    assert (job.folder / "a").read_bytes() == b"new"


def test_a_bin_that_can_not_be_used(job, monkeypatch):
    item = job.add(job.folder / "a", SECRET, fate=Fate.TRASH)

    def no_bin(path):
        raise PermissionError(errno.EACCES, "no bin on this volume")

    monkeypatch.setattr("send2trash.send2trash", no_bin)
    end = job.run()[item.id]
    assert end.outcome is Outcome.FAILED
    assert end.evidence.limits == (Reason.DENIED,)
    assert (job.folder / "a").exists()


def test_a_file_that_can_not_be_read(job):
    item = job.add(job.folder / "a", SECRET, fate=Fate.TRASH)

    class Broken(Disk):
        def open_to_read(self, folder, name):
            raise OSError(errno.EIO, "broken")

    assert job.run(disk=Broken())[item.id].evidence.limits == (Reason.IO_ERROR,)


def test_a_stopped_run_is_gone_on_with(job, bin_folder):
    items = [job.add(job.folder / f"{i}", SECRET, fate=Fate.TRASH) for i in range(3)]
    for event in wipe(job.signed(), stages={}, seed=SEED):
        job.events.append(event)
        if isinstance(event, Settled):
            break
    noted = job.noted()
    stages = dict.fromkeys(noted, Stage.NOTED)  # the end of the first never reached the disk
    ends = job.run(stages=stages, noted=noted)
    assert {ends[item.id].outcome for item in items} == {Outcome.REMOVED}
    assert sorted(os.listdir(bin_folder)) == ["0", "1", "2"]
    assert [event.ids for event in job.events if isinstance(event, Begun)] == [(items[1].id, items[2].id)]


def test_a_stopped_run_and_something_else_in_its_place(job):
    item = job.add(job.folder / "a", SECRET, fate=Fate.TRASH)
    for event in wipe(job.signed(), stages={}, seed=SEED):
        job.events.append(event)
        if isinstance(event, Noted):
            break
    noted = job.noted()
    (job.folder / "a").rename(job.folder / "b")
    (job.folder / "a").write_bytes(b"another's")
    end = job.run(stages={item.id: Stage.NOTED}, noted=noted)[item.id]
    assert end.outcome is Outcome.FAILED
    assert end.evidence.limits == (Reason.REPLACED,)
