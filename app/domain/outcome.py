"""Outcomes: how each record, key or copy ended, graded, with the evidence; never rounded up."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Outcome(Enum):
    """How a file ended, best first."""

    PROVEN = "proven"
    OVERWRITTEN = "overwritten"
    KEY_DESTROYED = "key_destroyed"
    RESIDUE_POSSIBLE = "residue_possible"
    REMOVED = "removed"
    SURVIVES = "survives"
    FAILED = "failed"

    @property
    def good(self) -> bool:
        """Whether the content was seen to be gone from where it stood."""
        return self in (Outcome.PROVEN, Outcome.OVERWRITTEN, Outcome.KEY_DESTROYED)


class KeyOutcome(Enum):
    """How a key ended, best first: the verdict ladder."""

    CE_PURGE = "ce_purge"
    KEY_DESTROYED_HERE = "key_destroyed_here"
    MEDIUM_RESIDUE = "medium_residue"
    SCHEDULED = "scheduled"
    ACCESS_REMOVED = "access_removed"
    CLAIMED = "claimed"
    FAILED = "failed"

    @property
    def good(self) -> bool:
        """Whether the key was seen to be destroyed here."""
        return self in (KeyOutcome.CE_PURGE, KeyOutcome.KEY_DESTROYED_HERE)


class KeepOutcome(Enum):
    """How a record that is kept ended."""

    SEALED = "sealed"
    """Encrypted for a custodian, restored and compared; the original was not touched."""
    FROZEN = "frozen"
    LEFT = "left"
    NOT_SEALED = "not_sealed"

    @property
    def good(self) -> bool:
        """Whether it ended as the plan says."""
        return self is not KeepOutcome.NOT_SEALED


class CopyOutcome(Enum):
    """How a copy in a repository ended, best first. One that is still there is an Outcome: SURVIVES."""

    EXPUNGED = "expunged"
    """Taken out, and none of the hashes recorded before is there any more."""
    KEY_SHREDDED = "key_shredded"
    """The only key of its repository was seen to be destroyed."""
    ABSENT = "absent"
    """Its date has passed, and none of its hashes is there any more. Who took it out was not seen."""
    MEDIUM_DESTROYED = "medium_destroyed"
    EXPIRED = "expired"
    """Its date has passed; that it is gone rests on a document alone."""
    EXPIRES = "expires"
    LOCKED = "locked"
    UNREACHABLE = "unreachable"

    @property
    def good(self) -> bool:
        """Whether Lethe saw it gone; the others are a person's word, or a date that is still to come."""
        return self in (CopyOutcome.EXPUNGED, CopyOutcome.KEY_SHREDDED, CopyOutcome.ABSENT)

    @property
    def dated(self) -> bool:
        """Whether it is asked for again after its date."""
        return self in (CopyOutcome.EXPIRES, CopyOutcome.LOCKED)


AnyOutcome = Outcome | KeyOutcome | KeepOutcome | CopyOutcome


