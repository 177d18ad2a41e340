"""Verify what was issued, offline and without the case."""
