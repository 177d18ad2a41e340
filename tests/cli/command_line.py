"""The command line as a process of its own, as a script would call it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def lethe(*argv: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a verb in English; nobody is at the keyboard."""
    return subprocess.run(
        [sys.executable, "-m", "app", *map(str, argv)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        env={**os.environ, "LANG": "en_GB.UTF-8", **environment},
        cwd=Path(__file__).parents[2],
        timeout=120,
        check=False,
    )
