"""Check a journal from outside: chain, segments, seal, and the anchors that certificates carry.

What shows what: the chain any change whose maker did not compute it anew; the seal,
with the first key, every change of what was written before a key was stolen, and a
journal made anew; an anchor, also a tail that was cut and a folder put back to an
earlier state. Nothing shows what a doctored program wrote in the first place.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from app.domain.fault import Breach, JournalPart, Unseen
from app.journal.entry import GENESIS, BadLine, Entry
from app.journal.key import FirstKey, evolved, seal_of
from app.journal.keyfile import newest_state
from app.journal.segments import Reading, first_segment, key_path

_PIECE: Final = 2000
"""Entries between two words of the pace: some hundredths of a second."""
_SHORTEST: Final = 200
"""No line is shorter, in bytes."""
_BEYOND: Final = 1000
"""So many keys after the last line are tried too, when a seal does not fit."""


class Pace(NamedTuple):
    """How far the reading has come: entries, and bytes of so many."""

    entries: int
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Anchor:
    """What a certificate says of the journal: it held `count` entries and the last one's hash was `head`."""

    count: int
    head: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong, at a line counted from 1 over all segments (0: the whole)."""

    line: int
    breach: Breach


@dataclass(frozen=True, slots=True)
class Looked:
    """How one part of the journal was found: what is wrong with it, or why it was not looked at."""

    part: JournalPart
    problems: tuple[Finding, ...] = ()
    unseen: Unseen | None = None

    @property
    def holds(self) -> bool:
        """Whether it was looked at and nothing is wrong."""
        return not self.problems and self.unseen is None


@dataclass(frozen=True, slots=True)
class Report:
    """What verification saw.

    Attributes:
        count, head: of the last entry that holds.
        problems: what is wrong.
        torn: bytes of an unfinished last line, which is a crash or a cut, and no breach.
        segments: files read.
        sealed: whether the journal says that it is.
        seals: how many seals were checked with the first key.
        anchors: how many anchors were met.
        runs: how many runs of the program it tells of; `ended` of them ended in order.
    """

    count: int
    head: str
    problems: tuple[Finding, ...]
    torn: int = 0
    segments: int = 1
    sealed: bool = False
    seals: int = 0
    anchors: int = 0
    runs: int = 0
    ended: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong with what was looked at."""
        return not self.problems

    @property
    def proven(self) -> bool:
        """Whether nothing is wrong, nothing torn, and a first key or an anchor vouches for the whole."""
        return self.ok and not self.torn and bool(self.seals or self.anchors)

    def looked(self) -> tuple[Looked, ...]:
        """Tell part by part."""
        return tuple(self._part(part) for part in JournalPart)

    def _part(self, part: JournalPart) -> Looked:
        mine = tuple(one for one in self.problems if _part_of(one.breach) is part)
        if mine:
            return Looked(part, mine)
        broken = not self.ok
        why = {
            JournalPart.ENTRIES: None,
            JournalPart.SEGMENTS: Unseen.BROKEN_BEFORE if broken else None,
            JournalPart.SEAL: self._no_seal(),
            JournalPart.ANCHOR: None
            if self.anchors
            else Unseen.BROKEN_BEFORE
            if broken
            else Unseen.NO_ANCHOR,
            JournalPart.END: Unseen.BROKEN_BEFORE if broken else Unseen.TORN if self.torn else None,
        }
        return Looked(part, (), why[part])

    def _no_seal(self) -> Unseen | None:
        if self.seals:
            return None
        return Unseen.NO_FIRST_KEY if self.sealed else Unseen.NO_SEAL


_PARTS: Final = {
    Breach.SEGMENT_MISSING: JournalPart.SEGMENTS,
    Breach.SEGMENT_ORDER: JournalPart.SEGMENTS,
    Breach.NOT_SEALED: JournalPart.SEAL,
    Breach.WRONG_SEAL: JournalPart.SEAL,
    Breach.LATER_KEY: JournalPart.SEAL,
    Breach.OTHER_FIRST_KEY: JournalPart.SEAL,
    Breach.ANCHOR_MISSING: JournalPart.ANCHOR,
    Breach.ANCHOR_DIFFERS: JournalPart.ANCHOR,
    Breach.ROLLED_BACK: JournalPart.ANCHOR,
    Breach.KEY_AHEAD: JournalPart.END,
}


