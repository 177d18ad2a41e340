"""Locate against ripgrep with the same classes on the same data, and against itself; ratios of one run.

    benchmarks/locate.py [--scale X] [--jobs N] [--rounds N] [--cpu] [--only NAME] [--dir FOLDER]

At scale 1 the tree has 50,000 files, the one text 200 MB, the workbook 300,000 rows. Everything is
made anew from a seed. Each pair is measured by turns, `--rounds` times, and the median of each counts:
what else the machine does falls on both. For the tree, the one text and the office files the processes
stand ready, as they do when the window's page is open; the ratio with their start and the compiling
included is told beside it. Locate validates, counts distinct values, hashes every file and, for the tree,
writes the register.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import statistics
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import active_children
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

if __name__ != "__mp_main__":  # a process that looks begins with this file, and needs nothing of it
    from prose import Maker
    from yardstick import ripgrep

    from app.domain.case import Location
    from app.domain.event import Looked
    from app.register import Looking, Register
    from app.steps.locate import Crew, Customers, Known, category, edition, engine, survey

KEY = bytes(range(32))
MEMORY = 64
"""MiB that a process may take to look at the workbook, all it has imported included."""


@dataclass(frozen=True)
class Bench:
    """Where the data lies and how much of it there is."""

    folder: Path
    scale: float
    jobs: int
    rounds: int
    cpu: bool


def main() -> int:
    """Run each comparison and print its ratio beside what is asked of it; 1 if one is missed."""
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="lethe-locate-", dir=asked.dir) as name:
        bench = Bench(Path(name), asked.scale, asked.jobs, asked.rounds, asked.cpu)
        met = [run(bench) for name, run in PARTS.items() if asked.only in ("", name)]
    return 0 if all(met) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cpu", action="store_true", help="count processor time, where others use the cores")
    parser.add_argument("--only", choices=["", *PARTS], default="")
    parser.add_argument("--dir", type=Path)
    return parser.parse_args()


def _look(
    root: Path, jobs: int | Crew, register: Path | None = None, customers: Customers | None = None
) -> int:
    """Look at everything below a folder, or at one file, and give how many records were found.

    With a register the look is written to it, and one that it holds is gone on from.
    """
    if not isinstance(jobs, Crew):
        engine.compiled.cache_clear()
        category.compiled_sieve.cache_clear()
    places = [Location(root)]
    held = (Register.open if register.exists() else Register.create)(register, KEY) if register else None
    looking = Looking(held, edition(places, customers=customers)) if held else None
    found = 0
    for event in survey(
        places,
        key=KEY,
        jobs=jobs,
        customers=customers,
        memory=(lambda folder: [Known(*one) for one in looking.known(folder)]) if looking else None,
    ):
        if isinstance(event, Looked):
            found += len(event.rows)
            if looking:
                looking.take(event)
    if looking and held:
        looking.finish(lambda one: Known(*one).records(KEY))
        held.close()
    return found


def _standing(jobs: int) -> Crew:
    """Give processes that have begun and wait, as behind the window's page."""
    crew = Crew(jobs)
    time.sleep(1.5)
    return crew


def _times(bench: Bench, *runs: Callable[[], object], before: Callable[[], object] = int) -> list[float]:
    """Give the median time of each, measured by turns; `before` is done before each turn, and not timed."""
    clock = _cpu if bench.cpu else time.perf_counter
    times: list[list[float]] = [[] for _ in runs]
    for _ in range(bench.rounds):
        before()
        for place, run in enumerate(runs):
            began = clock()
            run()
            times[place].append(clock() - began)
    return [statistics.median(one) for one in times]


def _cpu() -> float:
    """Seconds of processor that this process and those it has ended have taken."""
    told = os.times()
    return told.user + told.system + told.children_user + told.children_system


def _tell(what: str, ratio: float, least: float, detail: str) -> bool:
    met = ratio >= least
    print(f"{what}: {ratio:.2f} (at least {least}: {'met' if met else 'NOT MET'}) {detail}", flush=True)
    return met


