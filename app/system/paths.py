"""Paths: where the files lie that Lethe ships with, what lies in which folder, and what a link leads to."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from app.system.patience import each_within

ANSWER: Final = 10.0
"""Seconds in which a disk has to say what a link leads to."""


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


def lies_in(path: str, folder: str) -> bool:
    """Whether a path is a folder, or lies in it. Both are spelled alike; no disk is asked."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def real_paths(paths: Iterable[str | os.PathLike[str]], seconds: float = ANSWER) -> list[str]:
    """Give paths with their links resolved; of a disk that does not answer in the time of all, as spelled."""
    each = [os.fspath(one) for one in paths]
    given = each_within(seconds, os.path.realpath, each)
    return [given[at] if at in given else os.path.abspath(one) for at, one in enumerate(each)]


def silent_of(paths: Iterable[str | os.PathLike[str]], seconds: float = ANSWER) -> frozenset[str]:
    """Those of these paths of which no disk says in the time of all what stands there, be it nothing."""
    each = [os.fspath(one) for one in paths]
    given = each_within(seconds, os.path.lexists, each)
    return frozenset(one for at, one in enumerate(each) if at not in given)
