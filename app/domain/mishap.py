"""Where an unforeseen error came from, without its message: that may hold a path, and a path a name."""

from __future__ import annotations

import traceback
from pathlib import PurePath


def told(error: BaseException) -> list[str]:
    """Describe an error for a programmer: its type, and our own modules, lines and functions on its way.

    Errors it was raised from are told after it.
    """
    lines: list[str] = []
    seen: BaseException | None = error
    while seen is not None:
        lines.append(type(seen).__name__)
        for frame in traceback.extract_tb(seen.__traceback__):
            parts = PurePath(frame.filename).parts
            where = "/".join(parts[parts.index("app") :]) if "app" in parts else "…"
            lines.append(f"  {where}:{frame.lineno} {frame.name}")
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return lines
