"""Find the records: read-only."""
