"""Where Lethe's own files lie: the resources it ships with and the folders it may write to."""

from __future__ import annotations

import sys
from pathlib import Path


def resource(name: str) -> Path:
    """Give the path of a shipped file, e.g. `resource("fonts/NotoSansSC-Regular.ttf")`.

    Looks in the frozen program, then beside the installed package, then in the checkout.

    Raises:
        FileNotFoundError: when it is in none of them, which means a broken installation.
    """
    app = Path(__file__).resolve().parent.parent
    frozen = getattr(sys, "_MEIPASS", None)
    roots = [Path(frozen) / "resources"] if frozen else []
    roots += [app / "resources", app.parent / "resources"]
    for root in roots:
        if (root / name).exists():
            return root / name
    raise FileNotFoundError(f"resource {name} is missing from this installation")