def tree(bench: Bench) -> bool:
    """Many small files, with the register, against `rg -c`."""
    root, maker, size = bench.folder / "tree", Maker(1), 0
    for number in range(int(50_000 * bench.scale)):
        folder = root / str(number // 200)
        if number % 200 == 0:
            folder.mkdir(parents=True)
        length = min(int(maker.rng.lognormvariate(7.5, 1.3)), 2_000_000)
        size += (folder / f"{number}.txt").write_bytes(maker.text(length).encode())
    registers, crews = iter(range(99)), list[Crew]()
    ours, theirs, whole = _times(
        bench,
        lambda: _look(root, crews.pop(), bench.folder / f"register{next(registers)}.db"),
        lambda: ripgrep(root, "-c", bench.jobs),
        lambda: _look(root, bench.jobs, bench.folder / f"register{next(registers)}.db"),
        before=lambda: crews.append(_standing(bench.jobs)),
    )
    met = _tell("tree / rg -c", theirs / ours, 0.9, _speeds(size, ours, theirs, whole))
    if sys.platform != "win32":
        [least] = _times(bench, lambda: _least(root, bench.jobs))
        print(f"tree, only read, searched and hashed / rg -c: {theirs / least:.2f}", flush=True)
    known = bench.folder / "register0.db"
    again, bare = _times(bench, lambda: _look(root, bench.jobs, known), lambda: _stat_all(root))
    return _tell("rescan / scandir and stat", bare / again, 0.35, f"{again:.2f} against {bare:.2f} s") and met


def _least(root: Path, jobs: int) -> None:
    """Do what no look can do without, and nothing else: no value is read, no record made, nothing told."""
    files = [os.path.join(folder, name) for folder, _, names in os.walk(root) for name in names]
    spots = engine.best_engine().spots
    children = []
    for part in range(jobs):
        child = os.fork()
        if not child:
            held: list[bytes] = []
            for name in files[part::jobs]:
                file = os.open(name, os.O_RDONLY)
                held.append(os.read(file, os.fstat(file).st_size))
                os.close(file)
                if len(held) == 200:
                    spots(b"\n\n".join(held))
                    for one in held[::2]:  # about half of them hold a value, and become a record
                        hashlib.sha256(one).digest()
                    held.clear()
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)


