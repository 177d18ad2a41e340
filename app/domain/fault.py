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
    PROTECTED_PLACE = "protected_place"
    WRONG_PASSPHRASE = "wrong_passphrase"
    PASSPHRASE_MISSING = "passphrase_missing"
    IDENTITY_UNREADABLE = "identity_unreadable"
    IDENTITY_EXISTS = "identity_exists"
    OFFICER_IS_WITNESS = "officer_is_witness"
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
    NOT_CANONICAL = "not_canonical"
    WRONG_HASH = "wrong_hash"
    WRONG_NUMBER = "wrong_number"
    CHAIN_BROKEN = "chain_broken"
    ANCHOR_MISSING = "anchor_missing"
    """The journal is shorter than a certificate says it was."""
    ANCHOR_DIFFERS = "anchor_differs"
    EMPTY = "empty"
    UNREADABLE = "unreadable"
