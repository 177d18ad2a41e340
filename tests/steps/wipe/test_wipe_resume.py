"""Killed at any point, a later run goes on: every file ends destroyed or untouched, and is said to be so."""

import os
import pickle
import random
import signal
from pathlib import Path

import pytest
from wiped_secret import SECRET, SEED

from app.domain.case import Profile
from app.domain.event import Begun, Noted, Settled
from app.domain.fate import Fate
from app.domain.outcome import Outcome, Reason
from app.domain.step import Stage
from app.steps.wipe import wipe
from app.steps.wipe.keystream import Keystream, names_for
from app.system.disk import Disk
from app.system.volumes import volume_of

fork_only = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")


class Journal:
    """The journal as far as this test needs one: an event is on disk before the step goes on."""

    def __init__(self, path):
        self.path = path

    def append(self, event):
        with self.path.open("ab") as file:
            pickle.dump(event, file)
            file.flush()
            os.fsync(file.fileno())

    def events(self):
        found = []
        if self.path.exists():
            with self.path.open("rb") as file:
                while file.peek(1):
                    found.append(pickle.load(file))
        return found

    def stand(self):
        stages, noted = {}, {}
        for event in self.events():
            if isinstance(event, Begun):
                stages |= dict.fromkeys(event.ids, Stage.BEGUN)
            elif isinstance(event, Noted) and "outcome" in dict(event.evidence.facts):
                stages |= dict.fromkeys(event.ids, Stage.NOTED)
                outcome = Outcome(dict(event.evidence.facts)["outcome"])
                noted |= dict.fromkeys(event.ids, (outcome, event.evidence))
            elif isinstance(event, Settled):
                stages[event.id] = Stage.SETTLED
        return {"stages": stages, "noted": noted}


class Deadly(Disk):
    """The real disk, on which the process is killed (SIGKILL) before, in or after its N-th call."""

    CALLS = (
        "look",
        "open_in_place",
        "overwrite",
        "sync",
        "sync_volume",
        "read_back",
        "rename",
        "unlink",
        "sync_folder",
    )

    def __init__(self, calls):
        self._left = calls

    def __getattribute__(self, name):
        real = super().__getattribute__(name)
        if name not in Deadly.CALLS:
            return real

        def counted(*arguments):
            self._left -= 1
            if self._left == 0:
                if name == "overwrite":  # torn: some of the bytes got there
                    fd, offset, data = arguments
                    real(
                        fd, offset, data[: random.randrange(len(data) + 1) & ~4095 if len(data) > 4096 else 0]
                    )
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments)

        return counted


def run_until_killed(signed, journal, calls):
    """Run in a child that is killed at its N-th call of the disk. Whether it came to its end."""
    child = os.fork()
    if child == 0:
        try:
            for event in wipe(signed, seed=SEED, disk=Deadly(calls), **journal.stand()):
                if isinstance(event, (Begun, Noted, Settled)):
                    journal.append(event)
            os._exit(0)
        except BaseException:  # noqa: BLE001 a child must never come back into the test
            os._exit(1)
    status = os.waitpid(child, 0)[1]
    assert status in (0, signal.SIGKILL)
    return status == 0


@fork_only
@pytest.mark.parametrize("seed", range(40))
def test_killed_at_random_points_until_it_is_done(job, tmp_path, seed):
    chance = random.Random(seed)
    sizes = [0, 1, 19, 4096, 9000, 200_000, chance.randrange(1 << 20)]
    items = [
        job.add(job.folder / f"客户{i}.csv", SECRET * 60 if n > 1 << 20 else os.urandom(n))
        for i, n in enumerate(sizes)
    ]
    held = {item.id: Path(item.path).read_bytes() for item in items}
    signed, journal = job.signed(), Journal(tmp_path / "journal")
    kills = 0
    while not run_until_killed(signed, journal, chance.randrange(1, 160)):
        kills += 1
        _nothing_is_said_that_is_not_so(items, held, journal)
        assert kills < 60
    ends = {}
    for event in journal.events():
        if isinstance(event, Settled):
            assert event.id not in ends
            ends[event.id] = event
    assert set(ends) == {item.id for item in items}
    expected = (
        {Outcome.OVERWRITTEN}
        if not volume_of(job.folder).may_share
        else {Outcome.OVERWRITTEN, Outcome.RESIDUE_POSSIBLE}
    )
    assert {end.outcome for end in ends.values()} <= expected
    assert os.listdir(job.folder) == []


def _nothing_is_said_that_is_not_so(items, held, journal):
    stages = journal.stand()["stages"]
    for item in items:
        stage = stages.get(item.id, Stage.FRESH)
        there = os.path.exists(item.path)
        if stage is Stage.FRESH:
            assert Path(item.path).read_bytes() == held[item.id]
        elif stage is Stage.BEGUN:
            assert there
        elif there:
            assert stage is Stage.NOTED
            assert (
                Path(item.path).read_bytes()[:4096] == Keystream(SEED, item.id).at(0, 4096)
                or held[item.id] == b""
            )


def half(job, path, item, *, blocks=1, first=0):
    """Overwrite some blocks of a file as a stopped run would have."""
    with open(path, "r+b") as file:
        file.seek(first * 4096)
        file.write(Keystream(SEED, item.id).at(first * 4096, blocks * 4096))