def _stat_all(root: Path) -> int:
    count, stack = 0, [str(root)]
    while stack:
        with os.scandir(stack.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    stack.append(entry.path)
                else:
                    entry.stat(follow_symlinks=False)
                    count += 1
    return count


def text(bench: Bench) -> bool:
    """One large text, against `rg -o`."""
    path = bench.folder / "large.txt"
    size = path.write_bytes(Maker(2).text(int(120_000_000 * bench.scale)).encode())
    crews: list[Crew] = []
    ours, theirs, whole = _times(
        bench,
        lambda: _look(path, crews.pop()),
        lambda: ripgrep(path, "-o", bench.jobs),
        lambda: _look(path, bench.jobs),
        before=lambda: crews.append(_standing(bench.jobs)),
    )
    return _tell("one text / rg -o", theirs / ours, 0.9, _speeds(size, ours, theirs, whole))


def _speeds(size: int, ours: float, theirs: float, whole: float) -> str:
    return (
        f"{size / ours / 1e6:.0f} against {size / theirs / 1e6:.0f} MB/s;"
        f" {theirs / whole:.2f} with the start of the processes"
    )


def chinese(bench: Bench) -> bool:
    """The same text in GB18030 and in UTF-8, by characters."""
    made = Maker(3).text(2_000_000) * int(25 * bench.scale)
    wide, plain = bench.folder / "gb.txt", bench.folder / "utf8.txt"
    sizes = wide.write_bytes(made.encode("gb18030")), plain.write_bytes(made.encode())
    gb, utf8 = _times(bench, lambda: _look(wide, 1), lambda: _look(plain, 1))
    return _tell(
        "GB18030 / UTF-8, bytes a second",
        sizes[0] / gb / (sizes[1] / utf8),
        0.25,
        f"{sizes[0] / gb / 1e6:.0f} MB/s",
    )


def customers(bench: Bench) -> bool:
    """100,000 known customers in the same pass, against none."""
    maker = Maker(4)
    known = Customers(
        [{"name": f"客户{n:06}公司", "cn.mobile": maker.mobile()} for n in range(int(100_000 * bench.scale))]
    )
    path = bench.folder / "named.txt"
    size = path.write_bytes((maker.text(2_000_000) * int(25 * bench.scale)).encode())
    ours, without = _times(bench, lambda: _look(path, 1, customers=known), lambda: _look(path, 1))
    return _tell(f"{known.count:,} customers / none", without / ours, 0.4, f"{size / ours / 1e6:.0f} MB/s")


def workbook(bench: Bench) -> bool:
    """A workbook of 300,000 rows, against openpyxl's read-only mode and against inflating it alone."""
    import openpyxl

    path, maker = bench.folder / "book.xlsx", Maker(5)
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(["姓名", "手机号", *(f"列{n}" for n in range(21))])
    for number in range(int(300_000 * bench.scale)):
        sheet.append([f"客户{number}", maker.mobile(), *(maker.rng.randrange(10**6) for _ in range(21))])
    book.save(path)

    def rows() -> None:
        opened = openpyxl.load_workbook(path, read_only=True)
        for row in opened.active.iter_rows(values_only=True):
            str(row)
        opened.close()

    [slow] = _times(Bench(bench.folder, bench.scale, 1, 1, bench.cpu), rows)
    ours, inflated = _times(bench, lambda: _look(path, 1), lambda: _inflate(path))
    met = _tell(
        "workbook, openpyxl / ours", slow / ours, 10, f"{path.stat().st_size / 1e6:.0f} MB in {ours:.1f} s"
    )
    met = _tell("workbook, inflating / ours", inflated / ours, 0.25, f"{ours / inflated:.1f} times") and met
    return _peak_met("workbook, memory of the process that looks", lambda: _look(path, 1)) and met


def _peak_met(what: str, run: Callable[[], object]) -> bool:
    """Print the most memory that a process had which `run` began, as Linux tells it."""
    peak, over = [0], threading.Event()

    def watch() -> None:
        while not over.wait(0.01):
            peak.extend(_resident(one.pid) for one in active_children() if one.pid)

    watcher = threading.Thread(target=watch)
    watcher.start()
    run()
    over.set()
    watcher.join()
    most = max(peak) / 1024
    met = 0 < most <= MEMORY
    print(f"{what}: {most:.1f} MiB (at most {MEMORY}: {'met' if met else 'NOT MET'})", flush=True)
    return met


def _resident(process: int) -> int:
    """Give the most kibibytes a process has had."""
    try:
        told = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in told.splitlines() if line.startswith("VmHWM")), 0)


def office(bench: Bench) -> bool:
    """A mix of office files, against only reading and inflating them."""
    from office import lay

    root, maker = bench.folder / "office", Maker(6)
    lay(root, int(600 * bench.scale), maker.text, maker.value)
    files, crews = list(root.iterdir()), list[Crew]()
    ours, bare, whole = _times(
        bench,
        lambda: _look(root, crews.pop()),
        lambda: [_inflate(path) for path in files],
        lambda: _look(root, 1),
        before=lambda: crews.append(_standing(1)),
    )
    told = f"{ours / bare:.1f} times; {whole / bare:.1f} with the start of the process"
    return _tell("office files, inflating / ours", bare / ours, 0.3, told)


def _inflate(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            with archive.open(name) as stream:
                while stream.read(1 << 20):
                    pass


PARTS = {
    "tree": tree,
    "text": text,
    "chinese": chinese,
    "customers": customers,
    "workbook": workbook,
    "office": office,
}

if __name__ == "__main__":
    sys.exit(main())
