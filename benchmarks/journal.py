"""The journal against the same lines appended and read bare, in one run; and a campaign of changes to it.

    benchmarks/journal.py [--entries N] [--rounds N] [--bits N] [--edits N] [--dir FOLDER]

Appending: the peer writes the very same lines, from the same entries, with `json.dumps` and one
fsync a group of 500. The journal makes each line too, and chains and seals it, and puts its key on
disk for every group. That peer has the goal of 0.4; beside it stands what writing ready-made bytes
takes, which no journal does, as it has nothing to make. Verifying: the peer parses each line and
hashes it. The goal is 0.4 as well. Rounds alternate, and the median of their ratios counts.

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
    for number in range(rounds):
        here = folder / f"round-{number}"
        here.mkdir()
        first = FirstKey.new()
        ours = _timed(lambda here=here, first=first: _journalled(here, first, bodies))
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
            ("append, same lines from the same entries", written / ours),
            ("append, against ready-made bytes", bare / ours),
            ("verify with the first key", parsed / sealed),
            ("verify the chain alone", parsed / chained),
        ):
            ratios.setdefault(name, []).append(ratio)
        print(
            f"round {number + 1}: {entries / ours:,.0f} entries/s journalled, "
            f"{entries / sealed:,.0f} verified with the first key"
        )
        shutil.rmtree(here)
    return _printed(ratios)


def _printed(ratios: dict[str, list[float]]) -> bool:
    met = True
    for name, found in ratios.items():
        ratio = statistics.median(found)
        goal = (
            "no goal"
            if "ready-made" in name
            else f"goal at least {GOAL}: {'met' if ratio >= GOAL else 'NOT MET'}"
        )
        met &= ratio >= GOAL or "ready-made" in name
        print(f"{name}: {ratio:.2f} ({goal}; {min(found):.2f} to {max(found):.2f})")
    return met


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _journalled(folder: Path, first: FirstKey, bodies: list[dict[str, object]]) -> None:
    journal = Journal.create(folder / "journal.jsonl", first)
    for start in range(0, len(bodies), GROUP):
        for body in bodies[start : start + GROUP]:
            journal.append("settled", body)
        journal.commit()
    journal.close()


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
