"""Choose between the window and the command line, before Qt is imported."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path


def main(argv: Sequence[str] | None = None) -> int:
    """Run `lethe`: without a verb the wizard, else the verb. Give the exit code."""
    given = list(sys.argv[1:] if argv is None else argv)
    from app.cli import parse, run_verb

    asked = parse(given)
    if asked.verb:
        return run_verb(asked)
    try:
        from app.ui import open_window
    except ImportError as error:
        from app.cli import say_no_window

        return say_no_window(error)
    return open_window(given[:0], case=Path(asked.case) if asked.case else None, language=asked.lang or "")


if __name__ == "__main__":
    # A frozen program starts its worker processes through its own executable.
    from multiprocessing import freeze_support

    freeze_support()
    sys.exit(main())