def _part_of(breach: Breach) -> JournalPart:
    return _PARTS.get(breach, JournalPart.ENTRIES)


def verify(path: Path, anchors: Sequence[Anchor] = (), first: FirstKey | None = None) -> Report:
    """Read the journal to its first broken line and hold it against first key and anchors.

    `path` is any of its segments; the others, and the file with its current key, are looked
    for beside it. Nothing is written. Bad input gives a report, never an error.
    """
    pieces = verifying(path, anchors, first)
    while True:
        try:
            next(pieces)
        except StopIteration as end:
            report: Report = end.value
            return report


def verifying(
    path: Path, anchors: Sequence[Anchor] = (), first: FirstKey | None = None
) -> Generator[Pace, None, Report]:
    """Do what `verify` does in pieces of a few thousand entries: say the pace, give the report at the end.

    Closed between two pieces it stops, and no file stays open.
    """
    seen = _Seen(Reading(first_segment(path)), anchors, first)
    at = seen.at
    try:
        size = at.size()
        for entry in at:
            seen.take(entry)
            if entry.n % _PIECE == 0:
                yield Pace(entry.n, at.read, size)
        seen.problems += seen.at_the_end()
    except BadLine as bad:
        seen.problems.append(Finding(at.count + 1, bad.breach))
    except OSError:
        seen.problems.append(Finding(0, Breach.UNREADABLE))
    return Report(
        at.count,
        at.head or GENESIS,
        tuple(seen.problems),
        len(at.torn),
        at.segment,
        at.sealed,
        seen.seals,
        seen.met,
        len(seen.runs),
        seen.ended,
    )


class _Seen:
    """What was seen on the way through a journal."""

    def __init__(self, at: Reading, anchors: Sequence[Anchor], first: FirstKey | None) -> None:
        self.at = at
        self.problems: list[Finding] = []
        self.seals = self.met = self.ended = 0
        self.runs: set[str] = set()
        self._due = {anchor.count: anchor.head for anchor in anchors}
        self._first = first
        self._key = first.key if first else b""
        self._fits = first is not None

    def take(self, entry: Entry) -> None:
        """Look at one entry whose chain holds."""
        if entry.event == "run":
            self.runs.add(entry.run)
        elif entry.event == "run.ended":
            self.ended += 1
        if self._fits:
            self._look_at_seal(entry)
        if entry.n in self._due:
            fits = self._due.pop(entry.n) == entry.hash
            self.met += fits
            if not fits:
                self.problems.append(Finding(entry.n, Breach.ANCHOR_DIFFERS))

    def _look_at_seal(self, entry: Entry) -> None:
        """Check one seal, until the first that does not fit."""
        if seal_of(self._key, entry.hash) == entry.seal:
            self.seals += 1
            self._key = evolved(self._key)
            return
        self._fits = False
        self.problems.append(Finding(entry.n, self._what_is_wrong(entry)))

    def _what_is_wrong(self, entry: Entry) -> Breach:
        if not self.at.sealed:
            return Breach.NOT_SEALED
        if self._first and self.at.mark != self._first.mark:
            return Breach.OTHER_FIRST_KEY
        key = self._key
        for _ in range(self.at.size() // _SHORTEST + _BEYOND):
            key = evolved(key)
            if seal_of(key, entry.hash) == entry.seal:
                return Breach.LATER_KEY
        return Breach.WRONG_SEAL

    def at_the_end(self) -> Iterator[Finding]:
        """Hold what was read to its end against the anchors that are left, and against the key beside it."""
        count, sealed = self.at.count, self._sealed()
        if not count:
            yield Finding(0, Breach.EMPTY)
        if sealed is not None and sealed > count:
            yield Finding(count, Breach.KEY_AHEAD)
        short = Breach.ROLLED_BACK if count and sealed == count else Breach.ANCHOR_MISSING
        for missing in sorted(self._due):
            yield Finding(missing, short if missing > count else Breach.ANCHOR_DIFFERS)

    def _sealed(self) -> int | None:
        """How many entries the current key says it has sealed; None without one that fits this journal."""
        try:
            data = key_path(self.at.path).read_bytes()
        except OSError:
            return None
        state = newest_state(data)
        return state.sealed if state else None
