"""Keys in a table: what makes data readable, where it lies, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.key import Key
from app.domain.outcome import AnyOutcome, Evidence
from app.ui import words
from app.ui.models.rows import Column, Rows
from app.ui.words import translate


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key, how many copies of its file were found, and how it ended so far."""

    key: Key
    copies: int
    outcome: AnyOutcome | None = None
    evidence: Evidence | None = None


def keys() -> Rows[KeyRow]:
    """A table of keys with their verdicts."""
    return Rows(
        (
            Column(lambda: translate("Keys", "Kind"), lambda row: words.key(row.key.kind), width=20),
            Column(lambda: translate("Keys", "Key file"), lambda row: row.key.path, path=True, width=32),
            Column(lambda: translate("Keys", "Algorithm"), lambda row: row.key.algorithm, width=12),
            Column(
                lambda: translate("Keys", "Copies"),
                lambda row: words.count(row.copies),
                lambda row: row.copies,
                number=True,
                width=8,
            ),
            Column(lambda: translate("Keys", "Verdict"), _verdict, long=True, width=34),
            Column(lambda: translate("Keys", "Why no better"), _limits, long=True, width=40),
        ),
        lambda row: row.key.id,
    )


def _verdict(row: KeyRow) -> str:
    return words.say(row.outcome) if row.outcome else translate("Keys", "not yet")


def _limits(row: KeyRow) -> str:
    return words.reasons(row.evidence.limits) if row.evidence else ""
