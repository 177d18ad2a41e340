"""The chained evidence on disk: append, read, verify."""

from app.journal.entry import Entry
from app.journal.journal import Journal, keeps_journal, replay_entries
from app.journal.verify import Anchor, Finding, Report, verify

__all__ = ["Anchor", "Entry", "Finding", "Journal", "Report", "keeps_journal", "replay_entries", "verify"]