@pytest.mark.parametrize("profile", list(Profile))
@pytest.mark.parametrize("first", [0, 1])
def test_half_overwritten_by_us_is_gone_on_with(job, profile, first):
    """Whichever block got there: a power cut may keep the second and lose the first."""
    path = job.folder / "a"
    item = job.add(path, SECRET)
    half(job, path, item, first=first)
    end = job.run(profile, stages={item.id: Stage.BEGUN})[item.id]
    assert end.outcome in (Outcome.OVERWRITTEN, Outcome.RESIDUE_POSSIBLE)
    assert not path.exists()


def test_half_overwritten_is_not_taken_for_ours_before_the_intent(job):
    path = job.folder / "a"
    item = job.add(path, SECRET)
    half(job, path, item)
    end = job.run()[item.id]
    assert end.evidence.limits == (Reason.CHANGED,)
    assert path.exists()


def test_untouched_after_the_intent_is_wiped(job):
    item = job.add(job.folder / "a", SECRET)
    assert job.run(stages={item.id: Stage.BEGUN})[item.id].outcome is Outcome.OVERWRITTEN


def test_a_write_that_found_no_room_changed_the_times_alone(job):
    path = job.folder / "a"
    item = job.add(path, SECRET)
    os.utime(path)
    assert job.run(stages={item.id: Stage.BEGUN})[item.id].outcome.value in (
        "overwritten",
        "residue_possible",
    )


def noted(job, item):
    """Run up to the note and no further; gives what the journal would."""
    for event in wipe(job.signed(), stages={}, seed=SEED):
        job.events.append(event)
        if isinstance(event, Noted) and event.what == "overwritten":
            break
    return {"stages": {item.id: Stage.NOTED}, "noted": job.noted()}


@pytest.mark.parametrize("where", ["old name", "new name", "third name", "gone", "folder gone"])
def test_noted_is_removed_wherever_the_stopped_run_left_it(job, where):
    (job.folder / "d").mkdir()
    path = job.folder / "d" / "张三.csv"
    item = job.add(path, SECRET)
    stand = noted(job, item)
    names = list(names_for(SEED, item.id, len("张三.csv".encode())))
    if where in ("new name", "third name"):
        path.rename(path.with_name(names[0 if where == "new name" else 2]))
    elif where != "old name":
        path.unlink()
    if where == "folder gone":
        path.parent.rmdir()
    end = job.run(**stand)[item.id]
    assert end.outcome is stand["noted"][item.id][0]
    assert Reason.NAME_REMAINS not in end.evidence.limits
    assert dict(end.evidence.facts)["bytes"] == len(SECRET)
    assert dict(end.evidence.facts)["file_system"] == volume_of(job.folder).file_system
    assert list(job.folder.rglob("*.*")) == []
    assert not any(isinstance(event, Begun) and item.id in event.ids for event in job.events)


def test_noted_keeps_the_lower_outcome_it_was_noted_with(job):
    with (job.folder / "a").open("wb") as file:
        file.write(SECRET)
        file.truncate(1 << 20)
    item = job.add(job.folder / "a")
    stand = noted(job, item)
    end = job.run(**stand)[item.id]
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert Reason.SPARSE in end.evidence.limits


def test_noted_but_written_to_since_is_left(job):
    path = job.folder / "a"
    item = job.add(path, SECRET)
    stand = noted(job, item)
    with path.open("r+b") as file:
        file.seek(5000)
        file.write(b"new data")
    end = job.run(**stand)[item.id]
    assert end.outcome is Outcome.FAILED
    assert end.evidence.limits == (Reason.CHANGED,)
    assert b"new data" in path.read_bytes()


def test_noted_and_another_file_has_its_name_now(job):
    path = job.folder / "a"
    item = job.add(path, SECRET)
    stand = noted(job, item)
    path.rename(job.folder / "moved away")
    path.write_bytes(b"another's")
    end = job.run(**stand)[item.id]
    assert Reason.NAME_REMAINS in end.evidence.limits
    assert path.read_bytes() == b"another's"


def test_noted_and_its_disk_fails_now(job):
    item = job.add(job.folder / "a", SECRET)
    stand = noted(job, item)

    class Broken(Disk):
        def read_back(self, fd, offset, length):
            raise OSError(5, "broken")

    end = job.run(disk=Broken(), **stand)[item.id]
    assert end.outcome is Outcome.FAILED
    assert end.evidence.limits == (Reason.IO_ERROR,)
    assert (job.folder / "a").exists()


def test_noted_is_finished_before_anything_new_is_begun(job):
    first = job.add(job.folder / "a", SECRET)
    stand = noted(job, first)
    second = job.add(job.folder / "b", SECRET)
    binned = job.add(job.folder / "c", SECRET, fate=Fate.LEAVE)
    job.run(**stand)
    order = [(event.what, *event.ids) for event in job.events if isinstance(event, Noted)]
    assert order.index(("removed", first.id)) < order.index(("overwritten", second.id))
    assert set(job.ends()) == {first.id, second.id}
    assert binned.id not in job.ends()
