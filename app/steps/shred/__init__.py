"""Destroy keys and prove it."""

from app.steps.shred.foresight import Foreseen, foresee
from app.steps.shred.inspection import inspect
from app.steps.shred.shredding import shred
from app.steps.shred.slot import SlotShredded, shred_slot

__all__ = ["Foreseen", "SlotShredded", "foresee", "inspect", "shred", "shred_slot"]
