"""Files that must be left alone: each with its outcome, its bytes untouched, and never a good one."""

import fcntl
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace

import pytest
from wiped_secret import SECRET

from app.domain.outcome import Outcome, Reason
from app.domain.step import Stage
from app.steps.wipe import examine
from app.system.extents import Attribute, attributes

FS_IOC_SETFLAGS = 0x40086602


root_only = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")


def test_gone(job):
    item = job.add(job.folder / "a", SECRET)
    (job.folder / "a").unlink()
    job.left(item, Reason.GONE)
    job.left(item, Reason.GONE, stages={item.id: Stage.BEGUN})


def test_its_folder_gone_or_a_file_now(job):
    (job.folder / "d").mkdir()
    item = job.add(job.folder / "d" / "a", SECRET)
    (job.folder / "d").rename(job.folder / "e")
    job.left(item, Reason.GONE)
    (job.folder / "d").write_bytes(b"")
    job.left(item, Reason.GONE)
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
    job.left(item, Reason.CHANGED, stages={item.id: stage})
    assert path.read_bytes() == held


def test_replaced(job):
    path = job.folder / "a"
    item = job.add(path, SECRET)
    path.rename(job.folder / "b")
    path.write_bytes(SECRET)
    job.left(item, Reason.REPLACED)
    assert path.read_bytes() == SECRET


def test_link(job):
    path = job.folder / "a"
    item = job.add(path, SECRET)
    path.rename(job.folder / "b")
    path.symlink_to("b")
    job.left(item, Reason.LINK)
    assert (job.folder / "b").read_bytes() == SECRET


@pytest.mark.parametrize("kind", ["fifo", "folder"])
def test_not_a_file(job, kind):
    path = job.folder / "a"
    item = job.add(path, SECRET)
    path.unlink()
    os.mkfifo(path) if kind == "fifo" else path.mkdir()
    job.left(item, Reason.NOT_A_FILE)


def test_a_folder_swapped_for_a_link(job, tmp_path):
    (job.folder / "d").mkdir()
    item = job.add(job.folder / "d" / "a", SECRET)
    (job.folder / "d").rename(tmp_path / "elsewhere")
    (job.folder / "d").symlink_to(tmp_path / "elsewhere")
    job.left(item, Reason.LINK)
    assert (tmp_path / "elsewhere" / "a").read_bytes() == SECRET


def test_a_way_back_out_of_the_location(job, tmp_path):
    (tmp_path / "other").mkdir()
    item = job.add(f"{job.folder}/../other/a", SECRET)
    job.left(item, Reason.LINK)
    assert (tmp_path / "other" / "a").read_bytes() == SECRET


def test_without_a_location_links_are_followed_to_the_very_same_file(job, tmp_path):
    (tmp_path / "to").symlink_to(job.folder)
    (job.folder / "a").write_bytes(SECRET)
    item = job.add(tmp_path / "to" / "a", location="")
    assert job.run()[item.id].outcome is Outcome.OVERWRITTEN


def test_hard_link(job):
    item = job.add(job.folder / "a", SECRET)
    os.link(job.folder / "a", job.folder / "b")
    job.left(item, Reason.HARD_LINK)
    assert (job.folder / "b").read_bytes() == SECRET


def test_read_only_even_for_root(job):
    (job.folder / "a").write_bytes(SECRET)
    (job.folder / "a").chmod(0o444)
    item = job.add(job.folder / "a")
    job.left(item, Reason.READ_ONLY)
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
        job.left(item, Reason.IMMUTABLE)
    assert (job.folder / "a").read_bytes() == SECRET


@pytest.mark.parametrize("how", ["protected", "case"])
def test_protected_places(job, how, tmp_path, monkeypatch):
    item = job.add(job.folder / "a", SECRET)
    if how == "case":
        job.left(item, Reason.PROTECTED_PLACE, protected=[tmp_path])
    else:
        job.items = [replace(item, path="/etc/passwd")]
        job.left(item, Reason.PROTECTED_PLACE)
    assert (job.folder / "a").read_bytes() == SECRET


def test_a_link_that_leads_into_a_protected_place(job, tmp_path):
    case = tmp_path / "case"
    case.mkdir()
    (tmp_path / "way").symlink_to(case)
    (case / "register.db").write_bytes(SECRET)
    item = job.add(tmp_path / "way" / "register.db", location=tmp_path / "way")
    job.left(item, Reason.PROTECTED_PLACE, protected=[case])


HOLD = "import sys, time\nf = open(sys.argv[1], sys.argv[2])\nprint('open', flush=True)\ntime.sleep(60)"


MAP = (
    "import sys, mmap, time\nf = open(sys.argv[1], 'rb')\nm = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)\n"
    "f.close()\nprint('open', flush=True)\ntime.sleep(60)"
)


@contextmanager
def held_open(code, *arguments):
    """Another process holds the file while the block runs."""
    holder = subprocess.Popen([sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE)
    try:
        assert holder.stdout.readline() == b"open\n"
        yield
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()


@pytest.mark.parametrize(("code", "mode"), [(HOLD, "rb"), (HOLD, "r+b"), (MAP, "")])
def test_open_elsewhere(job, code, mode):
    item = job.add(job.folder / "a", SECRET)
    other = job.add(job.folder / "b", SECRET)
    with held_open(code, job.folder / "a", mode):
        ends = job.run()
    assert ends[item.id].evidence.limits == (Reason.OPEN_ELSEWHERE,)
    assert ends[other.id].outcome is Outcome.OVERWRITTEN
    assert (job.folder / "a").read_bytes() == SECRET


def test_open_elsewhere_where_the_kernel_gives_no_leases(job, monkeypatch):
    monkeypatch.setattr(examine, "alone", lambda fd: None)
    item = job.add(job.folder / "a", SECRET)
    other = job.add(job.folder / "b", SECRET)
    with held_open(HOLD, job.folder / "a", "rb"):
        ends = job.run()
    assert ends[item.id].evidence.limits == (Reason.OPEN_ELSEWHERE,)
    assert ends[other.id].outcome is Outcome.OVERWRITTEN


@root_only
def test_what_another_person_may_not_touch(job, enterable):
    """As a person without rights: no right to write the file, and no right to enter its folder."""
    enterable(job.folder)
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
        job.left(item, Reason.READ_ONLY)
    finally:
        subprocess.run(["umount", job.folder], check=True)
    assert (job.folder / "a").read_bytes() == SECRET
