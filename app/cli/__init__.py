"""The same case without a window."""
