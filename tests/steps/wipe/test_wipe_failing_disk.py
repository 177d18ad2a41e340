"""A disk that fails, forgets, fills or is changed by another at the worst moment: never a good outcome."""

import errno
import os
import threading
from dataclasses import replace

import pytest
from wiped_secret import SECRET, SEED

from app.domain.event import Noted
from app.domain.fault import Fault, Refused
from app.domain.outcome import Outcome, Reason
from app.domain.step import Stage
from app.steps.wipe import prove as proving
from app.steps.wipe import removal, wipe
from app.system.disk import Disk


class Failing(Disk):
    """The real disk, with one call that fails, or does something else, when it is reached."""

    def __init__(self, call, act, after=0):
        self._call, self._act, self._after = call, act, after

    def __getattribute__(self, name):
        real = super().__getattribute__(name)
        if name.startswith("_") or name != self._call:
            return real

        def other(*arguments):
            self._after -= 1
            return real(*arguments) if self._after >= 0 else self._act(real, *arguments)

        return other


def fail(number):
    def act(real, *arguments):
        raise OSError(number, os.strerror(number))

    return act


def swapping(path):
    """Another's file stands under the name at the moment the call is reached."""

    def act(real, *arguments):
        path.rename(path.with_name("b"))
        path.write_bytes(b"another's")
        return real(*arguments)

    return act


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.EIO, Reason.IO_ERROR),
        (errno.ELOOP, Reason.LINK),
        (errno.ETXTBSY, Reason.OPEN_ELSEWHERE),
        (errno.EPERM, Reason.DENIED),
    ],
)
def test_what_the_open_fails_with(job, number, reason):
    item = job.add(job.folder / "a", SECRET)
    job.left(item, reason, disk=Failing("open_in_place", fail(number)))


def test_a_file_that_may_not_even_be_read(job):
    item = job.add(job.folder / "a", SECRET)

    class Closed(Disk):
        def open_in_place(self, folder, name):
            raise PermissionError(errno.EPERM, "")

        open_to_read = open_in_place

    job.left(item, Reason.DENIED, disk=Closed())


def test_swapped_between_the_look_and_the_open(job):
    path = job.folder / "a"
    item = job.add(path, SECRET)
    job.left(item, Reason.REPLACED, disk=Failing("open_in_place", swapping(path)))
    assert path.read_bytes() == b"another's"


@pytest.mark.parametrize("call", ["overwrite", "sync", "read_back", "open_to_read", "forget"])
def test_a_disk_that_fails_in_the_middle(job, call):
    item = job.add(job.folder / "a", SECRET)
    job.touched(item, Reason.IO_ERROR, disk=Failing(call, fail(errno.EIO)))
    assert (job.folder / "a").exists()


def test_a_disk_that_forgets_what_was_written(job):
    """Says yes to every write and keeps the old bytes: seen by the read-back, never unlinked."""
    item = job.add(job.folder / "a", SECRET)
    job.touched(item, Reason.READ_BACK_DIFFERS, disk=Failing("overwrite", lambda real, fd, at, data: None))
    assert (job.folder / "a").read_bytes() == SECRET


def test_one_wrong_bit_is_seen(job):
    item = job.add(job.folder / "a", SECRET)

    def flip(real, fd, offset, data):
        real(fd, offset, data[:-1] + bytes([data[-1] ^ 1]))

    job.touched(item, Reason.READ_BACK_DIFFERS, disk=Failing("overwrite", flip))


def test_replaced_before_it_is_read_back(job):
    path = job.folder / "a"
    item = job.add(path, SECRET)
    job.touched(item, Reason.REPLACED, disk=Failing("open_to_read", swapping(path)))
    assert path.read_bytes() == b"another's"


def test_syncing_all_at_once_falls_back_to_one_by_one(job):
    items = [job.add(job.folder / f"{i}", SECRET) for i in range(9)]
    ends = job.run(disk=Failing("sync_volume", fail(errno.EIO)))
    assert {ends[item.id].outcome for item in items} == {Outcome.OVERWRITTEN}
    items = [job.add(job.folder / f"b{i}", SECRET) for i in range(9)]
    job.items = items
    ends = job.run(disk=Failing("sync_volume", lambda real, fd: False))
    assert {ends[item.id].outcome for item in items} == {Outcome.OVERWRITTEN}


@pytest.mark.parametrize("call", ["rename", "unlink", "sync_folder"])
def test_a_name_that_can_not_be_taken_away_is_said_to_remain(job, call):
    item = job.add(job.folder / "a", SECRET)
    end = job.run(disk=Failing(call, fail(errno.EIO)))[item.id]
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert Reason.NAME_REMAINS in end.evidence.limits


