"""Overwrite, prove, remove."""
