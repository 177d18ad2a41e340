"""The case's encrypted list of records, decisions, copies and keys."""

from app.register.register import Register, Row
from app.register.slot import CaseKeys, create_slot, open_slot

__all__ = ["CaseKeys", "Register", "Row", "create_slot", "open_slot"]
