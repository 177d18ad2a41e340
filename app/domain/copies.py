"""Copies: other places where the same bytes live, and what becomes of each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from app.domain.outcome import Reason
from app.domain.record import Stamp


class Disposal(Enum):
    """What is planned for a copy of something that goes."""

    WIPE = "wipe"
    EXCEPTION = "exception"


class Trace(Enum):
    """What a program left of a record when someone looked at it, edited it or threw it away."""

    THUMBNAIL = "thumbnail"
    RECENT_LIST = "recent_list"
    TRASHED = "trashed"
    SWAP_FILE = "swap_file"
    """What an editor writes while it has a file open; it holds the text."""
    AUTOSAVE = "autosave"
    EDITOR_BACKUP = "editor_backup"
    UNDO_FILE = "undo_file"
    LOCK_FILE = "lock_file"


@dataclass(frozen=True, slots=True)
class Copy:
    """One file, or one member of an archive, that holds the bytes of a record or key that goes.

    `of` are the ids of the records or keys it is a copy of. `member` is the path
    inside the archive at `path`, empty for a plain file; an archive is disposed of
    as a whole, so its members share one `path` and `stamp`. `reasons` say why an
    EXCEPTION is one; `declared_by` is the person who accepts it, empty for Lethe's
    own exception. `trace` is set when it was known by what ties it to a record's
    path and not by its bytes, which may be older than the record's or a picture of it.
    """

    id: str
    of: tuple[str, ...]
    path: str
    member: str
    stamp: Stamp
    sha256: str
    disposal: Disposal
    reasons: tuple[Reason, ...] = ()
    declared_by: str = ""
    trace: Trace | None = None


@dataclass(frozen=True, slots=True)
class Searched:
    """How the search of one declared backup ended: what was looked at, what could not be."""

    backup: str
    files: int
    members: int
    copies: int
    limits: tuple[Reason, ...] = ()
