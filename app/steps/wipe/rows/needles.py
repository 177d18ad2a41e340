"""Needles: the values of rows that go, in every form in which a file may hold them."""

from __future__ import annotations

import importlib.util
import re
import struct
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

_SHORTEST: Final = 6
"""Bytes a value has at least: shorter ones turn up by chance."""
_LONGEST: Final = 120
"""Bytes of a value that are looked for: of a longer one the end may stand on another page."""
_MOST: Final = 100_000
_SMALLEST: Final = 1 << 32
"""An integer from here on fills five bytes, which seldom stand anywhere by chance."""
_WINDOW: Final = 8 << 20

Value = str | int | bytes


class Needles:
    """What is looked for. It lives only while the rows are deleted, and is never written."""

    def __init__(self) -> None:
        self._values: dict[Value, None] = {}
        self.dropped = 0
        """Values that were not taken in, because there are too many."""

    def __len__(self) -> int:
        return len(self._values)

    def add(self, row: Iterable[object]) -> None:
        """Take in the values of a row that are long enough to tell."""
        for value in row:
            plain = bytes(value) if isinstance(value, (bytearray, memoryview)) else value
            if not isinstance(plain, (str, int, bytes)) or not _tells(plain) or plain in self._values:
                continue
            if len(self._values) >= _MOST:
                self.dropped += 1
            else:
                self._values[plain] = None

    def search(self) -> Search:
        """Make the search for all of them."""
        forms: dict[bytes, Value] = {}
        for value in self._values:
            for form in _forms(value):
                forms.setdefault(form, value)
        return Search(forms)


def _tells(value: Value) -> bool:
    if isinstance(value, int):
        return not isinstance(value, bool) and abs(value) >= _SMALLEST
    if isinstance(value, bytes):
        return len(value) >= _SHORTEST
    text = value.strip()
    return len(text.encode("utf-8", "surrogatepass")) >= _SHORTEST


def _forms(value: Value) -> Iterator[bytes]:
    """The bytes a value may stand as: text in five encodings, an integer as three makes write it."""
    if isinstance(value, int):
        yield from _integers(value)
        yield from (str(value).encode(), str(value).encode("utf-16-le"))
        return
    if isinstance(value, bytes):
        yield value[:_LONGEST]
        return
    for codec in ("utf-8", "utf-16-le", "utf-16-be", "gb18030", "big5"):
        # SQLite keeps as text whatever a program gave it: bytes that are no UTF-8 stand there as they are.
        errors = "surrogateescape" if codec == "utf-8" else "strict"
        try:
            form = value.encode(codec, errors)[:_LONGEST]
        except UnicodeEncodeError:
            continue
        if len(form) >= _SHORTEST or len(value) >= 3:
            yield form


def _integers(value: int) -> Iterator[bytes]:
    if not -(1 << 63) <= value < 1 << 63:
        if 0 <= value < 1 << 64:
            yield struct.pack(">Q", value)  # InnoDB, where the column has no sign
        return
    whole = struct.pack(">q", value)
    yield whole[2:] if -(1 << 47) <= value < 1 << 47 else whole  # SQLite: 6 or 8 bytes, the highest first
    yield struct.pack("<q", value)  # PostgreSQL on the usual machines
    yield bytes([whole[0] ^ 0x80]) + whole[1:]  # InnoDB: the sign turned, so that bytes sort


class Search:
    """The search for many byte strings at once."""

    def __init__(self, forms: dict[bytes, Value]) -> None:
        self._values = list(forms.values())
        self._longest = max(map(len, forms), default=0)
        self._spot = _spotter(list(forms))

    def in_data(self, data: bytes) -> set[Value]:
        """The values that stand in some bytes."""
        return {self._values[place] for place in self._spot(data)}

    def in_file(self, path: Path) -> set[Value] | None:
        """The values that stand in a file, read as it is; None when it can't be read, or only in part."""
        found: set[Value] = set()
        try:
            with path.open("rb", buffering=0) as file:
                rest = b""
                while block := file.read(_WINDOW):
                    data = rest + block
                    found |= self.in_data(data)
                    rest = data[-(self._longest - 1) :] if self._longest > 1 else b""
        except FileNotFoundError:
            return found
        except OSError:
            return None
        return found


def _spotter(forms: list[bytes]) -> Callable[[bytes], Iterable[int]]:
    if not forms:
        return lambda _: ()
    if importlib.util.find_spec("daachorse"):
        import daachorse

        automaton = daachorse.DoubleArrayAhoCorasick(forms)
        return lambda data: {place for _, _, place in automaton.find_overlapping(data)}
    pattern = re.compile(b"(?=(" + b"|".join(map(re.escape, forms)) + b"))", re.DOTALL)
    places = {form: place for place, form in enumerate(forms)}
    return lambda data: {places[found[1]] for found in pattern.finditer(data)}
