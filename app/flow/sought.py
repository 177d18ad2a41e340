"""What the officer gives for one look: whom to find, passwords. Held in memory only, never written."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from app.steps.locate import Crew, Customers, Passwords, read_customers, read_passwords


@dataclass(frozen=True, slots=True)
class Sought:
    """What locate looks for besides the kinds of identifiers, and what it may use for it.

    The lists themselves are looked at like any file: where one lies in a location it may be a record.
    """

    customers: Customers | None = field(default=None, repr=False)
    subject: str = field(default="", repr=False)
    passwords: Passwords = field(default_factory=Passwords)
    pictures: bool = False
    """Whether the text in pictures is read though the case does not say so."""
    crew: Crew | None = field(default=None, repr=False)
    """Processes that stand ready, ended with this look."""


def sought_in(
    path: Path | None, subject: str = "", *, passwords: Path | None = None, pictures: bool = False
) -> Sought:
    """Read a list of customers, csv or xlsx, and one of passwords, where they are given. Slow for a long one.

    Raises:
        Refused: CUSTOMERS_UNREADABLE, PASSWORDS_UNREADABLE.
    """
    return Sought(
        read_customers(path) if path else None,
        subject.strip(),
        read_passwords(passwords) if passwords else Passwords(),
        pictures,
    )


def stand_ready() -> Crew:
    """Begin the processes of the next look, so that it need not wait for them; nothing is read before it."""
    return Crew(processes())


def processes() -> int:
    """So many read at a time: one on each core that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
