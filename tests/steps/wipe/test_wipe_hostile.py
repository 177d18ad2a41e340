"""Files that must be left alone, and disks that fail: each with its outcome, and never a good one."""

import errno
import fcntl
import os
import resource
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.event import Noted, Settled
from app.domain.fault import Fault, Refused
from app.domain.outcome import Outcome, Reason
from app.domain.step import Stage
from app.domain.wiping import Wiping
from app.steps.wipe import examine, removal, wipe
from app.steps.wipe import prove as proving
from app.steps.wipe.keystream import Keystream, names_for
from app.steps.wipe.scene import Scene
from app.system.disk import Disk
from app.system.extents import Attribute, attributes

SEED = bytes(range(32))
SECRET = b"11010519491231002X " * 500
FS_IOC_SETFLAGS = 0x40086602

root_only = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")


def left(job, item, reason, **options):
    """Run, and see that the item failed for this reason with nothing written."""
    end = job.run(**options)[item.id]
    assert end.outcome is Outcome.FAILED
    assert end.evidence.limits == (reason,)
    assert end.evidence.method == "untouched"


def test_gone(job):
    item = job.add(job.folder / "a", SECRET)
    (job.folder / "a").unlink()
    left(job, item, Reason.GONE)
    left(job, item, Reason.GONE, stages={item.id: Stage.BEGUN})


def test_its_folder_gone_or_a_file_now(job):
    (job.folder / "d").mkdir()
    item = job.add(job.folder / "d" / "a", SECRET)
    (job.folder / "d").rename(job.folder / "e")
    left(job, item, Reason.GONE)
    (job.folder / "d").write_bytes(b"")
    left(job, item, Reason.GONE)
    assert (job.folder / "e" / "a").read_bytes() == SECRET


@pytest.mark.parametrize(
    ("change", "stage"),
    [
        *((change, Stage.FRESH) for change in ("content", "longer", "shorter", "touched", "mode")),
        *((change, Stage.BEGUN) for change in ("content", "longer", "shorter")),
    ],
)
def test_changed(job, change, stage):
    path = job.folder / "a"
    item = job.add(path, SECRET)
    with path.open("r+b") as file:
        if change == "content":
            file.write(b"y")
        elif change == "longer":
            file.truncate(len(SECRET) + 1)
        elif change == "shorter":
            file.truncate(1)
        elif change == "touched":
            os.utime(file.fileno(), ns=(0, 0))
        else:
            path.chmod(0o600)
    held = path.read_bytes()
    left(job, item, Reason.CHANGED, stages={item.id: stage})
    assert path.read_bytes() == held


def test_replaced(job):
    path = job.folder / "a"
    item = job.add(path, SECRET)
    path.rename(job.folder / "b")
    path.write_bytes(SECRET)
    left(job, item, Reason.REPLACED)
    assert path.read_bytes() == SECRET


def test_link(job):
    path = job.folder / "a"
    item = job.add(path, SECRET)
    path.rename(job.folder / "b")
    path.symlink_to("b")
    left(job, item, Reason.LINK)
    assert (job.folder / "b").read_bytes() == SECRET


@pytest.mark.parametrize("kind", ["fifo", "folder"])
def test_not_a_file(job, kind):
    path = job.folder / "a"
    item = job.add(path, SECRET)
    path.unlink()
    os.mkfifo(path) if kind == "fifo" else path.mkdir()
    left(job, item, Reason.NOT_A_FILE)


def test_a_folder_swapped_for_a_link(job, tmp_path):
    (job.folder / "d").mkdir()
    item = job.add(job.folder / "d" / "a", SECRET)
    (job.folder / "d").rename(tmp_path / "elsewhere")
    (job.folder / "d").symlink_to(tmp_path / "elsewhere")
    left(job, item, Reason.LINK)
    assert (tmp_path / "elsewhere" / "a").read_bytes() == SECRET


def test_a_way_back_out_of_the_location(job, tmp_path):
    (tmp_path / "other").mkdir()
    item = job.add(f"{job.folder}/../other/a", SECRET)
    left(job, item, Reason.LINK)
    assert (tmp_path / "other" / "a").read_bytes() == SECRET


