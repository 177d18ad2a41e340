"""The journal against the same lines appended and read bare, in one run; and a campaign of changes to it.

    benchmarks/journal.py [--entries N] [--rounds N] [--bits N] [--edits N] [--dir FOLDER]

Appending has two peers, each with one fsync a group of 500, and each with the goal of 0.4. One
makes the very same lines from the same entries with `json.dumps`. The other is given the lines
ready-made: it does nothing but copy bytes and wait for the disk, while the journal makes each
line, chains it and seals it. That figure says as much of the disk as of the journal, so what an
fsync and what the making of an entry takes is printed, and from which fsync on the goal is met.
Verifying: the peer parses each line and hashes it. Rounds alternate, and medians count.

The campaign flips single bits and changes the structure of a journal; nothing of it may be proven
with its first key and an anchor, nothing may crash, and the list of what each was taken for is printed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "journal")]

import journal_battery as battery

from app.journal import FirstKey, Journal, verify

GROUP = 500
GOAL = 0.4


def main() -> int:
    """Run both benchmarks and the campaign; 1 when a goal is missed or a change passed."""
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="lethe-journal-", dir=asked.dir) as name:
        folder = Path(name)
        met = _speed(folder, asked.entries, asked.rounds)
        caught = _campaign(folder / "campaign", asked.bits, asked.edits)
    return 0 if met and caught else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="The journal against bare lines")
    parser.add_argument("--entries", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--bits", type=int, default=10_000, help="single-bit flips of the campaign")
    parser.add_argument("--edits", type=int, default=1_000, help="changes of structure")
    parser.add_argument("--dir", help="where to write; the default is the system's folder for such files")
    return parser.parse_args()


def _body(n: int) -> dict[str, object]:
    """What is journalled of a wiped file."""
    facts = [["passes", 1], ["bytes", 100_000 + n], ["read", "file"], ["volume", "ext4"]]
    evidence = {"facts": facts, "limits": [], "method": "overwrite"}
    return {
        "evidence": evidence,
        "id": f"r-{n:016x}",
        "outcome": "Outcome.overwritten",
        "step": "wipe",
        "subject": "record",
    }


def _speed(folder: Path, entries: int, rounds: int) -> bool:
    bodies = [_body(n) for n in range(entries)]
    ratios: dict[str, list[float]] = {}
    makings: list[float] = []
    waits: list[float] = []
    for number in range(rounds):
        here = folder / f"round-{number}"
        here.mkdir()
        first = FirstKey.new()
        began = time.perf_counter()
        making = _journalled(here, first, bodies)
        ours = time.perf_counter() - began
        path = here / "journal.jsonl"
        lines = path.read_bytes().splitlines(keepends=True)
        made = [json.loads(line) for line in lines]
        written = _timed(lambda here=here, made=made: _appended(here / "made", map(_dumped, made)))
        bare = _timed(lambda here=here, lines=lines: _appended(here / "bare", lines))
        if (here / "made").read_bytes() != path.read_bytes():
            raise SystemExit("the peer did not write the same lines")
        parsed = _timed(lambda path=path: _parsed(path))
        sealed = _timed(lambda path=path, first=first: _verified(path, first))
        chained = _timed(lambda path=path: _verified(path, None))
        for name, ratio in (
            ("append, against the same lines from the same entries", written / ours),
            ("append, against the same lines ready-made", bare / ours),
            ("verify with the first key", parsed / sealed),
            ("verify the chain alone", parsed / chained),
        ):
            ratios.setdefault(name, []).append(ratio)
        makings.append(making / entries)
        waits.append(bare / entries * GROUP)
        print(
            f"round {number + 1}: {entries / ours:,.0f} entries/s journalled, "
            f"{entries / sealed:,.0f} verified with the first key"
        )
        shutil.rmtree(here)
    return _printed(ratios, statistics.median(makings), statistics.median(waits))


def _printed(ratios: dict[str, list[float]], making: float, wait: float) -> bool:
    met = True
    for name, found in ratios.items():
        ratio = statistics.median(found)
        goal = f"goal at least {GOAL}: {'met' if ratio >= GOAL else 'NOT MET'}"
        met &= ratio >= GOAL
        print(f"{name}: {ratio:.2f} ({goal}; {min(found):.2f} to {max(found):.2f})")
    enough = GROUP * making * GOAL / (1 - GOAL)
    print(
        f"an entry is made, chained and sealed in {making * 1e6:.1f} µs; a ready-made group of {GROUP} is on "
        f"this disk in {wait * 1e3:.2f} ms (the ready-made goal is met from {enough * 1e3:.2f} ms on)"
    )
    return met


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _journalled(folder: Path, first: FirstKey, bodies: list[dict[str, object]]) -> float:
    """Journal all; give the seconds that went into making, the waiting for the disk left out."""
    journal = Journal.create(folder / "journal.jsonl", first)
    making = 0.0
    for start in range(0, len(bodies), GROUP):
        began = time.perf_counter()
        for body in bodies[start : start + GROUP]:
            journal.append("settled", body)
        making += time.perf_counter() - began
        journal.commit()
    journal.close()
    return making


def _dumped(entry: object) -> bytes:
    return json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _appended(path: Path, lines: Iterable[bytes]) -> None:
    with path.open("ab") as file:
        for number, line in enumerate(lines, 1):
            file.write(line)
            if number % GROUP == 0:
                file.flush()
                os.fsync(file.fileno())
        file.flush()
        os.fsync(file.fileno())


def _parsed(path: Path) -> None:
    with path.open("rb") as lines:
        for line in lines:
            json.loads(line)
            hashlib.sha256(line).digest()


def _verified(path: Path, first: FirstKey | None) -> None:
    if not verify(path, (), first).ok:
        raise SystemExit("the journal does not verify")


def _campaign(folder: Path, bits: int, edits: int) -> bool:
    first = FirstKey.new()
    path = battery.written(folder, first=first)
    whole, anchor = path.read_bytes(), battery.anchor_at(path, battery.COUNT)
    lines = whole.splitlines(keepends=True)
    chance = random.Random(20261122)
    taken: Counter[str] = Counter()
    passed = 0
    for number in range(bits + edits):
        if number < bits:
            at = chance.randrange(len(whole))
            changed = whole[:at] + bytes([whole[at] ^ 1 << chance.randrange(8)]) + whole[at + 1 :]
        else:
            changed = b"".join(battery.restructured(lines, number, chance))
        path.write_bytes(changed)
        report = verify(path, [anchor], first)
        passed += report.proven
        kind = "bit" if number < bits else "edit"
        taken[f"{kind}: " + (report.problems[0].breach.value if report.problems else "torn")] += 1
    for name, count in taken.most_common():
        print(f"  {count:6,} {name}")
    print(f"campaign: {bits:,} bits and {edits:,} edits, {passed} passed, 0 crashes (a crash ends the run)")
    return passed == 0


if __name__ == "__main__":
    sys.exit(main())
