"""Events: what a step says while it works. A step is a generator of these and knows no window.

The flow writes `Begun`, `Noted` and `Settled` to the journal and syncs it before it
asks for the next event, so the intent is on disk before the act and the proof before
the removal. `Progressed` is for the eye and may be dropped; the others never are.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.domain.copies import Copy, Searched
from app.domain.outcome import AnyOutcome, Evidence
from app.domain.plan import Subject
from app.domain.record import Look, Record
from app.domain.row import Row, record_of
from app.domain.step import Step

_LOOKS = tuple(Look)


@dataclass(frozen=True, slots=True)
class Begun:
    """The intent to act on a batch (at most 512 items or 64 MiB). The act comes after the next `next()`."""

    step: Step
    ids: tuple[str, ...]
    bytes: int


@dataclass(frozen=True, slots=True)
class Noted:
    """Something that must be on disk before the step goes on: these items came as far as `what` says.

    Wiping notes "overwritten" for what was overwritten, synced and read back and is
    about to be unlinked; `evidence` is common to the ids.
    """

    step: Step
    ids: tuple[str, ...]
    what: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Progressed:
    """How far a step has come. `total` is 0 while unknown.

    `unit` is files | bytes | keys | pages; verifying also counts entries | rows | leaves | signatures.
    """

    step: Step
    done: int
    total: int
    unit: str = "files"
    now: str = ""
    """What is worked on, for the window only: a path, never journalled."""


@dataclass(frozen=True, slots=True)
class Settled:
    """How one item ended."""

    step: Step
    id: str
    subject: Subject
    outcome: AnyOutcome
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Located:
    """Locate looked at one file. `record` is None when it was CLEAN or SKIPPED."""

    path: str
    look: Look
    bytes: int
    record: Record | None = None


@dataclass(frozen=True, slots=True)
class Looked:
    """Locate looked at the files of some folders.

    `looks` has a byte a file, the place of its look in `Look`, and `sizes` its bytes, in the
    order of `folders`: a folder, and the names in it. `rows` has the rows of new and changed
    records by the same place. A file that is as it was when its record was made has none.
    """

    folders: tuple[tuple[str, tuple[str, ...]], ...]
    looks: bytes
    sizes: array[int]
    rows: Mapping[int, Row]
    gone: tuple[str, ...] = ()
    """Ids of records whose files are gone, or hold nothing any more."""
    known: tuple[tuple[str, str, str, bytes, bytes, bytes], ...] = ()
    """What the register is to keep of each folder, so that the next look can tell what changed."""

    def counts(self) -> Counter[Look]:
        """Give how many files ended how."""
        return Counter({look: self.looks.count(code) for code, look in enumerate(_LOOKS)})

    @property
    def size(self) -> int:
        """The bytes of all the files."""
        return sum(self.sizes)

    def records(self) -> Iterator[Record]:
        """Give the new and changed records."""
        for place in sorted(self.rows):
            yield record_of(self.rows[place])

    def each(self) -> Iterator[Located]:
        """Give each file."""
        place = 0
        for before, names in self.folders:
            for name in names:
                row = self.rows.get(place)
                yield Located(
                    before + name,
                    _LOOKS[self.looks[place]],
                    self.sizes[place],
                    record_of(row) if row else None,
                )
                place += 1


@dataclass(frozen=True, slots=True)
class RowsSeen:
    """Locate has read these rows for `record`: key and digest of each. For the register alone."""

    record: str
    rows: tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class CopyFound:
    """Confirm found a copy of something that goes."""

    copy: Copy


@dataclass(frozen=True, slots=True)
class BackupSearched:
    """Confirm has searched one declared backup. `store` is what it is known by; empty if by nothing."""

    searched: Searched
    store: str = ""


Event = Begun | Noted | Progressed | Settled | Located | Looked | RowsSeen | CopyFound | BackupSearched
