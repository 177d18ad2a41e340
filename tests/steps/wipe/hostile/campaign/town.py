"""A company on an image of its own, case folder and all, that can be put back as it was at any moment.

The image lies on an XFS of its own, so that a copy of it is one ioctl and holds exactly what the
writes had brought to it at that moment: what a power cut leaves on a medium without a cache.
"""

from __future__ import annotations

import fcntl
import os
import random
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from campaign.grounds import Ground, make_image, run, unmount
from campaign.kinds_content import clone
from campaign.marks import Marks
from campaign.yard import NotHere

from app.domain.step import Step
from app.flow import Flow, case_folder, from_environment, people_of, read_case_file
from app.flow.flow import Flow as _Flow
from app.rehearsal import PASSPHRASES, build_company

_LOOP_REMOVE = 0x4C81
SYSTEMS = {
    "ext4": Ground("ext4", "ext4", megabytes=128),
    "xfs": Ground("xfs", "xfs", megabytes=320),
    "btrfs": Ground("btrfs", "btrfs", megabytes=320),
}
_OUTER = Ground("xfs", "xfs", ("-m", "reflink=1"), megabytes=4096)


@dataclass
class Town:
    """Where a company lies: `fresh` is its image before a case was opened, `signed` once the plan is signed."""

    ground: Ground
    outer: Path
    mount: Path
    loop: Path
    marks: Marks
    held: dict[str, int]
    """The mark of each marked file, by its path below the company."""

    @property
    def company(self) -> Path:
        return self.mount / "company"

    @property
    def case(self) -> Path:
        return self.company / "2026-001"

    @property
    def fresh(self) -> Path:
        return self.outer / "fresh.img"

    @property
    def signed(self) -> Path:
        return self.outer / "signed.img"

    @contextmanager
    def mounted(self, image: Path) -> Iterator[None]:
        """Mount an image, always as the same device at the same place."""
        run("losetup", self.loop, image)
        try:
            run("mount", "-t", self.ground.kind, self.loop, self.mount)
            try:
                yield
            finally:
                unmount(self.mount)
        finally:
            _detached(self.loop)

    def copy(self, source: Path, name: str) -> Path:
        """Copy an image as it is at this moment, mounted or not."""
        target = self.outer / name
        clone(source, target)
        return target


def _detached(loop: Path) -> None:
    for _ in range(100):
        subprocess.run(["losetup", "-d", loop], capture_output=True, check=False)
        told = subprocess.run(["losetup", loop], capture_output=True, check=False)
        if told.returncode:
            return
        time.sleep(0.05)


@contextmanager
def built(system: str, folder: Path, chance: random.Random, *, customers: int) -> Iterator[Town]:
    """Build a company on a file system, with a fresh and a signed image of it.

    Raises:
        NotHere: with the reason.
    """
    if os.geteuid() != 0:
        raise NotHere("mounting an image needs root")
    os.environ.update(PASSPHRASES)
    folder.mkdir(parents=True)
    outer, mount = folder / "outer", folder / "mount"
    outer.mkdir()
    mount.mkdir()
    make_image(_OUTER, folder / "outer.img")
    run("mount", "-o", "loop", folder / "outer.img", outer)
    loop = _free_loop(chance)
    try:
        town = Town(SYSTEMS[system], outer, mount, loop, Marks(chance.randbytes(4).hex().encode()), {})
        make_image(town.ground, town.fresh)
        with town.mounted(town.fresh):
            _settle_in(town, chance, customers)
        town.copy(town.fresh, town.signed.name)
        with town.mounted(town.signed):
            _sign(town)
        yield town
    finally:
        unmount(mount)
        _detached(loop)
        unmount(outer)
        with suppress(OSError), open("/dev/loop-control", "rb") as control:
            fcntl.ioctl(control, _LOOP_REMOVE, int(loop.name[4:]))


def _free_loop(chance: random.Random) -> Path:
    """A loop device of a high number, which nobody is given who asks for any."""
    for _ in range(100):
        loop = Path(f"/dev/loop{random.SystemRandom().randrange(300, 4000)}")
        if not loop.exists():
            return loop
    raise NotHere("no free loop device")


def _settle_in(town: Town, chance: random.Random, customers: int) -> None:
    """Build the company and mark the customers' dossiers, every second one in its nightly copy too."""
    build_company(town.company, records=customers)
    case_file = town.company / "CASE.toml"
    case_file.write_text(
        case_file.read_text(encoding="utf-8").replace('"masked"', '"full"'), encoding="utf-8"
    )
    nightly = town.company / "backup" / "nightly"
    for index, path in enumerate(sorted(town.company.glob("customers/客户档案/*/*.txt"))):
        mark = town.marks.new()
        line = town.marks.content(mark, chance.choice((48, 400, 4096, 30_000, 300_000)))
        copy = nightly / path.relative_to(town.company)
        for each in (path, copy) if index % 2 else (path,):
            with each.open("ab") as file:
                file.write("附注：\n".encode() + line)
            town.held[str(each.relative_to(town.company))] = mark
    os.sync()


def _sign(town: Town) -> None:
    case_file = town.company / "CASE.toml"
    case = read_case_file(case_file)
    people = people_of(case, from_environment)
    flow: _Flow = Flow.create(case_folder(case_file, case), case, people[0])
    try:
        for step in (Step.LOCATE, Step.DECIDE, Step.CONFIRM):
            for _ in flow.begin(step, passphrase=from_environment):
                pass
        for copy in flow.copies():
            if copy.disposal.value == "exception" and not copy.declared_by:
                flow.accept(copy.id, people[0].name)
        flow.sign(people)
    finally:
        flow.close()
    os.sync()
