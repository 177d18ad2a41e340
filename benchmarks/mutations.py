"""Ways to change a certificate and what goes out with it, by chance: bytes, JSON, rows, PDF."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable, Iterator
from typing import Any, Final

from app.domain.canonical import canonical

Mutation = tuple[str, Callable[[bytes, random.Random], bytes]]
"""What it is called, and what makes the mutant."""


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


BYTES: Final[tuple[Mutation, ...]] = (
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


JSON: Final[tuple[Mutation, ...]] = (
    ("json value", _json_value),
    ("json key gone", _json_gone),
    ("json key more", _json_more),
)
CSV: Final[tuple[Mutation, ...]] = (("row gone", _row_gone), ("rows swapped", _rows_swapped), ("cell", _cell))
PDF: Final[tuple[Mutation, ...]] = (
    ("painted over", _painted),
    ("attachment swapped", _swapped),
    ("revision cut", _cut_back),
    ("saved again", _resaved),
)
