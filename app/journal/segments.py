"""The segments of a journal, and the one way through all their entries.

A journal is `journal.jsonl`, then `journal.2.jsonl` and so on. A segment that is full
ends with an entry `rotated`; the next begins with an entry `segment`, whose `prev` and
body carry the head of the one before. Numbers and chain go on over the border. The new
file is made before `rotated` is written, so that a file that is missing was removed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from app.domain.fault import Breach
from app.journal.entry import GENESIS, BadLine, Entry, parse

ROTATED: Final = "rotated"
SEGMENT: Final = "segment"


def segment_path(first: Path, number: int) -> Path:
    """Give the path of a segment, counted from 1; `first` is that of the first."""
    return first if number == 1 else first.with_name(f"{first.stem}.{number}{first.suffix}")


def first_segment(path: Path) -> Path:
    """Give the path of the first segment, whichever one `path` is."""
    numbered = re.fullmatch(r"(.+)\.[0-9]+", path.stem)
    if numbered and (first := path.with_name(numbered[1] + path.suffix)).exists():
        return first
    return path


def key_path(first: Path) -> Path:
    """Give the path of the file with the current key."""
    return first.with_suffix(".key")


def _numbers(first: Path) -> list[int]:
    pattern = re.compile(re.escape(first.stem) + r"\.([1-9][0-9]*)" + re.escape(first.suffix))
    found = (pattern.fullmatch(path.name) for path in first.parent.iterdir())
    return sorted({1, *(int(match[1]) for match in found if match)})


class Reading:
    """One way through a journal, entry by entry; `path` is its first segment.

    Attributes:
        count, head: of the last entry read.
        mark: `prev` of the first entry: what it says of its first key.
        torn: the unfinished last line, which was never acknowledged; empty if there is none.
        segment: number of the segment that the last entry stands in.
        rows: whole lines in that segment.
        event: of the last entry read.
        read: bytes that the entries read so far take.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count, self.head, self.mark = 0, "", GENESIS
        self.torn = b""
        self.segment, self.rows = 1, 0
        self.event = ""
        self.read = 0

    @property
    def sealed(self) -> bool:
        """Whether the first entry says that there is a seal."""
        return self.mark != GENESIS

    def size(self) -> int:
        """The length of all its files in bytes."""
        return sum(segment_path(self.path, number).stat().st_size for number in _numbers(self.path))

    def __iter__(self) -> Iterator[Entry]:
        """Give every entry in order.

        Raises:
            BadLine: at the first entry that is not as it must be; it would have been `count` + 1.
            OSError: when a segment can't be read.
        """
        numbers = _numbers(self.path)
        for place, number in enumerate(numbers, 1):
            if number != place or (place > 1 and (self.segment != place - 1 or self.count == 0)):
                raise BadLine(Breach.SEGMENT_MISSING)
            ended = self.event == ROTATED and not self.torn
            if place > 1 and not ended and not self._is_new(number, len(numbers)):
                raise BadLine(Breach.NOT_AN_ENTRY if self.torn else Breach.ENTRY_MISSING)
            yield from self._segment(number)
        if self.event == ROTATED and self.segment == len(numbers):
            raise BadLine(Breach.SEGMENT_MISSING)

    def _is_new(self, number: int, last: int) -> bool:
        """Whether a segment was made, and the one before not yet ended."""
        return number == last and segment_path(self.path, number).stat().st_size == 0

    def _segment(self, number: int) -> Iterator[Entry]:
        with segment_path(self.path, number).open("rb") as lines:
            for line in lines:
                begins = self.segment != number or self.count == 0
                if not line.endswith(b"\n"):
                    self.torn = line
                    return
                entry = self._entry(line, number, begins=begins)
                self.rows = 1 if begins else self.rows + 1
                self.segment = number
                self.read += len(line)
                yield entry

    def _entry(self, line: bytes, number: int, *, begins: bool) -> Entry:
        count = self.count + 1
        try:
            entry = parse(line, count, self.head)
        except BadLine as bad:
            if (
                begins
                and bad.breach not in (Breach.NOT_AN_ENTRY, Breach.WRONG_HASH)
                and _opens(line) != number
            ):
                raise BadLine(Breach.SEGMENT_ORDER) from None
            raise
        if (entry.event == SEGMENT or self.event == ROTATED) and not (
            begins and number > 1 and entry.body.get("number") == number
        ):
            raise BadLine(Breach.SEGMENT_ORDER)
        if count == 1:
            self.mark = entry.prev
        if bool(entry.seal) != self.sealed:
            raise BadLine(Breach.NOT_SEALED)
        self.count, self.head, self.event = count, entry.hash, entry.event
        return entry


def _opens(line: bytes) -> object:
    """Which segment a line says it opens: 1 for one that is not the first line of a later segment."""
    values = json.loads(line)
    return values["body"].get("number") if values["event"] == SEGMENT else 1
