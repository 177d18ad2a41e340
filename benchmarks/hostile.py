"""The hostile campaign: at least 1,000 seeded cases, and no good outcome while a byte remains.

    benchmarks/hostile.py --cases 1000 --seed 1

Needs root, mkfs.ext4, mkfs.xfs, mkfs.btrfs, and for some kinds ntfs-3g and FUSE; what is missing is
named. Ends with 1 when anything was found that must not be.
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

from campaign.run import campaign


def main() -> int:
    """Run the campaign and print its table."""
    asked = _arguments()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="lethe-hostile-", dir=asked.dir) as folder:
        report = campaign(
            asked.cases,
            asked.seed,
            Path(folder),
            grounds=asked.ground,
            kinds=asked.kind,
            batch=asked.batch,
            told=lambda line: print(line, file=sys.stderr, flush=True),
            deadline=began + 60 * asked.minutes,
        )
    print(f"hostile campaign, seed {asked.seed}, {time.monotonic() - began:.0f} s")
    print(report.table())
    print("\ncases by file system: " + ", ".join(f"{k} {n}" for k, n in report.grounds.items()))
    if asked.reasons:
        for (kind, ground, reason), count in sorted(report.reasons.items()):
            print(f"failed ({count}): {kind} on {ground}: {reason}")
    for reason, count in report.skipped.items():
        print(f"not made here ({count}): {reason}")
    for finding in report.findings:
        print(f"FOUND {finding.what}: {finding.kind} on {finding.ground}: {finding.detail}")
    return 1 if report.findings else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, default=40, help="cases an image")
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--dir", default=os.environ.get("TMPDIR", "/var/tmp"))
    parser.add_argument("--ground", action="append", default=[])
    parser.add_argument("--kind", action="append", default=[])
    parser.add_argument("--reasons", action="store_true", help="say why items failed")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
