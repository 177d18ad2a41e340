"""Change a certificate and all that goes out with it in thousands of ways, and see that none is called valid.

    python benchmarks/fuzz_verify.py FOLDER [--bits 10000] [--structures 1000] [--seed 1]

FOLDER is a certificate as it was handed out, with `leaves.jsonl` or a proof beside it; without one a
rehearsal is made. Each mutant is verified beside its unchanged companions. Prints what each kind of
change was taken for, and ends with 1 when one passed as valid or made verification fail.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from mutations import BYTES, CSV, JSON, PDF

from app.domain.fault import Refused
from app.steps.certify import prove, verify

FILES: Final = (
    "certificate.pdf",
    "manifest.json",
    "manifest.p7s",
    "manifest.dsse.json",
    "inventory.csv",
    "proof.json",
    "code.txt",
)
_NEEDED: Final = {
    "certificate.pdf": (),
    "manifest.json": ("manifest.p7s", "inventory.csv"),
    "manifest.p7s": ("manifest.json",),
    "manifest.dsse.json": ("manifest.json", "manifest.p7s"),
    "inventory.csv": ("manifest.json", "manifest.p7s"),
    "proof.json": ("manifest.json", "manifest.p7s"),
    "code.txt": ("manifest.json", "manifest.p7s"),
}
"""What lies beside a file when it is checked."""


@dataclass(slots=True)
class Tally:
    """What mutants were taken for."""

    seen: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    passed: list[str] = field(default_factory=list)
    crashed: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """How many were tried."""
        return self.seen.total()


def campaign(good: Path, work: Path, bits: int, structures: int, seed: int) -> Tally:
    """Try so many single bits and so many structural changes, spread over the files in `good`."""
    rng, tally = random.Random(seed), Tally()
    names = [name for name in FILES if (good / name).is_file()]
    for n, name in enumerate(names):
        folder = work / name
        folder.mkdir(parents=True, exist_ok=True)
        for other in _NEEDED[name]:
            shutil.copy(good / other, folder)
        data = (good / name).read_bytes()
        shutil.copy(good / name, folder)
        if not verify(folder / name).valid:
            tally.crashed.append(f"{name}: the unchanged file is not valid")
        for mutation, mutant in (
            *_bits(data, _share(bits, n, len(names)), rng),
            *_structures(name, data, _share(structures, n, len(names)), rng),
        ):
            _try(folder / name, mutation, mutant, tally)
    return tally


def _try(path: Path, mutation: str, mutant: bytes, tally: Tally) -> None:
    path.write_bytes(mutant)
    try:
        verdict = verify(path)
    except Refused as refused:
        tally.seen[path.name, mutation, f"refused: {refused.fault.value}"] += 1
        return
    except Exception as error:  # noqa: BLE001 - what must not happen, and is counted
        tally.crashed.append(f"{path.name}: {mutation}: {type(error).__name__}: {error}")
        tally.seen[path.name, mutation, "crash"] += 1
        return
    first = next((check.name for check in verdict.checks if not check.ok), "valid")
    tally.seen[path.name, mutation, f"{verdict.status.value}: {first}"] += 1
    if verdict.valid:
        tally.passed.append(f"{path.name}: {mutation}")
        path.with_name(f"passed-{len(tally.passed)}-{path.name}").write_bytes(mutant)


def _share(total: int, n: int, parts: int) -> int:
    return total // parts + (n < total % parts)


def _bits(data: bytes, count: int, rng: random.Random) -> Iterator[tuple[str, bytes]]:
    for bit in rng.sample(range(len(data) * 8), min(count, len(data) * 8)):
        mutant = bytearray(data)
        mutant[bit // 8] ^= 1 << bit % 8
        yield "one bit", bytes(mutant)


def _structures(name: str, data: bytes, count: int, rng: random.Random) -> Iterator[tuple[str, bytes]]:
    kinds = list(BYTES)
    if name.endswith(".json"):
        kinds += [*JSON] * 3
    if name.endswith(".csv"):
        kinds += [*CSV] * 3
    if name.endswith(".pdf"):
        kinds += [*PDF] * 2
    done = 0
    while done < count:
        kind, change = rng.choice(kinds)
        mutant = change(data, rng)
        if _said(name, mutant) != _said(name, data):
            done += 1
            yield kind, mutant


def _said(name: str, data: bytes) -> bytes:
    """What counts of a file: all of it, but the line breaks and blanks around a pasted code."""
    return data.translate(None, b"\r\n\t").strip() if name == "code.txt" else data


def furnished(folder: Path, work: Path) -> Path:
    """A copy of a handed-out folder with a proof and the text of the code beside it."""
    good = work / "good"
    good.mkdir(parents=True)
    for path in folder.iterdir():
        if path.is_file():
            shutil.copy(path, good)
    if (good / "leaves.jsonl").is_file():
        record = json.loads((good / "leaves.jsonl").read_bytes().splitlines()[0])["id"]
        (good / "proof.json").write_bytes(prove(good, record))
    (good / "code.txt").write_text(_code_of(good / "certificate.pdf"), encoding="utf-8")
    return good


def _code_of(pdf: Path) -> str:
    """The text of the code, read from a picture of the page it is on."""
    import pypdfium2
    import zxingcpp

    for page in pypdfium2.PdfDocument(pdf):
        for one in zxingcpp.read_barcodes(page.render(scale=3, grayscale=True).to_pil()):
            if one.text.startswith("LETHE2:"):
                return str(one.text)
    raise ValueError("no code on the pages")


def _rehearsed(work: Path) -> Path:
    subprocess.run(
        [sys.executable, "-m", "app", "rehearse", str(work / "demo"), "--records", "60"],
        check=False,
        stdout=subprocess.DEVNULL,
    )
    return next((work / "demo").rglob("leaves.jsonl")).parent


def main() -> int:
    """Run the campaign and print the list."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", nargs="?", type=Path)
    asked.add_argument("--bits", type=int, default=10_000)
    asked.add_argument("--structures", type=int, default=1_000)
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        good = furnished(given.folder or _rehearsed(work), work)
        began = time.monotonic()
        tally = campaign(good, work / "mutants", given.bits, given.structures, given.seed)
    for (file, mutation, taken), count in sorted(tally.seen.items()):
        print(f"{file:20} {mutation:20} {count:6}  {taken}")
    print(
        f"{tally.total:,} mutants in {time.monotonic() - began:.0f} s: "
        f"{len(tally.passed)} called valid, {len(tally.crashed)} crashes"
    )
    print("\n".join([*tally.passed, *tally.crashed]))
    return int(bool(tally.passed or tally.crashed))


if __name__ == "__main__":
    sys.exit(main())
