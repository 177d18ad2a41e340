"""The crash campaign of stores: `kill -9` while SoftHSM2 and OpenBao destroy keys, then the resumption.

    benchmarks/service_crash.py --tokens 150 --servers 150 --seed 1

A bad state is a key that is gone before its canary was written down, one that opens after it was
resumed, and one whose verdict says more than is true: that it is destroyed while it opens, or
overwritten while its bytes stand or nobody read them back. Ends with 1 when there was any.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests/steps/shred/services"), str(ROOT / "tests/steps/shred"), str(ROOT)]

import service_crash as crash
from servers import bao

from app.domain.case import Role
from app.identity import create

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")


def main() -> int:
    """Run both campaigns and print how they went."""
    asked = _arguments()
    began, report = time.monotonic(), crash.Report()
    with tempfile.TemporaryDirectory(prefix="lethe-service-crash-", dir=asked.dir) as name:
        folder = Path(name)
        people = (
            create("officer", Role.OFFICER, folder / "o.p12", "o"),
            create("witness", Role.WITNESS, folder / "w.p12", "w"),
        )
        if asked.tokens:
            crash.known(MODULE)
            crash.campaign(asked.tokens, asked.seed, _token(folder), people, folder, report)
        if asked.servers:
            with bao(folder / "bao") as server:
                crash.campaign(asked.servers, asked.seed, crash.Server(server), people, folder, report)
    print(f"crash campaign of stores, seed {asked.seed}, {time.monotonic() - began:.0f} s")
    print(report.table())
    for bad in report.bad:
        print(f"BAD {bad}")
    return 1 if report.bad else 0


def _token(folder: Path) -> crash.Token:
    (folder / "tokens").mkdir()
    (folder / "c.conf").write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\n")
    os.environ["SOFTHSM2_CONF"] = str(folder / "c.conf")
    subprocess.run(
        ["softhsm2-util", "--init-token", "--free", "--label", "crm", "--pin", "1234", "--so-pin", "5678"],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    return crash.Token(MODULE, folder / "tokens")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--tokens", type=int, default=150, help="keys on a SoftHSM token")
    parser.add_argument("--servers", type=int, default=150, help="keys of an OpenBao server")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--dir", default="/var/tmp")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
