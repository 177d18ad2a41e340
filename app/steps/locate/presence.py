"""Whether bytes hold anything that an expression fits: by Hyperscan, or by the standard library alone.

For a question that most bytes are answered no. Which of the two answers makes no difference but in time.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable
from functools import cache


@cache
def has_hyperscan() -> bool:
    """Whether this system has a build of Hyperscan."""
    return importlib.util.find_spec("hyperscan") is not None


@cache
def holds(expression: bytes) -> Callable[[bytes], bool]:
    """Compile an expression of what Hyperscan and the standard library have in common.

    The function is for one thread at a time.
    """
    if not has_hyperscan():
        search = re.compile(expression).search
        return lambda data: search(data) is not None
    import hyperscan

    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(expressions=[expression], ids=[0], elements=1, flags=[hyperscan.HS_FLAG_SINGLEMATCH])
    scan = database.scan

    def held(data: bytes) -> bool:
        hits: list[int] = []
        scan(data, match_event_handler=lambda *_: hits.append(1))
        return bool(hits)

    return held
