"""A signed plan over real files, and the images of file systems that they may lie on."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for wiped_secret

from wiped_secret import SEED

from app.domain.case import Profile, Role
from app.domain.event import Noted, Settled
from app.domain.fate import Fate, Ground
from app.domain.outcome import Outcome
from app.domain.plan import Plan, PlanItem, Subject
from app.domain.record import Stamp, Tier
from app.identity import create, sign_plan
from app.steps.wipe import wipe
from tests.in_time import soon


@pytest.fixture(scope="session")
def people(tmp_path_factory):
    folder = tmp_path_factory.mktemp("people")
    return [
        create(name, role, folder / f"{role.value}.p12", "四 个 不 相干 的 词")
        for name, role in (("张三", Role.OFFICER), ("李四", Role.WITNESS))
    ]


class Job:
    """Files, the plan two people signed over them, and what a run of the step said of each."""

    def __init__(self, people, folder: Path) -> None:
        self.people = people
        self.folder = folder
        self.items: list[PlanItem] = []
        self.events: list[object] = []

    def add(self, path, content=None, fate=Fate.WIPE, subject=Subject.RECORD, location=None, sha256=None):
        path = os.fspath(path)
        if content is not None:
            with open(path, "wb") as file:
                file.write(content)
                os.fsync(file.fileno())
        told = os.lstat(path)
        if sha256 is None:
            sha256 = hashlib.sha256(Path(path).read_bytes()).hexdigest() if os.path.isfile(path) else ""
        stamp = Stamp(
            told.st_dev, told.st_ino, told.st_size, told.st_mtime_ns, told.st_ctime_ns, told.st_nlink
        )
        where = os.fspath(self.folder) if location is None else os.fspath(location)
        item = PlanItem(
            f"r-{len(self.items):06d}", subject, path, fate, Ground.RULE, "case.1", "", Tier.CORE, "crm.contact", 1,
            stamp, sha256, where,
        )  # fmt: skip
        self.items.append(item)
        return item

    def signed(self, profile=Profile.STANDARD):
        plan = Plan("2026-001", "2026-11-21T09:00:00+08:00", "cn-1", profile, tuple(self.items))
        return sign_plan(plan, self.people, "2026-11-21T09:30:00+08:00")

    def run(self, profile=Profile.STANDARD, **options):
        """Run to the end; gives the ends by id. What was said until an exception is in `events`."""
        self.events = []
        for event in wipe(self.signed(profile), **{"stages": {}, "seed": SEED} | options):
            self.events.append(event)
        return self.ends()

    def left(self, item, reason, **options):
        """Run, and see that the item failed for this reason with nothing written."""
        self._failed(item, reason, "untouched", options)

    def touched(self, item, reason, **options):
        """Run, and see that the item failed for this reason, perhaps half overwritten, and is still there."""
        self._failed(item, reason, "keystream-1", options)
        assert {event.what for event in self.events if isinstance(event, Noted)} == {"medium"}

    def _failed(self, item, reason, method, options):
        end = self.run(**options)[item.id]
        assert end.outcome is Outcome.FAILED
        assert end.evidence.limits == (reason,)
        assert end.evidence.method == method

    def ends(self):
        return {event.id: event for event in self.events if isinstance(event, Settled)}

    def noted(self):
        return {
            item: (Outcome(dict(event.evidence.facts)["outcome"]), event.evidence)
            for event in self.events
            if isinstance(event, Noted) and "outcome" in dict(event.evidence.facts)
            for item in event.ids
        }


@pytest.fixture
def job(people, tmp_path):
    folder = tmp_path / "客户"
    folder.mkdir()
    return Job(people, folder)


class Image:
    """A file system in a file of the test, mounted while the test runs."""

    def __init__(self, folder: Path, kind: str, stack: ExitStack, megabytes: int, mkfs, mount) -> None:
        self.path = folder / f"{kind}.img"
        self.mount = folder / f"{kind}.mount"
        self.mount.mkdir()
        with self.path.open("wb") as file:
            file.truncate(megabytes << 20)
        subprocess.run([f"mkfs.{kind}", *mkfs, self.path], check=True, capture_output=True)
        self.kind = kind
        self._stack = stack
        self._options = ",".join(["loop", *mount])

    def attach(self):
        subprocess.run(["mount", "-o", self._options, self.path, self.mount], check=True, capture_output=True)
        self._stack.callback(self.detach)

    def detach(self):
        """Unmount, patiently: whoever looks through all that is mounted here may be in it just now."""

        def ended():
            return subprocess.run(["umount", self.mount], check=False, capture_output=True).returncode == 0

        assert not self.mount.is_mount() or soon(ended), f"{self.mount} stays mounted"

    def hits(self, needle: bytes) -> int:
        """How often `needle` stands in the raw image, which is detached first."""
        self.detach()
        os.sync()
        step, kept, found = 16 << 20, len(needle) - 1, 0
        with self.path.open("rb") as file:
            tail = b""
            while part := file.read(step):
                found += (tail + part).count(needle)
                tail = part[-kept:] if kept else b""
        return found


@pytest.fixture
def image(tmp_path):
    """Make and mount an image: `image("ext4")`. Skips, with the reason, where that is not possible."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("mounting an image needs root")
    sizes = {"ext4": 48, "xfs": 320, "btrfs": 256}
    with ExitStack() as stack:
        # In memory what is trimmed is gone, as it is from a disk that gives nothing back. On a file
        # system it would stay in blocks that are free below.
        memory = tmp_path / "memory"
        memory.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "none", memory], check=True, capture_output=True)
        stack.callback(subprocess.run, ["umount", "--lazy", memory], check=True, capture_output=True)

        def make(kind, mkfs=(), mount=(), folder=memory, megabytes=0):
            if not shutil.which(f"mkfs.{kind}"):
                pytest.skip(f"mkfs.{kind} is not installed")
            made = Image(folder, kind, stack, megabytes or sizes[kind], ["-q", *mkfs], mount)
            try:
                made.attach()
            except subprocess.CalledProcessError as error:
                pytest.skip(f"{kind} can't be mounted here: {error.stderr!r}")
            return made

        yield make
