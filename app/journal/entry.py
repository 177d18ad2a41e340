"""One entry of the journal and its line on disk.

A line is the canonical JSON (RFC 8785) of the entry and a newline. `hash` is the
SHA-256 of the same JSON without `hash`; `prev` is the hash of the entry before, so
that no entry can be changed, taken out or moved without breaking all that follow.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.domain.canonical import canonical
from app.domain.fault import Breach

GENESIS: Final = hashlib.sha256(b"lethe journal 1").hexdigest()
"""What stands as `prev` in the first entry."""

_FIELDS: Final = ("n", "t", "run", "event", "body", "prev", "hash")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. `n` counts from 1 without gaps, `t` is RFC 3339 UTC, `run` names one run of the program."""

    n: int
    t: str
    run: str
    event: str
    body: Mapping[str, Any]
    prev: str
    hash: str

    def line(self) -> bytes:
        """The line on disk, newline included."""
        return canonical({name: getattr(self, name) for name in _FIELDS}) + b"\n"


class BadLine(Exception):
    """A line of a journal is not the entry it should be."""

    def __init__(self, breach: Breach) -> None:
        super().__init__(breach.value)
        self.breach = breach


def seal(n: int, t: str, run: str, event: str, body: Mapping[str, object], prev: str) -> Entry:
    """Make the entry that follows the one whose hash is `prev`."""
    content = {"n": n, "t": t, "run": run, "event": event, "body": body, "prev": prev}
    return Entry(n, t, run, event, body, prev, hashlib.sha256(canonical(content)).hexdigest())


def parse(line: bytes, n: int, prev: str) -> Entry:
    """Read the line that must be entry `n` after `prev`.

    Raises:
        BadLine: with what is wrong; the first fault found, from form to chain.
    """
    try:
        values = json.loads(line)
        entry = Entry(**{name: values.pop(name) for name in _FIELDS})
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadLine(Breach.NOT_AN_ENTRY) from None
    if values or not isinstance(entry.body, dict):
        raise BadLine(Breach.NOT_AN_ENTRY)
    try:
        made = seal(entry.n, entry.t, entry.run, entry.event, entry.body, entry.prev)
    except TypeError:
        raise BadLine(Breach.NOT_CANONICAL) from None
    if made.hash != entry.hash:
        raise BadLine(Breach.WRONG_HASH)
    if entry.line() != line:
        raise BadLine(Breach.NOT_CANONICAL)
    if entry.n != n:
        raise BadLine(Breach.WRONG_NUMBER)
    if entry.prev != prev:
        raise BadLine(Breach.CHAIN_BROKEN)
    return entry
