"""How fast the vault seals, beside `openssl speed` on one thread and beside plain writing to the disk.

    benchmarks/seal.py --mib 1024 --rounds 5

In one run, in turn: openssl's own figure at 1 MiB, the vault's sealing from memory to nowhere (both in
seconds of CPU, as openssl counts), plain copying of a file with fsync, sealing of the same file with
fsync, and opening of it (in seconds that pass). Ends with 1 when the median of sealing a file is below
0.8 of the slower of the two peers. SM4 is printed beside it.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from typing_extensions import override

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.system.memory import Secret
from app.vault import Suite
from app.vault.stream import seal, unseal

MIB = 1 << 20
FLOOR = 0.8
SM4_SHARE = 16
"""SM4 gets so much less to do."""


class Nowhere(io.RawIOBase):
    """Takes everything and keeps nothing."""

    @override
    def write(self, data: Any) -> int:
        return len(data)


def openssl(name: str) -> float:
    """MiB a second of `openssl speed -evp`, one thread, 1 MiB at a time."""
    done = subprocess.run(
        ["openssl", "speed", "-seconds", "1", "-bytes", str(MIB), "-evp", name],
        capture_output=True,
        text=True,
        check=False,
    )
    told = re.search(r"([\d.]+)k\s*$", done.stdout)
    return float(told[1]) * 1000 / MIB if told else 0.0


def timed(act: Callable[[], object], mib: float, clock: Callable[[], float] = time.perf_counter) -> float:
    """MiB a second."""
    began = clock()
    act()
    return mib / (clock() - began)


def seal_nowhere(body: bytes, key: memoryview, suite: Suite) -> None:
    """Seal from memory to nowhere."""
    seal(io.BytesIO(body), Nowhere(), key, suite=suite, customer=bytes(16), record="r-1")


def copy(source: Path, target: Path) -> None:
    """Copy by reading and writing 1 MiB at a time, and sync."""
    held = memoryview(bytearray(MIB))
    with source.open("rb", buffering=0) as file, target.open("wb", buffering=0) as out:
        while count := file.readinto(held):
            out.write(held[:count])
        os.fsync(out.fileno())


def seal_file(source: Path, target: Path, key: memoryview, suite: Suite) -> None:
    """Seal a file into another, and sync."""
    with source.open("rb", buffering=0) as file, target.open("wb", buffering=0) as out:
        seal(file, out, key, suite=suite, customer=bytes(16), record="r-1")
        os.fsync(out.fileno())


def open_file(source: Path, key: memoryview) -> None:
    """Open a sealed file to nowhere."""
    with source.open("rb", buffering=0) as file:
        unseal(file, Nowhere(), key, record="r-1")


def one_round(folder: Path, mib: int, rates: dict[str, list[float]]) -> None:
    """Measure everything once, in turn."""
    plain, sealed, copied = folder / "plain", folder / "sealed", folder / "copied"
    body, cpu = os.urandom(256 * MIB), time.process_time
    few = body[: max(1, mib // SM4_SHARE) * MIB]
    with Secret.random(32) as key:
        aes, sm4 = key.view, key.view[: Suite.SM4.key_bytes]
        rates["openssl aes-256-gcm"].append(openssl("aes-256-gcm"))
        rates["seal, memory"].append(timed(lambda: seal_nowhere(body, aes, Suite.AES), 256, cpu))
        rates["copy, disk"].append(timed(lambda: copy(plain, copied), mib))
        rates["seal, disk"].append(timed(lambda: seal_file(plain, sealed, aes, Suite.AES), mib))
        rates["open"].append(timed(lambda: open_file(sealed, aes), mib))
        rates["openssl sm4-ctr"].append(openssl("sm4-ctr"))
        rates["seal, memory, SM4"].append(
            timed(lambda: seal_nowhere(few, sm4, Suite.SM4), len(few) / MIB, cpu)
        )
    copied.unlink()
    sealed.unlink()


def main() -> int:
    """Measure, print the medians and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--mib", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--dir", default=os.environ.get("TMPDIR", "/var/tmp"))
    asked = parser.parse_args()
    if not shutil.which("openssl"):
        print("needs openssl")
        return 2
    rates: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="lethe-seal-", dir=asked.dir) as name:
        folder = Path(name)
        with (folder / "plain").open("wb") as file:
            for _ in range(asked.mib):
                file.write(os.urandom(MIB))
        for _ in range(asked.rounds):
            one_round(folder, asked.mib, rates)
    middle = {what: statistics.median(some) for what, some in rates.items()}
    for what, rate in middle.items():
        print(f"{what:22} {rate:8.0f} MiB/s   {min(rates[what]):.0f} … {max(rates[what]):.0f}")
    return verdict(rates)


def verdict(rates: dict[str, list[float]]) -> int:
    """Print the ratios, each the median of the rounds' own, and say whether the floor holds."""

    def ratio(one: str, *others: str) -> float:
        rounds = zip(rates[one], *(rates[other] for other in others), strict=True)
        return statistics.median(mine / min(peers) for mine, *peers in rounds)

    print(f"memory / openssl            {ratio('seal, memory', 'openssl aes-256-gcm'):.2f}")
    print(f"disk / openssl              {ratio('seal, disk', 'openssl aes-256-gcm'):.2f}")
    print(f"disk / plain copy           {ratio('seal, disk', 'copy, disk'):.2f}")
    slower = ratio("seal, disk", "openssl aes-256-gcm", "copy, disk")
    print(f"disk / the slower of both   {slower:.2f}   (floor {FLOOR})")
    print(f"SM4 / AES, memory           {ratio('seal, memory, SM4', 'seal, memory'):.3f}")
    return 0 if slower >= FLOOR else 1


if __name__ == "__main__":
    sys.exit(main())
