"""What was read of a content: a file with the same bytes need not be read again."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from app.domain.record import Problem

if TYPE_CHECKING:
    from app.steps.locate.tally import Tally

_MOST: Final = 24 << 20
"""Bytes that are held of all of them, as far as can be told."""
_EACH: Final = 1000
_NAMING: Final = (".gz", ".tgz", ".bz2", ".tbz", ".xz", ".txz")
"""What is packed so takes its name from the file: its places do too."""


class Twin(NamedTuple):
    """What one content held, whatever the file is called."""

    tally: Tally
    problems: tuple[Problem, ...]
    sample: bytes
    headers: tuple[str, ...]
    names: tuple[str, ...]


class Twins:
    """Contents that one process has read for one search, the oldest forgotten first.

    A content is known by its size, its SHA-256 and the ending of the name, by which a reader is
    chosen. What is held are keyed hashes, and the start of the text for the category.
    """

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[str, str], tuple[Twin, int, int]] = OrderedDict()
        self._sizes: Counter[int] = Counter()
        self._cost = 0

    def find(self, name: str, size: int, digest: Callable[[], str]) -> Twin | None:
        """Give what was read of a content. The digest is asked for only where the size is known."""
        if not self._sizes[size]:
            return None
        found = self._held.get((_ending(name), digest()))
        return found[0] if found and found[1] == size else None

    def keep(self, name: str, size: int, digest: str, twin: Twin) -> None:
        """Keep what was read, and forget the oldest where it is too much."""
        key = _ending(name), digest
        cost = _EACH + len(twin.sample) + twin.tally.weight
        if not digest or key in self._held or cost > _MOST:
            return
        self._held[key] = twin, size, cost
        self._sizes[size] += 1
        self._cost += cost
        while self._cost > _MOST:
            _, (_, gone, less) = self._held.popitem(last=False)
            self._sizes[gone] -= 1
            self._cost -= less


def _ending(name: str) -> str:
    name = name.lower()
    return name if name.endswith(_NAMING) else name[name.rfind(".") :]
