"""Choose between the window and the command line, before Qt is imported."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_READER: Final = "__reader"
"""How the packaged program starts itself as the privileged reader (see flow.reading); no verb for people."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run `lethe`: without a verb the wizard, else the verb. Give the exit code."""
    given = list(sys.argv[1:] if argv is None else argv)
    if given == [_READER]:
        from app.steps.wipe.reader import serve

        return serve(sys.stdin, sys.stdout)
    from app.cli import parse, run_verb

    asked = parse(given)
    if asked.verb:
        return run_verb(asked, window=load_window)
    try:
        load_window()
    except ImportError as error:
        from app.cli import say_no_window

        return say_no_window(error)
    from app.ui import open_window

    return open_window(sys.argv[:1], case=Path(asked.case) if asked.case else None, language=asked.lang or "")


def load_window() -> None:
    """Load all that the window needs.

    Raises:
        ImportError: when Qt, or a system library that Qt needs, is not there.
    """
    from PySide6 import QtGui, QtWidgets  # noqa: F401 - to be loaded is the point


if __name__ == "__main__":
    # A frozen program starts its worker processes through its own executable.
    from multiprocessing import freeze_support

    freeze_support()
    sys.exit(main())
