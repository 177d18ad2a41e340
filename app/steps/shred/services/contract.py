"""The second half of the contract: keys that a service or a token keeps, and destroys by its own call.

Of a key in a file the kind names bytes and the step overwrites them. Behind a call there are no
bytes to name: the store is asked for the key, told to destroy it, and asked again. What it answers
is its own word, so the verdict says no more than that, unless the bytes below it were overwritten too.

enumerate -> plan -> canary -> destroy -> verify -> residual: `keys`, `plan`, `canary`, `destroy`,
`verify` of a `Keeper`; the residual stands as limits on the key, on the answer and on each probe.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Final, Protocol, final

from app.domain.canonical import canonical
from app.domain.case import ServiceKey
from app.domain.fate import Fate
from app.domain.outcome import Fact, Reason
from app.domain.plan import PlanItem, Subject
from app.identity import SignedPlan


class Unanswered(Exception):
    """A store did not do what was asked of it, and why: NO_ANSWER, DENIED, WRONG_PASSPHRASE, GONE."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class Saw(Enum):
    """What one probe saw of a key."""

    THERE = "there"
    WAITING = "waiting"
    """Still there, and the store will destroy it on a date."""
    GONE = "gone"
    SILENT = "silent"
    """No answer, or none that tells."""


def there(seen: object) -> Saw:
    """What a look that always tells saw: something, or nothing."""
    return Saw.THERE if seen else Saw.GONE


@dataclass(frozen=True, slots=True)
class KeyRef:
    """One key as its store tells of it; nothing here is secret.

    `id` is what no other key of that store ever has: an address with a creation time, a
    fingerprint. `handle` is what the store is asked for later, when the key may be gone; the journal
    has it. `limits` are known before anything is destroyed.
    """

    id: str
    handle: str
    algorithm: str
    fingerprint: str = ""
    saw: Saw = Saw.THERE
    limits: tuple[Reason, ...] = ()
    facts: tuple[Fact, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256, hex, of what makes it this very key: what stands in the signed plan."""
        return hashlib.sha256(canonical([self.id, self.fingerprint])).hexdigest()


@dataclass(frozen=True, slots=True)
class Foretold:
    """A dry run: the exact calls in their order, the days to wait, the copies that were found."""

    calls: tuple[str, ...]
    wait: int = 0
    copies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Challenge:
    """A canary: a ciphertext that the key opened before. `answer` is the SHA-256, hex, of what is in it.

    Both are for the journal: the text is random and was forgotten, so neither tells anything.
    """

    method: str
    text: bytes
    answer: str

    @property
    def facts(self) -> tuple[Fact, ...]:
        """As the journal keeps it until the key is settled."""
        return ((CANARY_TEXT, self.text.hex()), (CANARY_ANSWER, self.answer), ("canary", self.method))

    @classmethod
    def of(cls, facts: Mapping[str, str | int | bool]) -> Challenge | None:
        """Read what `facts` gave."""
        if CANARY_TEXT not in facts:
            return None
        text = bytes.fromhex(str(facts[CANARY_TEXT]))
        return cls(str(facts["canary"]), text, str(facts[CANARY_ANSWER]))


def tried(canary: Challenge, saw: Saw) -> Challenge:
    """Give a canary that the key opens.

    Raises:
        Unanswered: CANARY_FAILED when it does not.
    """
    if saw is not Saw.THERE:
        raise Unanswered(Reason.CANARY_FAILED)
    return canary


CANARY_TEXT: Final = "canary_text"
CANARY_ANSWER: Final = "canary_answer"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a store said to the call that destroys."""

    limits: tuple[Reason, ...] = ()
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Probe:
    """One look at what became of a key. `said` is a short word of the store's, of a fixed choice."""

    name: str
    saw: Saw
    said: str = ""
    until: str = ""
    """The date on which a waiting key is destroyed, RFC 3339."""
    limits: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Traces:
    """How copies of a key are known: by the bytes in them, and in which places besides the declared ones.

    `own` are the store's files of the key itself. Without marks no file can hold the key,
    unless it is `untold`: then some may, and nothing would tell which.
    """

    marks: tuple[bytes, ...] = field(default=(), repr=False)
    places: tuple[Path, ...] = ()
    own: tuple[Path, ...] = ()
    untold: bool = False


@dataclass(frozen=True, slots=True)
class Called:
    """A key that goes by a call. `number` is the place of its source among the services of the case."""

    number: int
    source: ServiceKey


@final
class Warrant:
    """Leave to destroy one key. It can be had from a signed plan alone.

    `keystream` is the key of what is written over files below a store's call: another run knows its
    own unfinished work by it.

    Raises:
        TypeError: for anything but a SignedPlan.
        PermissionError: for an item that this plan does not shred.
    """

    def __init__(self, plan: SignedPlan, item: PlanItem, keystream: bytes) -> None:
        if not isinstance(plan, SignedPlan):
            raise TypeError("only a signed plan gives leave")
        shredded = item.subject is Subject.KEY and item.fate is Fate.SHRED
        if not shredded or all(one != item for one in plan.plan.items):
            raise PermissionError(item.id)
        self._digest, self.keystream = item.sha256, keystream

    def refuse_other(self, *keys: KeyRef) -> None:
        """Refuse every key that is not the signed one: one that stands beside it would go with it.

        Raises:
            Unanswered: REPLACED.
        """
        if any(key.digest != self._digest for key in keys):
            raise Unanswered(Reason.REPLACED)


class Keeper(Protocol):
    """An open session with a store. Every method may raise Unanswered."""

    def store(self) -> str:
        """What identifies the store itself, before and after a key is destroyed in it.

        Another store behind the same name knows no such key either. Empty where nothing tells.
        """
        return ""

    def keys(self) -> tuple[KeyRef, ...]:
        """The keys that the case names: none when it is gone."""

    def plan(self, key: KeyRef) -> Foretold:
        """A dry run; nothing is changed."""

    def canary(self, key: KeyRef) -> Challenge:
        """Lay a canary and see that the key opens it."""

    def destroy(self, handle: str, warrant: Warrant) -> Answer:
        """Destroy the key, or finish what an earlier call began."""

    def verify(self, handle: str, canary: Challenge | None) -> tuple[Probe, ...]:
        """At least two looks that do not rest on each other."""

    def traces(self, key: KeyRef) -> Traces:
        """What tells a file that brings the key back; nothing does, of a key that no file can hold.

        It must need no session any more.
        """
        del key
        return Traces()


@dataclass(frozen=True, slots=True)
class Service:
    """One kind of store: `open` begins a session with the passphrase, PIN or token of the case.

    `fields` are the keys of the case file that it knows, `needs` those that must be there.
    `library` is what has to be installed to speak to it.
    """

    name: str
    open: Callable[[ServiceKey, str], AbstractContextManager[Keeper]] = field(repr=False)
    fields: tuple[str, ...] = ("name",)
    needs: tuple[str, ...] = ("name",)
    library: str = ""
