"""What a journal says of plan, outcomes, account and certificate, read once from first to last entry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from app.journal import Entry
from app.register import Shelf

REGISTER_KEY: Final = "k-register"
"""The id under which a journal speaks of the register's own key."""
_GROUP: Final = 4096
"""Outcomes that are shelved at once."""


class Journalled:
    """What a journal says up to the anchor, and of account and certificate after it.

    The anchor is the entry of that number: the last one when the account was made.

    Attributes:
        head: the hash of the anchor's entry, empty while that was not read.
        signed: the body of the last entry on the signed plan.
        accounted: SHA-256 of the account that the journal names, hex.
        register: the body of the last entry on the register's own key.
        certified: the body of the last entry on the certificate, None without one.
    """

    def __init__(self, anchor: int) -> None:
        self.anchor = anchor
        self.head = ""
        self.signed: dict[str, Any] = {}
        self.accounted = ""
        self.register: dict[str, Any] = {}
        self.certified: dict[str, Any] | None = None
        self._new: dict[str, str] = {}
        # On disk: a case may have millions of items.
        self._outcomes: Shelf[str] = Shelf(str, str)

    def take(self, entry: Entry) -> None:
        """Take in the next entry."""
        if entry.n == self.anchor:
            self.head = entry.hash
        if entry.event == "settled":
            self._settled(entry)
        elif entry.event == "signed" and entry.n <= self.anchor:
            self.signed = dict(entry.body)
        elif entry.event == "accounted":
            self.accounted = str(entry.body.get("sha256"))
        elif entry.event == "certified":
            self.certified = dict(entry.body)

    def _settled(self, entry: Entry) -> None:
        item = str(entry.body.get("id"))
        if item == REGISTER_KEY:
            self.register = dict(entry.body)
        elif entry.n <= self.anchor:
            self._new[item] = str(entry.body.get("outcome"))
            if len(self._new) >= _GROUP:
                self._shelve()

    def _shelve(self) -> None:
        alike: dict[str, list[str]] = {}
        for item, outcome in self._new.items():
            alike.setdefault(outcome, []).append(item)
        for outcome, items in alike.items():
            self._outcomes.put(items, outcome)
        self._new.clear()

    def outcome(self, item: str) -> str | None:
        """How the item ended, by the last entry up to the anchor that says so."""
        self._shelve()
        return self._outcomes.get(item)

    def items(self) -> Iterator[str]:
        """Every item of which there is an outcome."""
        self._shelve()
        return iter(self._outcomes)

    def __len__(self) -> int:
        self._shelve()
        return len(self._outcomes)
