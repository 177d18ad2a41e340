"""Keys wrapped anew under another secret: known where something tells, doubted where nothing does."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from app.steps.shred.kinds import locked_in, open_keys, rewrap_of, wrapping
from app.steps.shred.kinds.contract import Kind, NotOpened, Opened, Rewrap, Store, store_over
from app.steps.shred.meanwhile import meanwhile

_PATIENCE: Final = 120.0
"""Seconds for which passphrases are tried on one locked thing."""
_IN_ALL: Final = 1800.0
"""Seconds for which they are tried in one hunt."""

Tried = Generator[str, None, frozenset[str] | None]
Telling = Generator[str, None, Rewrap]


@dataclass(frozen=True, slots=True)
class Wraps:
    """What tells other wraps of a key: `tell` is asked where one of `hints` stands in the bytes.

    It gives an empty text now and then, as a hunt does, and at last what it says.
    """

    hints: tuple[bytes, ...]
    tell: Callable[[bytes], Telling] = field(repr=False)


class Trials:
    """The passphrases of the case at work on what is locked: each once on the same bytes, for all keys."""

    def __init__(self, passphrases: Iterable[str] = ()) -> None:
        self._passphrases = tuple(dict.fromkeys(one for one in passphrases if one))
        self._known: dict[tuple[str, bytes], frozenset[str] | None] = {}
        self._left = _IN_ALL

    def keys_in(self, kind: Kind, locked: bytes) -> Tried:
        """The fingerprints of all keys in it; None where no passphrase opens it, or not in time."""
        name = kind.name, hashlib.sha256(locked).digest()
        if name not in self._known:
            began = time.monotonic()
            try:
                self._known[name] = yield from self._tried(kind, store_over(locked))
            finally:
                self._left -= time.monotonic() - began
        return self._known[name]

    def _tried(self, kind: Kind, store: Store) -> Tried:
        if self._left <= 0:
            return None
        until = time.monotonic() + min(_PATIENCE, self._left)
        for passphrase in self._passphrases:
            try:
                opening = meanwhile(_opening(kind, store, passphrase), _nothing)
                while (keys := next(opening)) is None:
                    yield ""
                    if time.monotonic() > until:
                        return None
                return frozenset(key.fingerprint for key in keys)
            except NotOpened:
                yield ""
            if time.monotonic() > until:
                return None
        return None


def _opening(kind: Kind, store: Store, passphrase: str) -> Callable[[], Iterator[Opened]]:
    def opened() -> Iterator[Opened]:
        yield open_keys(kind, store, passphrase)

    return opened


def _nothing() -> None:
    """A derivation can't be ended; how long it may take is bounded where it is asked for."""


def rewraps(kind: Kind, keys: Opened, trials: Trials) -> Wraps | None:
    """Give what tells other wraps of these keys; None where no kind knows a way.

    What is locked and could be one is tried with the passphrases that the case knows.
    """
    kinds = wrapping(kind) if keys else ()
    if not kinds:
        return None

    def told(data: bytes) -> Telling:
        said = Rewrap.NO
        for one in kinds:
            said = Rewrap.surest((said, (yield from _told(one, data, keys, trials))))
        return said

    return Wraps(tuple(hint for one in kinds for hint in one.wrap_hints), told)


def _told(kind: Kind, data: bytes, keys: Opened, trials: Trials) -> Telling:
    if not any(hint in data for hint in kind.wrap_hints):
        return Rewrap.NO
    said = Rewrap.surest(rewrap_of(kind, data, key) for key in keys)
    if said is not Rewrap.MAYBE:
        return said
    mine = {key.fingerprint for key in keys}
    parts = locked_in(kind, data, keys)
    opened = bool(parts)
    for part in parts:
        found = yield from trials.keys_in(kind, part)
        if found and not mine.isdisjoint(found):
            return Rewrap.YES
        opened = opened and found is not None
    # Only what was opened to the last can be none of these.
    return Rewrap.NO if opened else Rewrap.MAYBE
