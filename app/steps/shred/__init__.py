"""Destroy keys and prove it."""

from app.steps.shred.foresight import Foreseen, foresee
from app.steps.shred.found import found_copies
from app.steps.shred.hunt import Blind, Grounds, Sighting
from app.steps.shred.inspection import inspect
from app.steps.shred.repositories import Repository
from app.steps.shred.shredding import shred
from app.steps.shred.slot import SlotShredded, shred_slot

__all__ = [
    "Blind",
    "Foreseen",
    "Grounds",
    "Repository",
    "Sighting",
    "SlotShredded",
    "foresee",
    "found_copies",
    "inspect",
    "shred",
    "shred_slot",
]
