"""Overwrite, prove, remove, purge."""

from app.steps.wipe.cost import names_cost
from app.steps.wipe.holders import where_held
from app.steps.wipe.step import wipe

__all__ = ["names_cost", "where_held", "wipe"]
