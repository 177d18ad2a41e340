"""How far a look may go and what it may use for it, and the account that is kept of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from app.domain.pattern import Pattern
from app.domain.record import Problem
from app.steps.locate.passwords import Passwords

if TYPE_CHECKING:
    from app.steps.locate.passage import Passage
    from app.steps.locate.read.source import Source

RATIO_FLOOR: Final = 16 << 20
"""Output of one container below which its ratio is not judged: small files of zeros are no bombs."""


_PICTURES: Final = 1 << 30
"""Bytes that the models for pictures, and the look they take at a page, hold."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on one file with all that is packed inside it; declared sizes are never trusted.

    `depth` counts containers in containers, `ratio` the bytes that come out of one
    container for each byte in it, `bytes` all bytes unpacked, `members` all members
    entered, `held` the bytes of one member that are held in memory. Nothing is ever
    unpacked to disk: that would make a copy of what is to be destroyed.

    `memory` is what a worker process may take beyond what it has when it starts, in
    bytes; `silence` the seconds after which a reader that gives nothing is stopped.
    One that gives something for ever is stopped after ten times that and 2 s a MiB.
    """

    depth: int = 6
    ratio: int = 200
    bytes: int = 20 << 30
    members: int = 100_000
    held: int = 64 << 20
    memory: int = 256 << 20
    silence: float = 60.0

    def patience(self, size: int) -> float:
        """Give the seconds after which the look at a file of `size` bytes is ended in any case."""
        return self.silence * 10 + size / (1 << 19)


@dataclass(frozen=True, slots=True)
class Means:
    """What a look may use, and what the case has it look for besides.

    `pictures` has the text in pictures read, which takes a second to half a minute for each.
    """

    passwords: Passwords = field(default_factory=Passwords)
    pictures: bool = False
    limits: Limits = field(default_factory=Limits)
    patterns: tuple[Pattern, ...] = ()

    @property
    def bounds(self) -> Limits:
        """The limits, with what the reader of pictures takes for itself."""
        more = _PICTURES if self.pictures else 0
        return replace(self.limits, memory=self.limits.memory + more) if more else self.limits


class Breach(Exception):
    """A limit was met; what was read before it still counts."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem


class TooLarge(Breach):
    """A member is larger than may be held in memory; it can still be searched as raw bytes."""

    def __init__(self) -> None:
        super().__init__(Problem.BOMB_BYTES)


@dataclass(slots=True)
class Account:
    """What one file, with everything inside it, has used up so far."""

    bytes: int = 0
    members: int = 0
    problems: list[Problem] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    """Names of the first members: what a container holds is told by them."""
    keys: set[str] = field(default_factory=set)
    """SHA-256 of each key store inside, which no pattern of text would find."""
    pulse: Callable[[], None] = lambda: None
    """Called whenever something was read: who watches knows that the reader is alive."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The look at one file, at one depth of it: what readers ask, tell and spend."""

    limits: Limits
    account: Account
    dispatch: Callable[[Source, Reading], Iterator[Passage]]
    depth: int = 0
    spots: Callable[[bytes], list[tuple[int, int]]] | None = None
    """Says where something may stand, for readers that pass over all else; None where all is needed."""
    means: Means = field(default_factory=Means)

    def note(self, problem: Problem) -> None:
        """Remember a problem once."""
        if problem not in self.account.problems:
            self.account.problems.append(problem)

    def spend(self, count: int) -> None:
        """Count unpacked bytes.

        Raises:
            Breach: BOMB_BYTES when the file has unpacked to more than the limit.
        """
        self.account.bytes += count
        self.account.pulse()
        if self.account.bytes > self.limits.bytes:
            raise Breach(Problem.BOMB_BYTES)

    def enter(self, source: Source) -> Iterator[Passage]:
        """Read a member of the container in hand, if the limits allow it."""
        if self.spent:
            return
        self.account.members += 1
        if self.account.members > self.limits.members:
            self.note(Problem.BOMB_MEMBERS)
            return
        if len(self.account.names) < 64:
            self.account.names.append(source.name)
        for passage in self._below(source):
            yield passage.within(source.name)

    def unlocked(self, source: Source) -> Iterator[Passage]:
        """Read what the source in hand held under a password, in its place."""
        if not self.too_deep():
            yield from self._below(source)

    def too_deep(self) -> bool:
        """Whether no container may be entered any more; that it was not is noted."""
        deep = self.depth >= self.limits.depth
        if deep:
            self.note(Problem.TOO_DEEP)
        return deep

    def _below(self, source: Source) -> Iterator[Passage]:
        return self.dispatch(source, replace(self, depth=self.depth + 1))

    @property
    def spent(self) -> bool:
        """Whether nothing more may be unpacked from this file."""
        return self.account.members > self.limits.members or self.account.bytes > self.limits.bytes
