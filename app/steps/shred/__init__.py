"""Destroy keys and prove it."""