def test_without_a_location_links_are_followed_to_the_very_same_file(job, tmp_path):
    (tmp_path / "to").symlink_to(job.folder)
    (job.folder / "a").write_bytes(SECRET)
    item = job.add(tmp_path / "to" / "a", location="")
    assert job.run()[item.id].outcome is Outcome.OVERWRITTEN


def test_hard_link(job):
    item = job.add(job.folder / "a", SECRET)
    os.link(job.folder / "a", job.folder / "b")
    left(job, item, Reason.HARD_LINK)
    assert (job.folder / "b").read_bytes() == SECRET


def test_read_only_even_for_root(job):
    (job.folder / "a").write_bytes(SECRET)
    (job.folder / "a").chmod(0o444)
    item = job.add(job.folder / "a")
    left(job, item, Reason.READ_ONLY)
    assert (job.folder / "a").read_bytes() == SECRET


@contextmanager
def sealed(path, mark):
    fd = os.open(path, os.O_RDONLY)
    before = attributes(fd) or Attribute(0)
    try:
        fcntl.ioctl(fd, FS_IOC_SETFLAGS, int(before | mark).to_bytes(8, sys.byteorder))
    except OSError as error:
        os.close(fd)
        pytest.skip(f"this file system has no such attribute: {error}")
    try:
        yield
    finally:
        fcntl.ioctl(fd, FS_IOC_SETFLAGS, int(before).to_bytes(8, sys.byteorder))
        os.close(fd)


@root_only
@pytest.mark.parametrize("mark", [Attribute.IMMUTABLE, Attribute.APPEND_ONLY])
def test_immutable(job, mark):
    (job.folder / "a").write_bytes(SECRET)
    with sealed(job.folder / "a", mark):
        item = job.add(job.folder / "a")
        left(job, item, Reason.IMMUTABLE)
    assert (job.folder / "a").read_bytes() == SECRET


@pytest.mark.parametrize("how", ["protected", "case"])
def test_protected_places(job, how, tmp_path, monkeypatch):
    item = job.add(job.folder / "a", SECRET)
    if how == "case":
        left(job, item, Reason.PROTECTED_PLACE, protected=[tmp_path])
    else:
        job.items = [replace(item, path="/etc/passwd")]
        left(job, item, Reason.PROTECTED_PLACE)
    assert (job.folder / "a").read_bytes() == SECRET


def test_a_link_that_leads_into_a_protected_place(job, tmp_path):
    case = tmp_path / "case"
    case.mkdir()
    (tmp_path / "way").symlink_to(case)
    (case / "register.db").write_bytes(SECRET)
    item = job.add(tmp_path / "way" / "register.db", location=tmp_path / "way")
    left(job, item, Reason.PROTECTED_PLACE, protected=[case])


HOLD = "import sys, time\nf = open(sys.argv[1], sys.argv[2])\nprint('open', flush=True)\ntime.sleep(60)"
MAP = (
    "import sys, mmap, time\nf = open(sys.argv[1], 'rb')\nm = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)\n"
    "f.close()\nprint('open', flush=True)\ntime.sleep(60)"
)


@pytest.mark.parametrize(("code", "mode"), [(HOLD, "rb"), (HOLD, "r+b"), (MAP, "")])
def test_open_elsewhere(job, code, mode):
    item = job.add(job.folder / "a", SECRET)
    other = job.add(job.folder / "b", SECRET)
    holder = subprocess.Popen([sys.executable, "-c", code, job.folder / "a", mode], stdout=subprocess.PIPE)
    try:
        assert holder.stdout.readline() == b"open\n"
        ends = job.run()
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()
    assert ends[item.id].evidence.limits == (Reason.OPEN_ELSEWHERE,)
    assert ends[other.id].outcome is Outcome.OVERWRITTEN
    assert (job.folder / "a").read_bytes() == SECRET


