"""Whether a library that somebody else made can be loaded: tried in a process of its own first.

To load one runs its code, and while it runs no other thread of this program gets its turn: one that
hangs there would hang all of it, and one that crashes would end it. What happens later, in a call, is
another matter: calls let other threads go on.
"""

from __future__ import annotations

import multiprocessing
from typing import Final

_SPAWN: Final = multiprocessing.get_context("spawn")
_KNOWN: Final[set[str]] = set()
"""Those that were loaded in this run. A cache would keep a failure, which may be mended meanwhile."""


def loads(path: str, function: str, seconds: float) -> bool:
    """Whether the library at `path` loads, and `function` answers, in this time and without a crash.

    One that is no library at all loads as far as this is concerned: the caller's own attempt says so.
    """
    if path in _KNOWN:
        return True
    child = _SPAWN.Process(target=_load, args=(path, function), name="lethe-loading", daemon=True)
    child.start()
    child.join(seconds)
    ended = child.exitcode
    if ended is None:
        child.kill()
        child.join()
    if ended == 0:
        _KNOWN.add(path)
    return ended == 0


def _load(path: str, function: str) -> None:
    """The child's whole work."""
    import ctypes
    from contextlib import suppress

    with suppress(OSError, AttributeError):
        getattr(ctypes.CDLL(path), function)(ctypes.byref(ctypes.c_void_p()))
