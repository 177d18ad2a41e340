"""The chained and sealed evidence on disk: append, read, verify."""

from app.journal.entry import Entry
from app.journal.export import Format, export
from app.journal.journal import NAME, Journal, Turn, keeps_journal, replay_entries
from app.journal.key import FirstKey, Tongue, first_key_qr, first_key_words, read_first_key
from app.journal.verify import Anchor, Finding, Looked, Pace, Report, verify, verifying

__all__ = [
    "NAME",
    "Anchor",
    "Entry",
    "Finding",
    "FirstKey",
    "Format",
    "Journal",
    "Looked",
    "Pace",
    "Report",
    "Tongue",
    "Turn",
    "export",
    "first_key_qr",
    "first_key_words",
    "keeps_journal",
    "read_first_key",
    "replay_entries",
    "verify",
    "verifying",
]
