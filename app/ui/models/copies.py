"""Copies in a table: the other places where the same bytes live."""

from __future__ import annotations

from collections.abc import Callable

from app.domain.copies import Copy, Disposal, Searched
from app.ui import words
from app.ui.models.rows import Column, Rows
from app.ui.words import translate


def copies(named: Callable[[str], str] = str) -> Rows[Copy]:
    """A table of copies with what becomes of each; `named` gives the name of the record behind an id."""
    return Rows(
        (
            Column(lambda: translate("Copies", "Copy"), _place, path=True, width=36),
            Column(lambda: translate("Copies", "Known by"), known_by, width=16),
            Column(
                lambda: translate("Copies", "Of"), lambda one: _originals(one, named), long=True, width=20
            ),
            Column(
                lambda: translate("Copies", "Size"),
                lambda one: words.size(one.stamp.size),
                lambda one: one.stamp.size,
                number=True,
                width=10,
            ),
            Column(lambda: translate("Copies", "Disposal"), lambda one: words.say(one.disposal), width=14),
            Column(
                lambda: translate("Copies", "Why"),
                lambda one: words.reasons(one.reasons),
                long=True,
                width=40,
            ),
            Column(lambda: translate("Copies", "Accepted by"), _accepted, width=14),
        ),
        lambda one: one.id,
    )


def searched() -> Rows[Searched]:
    """A table of the backups that were searched."""
    return Rows(
        (
            Column(lambda: translate("Copies", "Backup"), lambda one: one.backup, path=True, width=40),
            Column(
                lambda: translate("Copies", "Files"),
                lambda one: words.count(one.files),
                lambda one: one.files,
                number=True,
                width=8,
            ),
            Column(
                lambda: translate("Copies", "Members"),
                lambda one: words.count(one.members),
                lambda one: one.members,
                number=True,
                width=10,
            ),
            Column(
                lambda: translate("Copies", "Copies found"),
                lambda one: words.count(one.copies),
                lambda one: one.copies,
                number=True,
                width=12,
            ),
            Column(
                lambda: translate("Copies", "Not opened"),
                lambda one: words.count(one.unopened),
                lambda one: one.unopened,
                number=True,
                width=10,
            ),
            Column(
                lambda: translate("Copies", "What could not be looked at"),
                lambda one: words.reasons(one.limits),
                long=True,
                width=40,
            ),
        ),
        lambda one: one.backup,
    )


def _originals(copy: Copy, named: Callable[[str], str]) -> str:
    """The first thing it is a copy or trace of, and how many more there are."""
    more = len(copy.of) - 1
    first = named(copy.of[0]) if copy.of else ""
    return translate("Copies", "{name} and {n} more").format(name=first, n=more) if more > 0 else first


def _place(copy: Copy) -> str:
    return f"{copy.path} › {copy.member}" if copy.member else copy.path


def known_by(copy: Copy) -> str:
    """Say what kind of trace it is, or that it has the very bytes."""
    return words.say(copy.trace) if copy.trace else translate("Copies", "same content")


def _accepted(copy: Copy) -> str:
    if copy.disposal is Disposal.EXCEPTION and not copy.declared_by:
        return translate("Copies", "not yet")
    return copy.declared_by