def test_open_elsewhere_where_the_kernel_gives_no_leases(job, monkeypatch):
    monkeypatch.setattr(examine, "alone", lambda fd: None)
    item = job.add(job.folder / "a", SECRET)
    other = job.add(job.folder / "b", SECRET)
    holder = subprocess.Popen([sys.executable, "-c", HOLD, job.folder / "a", "rb"], stdout=subprocess.PIPE)
    try:
        assert holder.stdout.readline() == b"open\n"
        ends = job.run()
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()
    assert ends[item.id].evidence.limits == (Reason.OPEN_ELSEWHERE,)
    assert ends[other.id].outcome is Outcome.OVERWRITTEN


@root_only
def test_what_another_person_may_not_touch(job, tmp_path):
    """As a person without rights: no right to write the file, and no right to enter its folder."""
    for folder in (job.folder, *job.folder.parents):
        if folder.stat().st_uid == 0 and folder.is_relative_to(tmp_path.parent.parent):
            folder.chmod(0o755)
    item = job.add(job.folder / "a", SECRET)
    (job.folder / "closed").mkdir(0o700)
    inner = job.add(job.folder / "closed" / "b", SECRET)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.setresgid(65534, 65534, 65534)
        os.setresuid(65534, 65534, 65534)
        ends = job.run()
        told = [ends[one.id].evidence.limits == (Reason.DENIED,) for one in (item, inner)]
        os.write(writing, repr(told).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 100) == b"[True, True]"
    assert (job.folder / "a").read_bytes() == SECRET


@root_only
def test_a_read_only_mount(job):
    item = job.add(job.folder / "a", SECRET)
    mounted = subprocess.run(["mount", "--bind", job.folder, job.folder], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no bind mount here: {mounted.stderr!r}")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", job.folder], check=True)
        left(job, item, Reason.READ_ONLY)
    finally:
        subprocess.run(["umount", job.folder], check=True)
    assert (job.folder / "a").read_bytes() == SECRET


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
    left(job, item, reason, disk=Failing("open_in_place", fail(number)))


def test_a_file_that_may_not_even_be_read(job):
    item = job.add(job.folder / "a", SECRET)

    class Closed(Disk):
        def open_in_place(self, folder, name):
            raise PermissionError(errno.EPERM, "")

        open_to_read = open_in_place

    left(job, item, Reason.DENIED, disk=Closed())


def test_swapped_between_the_look_and_the_open(job):
    path = job.folder / "a"
    item = job.add(path, SECRET)

    def swap(real, *arguments):
        path.rename(job.folder / "b")
        path.write_bytes(b"another's")
        return real(*arguments)

    left(job, item, Reason.REPLACED, disk=Failing("open_in_place", swap))
    assert path.read_bytes() == b"another's"


def touched(job, item, reason, **options):
    """Run, and see that the item failed for this reason, perhaps half overwritten, and is still there."""
    end = job.run(**options)[item.id]
    assert end.outcome is Outcome.FAILED
    assert end.evidence.limits == (reason,)
    assert end.evidence.method == "keystream-1"
    assert {event.what for event in job.events if isinstance(event, Noted)} == {"medium"}


@pytest.mark.parametrize("call", ["overwrite", "sync", "read_back", "open_to_read", "forget"])
def test_a_disk_that_fails_in_the_middle(job, call):
    item = job.add(job.folder / "a", SECRET)
    touched(job, item, Reason.IO_ERROR, disk=Failing(call, fail(errno.EIO)))
    assert (job.folder / "a").exists()


def test_a_disk_that_forgets_what_was_written(job):
    """Says yes to every write and keeps the old bytes: seen by the read-back, never unlinked."""
    item = job.add(job.folder / "a", SECRET)
    touched(job, item, Reason.READ_BACK_DIFFERS, disk=Failing("overwrite", lambda real, fd, at, data: None))
    assert (job.folder / "a").read_bytes() == SECRET


def test_one_wrong_bit_is_seen(job):
    item = job.add(job.folder / "a", SECRET)

    def flip(real, fd, offset, data):
        real(fd, offset, data[:-1] + bytes([data[-1] ^ 1]))

    touched(job, item, Reason.READ_BACK_DIFFERS, disk=Failing("overwrite", flip))


