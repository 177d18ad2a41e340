"""Many known texts at once: every place of each of them, in one pass (Aho and Corasick 1975)."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Sequence

Spots = list[tuple[int, int, int]]
"""(start, end, place of the text in the list), in order of the start; texts may overlap."""
Spotter = Callable[[bytes], Spots]


def compiled(terms: Sequence[bytes]) -> bytes:
    """Compile to bytes that another process can load in no time; nothing where there is no automaton."""
    if not terms or not importlib.util.find_spec("daachorse"):
        return b""
    import daachorse

    made: bytes = daachorse.DoubleArrayAhoCorasick(list(terms)).serialize()
    return made


def spotter(terms: Sequence[bytes], loaded: bytes = b"") -> Spotter:
    """Compile the fastest search this system has, or load what was `compiled`; all give the same."""
    if not terms:
        return lambda _data: []
    if importlib.util.find_spec("daachorse"):
        return automaton(loaded or compiled(terms))
    return by_prefix(terms)


def automaton(loaded: bytes) -> Spotter:
    """Load a double-array automaton.

    Raises:
        ImportError: where it has no build.
    """
    import daachorse

    search = daachorse.DoubleArrayAhoCorasick.deserialize(loaded).find_overlapping

    def spot(data: bytes) -> Spots:
        return sorted(search(data))

    return spot


def by_prefix(terms: Sequence[bytes]) -> Spotter:
    """Compile with the standard library alone: texts are tried where their first bytes stand. Slow."""
    shortest = min(map(len, terms))
    starting: dict[bytes, list[int]] = {}
    for place, term in enumerate(terms):
        starting.setdefault(term[:shortest], []).append(place)
    pattern = re.compile(b"(?=(" + b"|".join(map(re.escape, starting)) + b"))", re.DOTALL)

    def spot(data: bytes) -> Spots:
        return sorted(
            (m.start(), m.start() + len(terms[place]), place)
            for m in pattern.finditer(data)
            for place in starting[m[1]]
            if data.startswith(terms[place], m.start())
        )

    return spot
