"""Locate against ripgrep with the same classes on the same data, and against itself; ratios of one run.

    benchmarks/locate.py [--scale X] [--jobs N] [--rounds N] [--cpu] [--only NAME] [--dir FOLDER]

At scale 1 the tree has 50,000 files, the one text 200 MB, the workbook 300,000 rows. Everything is
made anew from a seed. Each pair is measured by turns, `--rounds` times, and the median of each counts:
what else the machine does falls on both. A process that looks is timed as a whole, its start and its
compiling included, as ripgrep's are. Locate validates, counts distinct values, hashes every file and,
for the tree, writes the register.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

if __name__ != "__mp_main__":  # a process that looks begins with this file, and needs nothing of it
    from app.domain.case import Location
    from app.domain.event import Looked
    from app.register import Looking, Register
    from app.steps.locate import Customers, Known, category, checks, edition, engine, survey

KEY = bytes(range(32))
WORDS = (
    *("今天", "天气", "我们", "公园", "开会", "讨论", "项目", "进度", "总结", "供应", "付款", "版本"),
    *("the ", "brown ", "fox ", "report ", "of ", "month ", " 2026", "12.50", "1.0.3"),
)
CLASSES = (
    r"[1-9]\d{5}(18|19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3}[\dXx]",
    r"1[3-9]\d[ -]?\d{4}[ -]?\d{4}",
    r"[2-9]\d{3}[ -]?\d{4}[ -]?\d{4}[ -]?\d{1,7}",
    r"[0-9A-HJ-NP-RTUW-Y]{2}\d{6}[0-9A-HJ-NP-RTUW-Y]{10}",
    r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z]{2,}",
    "(京|津|沪|渝|冀|豫|云|辽|黑|湘|皖|鲁|新|苏|浙|赣|鄂|桂|甘|晋|蒙|陕|吉|闽|贵|粤|青|藏|川|宁|琼)[A-HJ-NP-Z][A-HJ-NP-Z0-9]{5,6}",
    r"BEGIN [A-Z ]*PRIVATE KEY",
)  # fmt: skip


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


class Maker:
    """Texts with a valid identifier in every hundredth line, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self._lines = [
            "".join(self.rng.choices(WORDS, k=self.rng.randrange(3, 18))) + "\n" for _ in range(5000)
        ]

    def value(self) -> str:
        """Give a mobile number, an identity number, an address of mail or a card."""
        which = self.rng.randrange(4)
        if which == 0:
            return self.mobile()
        if which == 1:
            born = date(1950, 1, 1) + timedelta(days=self.rng.randrange(20_000))
            first = f"110101{born:%Y%m%d}{self.rng.randrange(1000):03}"
            return first + checks.id_check(first)
        if which == 2:
            return f"kehu{self.rng.randrange(10**8)}@example.com"
        first = "622848" + f"{self.rng.randrange(10**12):012}"
        return next(first + str(d) for d in range(10) if checks.luhn(first + str(d)))

    def mobile(self) -> str:
        """Give a mobile number."""
        return f"138{self.rng.randrange(10**8):08}"

    def text(self, size: int) -> str:
        """Give about so many characters of text."""
        made, length = [], 0
        while length < size:
            line = self.rng.choice(self._lines)
            if self.rng.random() < 0.01:
                line = f"联系 {self.value()} {line}"
            made.append(line)
            length += len(line)
        return "".join(made)


def _look(root: Path, jobs: int, register: Path | None = None, customers: Customers | None = None) -> int:
    """Look at everything below a folder, or at one file, and give how many records were found.

    With a register the look is written to it, and one that it holds is gone on from.
    """
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


def _ripgrep(root: Path, how: str, jobs: int) -> int:
    argv = [
        "rg",
        how,
        f"-j{jobs}",
        "--no-config",
        "-uuu",
        *(part for one in CLASSES for part in ("-e", one)),
        str(root),
    ]
    beside = Path(sys.executable).with_name("rg")
    done = subprocess.run(
        [str(beside) if beside.exists() else "rg", *argv[1:]], stdout=subprocess.PIPE, check=False
    )
    return done.stdout.count(b"\n")


def _times(bench: Bench, *runs: Callable[[], object]) -> list[float]:
    """Give the median time of each, measured by turns."""
    clock = _cpu if bench.cpu else time.perf_counter
    times: list[list[float]] = [[] for _ in runs]
    for _ in range(bench.rounds):
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
    registers = iter(range(99))
    ours, theirs = _times(
        bench,
        lambda: _look(root, bench.jobs, bench.folder / f"register{next(registers)}.db"),
        lambda: _ripgrep(root, "-c", bench.jobs),
    )
    met = _tell(
        "tree / rg -c", theirs / ours, 0.9, f"{size / ours / 1e6:.0f} against {size / theirs / 1e6:.0f} MB/s"
    )
    known = bench.folder / "register0.db"
    again, bare = _times(bench, lambda: _look(root, bench.jobs, known), lambda: _stat_all(root))
    return _tell("rescan / scandir and stat", bare / again, 0.35, f"{again:.2f} against {bare:.2f} s") and met


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
    ours, theirs = _times(bench, lambda: _look(path, bench.jobs), lambda: _ripgrep(path, "-o", bench.jobs))
    return _tell(
        "one text / rg -o",
        theirs / ours,
        0.9,
        f"{size / ours / 1e6:.0f} against {size / theirs / 1e6:.0f} MB/s",
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
    sheet.append(["姓名", "手机号", *(f"列{n}" for n in range(13))])
    for number in range(int(300_000 * bench.scale)):
        sheet.append([f"客户{number}", maker.mobile(), *(maker.rng.randrange(10**6) for _ in range(13))])
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
    return _tell("workbook, inflating / ours", inflated / ours, 0.25, f"{ours / inflated:.1f} times") and met


def office(bench: Bench) -> bool:
    """A mix of office files, against only reading and inflating them."""
    root, maker = bench.folder / "office", Maker(6)
    root.mkdir()
    for number in range(int(300 * bench.scale)):
        with zipfile.ZipFile(root / f"{number}.docx", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("[Content_Types].xml", "<Types/>")
            runs = "".join(
                f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in maker.text(60_000).splitlines()
            )
            archive.writestr("word/document.xml", f"<w:document><w:body>{runs}</w:body></w:document>")
        cells = "".join(
            f'<row><c t="inlineStr"><is><t>{maker.value()}</t></is></c><c><v>{n}</v></c></row>'
            for n in range(2000)
        )
        with zipfile.ZipFile(root / f"{number}.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("[Content_Types].xml", "<Types/>")
            archive.writestr(
                "xl/worksheets/sheet1.xml", f"<worksheet><sheetData>{cells}</sheetData></worksheet>"
            )
    ours, bare = _times(bench, lambda: _look(root, 1), lambda: [_inflate(path) for path in root.iterdir()])
    return _tell("office files, inflating / ours", bare / ours, 0.3, f"{ours / bare:.1f} times")


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
