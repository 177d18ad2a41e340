"""Limits of a place: what may still hold content from there, and no overwrite of a file reaches."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class LimitKind(Enum):
    """What lies beyond an overwrite."""

    SNAPSHOT = "snapshot"
    """The volume as it was: a shadow copy, an APFS snapshot."""
    SYNC_FOLDER = "sync_folder"
    BACKUP_SERVICE = "backup_service"
    """Time Machine, File History: it copies to another medium by itself."""
    SWAP = "swap"
    HIBERNATION = "hibernation"
    SEARCH_INDEX = "search_index"
    """A desktop's index of names and words, or a database of file names."""
    SILENT_DISK = "silent_disk"
    """A disk that said nothing at the end: neither its medium nor its snapshots are known."""
    DATABASE_DUMP = "database_dump"
    """A dump or backup of a database, made by whoever could read it."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One such thing. `name` is what the system calls it and may hold a person's name.

    `seen` is False when the system could not be asked: it may be there or not.
    `evidence` is what told of it, a file or a command, empty where `name` says it all.
    """

    kind: LimitKind
    name: str
    seen: bool = True
    evidence: str = ""
