"""Swap: where the system may have put what programs and file systems hold in memory."""

from __future__ import annotations

from pathlib import Path


def may_swap(swaps: Path = Path("/proc/swaps")) -> bool:
    """Whether what lies in memory may have been written to a medium; yes where nobody says (proc(5))."""
    try:
        return len(swaps.read_text(encoding="utf-8").splitlines()) > 1
    except OSError:
        return True
