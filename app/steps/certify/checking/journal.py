"""Hold a certificate against the journal of its case: what it claims must be what was journalled."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, Final, Protocol

from typing_extensions import override

from app.domain.event import Progressed
from app.journal import Anchor, Entry, Finding, Pace, Report, verifying
from app.journal.entry import BadLine
from app.journal.segments import Reading, first_segment
from app.language import Language, say
from app.steps.certify.journalled import Journalled
from app.steps.certify.verdict import Check, Said, progressed

_ID, _OUTCOME = 1, 13
"""Columns of the inventory."""
_UNKNOWN: Final = "unknown"
_PIECE: Final = 2000
"""Entries or rows between two words of progress."""


def journal_checks(
    path: Path, data: bytes, manifest: dict[str, Any], inventory: bytes
) -> Iterator[Check | Progressed]:
    """Check the journal at `path` against the manifest, `data` being its bytes, and the inventory it binds.

    The chain and the anchor show whether the journal is the one of the certificate; then
    its outcomes must be those of the inventory, the plan and its signers those of the
    manifest, and its last word must name this very manifest.
    """
    report = yield from chain_checks(path, manifest)
    if not report.ok:
        return
    told = Journalled(manifest["journal"]["count"])
    yield from read_all(path, told, report.count)
    yield from _outcomes(told, inventory)
    yield _plan(told, manifest)
    certified = told.certified
    yield Check(
        "journal.end.present", certified is not None, "" if certified else Said("journal_ends_before")
    )
    if certified is not None:
        same = certified.get("manifest.json") == hashlib.sha256(data).hexdigest()
        yield Check("journal.certified", same, "" if same else Said("journal_names_another"))


def chain_checks(path: Path, told: Mapping[str, Any]) -> Generator[Check | Progressed, None, Report]:
    """Check that a journal holds together and contains the anchor that a manifest names."""
    anchor = Anchor(told["journal"]["count"], told["journal"]["head"])
    report = yield from _paced(verifying(path, [anchor]))
    whole = Said("journal_whole", count=report.count, anchor=anchor.count)
    yield Check("journal.whole", report.ok, whole if report.ok else _Wrong(report.problems))
    return report


class Reader(Protocol):
    """What learns from a journal, entry by entry."""

    def take(self, entry: Entry) -> None:
        """Take in the next entry."""


def _paced(pieces: Generator[Pace, None, Report]) -> Generator[Progressed, None, Report]:
    while True:
        try:
            pace = next(pieces)
        except StopIteration as end:
            report: Report = end.value
            return report
        yield progressed(pace.done, pace.total, "bytes")


def read_all(path: Path, told: Reader, count: int) -> Iterator[Progressed]:
    """Take in every entry of a journal whose chain was seen to hold; nothing more where it no longer does."""
    with suppress(BadLine, OSError):
        for entry in Reading(first_segment(path)):
            told.take(entry)
            if entry.n % _PIECE == 0:
                yield progressed(entry.n, count, "entries")


class _Wrong(Said):
    """What is wrong with a journal, in the words that the domain has for it."""

    __slots__ = ("_problems",)

    def __init__(self, problems: Sequence[Finding]) -> None:
        super().__init__("journal_whole")
        self._problems = problems

    @override
    def in_words(self, language: Language) -> str:
        return "; ".join(f"{one.line}: {say(one.breach, language)}" for one in self._problems)


def _outcomes(told: Journalled, inventory: bytes) -> Iterator[Check | Progressed]:
    """Every outcome of the inventory is the last one journalled; one that claims nothing needs none."""
    text = io.TextIOWrapper(io.BytesIO(inventory), "utf-8-sig", "replace", newline="")
    wrong: list[str] = []
    count = 0
    for row in islice(csv.reader(text), 1, None):
        count += 1
        if len(row) <= _OUTCOME or row[_OUTCOME] not in (_UNKNOWN, told.outcome(row[_ID])):
            wrong.append(row[_ID] if len(row) > _ID else "")
        if count % _PIECE == 0:
            yield progressed(count, 0, "rows")
    others = Said("journal_other_outcomes", ids=tuple(wrong[:3]), count=len(wrong))
    yield Check("journal.outcomes", not wrong, others if wrong else Said("journal_outcomes", count=count))


def _plan(told: Journalled, manifest: dict[str, Any]) -> Check:
    """The plan and the people who signed it are the journalled ones."""
    try:
        signers = [
            (one["role"], one["name"], hashlib.sha256(bytes.fromhex(one["certificate"])).hexdigest())
            for one in told.signed.get("signatures", [])
        ]
        named = [(one["role"], one["name"], one["fingerprint"]) for one in manifest["plan_signers"]]
        same = bool(signers) and signers == named and told.signed.get("plan") == manifest["plan"]
    except (KeyError, TypeError, ValueError, AttributeError):
        same = False
    return Check("journal.plan", same, "" if same else Said("journal_other_plan"))
