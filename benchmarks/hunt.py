"""The hunt for copies of keys: 50,000 files, once for one key and once for thirty, against plain reading.

    benchmarks/hunt.py --files 50000

Prints seconds and the ratio to a pass that only opens and reads the same files, measured in turn.
Ends with 1 when a planted copy was missed, or when thirty keys cost more than twice what one costs.
"""

from __future__ import annotations

import argparse
import base64
import io
import os
import random
import statistics
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from app.steps.shred.hunt import Grounds, Quarry, hunt
from app.steps.shred.hunting import progress_of
from app.steps.shred.needles import needles_of

KEYS = 30
ROUNDS = 3


def main() -> int:
    """Make the files, measure in turn, print medians and ratios."""
    files = _arguments().files
    marks = [random.Random(n).randbytes(96) for n in range(KEYS)]
    with tempfile.TemporaryDirectory(prefix="lethe-hunt-") as name:
        place = Path(name)
        size = _make(place, files, marks)
        quarries = [
            Quarry(str(n), f"{name}/none/k", (0, n), needles_of([mark])) for n, mark in enumerate(marks)
        ]
        ways: dict[str, Callable[[], int]] = {
            "read": lambda: _read(place),
            "one key": lambda: _hunted(quarries[:1], name),
            f"{KEYS} keys": lambda: _hunted(quarries, name),
        }
        found: dict[str, int] = {}
        took: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(ROUNDS):
            for way, act in ways.items():
                began = time.perf_counter()
                found[way] = act()
                took[way].append(time.perf_counter() - began)
    medians = {way: statistics.median(times) for way, times in took.items()}
    print(f"{files} files, {size / 1e6:.0f} MB")
    for way, seconds in medians.items():
        print(f"{way:>8}: {seconds:6.2f} s, {seconds / medians['read']:.2f} of reading, found {found[way]}")
    ratio = medians[f"{KEYS} keys"] / medians["one key"]
    print(f"{KEYS} keys cost {ratio:.2f} times what one costs")
    return 0 if found[f"{KEYS} keys"] == KEYS and ratio < 2 else 1


def _make(place: Path, files: int, marks: list[bytes]) -> int:
    dice, total = random.Random(7), 0
    for number in range(files):
        folder = place / f"{number // 1000:03}"
        folder.mkdir(exist_ok=True)
        body = dice.randbytes(64).hex().encode() * dice.randrange(4, 200)
        if number % 500 == 0:
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("a.txt", body)
            body = packed.getvalue()
        total += (folder / str(number)).write_bytes(body)
    for number, mark in enumerate(marks):
        text = base64.b64encode(b"key: " + mark + b" end")
        (place / f"{number % 10:03}" / f"planted-{number}").write_bytes(text)
    return total


def _read(place: Path) -> int:
    for folder, _, names in os.walk(place):
        for name in names:
            Path(folder, name).read_bytes()
    return 0


def _hunted(quarries: list[Quarry], place: str) -> int:
    hunting = progress_of(hunt(quarries, Grounds(places=(place,))))
    try:
        while True:
            next(hunting)
    except StopIteration as end:
        return sum(1 for one in end.value.values() if one.found)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--files", type=int, default=50_000)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
