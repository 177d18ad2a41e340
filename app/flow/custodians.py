"""Custodians in the case file: to whom what the law keeps is sealed, and why not all is as it should be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from app.domain.case import Custodian
from app.domain.fault import Fault
from app.domain.wording import letters
from app.flow.declarable import SHARES, shares_of
from app.flow.services import Paths
from app.flow.toml_check import Form, Key, Source

REASONS: Final = ("one_recipient", "without_restore", "without_receipt")
"""Keys that hold the officer's reasons."""
_PATHS: Final = ("identity", "receipt")
CUSTODIAN: Final[Form] = {
    "name": Key(str, required=True),
    **dict.fromkeys(("recipient", "shares", *_PATHS, *REASONS), Key(str)),
}
"""What may stand in `[[custodian]]`."""


def read_custodian(reader: Paths, one: Mapping[str, Any], index: int) -> Custodian:
    """Read one `[[custodian]]`.

    Raises:
        Refused: for a name, a recipient or shares that are none, or a file that is not there.
    """
    name = str(one["name"]).strip()
    if not letters(name):
        raise reader.source.refuse(Fault.CASE_FILE_WRONG_VALUE, "custodian", index, "name", '"text"')
    shares = shares_of(one) if "shares" in one else None
    if "shares" in one and shares is None:
        raise reader.source.refuse(Fault.CASE_FILE_WRONG_VALUE, "custodian", index, "shares", SHARES)
    recipient = recipient_of(reader.source, "custodian", one, index) if "recipient" in one else ""
    paths = [reader.path("custodian", index, key, one[key]) if one.get(key) else None for key in _PATHS]
    told = [str(one.get(key, "")).strip() for key in REASONS]
    # A dash, or a sign that nobody sees, is no reason.
    reasons = [why if letters(why) else "" for why in told]
    identity, receipt = paths
    return Custodian(name, recipient, identity, shares, receipt, *reasons)


def recipient_of(source: Source, table: str, one: Mapping[str, Any], index: int) -> str:
    """Read an age recipient.

    Raises:
        Refused: CASE_FILE_WRONG_VALUE.
    """
    recipient = str(one["recipient"])
    if not re.fullmatch(r"age1[02-9ac-hj-np-z]{20,}", recipient):
        raise source.refuse(Fault.CASE_FILE_WRONG_VALUE, table, index, "recipient", '"age1…"')
    return recipient


def custodian_toml(one: Custodian) -> dict[str, Any]:
    """Write `[[custodian]]` as the case file has it."""
    shares = "{} of {}".format(*one.shares) if one.shares else None
    told = {key: getattr(one, key) for key in ("name", "recipient", *_PATHS, *REASONS)}
    return {**told, "shares": shares}
