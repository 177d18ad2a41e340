"""The case's encrypted list of records, decisions, copies and keys; and shelves for what need not last."""

from app.register.keys import CaseKeys, case_keys, register_key
from app.register.looking import Looking
from app.register.register import Register, Row
from app.register.shelf import Shelf

__all__ = ["CaseKeys", "Looking", "Register", "Row", "Shelf", "case_keys", "register_key"]
