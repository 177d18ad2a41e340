"""Who is looked for besides: a list of customers, one person. Held in memory only, never written."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from app.steps.locate import Customers, read_customers


@dataclass(frozen=True, slots=True)
class Sought:
    """What locate looks for besides the kinds of identifiers.

    The list itself is looked at like any file: where it lies in a location it is a record.
    """

    customers: Customers | None = field(default=None, repr=False)
    subject: str = field(default="", repr=False)


def sought_in(path: Path | None, subject: str = "") -> Sought:
    """Read a list of customers, csv or xlsx, where one is given. Slow for a long one.

    Raises:
        Refused: CUSTOMERS_UNREADABLE.
    """
    return Sought(read_customers(path) if path else None, subject.strip())


def processes() -> int:
    """So many read at a time: one on each core that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
