"""Entries in a table: items of the plan with how each ended, as the journal tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.fate import Fate
from app.domain.outcome import AnyOutcome, KeepOutcome, KeyOutcome, Outcome, Reason
from app.domain.plan import Subject
from app.ui import words
from app.ui.models.rows import Column, Rows
from app.ui.words import translate

if TYPE_CHECKING:
    from app.flow import Result


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One item and how it ended; `path` is its id where the register is closed."""

    id: str
    subject: Subject
    path: str
    fate: Fate | None = None
    outcome: AnyOutcome | None = None
    limits: tuple[Reason, ...] = ()


def entry_of(result: Result, name: str, fate: Fate | None) -> EntryRow:
    """Make the row of one result of the journal."""
    return EntryRow(result.id, result.subject, name, fate, result.outcome, result.evidence.limits)


def entries() -> Rows[EntryRow]:
    """A table of items with their outcomes."""
    return Rows(
        (
            Column(lambda: translate("Entries", "Item"), lambda row: row.path, path=True, width=34),
            Column(lambda: translate("Entries", "Is a"), lambda row: words.say(row.subject), width=7),
            Column(
                lambda: translate("Entries", "Fate"),
                lambda row: words.say(row.fate) if row.fate else "",
                width=12,
            ),
            Column(lambda: translate("Entries", "Outcome"), _outcome, _outcome_rank, long=True, width=34),
            Column(
                lambda: translate("Entries", "Why no better"),
                lambda row: words.reasons(row.limits),
                long=True,
                width=44,
            ),
        ),
        lambda row: row.id,
    )


def _outcome(row: EntryRow) -> str:
    return words.say(row.outcome) if row.outcome else translate("Entries", "not yet")


def _outcome_rank(row: EntryRow) -> int:
    """Worst first, what is open last."""
    ladder = [*Outcome, *KeyOutcome, *KeepOutcome]
    return len(ladder) - ladder.index(row.outcome) if row.outcome else len(ladder) + 1
