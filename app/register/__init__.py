"""The case's encrypted list of records, decisions, copies and keys; and shelves for what need not last."""

from app.register.register import Register, Row
from app.register.shelf import Shelf
from app.register.slot import CaseKeys, create_slot, open_slot

__all__ = ["CaseKeys", "Register", "Row", "Shelf", "create_slot", "open_slot"]
