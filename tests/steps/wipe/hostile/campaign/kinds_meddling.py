"""Kinds in which the file changes: between signing and wiping, and while it is wiped."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from campaign.kinds import ALL, DISKS, XFS, kind
from campaign.yard import Case, Stopped, Yard

from app.domain.plan import PlanItem

_MOMENTS = (
    ("before", "open_in_place"), ("after", "open_in_place"), ("before", "overwrite"), ("after", "overwrite"),
    ("before", "sync"), ("after", "sync"), ("before", "open_to_read"), ("after", "read_back"),
    ("before", "rename"), ("after", "rename"), ("", "note"), ("", "note"),
)  # fmt: skip
_PATIENCE = 0.3
"""How long it is waited for somebody whom the kernel may make wait."""


def _some_time(yard: Yard, case: Case, path: Path, item: PlanItem, act: Callable[[], None]) -> None:
    moment, call = yard.chance.choice(_MOMENTS)
    case.told = f"{moment} {call} {case.told}"
    if call == "note":
        yard.at_note[item.id] = act
    else:
        yard.disk.when(call, path.name, lambda: _beside(yard, act), moment=moment)


def _beside(yard: Yard, act: Callable[[], None]) -> None:
    """Do it as another program does: the wipe goes on while that has to wait."""

    def tried() -> None:
        with suppress(OSError):
            act()

    other = threading.Thread(target=tried)
    yard.undo(other.join)
    other.start()
    other.join(_PATIENCE)


@kind("replaced after signing", ALL, 3)
def replaced(yard: Yard, case: Case) -> None:
    folder = yard.folder()
    path, item = yard.plain(case, folder)

    def replace() -> None:
        moved = folder / "moved.csv"
        if yard.chance.random() < 0.5:
            path.rename(moved)
        else:
            path.unlink()
        yard.write(path, item.stamp.size)
        os.utime(path, ns=(item.stamp.mtime_ns, item.stamp.mtime_ns))
        yard.stays(path)

    yard.after_signing(replace)


@kind("changed after signing", ALL, 3)
def changed(yard: Yard, case: Case) -> None:
    """Same size, and the time of the last change put back."""
    path, item = yard.plain(case, yard.folder())

    def change() -> None:
        with path.open("r+b") as file:
            file.write(b"something else")
        os.utime(path, ns=(item.stamp.mtime_ns, item.stamp.mtime_ns))

    yard.after_signing(change)


@kind("grown or shrunk after signing", ALL)
def resized(yard: Yard, case: Case) -> None:
    path, item = yard.plain(case, yard.folder())
    size = yard.chance.choice((0, item.stamp.size // 2, item.stamp.size + 5000))
    yard.after_signing(lambda: os.truncate(path, size))


@kind("written to while it is wiped", DISKS, 6)
def written(yard: Yard, case: Case) -> None:
    """Another program opens it, adds a line or writes over one, and closes it, all at one moment."""
    path, item = yard.plain(case, yard.folder())
    more = yard.marks.new()
    case.marks[item.id].append(more)
    adds = yard.chance.random() < 0.5
    case.told = "added" if adds else "written over"

    way = _way(yard, path)

    def write() -> None:
        with open(os.open(way, os.O_RDWR | (os.O_APPEND if adds else 0)), "r+b") as file:
            file.write(yard.marks.content(more, yard.chance.choice((500, 9000))))
            file.flush()
            os.fsync(file.fileno())

    _some_time(yard, case, path, item, write)


@kind("cut while it is wiped", DISKS)
def cut_late(yard: Yard, case: Case) -> None:
    """The blocks are given back before, or after, they are overwritten."""
    path, item = yard.plain(case, yard.folder(), 70_000)
    size = yard.chance.choice((0, 5000))
    way = _way(yard, path)
    _some_time(yard, case, path, item, lambda: os.truncate(way, size))


def _way(yard: Yard, path: Path) -> str:
    """A way to this very file, whatever its name is by then. It holds nothing open that keeps others off."""
    held = os.open(path, os.O_PATH)
    yard.undo(lambda: os.close(held))
    return f"/proc/self/fd/{held}"


@kind("replaced while it is wiped", DISKS, 4)
def replaced_late(yard: Yard, case: Case) -> None:
    folder = yard.folder()
    path, item = yard.plain(case, folder)
    by_link = yard.chance.random() < 0.3
    victim = folder / "victim.csv"
    yard.outsider(victim)

    def swap() -> None:
        path.rename(folder / "moved.csv")
        if by_link:
            path.symlink_to(victim)
        else:
            yard.outsider(path, item.stamp.size)

    _some_time(yard, case, path, item, swap)


@kind("folder moved while it is wiped", DISKS, 4)
def folder_moved(yard: Yard, case: Case) -> None:
    """The folder goes elsewhere, and another with a file of the same name takes its place."""
    folder = yard.folder()
    inner = folder / "d"
    inner.mkdir()
    path, item = yard.plain(case, inner)
    with_another = yard.chance.random() < 0.5

    def move() -> None:
        inner.rename(folder / "elsewhere")
        inner.mkdir()
        if with_another:
            yard.outsider(path)

    _some_time(yard, case, path, item, move)


@kind("moved on its volume while it is wiped", XFS, 3)
def defragmented(yard: Yard, case: Case) -> None:
    """The blocks change while the file stays the same one, as a defragmenter does."""
    path, item = yard.plain(case, yard.folder(), 262_144)
    tool = shutil.which("xfs_fsr")
    if tool:
        _some_time(yard, case, path, item, lambda: _run(tool, path))


def _run(tool: str, path: Path) -> None:
    subprocess.run([tool, path], capture_output=True, check=False)


@kind("changed after a stop", DISKS, 3)
def changed_after_stop(yard: Yard, case: Case) -> None:
    """The run stops in the middle of this file, the file changes, and the run is taken up again."""
    path, item = yard.plain(case, yard.folder(), 70_000)
    more = yard.marks.new()
    case.marks[item.id].append(more)
    how = yard.chance.choice(("cut", "cut to nothing", "added", "written over"))
    call = yard.chance.choice(("overwrite", "sync", "open_to_read"))
    case.told = f"{how} at {call}"

    def change() -> None:
        if how.startswith("cut"):
            os.truncate(path, 5000 if how == "cut" else 0)
        else:
            with path.open("ab" if how == "added" else "r+b") as file:
                file.write(yard.marks.content(more, 9000))
        raise Stopped

    yard.disk.when(call, path.name, change, moment="after" if call == "overwrite" else "before")