class Reason(Enum):
    """Why an outcome is not the best one. Also the limits named on the certificate."""

    CHANGED = "changed"
    REPLACED = "replaced"
    GONE = "gone"
    LINK = "link"
    HARD_LINK = "hard_link"
    NOT_A_FILE = "not_a_file"
    SHARED_EXTENTS = "shared_extents"
    COPY_ON_WRITE = "copy_on_write"
    COMPRESSED = "compressed"
    JOURNALLED_DATA = "journalled_data"
    INLINE = "inline"
    SPARSE = "sparse"
    BEYOND_END = "beyond_end"
    """Blocks belong to the file behind its end. What they held before was not overwritten."""
    WRITTEN_ANEW = "written_anew"
    """A program wrote the same bytes in another file since. Those of before were not overwritten."""
    OTHER_STREAMS = "other_streams"
    """An alternate stream, a resource fork or an extended attribute, which was not overwritten."""
    SNAPSHOT = "snapshot"
    SYNCED = "synced"
    FLASH = "flash"
    NETWORK = "network"
    UNKNOWN_MEDIUM = "unknown_medium"
    IN_MEMORY = "in_memory"
    """The file lay in memory. What the system may have swapped of it was not looked at."""
    OPEN_ELSEWHERE = "open_elsewhere"
    READ_ONLY = "read_only"
    IMMUTABLE = "immutable"
    DENIED = "denied"
    PROTECTED_PLACE = "protected_place"
    MOUNT_CROSSED = "mount_crossed"
    """It lies on another file system than its location, and nobody named that one."""
    NO_SPACE = "no_space"
    IO_ERROR = "io_error"
    READ_BACK_DIFFERS = "read_back_differs"
    NAME_REMAINS = "name_remains"
    NAMES_NOT_PURGED = "names_not_purged"
    NOT_READ_FROM_DEVICE = "not_read_from_device"
    MOVED_TO_BIN = "moved_to_bin"
    CANARY_FAILED = "canary_failed"
    STILL_OPENS = "still_opens"
    COPIES_REMAIN = "copies_remain"
    PLACES_UNSEEN = "places_unseen"
    """Archives, images or repositories in which a copy of the key could lie could not be looked into."""
    CIPHER_UNTRIED = "cipher_untried"
    """It did not open: by a wrong passphrase, or by a cipher, hash or PIM that is not tried here."""
    COPY_DOUBTFUL = "copy_doubtful"
    """A locked file that could hold the same key, and which nothing at hand opens."""
    KEY_INSIDE = "key_inside"
    """A copy of a key that is shredded lies in it among other things."""
    FOUND_LATE = "found_late"
    """It was found only after the list was signed."""
    CLEAR_BEFORE = "clear_before"
    """By a named person's word the data lay unencrypted once."""
    ESCROW_STANDS = "escrow_stands"
    """By a named person's word somebody else can still give the key back."""
    COPIES_DECLARED_ONLY = "copies_declared_only"
    ESCROW_UNKNOWN = "escrow_unknown"
    KEPT_CONTENT = "kept_content"
    """The same bytes are kept by law or hold elsewhere in the case."""
    KEPT_RECORD = "kept_record"
    """The file is itself a record that is not to be destroyed."""
    MIXED_LIST = "mixed_list"
    """The list also names files that are not to be destroyed, or holds other things."""
    MIXED_ARCHIVE = "mixed_archive"
    """The archive also holds members that are not to be destroyed."""
    IN_MAIL = "in_mail"
    """It is attached to a mail, which Lethe does not change."""
    NOT_SEARCHED = "not_searched"
    """This version of Lethe does not look into this kind of repository."""
    NOT_OPENED = "not_opened"
    """Archives or mails in a repository were not looked into."""
    OPAQUE = "opaque"
    """It holds images of disks, encrypted files or repositories, which were not opened."""
    UNFINISHED_UPLOADS = "unfinished_uploads"
    """A bucket holds parts of uploads that nobody completed or can read, or does not tell."""
    SEARCH_LIMIT = "search_limit"
    """An archive went past the limits of depth, size or number; the rest of it was not looked at."""
    DECLARED = "declared"
    WRONG_PASSPHRASE = "wrong_passphrase"
    UNREADABLE = "unreadable"
    RESTORE_DIFFERS = "restore_differs"
    NO_CUSTODIAN_KEY = "no_custodian_key"
    """Restored with a one-time key, not with the custodian's own."""
    NO_ANSWER = "no_answer"
    """A service or token did not answer in its time, or too few of its answers tell anything."""
    NO_LIBRARY = "no_library"
    """What Lethe needs to speak to this store is not installed."""
    STORE_REFUSED = "store_refused"
    """The store was asked to destroy the key and would not."""
    STORE_WORD = "store_word"
    """That the key is gone is the store's own word: the bytes that held it could not be read back."""
    STORE_BACKUPS = "store_backups"
    """Snapshots and backups of the store bring its keys back, and nobody can see them from here."""
    EXPORTABLE = "exportable"
    """The store would have handed the key out, so a copy of it may be anywhere."""
    RESTORABLE = "restorable"
    """The store, or whoever has the key's blob or material, can give the key back."""
    DELETION_PENDING = "deletion_pending"
    """The store will destroy the key on a date; until then it can be called off."""
    CUSTODIAN_KEY_MADE_HERE = "custodian_key_made_here"
    ONE_RECIPIENT = "one_recipient"
    """The package opens with one key alone, and neither with a second one nor with shares."""
    NO_RECEIPT = "no_receipt"
    """No document of the case says that the custodian took over what was sealed."""
    UNDECIDED = "undecided"
    TOOL_MISSING = "tool_missing"
    """The program that reads this kind of repository is not installed."""
    TOOL_HUNG = "tool_hung"
    TOOL_FAILED = "tool_failed"
    REPOSITORY_LOCKED = "repository_locked"
    """Another program is at work in the repository."""
    REPOSITORY_DAMAGED = "repository_damaged"
    """The repository failed its own check."""
    APPEND_ONLY = "append_only"
    """The repository takes no removal, or undoes it."""
    SHARED_BLOCKS = "shared_blocks"
    """Blocks of it also belong to a file that stays."""
    FREED_ENCRYPTED = "freed_encrypted"
    """The tool freed the old blocks without overwriting them; they are encrypted under the repository key."""
    FREED_IN_CLEAR = "freed_in_clear"
    """As FREED_ENCRYPTED, but they are not encrypted."""
    VERSIONS_KEPT = "versions_kept"
    """Its store keeps versions or a bin, or could not be asked: what was taken out may be brought back."""
    NOT_MENDED = "not_mended"
    """Its own lists could not be put right after files in it had gone."""
    NOT_ASKED_AGAIN = "not_asked_again"
    """Its repository could not be asked once more before certifying."""
    OTHER_REPOSITORY = "other_repository"
    """Another repository stands where it was searched; what it says is no word of the one that was."""
    NOT_SEARCHED_AGAIN = "not_searched_again"
    """It was not there to be searched once more before certifying."""
    DISK_SILENT = "disk_silent"
    """Its disk said nothing when it was to be looked at once more before certifying."""
    AWAITS_EVIDENCE = "awaits_evidence"
    """Its date has passed, and nobody can be asked: a document has to say what became of it."""
    KEY_STAYS = "key_stays"
    """The key it was to go with was not seen to be destroyed."""
    OTHER_VERSION = "other_version"
    """Known by its path in the repository; its content is another than the record's."""
    UNANSWERED = "unanswered"
    """The database could not be asked: it is away, silent, or does not let us in."""
    ROWS_ADDED = "rows_added"
    REFERENCED = "referenced"
    """Other rows refer to these; they would hinder the deletion, or change or go with them."""
    TRIGGERS = "triggers"
    """The table does something of its own when rows are deleted, which nobody signed for."""
    NO_PRIMARY_KEY = "no_primary_key"
    NOT_TRANSACTIONAL = "not_transactional"
    COMMIT_NOT_SEEN = "commit_not_seen"
    """A run was stopped while it deleted; the rows are gone, and it can't be told by whom."""
    WRITE_AHEAD_LOG = "write_ahead_log"
    BINARY_LOG = "binary_log"
    LOG_ARCHIVE = "log_archive"
    REPLICA = "replica"
    FREED_BLOCKS = "freed_blocks"
    """A file was rebuilt or cut: its old blocks were given back, not overwritten."""
    SPACE_NOT_RECLAIMED = "space_not_reclaimed"
    FILES_NOT_SEARCHED = "files_not_searched"
    """The files of the database could not be searched for the rows, or the search proved blind."""
    HELD_BY_OTHER_ROWS = "held_by_other_rows"
    """Rows that stay hold some of the same values."""
    KEPT_BY_OFFICER = "kept_by_officer"
    """Lethe would have destroyed this copy; the officer chose that it stays."""


Fact = tuple[str, str | int | bool]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was done and seen, without personal data.

    `method` names the act (`keystream-1`, `trash`, `overwrite-key` …), `limits`
    every reason why the outcome says no more than it does, `facts` are named
    measured values, e.g. ("passes", 1), ("bytes", 4096), ("seed_sha256", "…").
    """

    method: str
    limits: tuple[Reason, ...] = ()
    facts: tuple[Fact, ...] = ()
