"""The chained evidence on disk: append, read, verify."""
