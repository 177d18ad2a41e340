"""Refusals: what Lethe will not do, with a code that the window and the command line put in words."""

from __future__ import annotations

from enum import Enum

from app.domain.step import Gate, Step


class Fault(Enum):
    """What is wrong with what was given. Each has one sentence in both languages, with what to do."""

    CASE_FILE_UNREADABLE = "case_file_unreadable"
    CASE_FILE_SYNTAX = "case_file_syntax"
    CASE_FILE_UNKNOWN_KEY = "case_file_unknown_key"
    CASE_FILE_WRONG_TYPE = "case_file_wrong_type"
    CASE_FILE_WRONG_VALUE = "case_file_wrong_value"
    CASE_FILE_MISSING_KEY = "case_file_missing_key"
    CASE_FILE_MISSING_PATH = "case_file_missing_path"
    CASE_EXISTS = "case_exists"
    CASE_NOT_FOUND = "case_not_found"
    CASE_IN_USE = "case_in_use"
    CASE_TOO_NEW = "case_too_new"
    CASE_CLOSED = "case_closed"
    LOCATION_MISSING = "location_missing"
    LOCATION_UNREADABLE = "location_unreadable"
    DATABASE_ADDRESS = "database_address"
    """It is no address of a database, or a password stands in it."""
    DATABASE_DRIVER = "database_driver"
    DATABASE_LOGIN = "database_login"
    DATABASE_SILENT = "database_silent"
    """It took the connection, or was asked something, and gave no answer in time."""
    DATABASE_UNREACHABLE = "database_unreachable"
    CUSTOMERS_UNREADABLE = "customers_unreadable"
    """The list of customers to look for can't be read, or no column of it is known."""
    PASSWORDS_UNREADABLE = "passwords_unreadable"
    """The list of passwords to try can't be read, or is none."""
    CLUSTER_UNREACHABLE = "cluster_unreachable"
    CLUSTER_DIFFERS = "cluster_differs"
    """A worker has another version of Lethe, or does not see a location."""
    REMOTE_UNREACHABLE = "remote_unreachable"
    REMOTE_LOGIN = "remote_login"
    """The place does not know the name, or the password or key is another."""
    REMOTE_SILENT = "remote_silent"
    """It gave no answer in time."""
    PAPER_UNREADABLE = "paper_unreadable"
    """A document can't be attached to the case, or one that is can't be read or removed."""
    PROTECTED_PLACE = "protected_place"
    WRONG_PASSPHRASE = "wrong_passphrase"
    KEY_STORE_SILENT = "key_store_silent"
    """A service or token that keeps a key gave no answer that tells, in the time it was given."""
    KEY_STORE_DENIED = "key_store_denied"
    KEY_NOT_IN_STORE = "key_not_in_store"
    KEY_LIBRARY_MISSING = "key_library_missing"
    PASSPHRASE_MISSING = "passphrase_missing"
    IDENTITY_UNREADABLE = "identity_unreadable"
    IDENTITY_OF_ANOTHER = "identity_of_another"
    """A custodian's key file does not hold the secret key of the recipient that is declared."""
    IDENTITY_EXISTS = "identity_exists"
    TOKEN_UNUSABLE = "token_unusable"
    CERTIFICATE_REVOKED = "certificate_revoked"
    OTHER_SIGNER = "other_signer"
    TIME_NOT_STAMPED = "time_not_stamped"
    LEDGER_BROKEN = "ledger_broken"
    """The register of certificates."""
    LEDGER_MOVED = "ledger_moved"
    OFFICER_IS_WITNESS = "officer_is_witness"
    CUSTODIAN_SIGNS = "custodian_signs"
    """Who is to keep what the law keeps also signs for the case."""
    WRONG_ROLE = "wrong_role"
    PERSON_MISSING = "person_missing"
    SIGNATURE_INVALID = "signature_invalid"
    PLAN_PROTECTED = "plan_protected"
    PLAN_CHANGED = "plan_changed"
    RECORD_PROTECTED = "record_protected"
    RECORD_UNKNOWN = "record_unknown"
    DISK_FULL = "disk_full"
    JOURNAL_BROKEN = "journal_broken"
    REGISTER_BROKEN = "register_broken"
    RULES_BROKEN = "rules_broken"
    NOT_VERIFIABLE = "not_verifiable"
    SEAL_FAILED = "seal_failed"
    NOT_BORNE = "not_borne"
    """The journal does not hold what a certificate would say."""
    VAULT_BROKEN = "vault_broken"
    KEYCHAIN_UNUSABLE = "keychain_unusable"
    FIRST_KEY_UNREADABLE = "first_key_unreadable"


class Refused(Exception):
    """Lethe refuses; nothing was changed, or what was changed is in the journal.

    `subject` is what it is about (a path, a key of the case file), `detail` what
    was expected, `line` the line of a case file or 0.
    """

    def __init__(self, fault: Fault, subject: str = "", detail: str = "", line: int = 0) -> None:
        super().__init__(fault.value, subject, detail, line)
        self.fault = fault
        self.subject = subject
        self.detail = detail
        self.line = line


class GateClosed(Exception):
    """A step may not be entered: `gate` says why, `step` which, `count` how many items stand in the way."""

    def __init__(self, step: Step, gate: Gate, count: int = 0) -> None:
        super().__init__(step.value, gate.value, count)
        self.step = step
        self.gate = gate
        self.count = count


class Breach(Enum):
    """What verification finds wrong with a journal."""

    NOT_AN_ENTRY = "not_an_entry"
    WRONG_HASH = "wrong_hash"
    ENTRY_MISSING = "entry_missing"
    """The entry that belongs here is gone or stands elsewhere."""
    WRONG_NUMBER = "wrong_number"
    """The chain holds, yet the numbers skip or repeat: it was linked anew around a gap."""
    CHAIN_BROKEN = "chain_broken"
    SEGMENT_MISSING = "segment_missing"
    SEGMENT_ORDER = "segment_order"
    NOT_SEALED = "not_sealed"
    """A seal is due, by the first key, the first entry or the key file, and there is none."""
    WRONG_SEAL = "wrong_seal"
    """The chain holds and the seal does not: changed after it was written, and linked anew."""
    LATER_KEY = "later_key"
    """As WRONG_SEAL, and the seal was made with a key that came later: the current key was stolen."""
    OTHER_FIRST_KEY = "other_first_key"
    """The journal began with another first key: it was made anew, or the words are of another case."""
    KEY_MISSING = "key_missing"
    KEY_AHEAD = "key_ahead"
    """The key file has sealed more entries than the journal holds: the tail was cut off."""
    ANCHOR_MISSING = "anchor_missing"
    """The journal is shorter than a certificate says it was."""
    ANCHOR_DIFFERS = "anchor_differs"
    ROLLED_BACK = "rolled_back"
    """As ANCHOR_MISSING, and the key file fits the shorter journal: an older state of the whole folder."""
    EMPTY = "empty"
    UNREADABLE = "unreadable"


class JournalPart(Enum):
    """What verification of a journal looks at, in the order in which it is told."""

    ENTRIES = "entries"
    SEGMENTS = "segments"
    SEAL = "seal"
    ANCHOR = "anchor"
    END = "end"


class Unseen(Enum):
    """Why a part of a journal could not be looked at."""

    NO_FIRST_KEY = "no_first_key"
    NO_SEAL = "no_seal"
    NO_ANCHOR = "no_anchor"
    TORN = "torn"
    """The last line is unfinished: a crash, or a cut inside it."""
    BROKEN_BEFORE = "broken_before"