@pytest.mark.parametrize("act", ["move", "replace", "remove", "folder"])
def test_something_happens_between_the_note_and_the_removal(job, act):
    (job.folder / "d").mkdir()
    path = job.folder / "d" / "客户.csv"
    item = job.add(path, SECRET)
    for event in wipe(job.signed(), stages={}, seed=SEED):
        job.events.append(event)
        if isinstance(event, Noted) and event.what == "overwritten":
            if act == "folder":
                path.parent.rename(job.folder / "e")
            elif act == "remove":
                path.unlink()
            else:
                path.rename(job.folder / "moved")
                if act == "replace":
                    path.write_bytes(b"another's")
    end = job.ends()[item.id]
    # It did not go by our hand: wherever it is now, its name may stand there.
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert Reason.NAME_REMAINS in end.evidence.limits
    if act == "replace":
        assert path.read_bytes() == b"another's"


def test_swapped_at_the_very_moment_of_the_renaming(job):
    """The other file gets its name back; it is not unlinked."""
    path = job.folder / "客户.csv"
    item = job.add(path, SECRET)

    class Swapping(Disk):
        swapped = False

        def rename(self, folder, old, new):
            if not self.swapped:
                self.swapped = True
                path.rename(job.folder / "moved")
                path.write_bytes(b"another's")
            super().rename(folder, old, new)

    end = job.run(disk=Swapping())[item.id]
    assert Reason.NAME_REMAINS in end.evidence.limits
    assert path.read_bytes() == b"another's"


@pytest.mark.parametrize("call", ["overwrite", "sync", "unlink"])
def test_a_full_disk_stops_the_step_and_the_next_run_goes_on(job, call):
    items = [job.add(job.folder / f"{i}", SECRET) for i in range(5)]
    with pytest.raises(Refused) as refused:
        job.run(disk=Failing(call, fail(errno.ENOSPC), after=2))
    assert refused.value.fault is Fault.DISK_FULL
    ends, noted = job.ends(), job.noted()
    assert ends == {}
    assert {items[0].id, items[1].id} <= set(noted)
    stages = {item.id: Stage.BEGUN for item in items}
    stages |= dict.fromkeys(noted, Stage.NOTED) | dict.fromkeys(ends, Stage.SETTLED)
    rest = job.run(stages=stages, noted=noted)
    assert set(rest) == {item.id for item in items}
    # A folder that could not be synced before the stop may have had its names back after it.
    unsynced = {Outcome.RESIDUE_POSSIBLE} if call == "sync" else set()
    assert {end.outcome for end in rest.values()} == {Outcome.OVERWRITTEN} | unsynced
    assert os.listdir(job.folder) == []


def test_a_writer_that_never_stops_never_gets_a_good_outcome_for_its_bytes(job):
    """Keeps rewriting the file by name while it is wiped: every end is honest, whatever the order was."""
    path = job.folder / "a"
    stop = threading.Event()
    for _ in range(20):
        item = job.add(path, SECRET)
        job.items = [item]
        stop.clear()

        def scribble():
            while not stop.is_set():
                try:
                    fd = os.open(path, os.O_WRONLY)
                    os.pwrite(fd, b"z" * 10, 0)
                    os.close(fd)
                except OSError:
                    pass

        writer = threading.Thread(target=scribble)
        writer.start()
        try:
            end = job.run()[item.id]
        finally:
            stop.set()
            writer.join()
        if end.outcome is not Outcome.FAILED:
            assert not path.exists()
        path.unlink(missing_ok=True)


@pytest.mark.parametrize("call", ["sync_volume", "sync_folder"])
def test_many_folders_that_can_not_be_synced(job, call):
    for i in range(10):
        (job.folder / f"d{i}").mkdir()
        job.add(job.folder / f"d{i}" / "a", b"x")
    after = 1 if call == "sync_volume" else 0  # the files' own sync comes first
    ends = job.run(disk=Failing(call, fail(errno.EIO), after=after))
    assert len(ends) == 10
    assert all(Reason.NAME_REMAINS not in end.evidence.limits for end in ends.values())


def test_folders_of_other_file_systems_are_synced_one_by_one(job, monkeypatch):
    from app.system.volumes import Writes

    monkeypatch.setattr(removal, "writes_of", lambda kind: Writes.UNKNOWN)
    synced = []

    class Counting(Disk):
        def sync_folder(self, folder):
            synced.append(folder.path)
            super().sync_folder(folder)

    for i in range(10):
        (job.folder / f"d{i}").mkdir()
        job.add(job.folder / f"d{i}" / "a", b"x")
    job.run(disk=Counting())
    assert len(synced) == 10


def test_blocks_that_moved_are_seen(job, monkeypatch):
    """As when a file system puts an overwrite elsewhere without saying so before."""
    item = job.add(job.folder / "a", SECRET)
    real = proving.extents

    def moved(fd):
        return tuple(replace(e, physical=e.physical + 4096) for e in real(fd))

    monkeypatch.setattr(proving, "extents", moved)
    end = job.run()[item.id]
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert Reason.COPY_ON_WRITE in end.evidence.limits