def test_replaced_before_it_is_read_back(job):
    path = job.folder / "a"
    item = job.add(path, SECRET)

    def swap(real, *arguments):
        path.rename(job.folder / "b")
        path.write_bytes(b"another's")
        return real(*arguments)

    touched(job, item, Reason.REPLACED, disk=Failing("open_to_read", swap))
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


def test_every_new_name_taken_means_removal_under_the_old_one(job):
    item = job.add(job.folder / "a", SECRET)
    for name in names_for(SEED, item.id, 1):
        (job.folder / name).write_bytes(b"another's")
    taken = set(os.listdir(job.folder)) - {"a"}
    end = job.run()[item.id]
    assert end.outcome is Outcome.OVERWRITTEN
    assert set(os.listdir(job.folder)) == taken
    assert Reason.NAME_REMAINS not in end.evidence.limits


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

    def swap(real, folder, old, new):
        path.rename(job.folder / "moved")
        path.write_bytes(b"another's")
        return real(folder, old, new)

    class Swapping(Disk):
        swapped = False

        def rename(self, folder, old, new):
            if not self.swapped:
                self.swapped = True
                swap(super().rename, folder, old, new)
            else:
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


def test_sparse_is_not_filled_and_not_called_overwritten(job):
    path = job.folder / "a"
    with path.open("wb") as file:
        file.write(SECRET)
        file.seek(200 << 20)
        file.write(SECRET)
        file.truncate(300 << 20)
        os.fsync(file.fileno())
    item = job.add(path, sha256="")
    before = path.stat().st_blocks
    held = []

    class Looking(Disk):
        def unlink(self, folder, name):
            told = self.look(folder, name)
            fd = self.open_to_read(folder, name)
            held.append((told.st_blocks, os.pread(fd, len(SECRET), 0), os.pread(fd, len(SECRET), 200 << 20)))
            os.close(fd)
            super().unlink(folder, name)

    end = job.run(disk=Looking())[item.id]
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert Reason.SPARSE in end.evidence.limits
    keystream = Keystream(SEED, item.id)
    assert held == [(before, keystream.at(0, len(SECRET)), keystream.at(200 << 20, len(SECRET)))]


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


def test_the_scene_keeps_few_folders_and_files_open(job):
    for i in range(100):
        (job.folder / f"d{i}").mkdir()
        job.add(job.folder / f"d{i}" / "a", b"x")
    most = []

    class Counting(Disk):
        def look(self, folder, name):
            most.append(len(os.listdir("/proc/self/fd")))
            return super().look(folder, name)

    before = len(os.listdir("/proc/self/fd"))
    usual = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256 + 40, usual[1]))
    try:
        ends = job.run(disk=Counting())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, usual)
    assert {end.outcome for end in ends.values()} == {Outcome.OVERWRITTEN}
    assert max(most) <= before + 70 + 40
    assert len(os.listdir("/proc/self/fd")) == before


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


def test_closing_a_scene_twice_is_harmless(job):
    item = job.add(job.folder / "a", SECRET)
    from app.steps.wipe.scene import Terms

    scene = Scene(Terms(Disk(), SEED, None, (), Wiping(), frozenset()))
    folder, name = scene.place(item)
    scene.__exit__(None, None, None)
    scene.__exit__(None, None, None)
    assert folder.fd is None
    assert name == "a"


def test_the_names_and_keys_of_items_differ(job):
    assert len({Keystream(SEED, f"r-{i}").sha256 for i in range(100)}) == 100
    assert len({name for i in range(100) for name in names_for(SEED, f"r-{i}", 12)}) == 800
    stream = Keystream(SEED, "r")
    assert stream.at(0, 100)[32:] == stream.at(32, 68)
    assert stream.at(0, (8 << 20) + 1)[-1:] == stream.at(8 << 20, 1)


@pytest.mark.parametrize("kind", [Settled, Noted])
def test_no_event_names_a_path(job, kind):
    job.add(job.folder / "张三.csv", SECRET)
    job.run()
    assert all("张三" not in repr(event) for event in job.events if isinstance(event, kind))
    assert Path(job.items[0].path).name == "张三.csv"
