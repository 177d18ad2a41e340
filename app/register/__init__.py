"""The case's encrypted list of records, decisions, copies and keys."""
