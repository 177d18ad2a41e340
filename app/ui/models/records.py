"""Records in a table: what was found, and what is to become of it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from app.domain.fate import Fate, Ground
from app.domain.record import Record
from app.ui import words
from app.ui.models.rows import Column, Rows
from app.ui.words import translate

if TYPE_CHECKING:
    from app.flow import Row


def name_of(record: Record) -> str:
    """The path of a record below its location, which is what tells two records apart by eye."""
    rest = record.path.removeprefix(record.location).lstrip("/\\")
    return (rest or record.path).encode("utf-8", "replace").decode()


def found_records() -> Rows[Record]:
    """A table of what locate found."""
    return Rows(
        (
            Column(lambda: translate("Records", "Record"), name_of, path=True, width=28),
            Column(
                lambda: translate("Records", "Findings"),
                lambda one: words.findings(one.findings),
                lambda one: -sum(found.count for found in one.findings),
                long=True,
                width=28,
            ),
            Column(
                lambda: translate("Records", "People"),
                lambda one: words.count(one.people),
                lambda one: one.people,
                number=True,
                width=8,
            ),
            Column(
                lambda: translate("Records", "Tier"),
                lambda one: words.say(one.tier),
                lambda one: -one.tier.rank,
                width=10,
            ),
            Column(lambda: translate("Records", "Category"), words.told_category, long=True, width=22),
            Column(
                lambda: translate("Records", "Problems"),
                lambda one: words.problems(one.problems),
                long=True,
                width=16,
            ),
        ),
        lambda one: one.id,
    )


def decided_records() -> Rows[Row]:
    """A table of records with their fates."""
    return Rows(
        (
            Column(
                lambda: translate("Records", "Record"), lambda row: name_of(row.record), path=True, width=28
            ),
            Column(
                lambda: translate("Records", "Category"),
                lambda row: words.told_category(row.record),
                long=True,
                width=22,
            ),
            Column(
                lambda: translate("Records", "Tier"),
                lambda row: words.say(row.record.tier),
                lambda row: -row.record.tier.rank,
                width=10,
            ),
            Column(lambda: translate("Records", "Fate"), _fate, _fate_rank, width=12),
            Column(lambda: translate("Records", "Why"), _why, width=18),
            Column(lambda: translate("Records", "Law"), _law, long=True, width=22),
            Column(lambda: translate("Records", "May go from"), _due, _due_rank, width=12),
        ),
        lambda row: row.record.id,
    )


def _fate(row: Row) -> str:
    return words.say(row.decision.fate) if row.decision else translate("Records", "undecided")


def _fate_rank(row: Row) -> int:
    return list(Fate).index(row.decision.fate) if row.decision else -1


def _why(row: Row) -> str:
    return words.rule(row.decision) if row.decision else words.say(Ground.UNDECIDED)


def _law(row: Row) -> str:
    return words.law(row.decision.law) if row.decision else ""


def _due(row: Row) -> str:
    return words.day(row.decision.due) if row.decision else ""


def _due_rank(row: Row) -> date:
    return row.decision.due if row.decision and row.decision.due else date.max
