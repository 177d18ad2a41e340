"""The crash campaign: `kill -9` and power cuts at random moments of a case, on ext4, XFS and btrfs.

    benchmarks/crash.py --kills 1000 --cuts 200 --fs ext4,xfs,btrfs --seed 1

Needs root, mkfs.ext4, mkfs.xfs and mkfs.btrfs. Ends with 1 when an entry was lost, a file was half done
without saying so, or an outcome was false.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests/steps/wipe/hostile"), str(ROOT)]

from campaign.crash import Report, crash_campaign
from campaign.yard import NotHere


def main() -> int:
    """Run the campaign on each file system and print its table."""
    asked = _arguments()
    began, report = time.monotonic(), Report()

    def said(line: str) -> None:
        print(line, *report.findings[len(told) :], sep="\nFOUND ", file=sys.stderr, flush=True)
        told[:] = report.findings

    told: list[str] = []
    with tempfile.TemporaryDirectory(prefix="lethe-crash-", dir=asked.dir) as folder:
        for system in asked.fs.split(","):
            try:
                crash_campaign(
                    system,
                    asked.kills,
                    asked.cuts,
                    asked.seed,
                    Path(folder) / system,
                    report,
                    told=said,
                    deadline=time.monotonic() + 60 * asked.minutes,
                )
            except NotHere as reason:
                print(f"not made here: {system}: {reason}")
    print(f"crash campaign, seed {asked.seed}, {time.monotonic() - began:.0f} s")
    print(report.table())
    for finding in report.findings:
        print(f"FOUND {finding}")
    return 1 if report.findings else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--cuts", type=int, default=200)
    parser.add_argument("--fs", default="ext4,xfs,btrfs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=240, help="at most, for each file system")
    parser.add_argument("--dir", default=os.environ.get("TMPDIR", "/var/tmp"))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
