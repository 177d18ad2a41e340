"""Table models: records, keys, copies, entries."""
