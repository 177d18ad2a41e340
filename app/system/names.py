"""Names: how long the system takes them to be."""

from __future__ import annotations

import os
import sys
from typing import Final

_LONGEST: Final = 255
"""What every common file system takes, in its own unit."""


def length_of(name: str) -> int:
    """How long an ASCII name must be to be kept in as much room as `name`.

    File systems of Windows and HFS+ keep UTF-16, where a name of 255 Chinese
    characters is 255 units long, and 765 ASCII letters would be no name.
    """
    if sys.platform in ("win32", "darwin"):
        return min(len(name.encode("utf-16-le", "surrogatepass")) // 2, _LONGEST)
    return min(len(os.fsencode(name)), _LONGEST)
