"""The speed of wiping, as ratios within one run: one large file, and many small ones.

    benchmarks/wipe.py [--large MIB] [--files N] [--dir FOLDER]

As root it mounts loop images in FOLDER; without, only the machine's own disk is measured. The
goals: a large file written at 0.90 of `dd oflag=direct` fed with an AES-CTR stream and at 1.8 of
`shred -n1`; small files at 12 times `shred -n1 -u` with read-back, 8 times when read from the
raw device, 4 times on the own disk.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.domain.case import Profile, Role
from app.domain.event import Noted, Settled
from app.domain.fate import Fate, Ground
from app.domain.plan import Plan, PlanItem, Subject
from app.domain.record import Stamp, Tier
from app.domain.wiping import Wiping
from app.identity import Identity, SignedPlan, create, sign_plan
from app.journal import Journal
from app.register.codec import plain
from app.steps.wipe import wipe

MIB = 1 << 20
SMALL = 6000
NAMED = "陈某某的合同与身份证复印件"


def main() -> int:
    """Measure and print; each line is one number with what it is compared to."""
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="lethe-wipe-", dir=asked.dir) as name:
        folder = Path(name)
        roles = (Role.OFFICER, Role.WITNESS)
        people = [create(one.value, one, folder / one.value, "四 个 词 儿") for one in roles]
        bench = Bench(folder, people)
        if asked.large:
            bench.large(asked.large)
        if asked.files:
            bench.small(asked.files, "own disk", folder, 4, raw=False)
            with _loop(folder, asked.files) as mount:
                if mount:
                    bench.small(asked.files, "loop ext4, read back", mount, 12, raw=False)
                    bench.small(asked.files, "loop ext4, raw proof", mount, 8, raw=True)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--large", type=int, default=2048, help="MiB of the large file; 0 leaves it out")
    parser.add_argument("--files", type=int, default=10_000, help="how many small files; 0 leaves them out")
    parser.add_argument("--dir", type=Path, default=None)
    return parser.parse_args()


@contextmanager
def _loop(folder: Path, files: int) -> Iterator[Path | None]:
    """A fresh ext4 in an image, mounted; None where that is not possible."""
    image, mount = folder / "ext4.img", folder / "mount"
    mount.mkdir()
    with image.open("wb") as file:
        file.truncate(max(512, files * 3 // 100) * MIB)
    made = subprocess.run(["mkfs.ext4", "-q", "-i", "8192", image], capture_output=True, check=False)
    loop = ["mount", "-o", "loop", image, mount]
    if made.returncode or subprocess.run(loop, capture_output=True, check=False).returncode:
        print("no loop images here (needs root and mkfs.ext4)")
        yield None
        return
    try:
        yield mount
    finally:
        subprocess.run(["umount", mount], check=True)


class Bench:
    """The measurements, each in a folder of its own."""

    def __init__(self, folder: Path, people: list[Identity]) -> None:
        self.folder = folder
        self.people = people

    def signed(self, paths: list[Path], location: Path) -> SignedPlan:
        """A signed plan over these files."""
        items = tuple(_item(number, path, location) for number, path in enumerate(paths))
        plan = Plan("bench", "2026-11-21T09:00:00+08:00", "cn-1", Profile.STANDARD, items)
        return sign_plan(plan, self.people, "2026-11-21T09:30:00+08:00")

    def wiped(self, paths: list[Path], location: Path, wiping: Wiping) -> tuple[float, float, str]:
        """Wipe with a real journal; gives the seconds without the purge, of the purge, and the outcomes."""
        signed = self.signed(paths, location)
        where = self.folder / f"journal-{time.monotonic_ns()}"
        journal, outcomes, purge = Journal.create(where), set(), 0.0
        began = asked = time.perf_counter()
        for event in wipe(signed, stages={}, seed=bytes(range(32)), wiping=wiping):
            if isinstance(event, Noted) and event.what == "purged":
                purge = time.perf_counter() - asked
            if isinstance(event, Settled):
                journal.append("settled", plain(event))
                outcomes.add(event.outcome.value)
            elif not hasattr(event, "total"):
                journal.append("event", plain(event))
                journal.commit()
            asked = time.perf_counter()
        journal.commit()
        whole = time.perf_counter() - began
        journal.close()
        where.unlink()
        return whole - purge, purge, " ".join(sorted(outcomes))

    def large(self, mib: int) -> None:
        """One large file against dd fed by openssl, and against shred."""
        path = self.folder / "large"
        best: dict[str, float] = {}
        for _ in range(2):
            for name, act in self._large_acts(path, mib).items():
                _fill(path, mib)
                began = time.perf_counter()
                act()
                best[name] = max(best.get(name, 0), mib / (time.perf_counter() - began))
        for name, speed in best.items():
            print(f"large file of {mib} MiB, {name}: {speed:,.0f} MiB/s")
        _ratio("written, against dd fed by openssl", best["written only"] / best["dd"], 0.90)
        _ratio("written, against shred -n1", best["written only"] / best["shred"], 1.8)
        _ratio("written and read back, against shred -n1", best["wipe"] / best["shred"], None)
        path.unlink(missing_ok=True)

    def _large_acts(self, path: Path, mib: int) -> dict[str, Callable[[], object]]:
        stream = "openssl enc -aes-256-ctr -nosalt -K 00 -iv 00 -in /dev/zero 2>/dev/null"
        dd = f"{stream} | dd of={path} bs=8M count={mib // 8} iflag=fullblock oflag=direct conv=notrunc,fsync"
        return {
            "dd": lambda: subprocess.run(["bash", "-c", dd], check=True, capture_output=True),
            "shred": lambda: subprocess.run(["shred", "-n1", path], check=True),
            "written only": lambda: _written(path),
            "wipe": lambda: self.wiped([path], self.folder, Wiping(names=False)),
        }

    def small(self, count: int, where: str, folder: Path, goal: float, *, raw: bool) -> None:
        """Many small files against `shred -n1 -u`, which is given a tenth of them."""
        few = max(100, count // 10)
        rate = few / _timed(_shred, folder, few)
        paths = _records(folder, count)
        spent, purge, outcomes = self.wiped(paths, folder / "records", Wiping(device=raw))
        print(f"{count} files of {SMALL} bytes, {where}: {outcomes}; shred {rate:,.0f} files/s, "
              f"wipe {count / spent:,.0f} files/s")  # fmt: skip
        _ratio(f"{where}, against shred -n1 -u", count / spent / rate, goal)
        print(f"  the purge of {count} names took {purge:.2f} s more")
        shutil.rmtree(folder / "records", ignore_errors=True)


def _item(number: int, path: Path, location: Path) -> PlanItem:
    told = path.lstat()
    stamp = Stamp(told.st_dev, told.st_ino, told.st_size, told.st_mtime_ns, told.st_ctime_ns, told.st_nlink)
    return PlanItem(
        f"r-{number:07d}", Subject.RECORD, str(path), Fate.WIPE, Ground.RULE, "", "", Tier.CORE, "", 1,
        stamp, "", str(location),
    )  # fmt: skip


def _records(folder: Path, count: int) -> list[Path]:
    paths = []
    for number in range(count):
        inside = folder / "records" / f"客户{number // 1000:04}"
        if number % 1000 == 0:
            inside.mkdir(parents=True)
        path = inside / f"{NAMED}{number:07}.csv"
        path.write_bytes(b"11010519491231002X".ljust(SMALL, b"."))
        paths.append(path)
    os.sync()
    return paths


def _timed(act: Callable[[list[Path]], object], folder: Path, count: int) -> float:
    paths = _records(folder, count)
    began = time.perf_counter()
    act(paths)
    spent = time.perf_counter() - began
    shutil.rmtree(folder / "records", ignore_errors=True)
    return spent


def _shred(paths: list[Path]) -> None:
    for first in range(0, len(paths), 500):
        subprocess.run(["shred", "-n1", "-u", *paths[first : first + 500]], check=True)


def _fill(path: Path, mib: int) -> None:
    if path.exists() and path.stat().st_size == mib * MIB:
        return
    with path.open("wb") as file:
        for _ in range(mib):
            file.write(bytes(MIB))
        os.fsync(file.fileno())


def _written(path: Path) -> None:
    """What the step does to write: the same stream, the same thread, the same direct writes, one sync."""
    from app.steps.wipe.keystream import Keystream
    from app.steps.wipe.pump import made
    from app.system.disk import Disk

    disk, fd = Disk(), os.open(path, os.O_RDWR)
    disk.go_direct(fd)
    for offset, data in made(Keystream(bytes(32), "r"), [(0, path.stat().st_size)]):
        disk.overwrite(fd, offset, data)
    disk.sync(fd)
    os.close(fd)


def _ratio(what: str, ratio: float, goal: float | None) -> None:
    mark = "" if goal is None else f" (goal {goal:g}: {'met' if ratio >= goal else 'NOT MET'})"
    print(f"  {what}: {ratio:.2f}{mark}")


if __name__ == "__main__":
    sys.exit(main())
