"""Copies: other places where the same bytes live, and what becomes of each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import Enum

from app.domain.outcome import Reason
from app.domain.record import Stamp


class Disposal(Enum):
    """What is planned for a copy of something that goes."""

    WIPE = "wipe"
    EXPUNGE = "expunge"
    """The repository's own tool takes it out; what else is there stays."""
    DISCARD = "discard"
    """The whole chain or set it is in goes, for its tool can't take out a part."""
    REWRITE = "rewrite"
    """The archive is written anew without it, and the old one is wiped."""
    KEY = "key"
    """It goes with the key of its repository, which the plan shreds."""
    MEDIUM = "medium"
    EXPIRES = "expires"
    LOCKED = "locked"
    UNREACHABLE = "unreachable"
    EXCEPTION = "exception"

    @property
    def acts(self) -> bool:
        """Whether Lethe disposes of the copy where its repository keeps it."""
        return self in (Disposal.EXPUNGE, Disposal.DISCARD, Disposal.KEY)

    @property
    def goes(self) -> bool:
        """Whether the plan destroys the copy."""
        return self in (Disposal.WIPE, Disposal.REWRITE) or self.acts

    @property
    def declared(self) -> bool:
        """Whether it rests on the word of a person, or on what a store says of a date."""
        return self.dated or self in (Disposal.MEDIUM, Disposal.UNREACHABLE)

    @property
    def dated(self) -> bool:
        """Whether it is to go, or may go, on a date."""
        return self in (Disposal.EXPIRES, Disposal.LOCKED)


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

    A copy in a repository has the repository's path in `repository`, and a `path` that
    begins with it; `member` is the first place of it there, and `marks` are the hashes by
    which the repository itself knows the content: recorded before it goes, they must
    be absent after. `until` is the day on which it expires or may go; `paper` is the
    SHA-256 of what a person put forward as evidence. `store` is what its repository was known by
    when it was searched, wherever it stands. `was` is how it was to go before a person chose to keep it.
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
    repository: str = ""
    marks: tuple[str, ...] = ()
    until: date | None = None
    paper: str = ""
    store: str = ""
    was: Disposal | None = None


@dataclass(frozen=True, slots=True)
class Searched:
    """How the search of one declared backup ended: what was looked at, what could not be.

    `check` names the check that its own tool made of it and that it passed. `fault` says why it
    could not be checked or read: then nothing may be destroyed. `unopened` counts the archives,
    mails, images and encrypted files in a repository that were not looked into, or not to their end.
    """

    backup: str
    files: int
    members: int
    copies: int
    limits: tuple[Reason, ...] = ()
    check: str = ""
    fault: Reason | None = None
    unopened: int = 0

    def and_more(self, more: Searched) -> Searched:
        """Add what else was seen of the same place; each limit stands once."""
        return replace(
            self,
            files=self.files + more.files,
            members=self.members + more.members,
            copies=self.copies + more.copies,
            limits=tuple(dict.fromkeys((*self.limits, *more.limits))),
            unopened=self.unopened + more.unopened,
        )
