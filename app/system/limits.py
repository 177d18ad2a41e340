"""Limits: what an overwrite of a file does not reach, of the file and of its place."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from app.domain.limit import Limit
from app.domain.outcome import Reason
from app.system.attributes import has_attributes


def doubts_of(fd: int) -> tuple[Reason, ...]:
    """Why an overwrite of an open file's content may not be all that is to be said of the file.

    What it holds besides its content, which lies elsewhere, and on Windows and the
    Mac also what its extents and volume do not tell. Each is given too when nobody
    can say that it is not so.
    """
    if sys.platform == "win32":
        from app.system.windows.limits import doubts_of as on_windows

        return on_windows(fd)
    if sys.platform == "darwin":
        from app.system.macos.limits import doubts_of as on_mac

        return on_mac(fd)
    return (Reason.OTHER_STREAMS,) if has_attributes(fd) else ()


def limits_of(paths: Sequence[Path]) -> tuple[Limit, ...]:
    """What Windows or the Mac may hold of `paths` besides the files: snapshots, swap, sync folders.

    Nothing on Linux, where the step that looks for copies reads it from /proc and /sys.
    """
    found: list[Limit] = []
    if sys.platform == "win32":
        from app.system.windows.limits import limits_of as on_windows

        found = [limit for path in paths for limit in on_windows(str(path), os.environ)]
    if sys.platform == "darwin":
        from app.system.macos.limits import limits_of as on_mac

        found = [limit for path in paths for limit in on_mac(str(path), str(Path.home()))]
    return tuple(dict.fromkeys(found))
