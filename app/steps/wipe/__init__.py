"""Overwrite, prove, remove."""

from app.steps.wipe.step import wipe

__all__ = ["wipe"]
