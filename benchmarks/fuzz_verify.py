"""Change a certificate and all that goes out with it in thousands of ways, and see that none is called valid.

    python benchmarks/fuzz_verify.py FOLDER [--bits 10000] [--structures 1000] [--seed 1]

FOLDER is a certificate as it was handed out, with `leaves.jsonl` or a proof beside it; without one a
rehearsal is made. Each mutant is verified beside its unchanged companions. Prints what each kind of
change was taken for, and ends with 1 when one passed as valid or made verification fail.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from app.domain.canonical import canonical
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
    kinds: list[tuple[str, Callable[[bytes, random.Random], bytes]]] = [*_BYTES]
    if name.endswith(".json"):
        kinds += [
            ("json value", _json_value),
            ("json key gone", _json_gone),
            ("json key more", _json_more),
        ] * 3
    if name.endswith(".csv"):
        kinds += [*_CSV] * 3
    if name.endswith(".pdf"):
        kinds += [
            ("painted over", _painted),
            ("attachment swapped", _swapped),
            ("revision cut", _cut_back),
        ] * 2
        kinds += [("saved again", _resaved)]
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


def _slice(data: bytes, rng: random.Random) -> tuple[int, int]:
    start = rng.randrange(len(data))
    return start, min(len(data), start + rng.randint(1, max(2, len(data) // 8)))


def _cut(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data))]


def _without(data: bytes, rng: random.Random) -> bytes:
    start, end = _slice(data, rng)
    return data[:start] + data[end:]


def _twice(data: bytes, rng: random.Random) -> bytes:
    start, end = _slice(data, rng)
    return data[:end] + data[start:]


def _zeroed(data: bytes, rng: random.Random) -> bytes:
    start, end = _slice(data, rng)
    return data[:start] + bytes(end - start) + data[end:]


def _moved(data: bytes, rng: random.Random) -> bytes:
    start, end = _slice(data, rng)
    rest = data[:start] + data[end:]
    at = rng.randrange(len(rest) + 1)
    return rest[:at] + data[start:end] + rest[at:]


def _inserted(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.randbytes(rng.randint(1, 64)) + data[at:]


def _appended(data: bytes, rng: random.Random) -> bytes:
    return data + rng.choice((b"\n", b" ", b"\x00", b"%%EOF\n", rng.randbytes(40)))


def _noise(data: bytes, rng: random.Random) -> bytes:
    start, end = _slice(data, rng)
    return data[:start] + rng.randbytes(end - start) + data[end:]


def _nothing(_: bytes, __: random.Random) -> bytes:
    return b""


_BYTES: Final = (
    ("cut", _cut),
    ("a part gone", _without),
    ("a part twice", _twice),
    ("a part zeroed", _zeroed),
    ("a part moved", _moved),
    ("bytes put in", _inserted),
    ("bytes put at the end", _appended),
    ("noise", _noise),
    ("emptied", _nothing),
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _places(inner, (*path, name))
    elif isinstance(value, list):
        for n, inner in enumerate(value):
            yield from _places(inner, (*path, n))
    else:
        yield path


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        value = value[part]
    return value


def _json_value(data: bytes, rng: random.Random) -> bytes:
    """Another value of the same kind, or another kind, written in the one canonical form."""
    value = json.loads(data)
    path = rng.choice(list(_places(value)))
    old, inner = _at(value, path), _at(value, path[:-1])
    others: list[Any] = [None, [], {}, "", 0, -1, 1 << 60, "\x00", "ff" * 32, ["x"], True]
    if isinstance(old, bool):
        others += [not old] * 9
    elif isinstance(old, int):
        others += [old + 1, old - 1, -old] * 3
    elif isinstance(old, str) and old:
        at = rng.randrange(len(old))
        others += [old[:at] + rng.choice("0aA张") + old[at + 1 :], old[::-1], old + old, old[:at]] * 3
    inner[path[-1]] = rng.choice(others)
    return canonical(value)


def _json_gone(data: bytes, rng: random.Random) -> bytes:
    value = json.loads(data)
    path = rng.choice(list(_places(value)))
    depth = rng.randint(1, len(path))
    inner = _at(value, path[: depth - 1])
    del inner[path[depth - 1]]
    return canonical(value)


def _json_more(data: bytes, rng: random.Random) -> bytes:
    value = json.loads(data)
    path = rng.choice(list(_places(value)))
    inner = _at(value, path[: rng.randrange(len(path))])
    if isinstance(inner, dict):
        inner["zz"] = rng.choice([1, "x", None, []])
    else:
        inner.append(inner[0])
    return canonical(value)


def _rows(data: bytes) -> list[bytes]:
    return data.split(b"\r\n")


def _row_gone(data: bytes, rng: random.Random) -> bytes:
    rows = _rows(data)
    del rows[rng.randrange(len(rows))]
    return b"\r\n".join(rows)


def _rows_swapped(data: bytes, rng: random.Random) -> bytes:
    rows = _rows(data)
    one, other = rng.sample(range(len(rows)), 2)
    rows[one], rows[other] = rows[other], rows[one]
    return b"\r\n".join(rows)


def _cell(data: bytes, rng: random.Random) -> bytes:
    rows = _rows(data)
    row = rng.randrange(len(rows))
    cells = rows[row].split(b",")
    cells[rng.randrange(len(cells))] = rng.choice((b"Outcome.proven", b"", b"0", b"x"))
    rows[row] = b",".join(cells)
    return b"\r\n".join(rows)


def _updated(data: bytes, change: Callable[[Any], None]) -> bytes:
    """An incremental update, as a PDF editor writes it: the signed bytes stay as they are."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _painted(data: bytes, rng: random.Random) -> bytes:
    from pyhanko.pdf_utils.generic import StreamObject

    box = b"1 g %d %d %d %d re f" % tuple(rng.randint(20, 500) for _ in range(4))

    def paint(writer: Any) -> None:
        pages = int(writer.root["/Pages"]["/Count"])
        writer.add_stream_to_page(rng.randrange(pages), writer.add_object(StreamObject(stream_data=box)))

    return _updated(data, paint)


def _swapped(data: bytes, rng: random.Random) -> bytes:
    from pyhanko.pdf_utils.generic import StreamObject

    def swap(writer: Any) -> None:
        names = writer.root["/Names"]["/EmbeddedFiles"]
        names = names["/Names"] if "/Names" in names else names["/Kids"][0]["/Names"]
        stream = names[rng.randrange(len(names) // 2) * 2 + 1]["/EF"].raw_get("/F")
        writer.objects[stream.generation, stream.idnum] = StreamObject(stream_data=rng.randbytes(50))

    return _updated(data, swap)


def _cut_back(data: bytes, rng: random.Random) -> bytes:
    ends = [n + 6 for n in range(len(data)) if data.startswith(b"%%EOF", n)]
    return data[: rng.choice(ends[:-1])]


def _resaved(data: bytes, _: random.Random) -> bytes:
    import pikepdf

    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        pdf.save(out)
    return out.getvalue()


_JSON: Final = (("json value", _json_value), ("json key gone", _json_gone), ("json key more", _json_more))
_CSV: Final = (("row gone", _row_gone), ("rows swapped", _rows_swapped), ("cell", _cell))
_PDF: Final = (
    ("painted over", _painted),
    ("attachment swapped", _swapped),
    ("revision cut", _cut_back),
    ("saved again", _resaved),
)


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
