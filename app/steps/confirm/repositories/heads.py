"""Know what holds others in a repository by its first bytes, as far as a tool gives them at a fair cost.

A file that stands unchanged in many snapshots, by its path, size and times, is looked at once. What
would cost too much is not looked at, and counted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from app.steps.confirm.repositories.contract import Place, Run
from app.steps.confirm.repositories.inside import Reader
from app.steps.confirm.repositories.untar import packed_alone, packed_in

MOST: Final = 64 << 30
"""Bytes that are read of one repository for this."""
CALL: Final = 64 << 20
"""What one more call of the tool costs, in bytes that it could have read."""
FEW: Final = 16
"""Files that are asked for one by one rather than with all that stands beside them."""

Key = tuple[object, ...]
"""What tells a file from another state of it: its path, size and times."""


@dataclass(slots=True)
class Heads:
    """The files of which only the first bytes tell whether they are opened, and what they told."""

    places: dict[Key, list[Place]] = field(default_factory=lambda: defaultdict(list))
    told: dict[Key, bool] = field(default_factory=dict)
    """Whether it holds others."""
    given_up: set[Key] = field(default_factory=set)
    opened: set[Key] = field(default_factory=set)
    left: int = field(default_factory=lambda: MOST)
    """Bytes that may still be read."""

    def seen(self, key: Key, place: Place) -> None:
        """Enter that a file stands at a place."""
        self.places[key].append(place)

    def afford(self, size: int) -> bool:
        """Whether so much may be read by one more call, which then is counted as done."""
        if size + CALL > self.left:
            return False
        self.left -= size + CALL
        return True

    def opens(self, key: Key) -> bool:
        """Whether this holds others and can be read at a bearable cost."""
        if key in self.opened or not self.told.get(key) or key in self.given_up:
            return key in self.opened
        if self.afford(size_of(key)):
            self.opened.add(key)
            return True
        self.given_up.add(key)
        return False

    def unread(self) -> int:
        """How many files nobody looked at, or into."""
        return len(self.given_up) + sum(not self.is_known(key) for key in self.places)

    def is_known(self, key: Key) -> bool:
        """Whether a file was looked at, or given up."""
        return key in self.told or key in self.given_up


def size_of(key: Key) -> int:
    """The size of a file, in bytes."""
    return int(str(key[1]))


def look_at_heads(
    heads: Heads,
    sizes: Mapping[str, int],
    one: Callable[[Place], Reader],
    every: Callable[[str, Sequence[str]], Reader],
) -> Run[None]:
    """Look at each file that was not looked at yet, one by one or with its snapshot as a tar.

    `sizes` are the bytes of each snapshot as a tar, `one` reads a file and `every` a snapshot, of which
    it may leave out all but the paths it is told.
    """
    fresh: dict[str, dict[str, Key]] = defaultdict(dict)
    for key, places in heads.places.items():
        if not heads.is_known(key):
            fresh[places[0].snapshot][places[0].path] = key
    for snapshot, keys in fresh.items():
        if len(keys) <= FEW:
            for path, key in keys.items():
                if heads.afford(size_of(key)):
                    heads.told[key] = yield from packed_alone(one(Place(snapshot, path)))
        elif heads.afford(sizes[snapshot]):
            plain = {path.lstrip("/"): key for path, key in keys.items()}
            told = yield from packed_in(every(snapshot, tuple(keys)), plain)
            heads.told.update((plain[path], packed) for path, packed in told.items())
        heads.given_up.update(key for key in keys.values() if key not in heads.told)
