"""Kill -9 at random moments of a change of the vault's master: 0 bad states.

    benchmarks/slot_crash.py --kills 150 --seed 1

Before the act all customers open, after it all but the one; a state that is neither is bad,
and so is an old secret that stays in the slot once the vault was opened again. Ends with 1 then.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests/vault"), str(ROOT)]

from slot_crash_campaign import campaign


def main() -> int:
    """Run the campaign and print its line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--kills", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dir", default=None, help="where the vault lies; its disk is what is tried")
    asked = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="lethe-slot-", dir=asked.dir) as folder:
        seen = campaign(Path(folder), asked.kills, asked.seed)
    print(f"{seen.line}, seed {asked.seed}, {time.monotonic() - began:.0f} s")
    for bad in seen.bad:
        print(f"BAD {bad}")
    return 1 if seen.bad else 0


if __name__ == "__main__":
    sys.exit(main())
