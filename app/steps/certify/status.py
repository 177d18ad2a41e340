"""The status of a certificate and the exceptions behind it: computed from the account, never chosen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from app.domain.copies import Searched
from app.domain.fate import Fate, Ground
from app.domain.outcome import CopyOutcome, Evidence, KeepOutcome, KeyOutcome, Outcome, Reason
from app.domain.plan import Subject
from app.domain.record import Look
from app.steps.certify.account import Account, Line

_UNSEEN: Final = frozenset({Reason.NOT_OPENED, Reason.OPAQUE, Reason.SEARCH_LIMIT, Reason.UNFINISHED_UPLOADS})
"""What of a search says that something it did not look into may hold the copy still."""
_NOT_AGAIN: Final = frozenset({Reason.DISK_SILENT, Reason.NOT_SEARCHED_AGAIN})
"""What of something destroyed says that nobody could see whether it is back."""


class Status(Enum):
    """The three things a certificate can say."""

    ALL_DESTROYED = "all_destroyed"
    WITH_EXCEPTIONS = "with_exceptions"
    NOT_DESTROYED = "not_destroyed"


class Failing(Enum):
    """Why something is an exception."""

    NO_OUTCOME = "no_outcome"
    """The journal holds no outcome: it may or may not have happened."""
    NOT_GONE = "not_gone"
    """It was to be destroyed and was not seen to be gone."""
    NOT_SEEN_AGAIN = "not_seen_again"
    """It was seen to be gone, and nobody could look before certifying whether it is back."""
    BINNED = "binned"
    NOT_KEPT_SAFE = "not_kept_safe"
    """It was to be kept and did not end as kept."""
    COPY_REMAINS = "copy_remains"
    NOT_DECIDED = "not_decided"
    """It could not be read or nobody decided, so it was left alone."""
    SEARCH_LIMITED = "search_limited"
    NOT_LOOKED_AT = "not_looked_at"
    NOT_PLANNED = "not_planned"
    """The journal holds outcomes of items that the signed list does not name."""
    KEY_SLOT = "key_slot"
    """The key of Lethe's own register was not seen to be destroyed."""


@dataclass(frozen=True, slots=True)
class Closing:
    """How the key of the case's own register ended."""

    outcome: KeyOutcome
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Exceptional:
    """One exception: a line, a search of a backup, or `count` files that were not looked at."""

    failing: Failing
    line: Line | None = None
    searched: Searched | None = None
    count: int = 1
    limits: tuple[Reason, ...] = ()


def destroyed(line: Line) -> bool:
    """Whether the line's content was seen to be gone: a destroying fate that ended good, and not the bin."""
    return (
        line.fate in (Fate.WIPE, Fate.SHRED, Fate.EXPUNGE)
        and isinstance(line.outcome, (Outcome, KeyOutcome, CopyOutcome))
        and line.outcome.good
    )


def status_of(account: Account, closing: Closing) -> Status:
    """Compute what may be said at most."""
    if not any(destroyed(line) for line in account.lines):
        return Status.NOT_DESTROYED
    return Status.WITH_EXCEPTIONS if any(exceptions(account, closing)) else Status.ALL_DESTROYED


def exceptions(account: Account, closing: Closing) -> Iterator[Exceptional]:
    """Give everything that keeps the status from being ALL_DESTROYED, lines in plan order first."""
    for line in account.lines:
        failing = failing_of(line)
        if failing:
            yield Exceptional(failing, line, limits=line.evidence.limits if line.evidence else ())
    for searched in account.searched:
        if searched.limits:
            yield Exceptional(Failing.SEARCH_LIMITED, searched=searched, limits=searched.limits)
    unseen = _unseen(account)
    if unseen > 0:
        yield Exceptional(Failing.NOT_LOOKED_AT, count=unseen)
    if account.unplanned:
        yield Exceptional(Failing.NOT_PLANNED, count=len(account.unplanned))
    if not closing.outcome.good:
        yield Exceptional(Failing.KEY_SLOT, limits=closing.evidence.limits)


def failing_of(line: Line) -> Failing | None:
    """Say why a line is an exception; None when it ended as the plan says and nothing is left open."""
    if line.outcome is None:
        return Failing.NO_OUTCOME
    if line.fate is Fate.TRASH:
        return Failing.BINNED
    if line.fate.destroys:
        if not destroyed(line):
            return Failing.NOT_GONE
        return Failing.NOT_SEEN_AGAIN if _limited(line, _NOT_AGAIN) else None
    return _failing_of_kept(line)


def _failing_of_kept(line: Line) -> Failing | None:
    if isinstance(line.outcome, CopyOutcome):
        return None if line.outcome.good and not _limited(line, _UNSEEN) else Failing.COPY_REMAINS
    if not isinstance(line.outcome, KeepOutcome) or not line.outcome.good:
        return Failing.NOT_KEPT_SAFE
    if line.subject is not Subject.RECORD and line.ground not in (Ground.HOLD, Ground.RETENTION):
        return Failing.COPY_REMAINS
    return Failing.NOT_DECIDED if line.ground in (Ground.UNREADABLE, Ground.UNDECIDED) else None


def _limited(line: Line, by: frozenset[Reason]) -> bool:
    return line.evidence is not None and not by.isdisjoint(line.evidence.limits)


def _unseen(account: Account) -> int:
    """Files nobody looked into, less those that stand as lines of their own."""
    listed = sum(line.look in (Look.UNREADABLE, Look.NOT_LOOKED_AT) for line in account.lines)
    return account.coverage.unreadable + account.coverage.not_looked_at - listed
