"""Attacks on a journal that lies in a folder of its own: each changes the files as an attacker would."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

from app.journal import Anchor, FirstKey, Journal, Turn
from app.journal.entry import Entry, chained
from app.journal.key import evolved, seal_of
from app.journal.keyfile import newest_state
from app.journal.segments import segment_path

COUNT = 200
ANCHORED = 190


def written(folder: Path, *, first: FirstKey | None, turn: Turn | None = None, count: int = COUNT) -> Path:
    """Write a journal of so many entries; give the path of its first segment."""
    folder.mkdir(parents=True, exist_ok=True)
    journal = Journal.create(folder / "journal.jsonl", first)
    journal.turn = turn or Turn()
    for n in range(count):
        event = "run" if n == 0 else "settled"
        journal.append(event, {"id": f"r-{n:016x}", "outcome": "Outcome.overwritten", "结果": "ok"})
        if n % 7 == 0:
            journal.commit()
    journal.close()
    return folder / "journal.jsonl"


def entries(path: Path) -> list[Entry]:
    lines = []
    number = 1
    while segment_path(path, number).exists():
        lines += segment_path(path, number).read_bytes().splitlines()
        number += 1
    return [Entry(**json.loads(line)) for line in lines]


def anchor_at(path: Path, n: int = ANCHORED) -> Anchor:
    return Anchor(n, entries(path)[n - 1].hash)


def put(path: Path, made: list[Entry]) -> None:
    path.write_bytes(b"".join(entry.line() for entry in made))


def relinked(made: list[Entry], start: int, key: bytes | None, *, skip: int = 0) -> list[Entry]:
    """Compute hashes anew from an index on, and seals with `key` moving on; without one the old seals stay."""
    out = made[:start]
    for entry in made[start:]:
        prev = out[-1].hash if out else entry.prev
        new = chained(entry.n + skip, entry.t, entry.run, entry.event, entry.body, prev)
        seal = entry.seal
        if key is not None:
            seal, key = seal_of(key, new.hash), evolved(key)
        out.append(new._replace(seal=seal))
    return out


def edited(made: list[Entry], at: int) -> list[Entry]:
    return [
        *made[:at],
        made[at]._replace(body={**made[at].body, "outcome": "Outcome.proven"}),
        *made[at + 1 :],
    ]


def stolen(path: Path) -> bytes:
    """The key that lies on the computer when it is stolen."""
    state = newest_state(path.with_suffix(".key").read_bytes())
    assert state
    return state.key


def one_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)


def one_entry_deleted(path: Path) -> None:
    made = entries(path)
    put(path, made[:99] + made[100:])


def edit_and_rehash(path: Path) -> None:
    put(path, relinked(edited(entries(path), 50), 50, None))


def edit_with_the_stolen_key(path: Path) -> None:
    put(path, relinked(edited(entries(path), 50), 50, stolen(path)))


def tail_cut(path: Path) -> None:
    put(path, entries(path)[:180])


def tail_cut_and_key_gone(path: Path) -> None:
    tail_cut(path)
    path.with_suffix(".key").unlink()


def replaced(path: Path) -> None:
    """The whole journal made anew, with a first key of the attacker's own."""
    folder = path.parent
    shutil.rmtree(folder)
    written(folder, first=FirstKey.new())


def seal_removed(path: Path) -> None:
    """All seals taken off, the first entry linked as in a journal that never had any."""
    from app.journal.entry import GENESIS

    made = [entry._replace(seal="") for entry in entries(path)]
    made[0] = chained(*made[0][:5], GENESIS)
    put(path, relinked(made, 1, None))


def one_seal_removed(path: Path) -> None:
    made = entries(path)
    put(path, [*made[:70], made[70]._replace(seal=""), *made[71:]])


def numbers_skipped(path: Path) -> None:
    """Ten entries taken out, and the rest linked and sealed around the gap."""
    made = entries(path)
    put(path, relinked(made[:100] + made[110:], 100, stolen(path)))


def rolled_back(path: Path) -> None:
    """The whole folder as a backup had it."""
    old = path.parent.with_name("old")
    shutil.rmtree(path.parent)
    old.rename(path.parent)


ATTACKS: tuple[Callable[[Path], None], ...] = (
    one_byte,
    one_entry_deleted,
    edit_and_rehash,
    edit_with_the_stolen_key,
    tail_cut,
    replaced,
    seal_removed,
    one_seal_removed,
    numbers_skipped,
    rolled_back,
)


def segment_removed(path: Path) -> None:
    segment_path(path, 2).unlink()


def last_segment_removed(path: Path) -> None:
    number = 1
    while segment_path(path, number + 1).exists():
        number += 1
    segment_path(path, number).unlink()


def segments_swapped(path: Path) -> None:
    second, third = segment_path(path, 2), segment_path(path, 3)
    held = second.read_bytes()
    second.write_bytes(third.read_bytes())
    third.write_bytes(held)


def first_two_swapped(path: Path) -> None:
    second = segment_path(path, 2)
    held = second.read_bytes()
    second.write_bytes(path.read_bytes())
    path.write_bytes(held)


def segments_joined(path: Path) -> None:
    second = segment_path(path, 2)
    path.write_bytes(path.read_bytes() + second.read_bytes())
    second.unlink()


def restructured(lines: list[bytes], edit: int, chance: random.Random) -> list[bytes]:
    """Change the structure in one of twelve ways, at a place by chance."""
    at = chance.randrange(1, len(lines) - 1)
    line = lines[at]
    values = json.loads(line)
    moved = {name: values[name] for name in sorted(values, reverse=True)}
    ways: tuple[Callable[[], list[bytes]], ...] = (
        lambda: lines[:at] + lines[at + 1 :],
        lambda: [*lines[: at + 1], *lines[at:]],
        lambda: [*lines[:at], lines[at + 1], line, *lines[at + 2 :]],
        lambda: lines[:at],
        lambda: [*lines[:at], line[: len(line) // 2]],
        lambda: [*lines[:at], json.dumps(moved, ensure_ascii=False).encode() + b"\n", *lines[at + 1 :]],
        lambda: [*lines[:at], line.replace(b'{"body"', b'{ "body"'), *lines[at + 1 :]],
        lambda: [*lines[:at], b"\n", *lines[at:]],
        lambda: [*lines[:at], line[:-1] + b" \n", *lines[at + 1 :]],
        lambda: [*lines[:at], line.replace(b"\n", b"\r\n"), *lines[at + 1 :]],
        lambda: [*lines[:at], line[:-2] + b',"hash":"' + values["hash"].encode() + b'"}\n', *lines[at + 1 :]],
        lambda: [*lines[:at], b"[" * 5000 + b"\n", *lines[at + 1 :]],
    )
    return ways[edit % len(ways)]()
