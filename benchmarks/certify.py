"""The printed inventory against reportlab's own ways to draw the same rows on the same pages.

    benchmarks/certify.py [--rows N] [--many N] [--long N] [--dir FOLDER]

Each way runs in a process of its own on the same `inventory.csv`. Seconds are of the processor, which
all ways keep busy, for the machine may be shared. Lethe's figure holds all of it:
the digests of each page, PDF/A-3b, the file synced to the disk. Its peers only draw. `LongTable` is
nearly quadratic: 100,000 rows take it five minutes or more. With `--long` it draws so many rows and twice
as many instead, and its time for all rows is reckoned by the growth between the two, which is said in
what is printed; below 20,000 that says little.

Goals: at least 3 times the rows a second of `canvas.drawString` and 100 times those of `LongTable`,
at most 150 MB; a million rows in volumes within 12 times the time of 100,000, at most 500 MB.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests/steps/certify")]

import account_sample as sample

from app.domain.record import Tier
from app.steps.certify.account import Account, Line
from app.steps.certify.evidence.inventory import INVENTORY, inventory_of
from app.steps.certify.page.faces import Weight, face
from app.steps.certify.page.paint import canvas_of
from app.steps.certify.volumes.listing import LANES, LEAD, ROWS, SIZE, TOP_ROW
from app.steps.certify.volumes.printed import print_inventory, row_of
from app.steps.certify.wording import Words

SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
)
FOLDERS = ("客户资料", "合同", "财务/凭证", "crm/export", "售后", "人事")
MB = 1 << 20


def main() -> int:
    """Measure each way and print the ratios."""
    asked = _arguments()
    if asked.way:
        return _run(asked.way, asked.count, Path(asked.dir))
    with tempfile.TemporaryDirectory(prefix="lethe-certify-", dir=asked.dir) as name:
        folder = Path(name)
        _written(folder, asked.rows)
        ours = _measured("printed", asked.rows, folder)
        drawn = _measured("drawstring", asked.rows, folder)
        long = _long(asked, folder)
        met = [
            _told("rows a second of canvas.drawString", drawn["seconds"] / ours["seconds"], 3.0),
            _told("rows a second of LongTable", long / ours["seconds"], 100.0),
            _told("MB at the peak", ours["peak"], 150, most=True),
        ]
        if asked.many:
            _written(folder, asked.many)
            many = _measured("printed", asked.many, folder)
            met.append(
                _told("the time of the fewer rows", many["seconds"] / ours["seconds"], 12.0, most=True)
            )
            met.append(_told("MB at the peak", many["peak"], 500, most=True))
    return 0 if all(met) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--many", type=int, default=1_000_000, help="0 leaves it out")
    parser.add_argument("--long", type=int, default=0, help="let LongTable draw only so many rows; 0: all")
    parser.add_argument("--dir", default=os.environ.get("TMPDIR", "/var/tmp"))
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--count", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def _long(asked: argparse.Namespace, folder: Path) -> float:
    """Seconds of LongTable for all rows, measured or reckoned."""
    if not asked.long:
        return _measured("longtable", asked.rows, folder)["seconds"]
    first, second = (_measured("longtable", asked.long * n, folder)["seconds"] for n in (1, 2))
    growth = math.log2(second / first)
    seconds = second * (asked.rows / (2 * asked.long)) ** growth
    print(f"LongTable: {growth:.2f} is the power of its growth; reckoned, not measured: {seconds:,.0f} s "
          f"for {asked.rows:,} rows")  # fmt: skip
    return seconds


def _told(what: str, ratio: float, goal: float, *, most: bool = False) -> bool:
    met = ratio <= goal if most else ratio >= goal
    sign = "" if "MB" in what else " x"
    print(f"  {ratio:,.1f}{sign} {what} (goal at {'most' if most else 'least'} {goal:g}: "
          f"{'met' if met else 'NOT MET'})")  # fmt: skip
    return met


def _measured(way: str, count: int, folder: Path) -> dict[str, float]:
    """Run one way in a process of its own."""
    command = [sys.executable, __file__, "--way", way, "--count", str(count), "--dir", str(folder)]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    rate = count / told["seconds"]
    print(f"{way:>10} {count:>9,} rows {told['seconds']:8.1f} s {rate:9,.0f} rows/s {told['peak']:6.0f} MB "
          f"{told['bytes'] / MB:6.1f} MB on disk")  # fmt: skip
    return told


def _run(way: str, count: int, folder: Path) -> int:
    account = _account(count)
    face(Weight.REGULAR)
    face(Weight.BOLD)
    begun = time.process_time()
    size = {"printed": _printed, "drawstring": _drawstring, "longtable": _longtable}[way](account, folder)
    seconds = time.process_time() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak": peak, "bytes": size}))
    return 0


def _account(count: int) -> Account:
    """An account that says how many lines it has; the rows themselves are read from the inventory."""
    return sample.clean(1, lines=(sample.line(0),) * count)


def _written(folder: Path, count: int) -> None:
    """Write an inventory of so many different rows, part by part."""
    with (folder / INVENTORY).open("wb") as out:
        for start in range(0, count, 20_000):
            part = sample.clean(1, lines=tuple(_line(n) for n in range(start, min(start + 20_000, count))))
            lines = inventory_of(part).splitlines(keepends=True)
            out.writelines(lines if start == 0 else lines[1:])


def _line(n: int) -> Line:
    surname = SURNAMES[n % len(SURNAMES)]
    name = f"{FOLDERS[n % len(FOLDERS)]}/{surname}*_{n:07}.pdf"
    moment = f"2026-11-21T{n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02}Z"
    return sample.line(
        n, name=name, listed=name, tier=list(Tier)[n % 3], people=n % 5, bytes=n * 37, settled_at=moment
    )


def _rows(folder: Path, count: int) -> Iterator[tuple[str, ...]]:
    """The texts of each row, as Lethe prints them."""
    with (folder / INVENTORY).open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        row = row_of(next(reader), Words.of("zh"))
        yield from (row(cells) for cells in islice(reader, count))


def _printed(account: Account, folder: Path) -> int:
    for old in folder.glob("inventory*.pdf"):
        old.unlink()
    list(print_inventory(account, folder))
    return sum(path.stat().st_size for path in folder.glob("inventory*.pdf"))


def _drawstring(account: Account, folder: Path) -> int:
    """Each cell by `drawString`, at the same places, cut by nothing, without frame and digest."""
    out = io.BytesIO()
    canvas = canvas_of(out, "t", "a")
    rows = _rows(folder, len(account.lines))
    while page := list(islice(rows, ROWS)):
        canvas.setFont(Weight.REGULAR.value, SIZE)
        y = TOP_ROW
        for row in page:
            for text, lane in zip(row, LANES, strict=True):
                if lane.align:
                    canvas.drawRightString(lane.x + lane.width, y, text)
                else:
                    canvas.drawString(lane.x, y, text)
            y -= LEAD
        canvas.showPage()
    canvas.save()
    return len(out.getvalue())


def _longtable(account: Account, folder: Path) -> int:
    from reportlab.platypus import LongTable, SimpleDocTemplate

    out = io.BytesIO()
    table = LongTable(
        list(_rows(folder, len(account.lines))),
        colWidths=[lane.width for lane in LANES],
        style=[
            ("FONT", (0, 0), (-1, -1), Weight.REGULAR.value, SIZE, LEAD),
            ("TOPPADDING", (0, 0), (-1, -1), 0),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
        ],
    )
    SimpleDocTemplate(out, initialFontName=Weight.REGULAR.value).build([table])
    return len(out.getvalue())


if __name__ == "__main__":
    raise SystemExit(main())
