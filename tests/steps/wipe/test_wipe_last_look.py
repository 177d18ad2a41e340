"""Between the proof and the removal somebody comes: never a good outcome, and nothing unsigned is destroyed."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest
from wiped_secret import SEED

from app.domain.event import Noted
from app.domain.outcome import Outcome, Reason
from app.steps.wipe import last_look, wipe
from app.system import guards
from app.system.disk import Disk
from app.system.guards import guard, guarded, open_at_once

SMALL = b"11010519491231002X " * 500
LARGE = SMALL * 160

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="leases are a thing of Linux")


def run(job, at_note, **options):
    """Run, and have something done once the file is noted as overwritten and before it is removed."""
    job.events = []
    for event in wipe(job.signed(), **{"stages": {}, "seed": SEED} | options):
        job.events.append(event)
        if isinstance(event, Noted) and event.what == "overwritten":
            at_note()
    (end,) = job.ends().values()
    return end


def written(path, what, *, end=False):
    with path.open("r+b") as file:
        file.seek(0, os.SEEK_END if end else os.SEEK_SET)
        file.write(what)
        os.fsync(file.fileno())


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("how", ["added", "over", "over, time put back"])
def test_what_somebody_wrote_meanwhile_is_kept_and_said(job, content, how):
    path = job.folder / "客户.csv"
    job.add(path, content)

    def write():
        before = path.stat()
        written(path, b"another's", end=how == "added")
        if how.endswith("back"):
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    end = run(job, write)
    assert (end.outcome, end.evidence.limits) == (Outcome.FAILED, (Reason.CHANGED,))
    assert end.evidence.method == "keystream-1"
    assert b"another's" in path.read_bytes()


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["small", "large"])
def test_what_was_there_for_a_moment_and_is_gone_again_is_said(job, content):
    """Its blocks were given back with the bytes in them."""
    path = job.folder / "客户.csv"
    job.add(path, content)

    def write():
        size = path.stat().st_size
        written(path, b"another's", end=True)
        os.truncate(path, size)

    end = run(job, write)
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert Reason.CHANGED in end.evidence.limits
    assert not path.exists()


def test_a_large_file_nobody_touched_is_not_compared_again(job):
    job.add(job.folder / "a", LARGE)
    read = []

    class Counting(Disk):
        def read_back(self, fd, offset, length):
            read.append(offset)
            return super().read_back(fd, offset, length)

    end = run(job, read.clear, disk=Counting())
    assert end.outcome.good
    assert read == []


HOLD = "import sys, time\nf = open(sys.argv[1], sys.argv[2])\nprint('open', flush=True)\ntime.sleep(60)"
MAP = (
    "import sys, mmap, time\nf = open(sys.argv[1], 'r+b')\nm = mmap.mmap(f.fileno(), 0)\nf.close()\n"
    "print('open', flush=True)\ntime.sleep(60)"
)
LEASE = (
    "import fcntl, signal, sys, time\nsignal.signal(signal.SIGIO, signal.SIG_IGN)\nf = open(sys.argv[1], 'rb')\n"
    "fcntl.fcntl(f, fcntl.F_SETLEASE, fcntl.F_RDLCK)\nprint('open', flush=True)\ntime.sleep(60)"
)


@contextmanager
def others():
    """Start other programs by calling what it gives; they end with it."""
    started = []

    def start(code, *argv):
        child = subprocess.Popen([sys.executable, "-c", code, *map(str, argv)], stdout=subprocess.PIPE)
        started.append(child)
        assert child.stdout.readline() == b"open\n"

    try:
        yield start
    finally:
        for child in started:
            child.kill()
            child.wait()
            child.stdout.close()


@pytest.mark.parametrize(("code", "mode"), [(HOLD, "r+b"), (HOLD, "ab"), (MAP, "")])
def test_a_writer_that_holds_it_when_it_is_removed_is_said(job, code, mode):
    path = job.folder / "a"
    job.add(path, SMALL)
    with others() as start:
        end = run(job, lambda: start(code, path, mode))
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert Reason.OPEN_ELSEWHERE in end.evidence.limits
    assert not path.exists()


@linux_only
@pytest.mark.skipif(
    getattr(os, "geteuid", lambda: 1)() != 0, reason="opening a file by its handle takes root"
)
@pytest.mark.parametrize("way", ["another's reader", "O_PATH"])
def test_who_holds_it_without_writing_is_said(job, way):
    """Either may open it anew for writing, without a name (/proc/self/fd); one held up in open(2) holds the same."""
    path = job.folder / "a"
    job.add(path, SMALL)
    held = []
    with others() as start:
        if way == "O_PATH":
            end = run(job, lambda: held.append(os.open(path, os.O_PATH)))
        else:
            end = run(job, lambda: start(HOLD, path, "rb"))
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert Reason.OPEN_ELSEWHERE in end.evidence.limits
    for fd in held:
        os.close(fd)


@linux_only
def test_a_file_that_another_program_has_a_lease_on(job):
    path = job.folder / "a"
    job.add(path, SMALL)
    with others() as start:
        start(LEASE, path)
        (end,) = job.run().values()
    assert (end.outcome, end.evidence.limits) == (Outcome.FAILED, (Reason.OPEN_ELSEWHERE,))
    assert path.read_bytes() == SMALL


@linux_only
@pytest.mark.parametrize("call", ["rename", "unlink", "sync_folder"])
def test_a_writer_that_comes_in_the_very_last_moment_waits_and_is_said(job, call):
    """It had found the name in time, gets a file without one and writes into blocks that are about to be free."""
    path = job.folder / "a"
    job.add(path, SMALL)
    found, writers = [], []

    def write():
        fd = os.open(f"/proc/self/fd/{found[0]}", os.O_WRONLY)
        os.pwrite(fd, b"another's", 0)
        os.close(fd)

    def meddle():
        writers.append(threading.Thread(target=write))
        writers[0].start()
        writers[0].join(0.3)
        assert writers[0].is_alive(), "nobody keeps writers off"

    class Meddled(Disk):
        def rename(self, folder, old, new):
            found.append(os.open(os.path.join(folder.path, old), os.O_PATH))
            if call == "rename":
                meddle()
            super().rename(folder, old, new)

        def unlink(self, folder, name):
            if call == "unlink":
                meddle()
            super().unlink(folder, name)

        def sync_folder(self, folder):
            super().sync_folder(folder)
            if call == "sync_folder":
                meddle()

    end = run(job, lambda: None, disk=Meddled())
    writers[0].join()
    os.close(found[0])
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert Reason.OPEN_ELSEWHERE in end.evidence.limits


def test_where_files_have_no_handle_or_none_may_be_opened_nothing_is_said_of_it(job, monkeypatch):
    monkeypatch.setattr(last_look, "file_handle", lambda fd: None)
    job.add(job.folder / "a", SMALL)
    assert run(job, lambda: None).outcome.good
    monkeypatch.undo()
    monkeypatch.setattr(guards, "open_by_handle", lambda near, handle: None)
    job.items.clear()
    job.add(job.folder / "a", SMALL)
    assert run(job, lambda: None).outcome.good


def test_where_nobody_can_be_kept_off_a_writer_is_seen_all_the_same(job, monkeypatch):
    monkeypatch.setattr(last_look, "guard", lambda fd: None)
    path = job.folder / "a"
    job.add(path, SMALL)

    class Meddled(Disk):
        def rename(self, folder, old, new):
            written(path, b"another's")
            super().rename(folder, old, new)

    end = run(job, lambda: None, disk=Meddled())
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert Reason.CHANGED in end.evidence.limits
    with others() as start:
        job.items.clear()
        job.add(path, SMALL)
        end = run(job, lambda: start(HOLD, path, "r+b"))
    assert Reason.OPEN_ELSEWHERE in end.evidence.limits


def test_where_an_open_file_can_not_be_removed_it_is_closed_first(job, monkeypatch):
    monkeypatch.setattr(last_look, "REMOVED_WHILE_OPEN", False)
    job.add(job.folder / "a", SMALL)
    opened = []

    class Looking(Disk):
        def rename(self, folder, old, new):
            links = (os.path.join("/proc/self/fd", one) for one in os.listdir("/proc/self/fd"))
            opened.extend(one for one in map(_target, links) if one == str(job.folder / "a"))
            super().rename(folder, old, new)

    assert run(job, lambda: None, disk=Looking()).outcome.good
    assert opened == []


def _target(link):
    try:
        return os.readlink(link)
    except OSError:
        return ""


def test_a_file_that_can_not_be_asked_about_any_more_is_doubted(job, monkeypatch):
    def fails(fd):
        raise OSError(116, "stale")

    monkeypatch.setattr(last_look, "guarded", fails)
    job.add(job.folder / "a", SMALL)
    end = run(job, lambda: None)
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert Reason.CHANGED in end.evidence.limits


def test_a_link_made_meanwhile_is_said(job):
    path = job.folder / "a"
    job.add(path, SMALL)
    end = run(job, lambda: os.link(path, job.folder / "b"))
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert Reason.HARD_LINK in end.evidence.limits
    assert SMALL[:100] not in (job.folder / "b").read_bytes()


@pytest.mark.parametrize("act", ["swapped", "gone", "broken"])
def test_something_else_stands_there_when_it_is_opened(job, act):
    path = job.folder / "a"
    job.add(path, SMALL)

    class Meddled(Disk):
        noted = False

        def open_to_read(self, folder, name):
            if self.noted:
                if act == "broken":
                    raise OSError(5, "broken")
                path.rename(job.folder / "moved")
                if act == "swapped":
                    path.write_bytes(b"another's")
            return super().open_to_read(folder, name)

    disk = Meddled()
    end = run(job, lambda: setattr(disk, "noted", True), disk=disk)
    if act == "broken":
        assert (end.outcome, end.evidence.limits) == (Outcome.FAILED, (Reason.IO_ERROR,))
    else:
        assert end.outcome is Outcome.RESIDUE_POSSIBLE
        assert Reason.NAME_REMAINS in end.evidence.limits
    if act == "swapped":
        assert path.read_bytes() == b"another's"


@linux_only
def test_a_guard_by_itself(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_bytes(b"x")
    with path.open("rb") as file:
        assert guard(file.fileno()) is True
        assert guarded(file.fileno())
        with pytest.raises(BlockingIOError):
            os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        assert not guarded(file.fileno())
    with path.open("r+b"), path.open("rb") as file:
        assert guard(file.fileno()) is False
    reading, writing = os.pipe()
    assert guard(reading) is None
    os.close(reading)
    os.close(writing)
    assert signal.getsignal(signal.SIGURG) is signal.SIG_DFL
    assert fcntl.F_RDLCK == 0
    monkeypatch.setattr(guards.sys, "platform", "darwin")
    assert guard(0) is None
    assert not guarded(0)


@linux_only
@pytest.mark.parametrize(
    ("allowed", "held"), [(64, 16), (300, 44), (1024, 512), (resource.RLIM_INFINITY, 512)]
)
def test_how_many_files_are_held_open(monkeypatch, allowed, held):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (allowed, allowed))
    assert open_at_once() == held


def test_where_none_is_held_open_many_are_removed_together(monkeypatch):
    monkeypatch.setattr(guards.sys, "platform", "win32")
    assert open_at_once() == 512
