"""The memory of a wipe: its peak at many planned records, as a ratio to that at few.

    benchmarks/memory.py [--few N] [--many N] [--dir FOLDER]

The files are real, on the machine's own disk, and so are the register that the plan is read from,
the signatures, the journal and its fsyncs. Each wipe runs in a process of its own, which holds
nothing of the one before. The goal: the peak at 1,000,000 records at most 1.3 times that at 10,000.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.domain.case import Profile, Role
from app.domain.event import Settled
from app.domain.fate import Fate, Ground
from app.domain.plan import Plan, PlanItem, Subject
from app.domain.record import Stamp, Tier
from app.domain.step import Step
from app.flow.recording import Recorder
from app.flow.state import State
from app.identity import Identity, Signature, SignedPlan, create, sign_plan
from app.journal import Journal
from app.register import Register
from app.steps.wipe import wipe

KEY = bytes(range(32))
AT = "2026-11-21T09:30:00+08:00"
BYTES = 200
A_FOLDER = 200
GOAL = 1.3


def main() -> int:
    """Wipe few, then many, and print both peaks and their ratio."""
    asked = _arguments()
    if asked.wipe:
        return _wipe(asked.wipe)
    with tempfile.TemporaryDirectory(prefix="lethe-memory-", dir=asked.dir) as name:
        folder = Path(name)
        people = [
            create(one.value, one, folder / one.value, "四 个 词 儿") for one in (Role.OFFICER, Role.WITNESS)
        ]
        peaks = [_measured(count, folder / str(count), people) for count in (asked.few, asked.many)]
    ratio = peaks[1] / peaks[0]
    print(f"memory at {asked.many:,} against {asked.few:,}: {ratio:.2f} (goal at most {GOAL}: "
          f"{'met' if ratio <= GOAL else 'NOT MET'})")  # fmt: skip
    return 0 if ratio <= GOAL else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--few", type=int, default=10_000)
    parser.add_argument("--many", type=int, default=1_000_000)
    parser.add_argument("--dir", type=Path, default=os.environ.get("TMPDIR", "/var/tmp"))
    parser.add_argument("--wipe", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def _measured(count: int, folder: Path, people: list[Identity]) -> int:
    """The peak in KiB of a process that wipes this many records."""
    folder.mkdir()
    began = time.monotonic()
    register = Register.create(folder / "register.db", KEY)
    blank = Plan("bench", AT, "cn-1", Profile.STANDARD, ())
    signed = sign_plan(register.draw_plan(blank, _items(folder / "records", count)), people, AT)
    register.close()
    (folder / "signatures").write_text(json.dumps([one.plain() for one in signed.signatures]))
    os.sync()
    laid = time.monotonic() - began
    told = subprocess.run(
        [sys.executable, __file__, "--wipe", folder], stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    peak, outcomes = json.loads(told)
    spent = time.monotonic() - began - laid
    print(f"{count:,} records laid and signed in {laid:.0f} s, wiped in {spent:.0f} s: {outcomes}; "
          f"peak {peak / 1024:.0f} MiB", flush=True)  # fmt: skip
    return int(peak)


def _items(place: Path, count: int) -> Iterator[PlanItem]:
    for number in range(count):
        inside = place / f"客户{number // A_FOLDER:05}"
        if number % A_FOLDER == 0:
            inside.mkdir(parents=True)
        path = inside / f"陈某某的合同与身份证复印件{number:07}.csv"
        path.write_bytes(b"11010519491231002X".ljust(BYTES, b"."))
        told = path.lstat()
        stamp = Stamp(
            told.st_dev, told.st_ino, told.st_size, told.st_mtime_ns, told.st_ctime_ns, told.st_nlink
        )
        yield PlanItem(
            f"r-{number:07}", Subject.RECORD, str(path), Fate.WIPE, Ground.RULE, "case.1", "", Tier.CORE,
            "crm.contact", 1, stamp, "", str(place),
        )  # fmt: skip


def _wipe(folder: Path) -> int:
    """Wipe what lies in `folder`, as the flow does it, and print the peak of this process."""
    register = Register.open(folder / "register.db", KEY)
    plan = register.plan()
    signatures = tuple(map(Signature.from_plain, json.loads((folder / "signatures").read_text())))
    assert plan is not None
    signed, state = SignedPlan(plan, signatures), State()
    journal = Journal.create(folder / "journal.jsonl")
    work = wipe(signed, stages=state.stages, seed=KEY)
    outcomes: Counter[str] = Counter()
    for event in Recorder(journal, state).follow(Step.WIPE, work, lambda: [0, 0, 0]):
        if isinstance(event, Settled):
            outcomes[event.outcome.value] += 1
    journal.close()
    print(json.dumps([resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, dict(outcomes)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
