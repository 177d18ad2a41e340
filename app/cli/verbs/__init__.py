"""The verbs of the command line, and their exit codes.

0 as asked · 1 refused or not valid · 2 usage or unreadable input · 3 finished with
exceptions · 130 stopped, can be resumed.
"""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from app.cli.console import Console, chosen_language
from app.cli.phrases import Phrase
from app.domain.fault import Fault, GateClosed, Refused
from app.domain.mishap import told
from app.language import system_says

REFUSED: Final = 1
USAGE: Final = 2
EXCEPTIONS: Final = 3
STOPPED: Final = 130

QT_PACKAGES: Final = "libegl1 libgl1 libxkbcommon0 libdbus-1-3 libfontconfig1 libglib2.0-0 fonts-noto-cjk"

_UNREADABLE_INPUT: Final = frozenset(
    {
        Fault.CASE_FILE_UNREADABLE,
        Fault.CASE_FILE_SYNTAX,
        Fault.CASE_FILE_UNKNOWN_KEY,
        Fault.CASE_FILE_WRONG_TYPE,
        Fault.CASE_FILE_WRONG_VALUE,
        Fault.CASE_FILE_MISSING_KEY,
        Fault.CASE_FILE_MISSING_PATH,
        Fault.CASE_NOT_FOUND,
        Fault.LOCATION_MISSING,
        Fault.LOCATION_UNREADABLE,
        Fault.DATABASE_ADDRESS,
        Fault.DATABASE_DRIVER,
        Fault.DATABASE_LOGIN,
        Fault.DATABASE_SILENT,
        Fault.DATABASE_UNREACHABLE,
        Fault.CUSTOMERS_UNREADABLE,
        Fault.PASSWORDS_UNREADABLE,
        Fault.IDENTITY_UNREADABLE,
        Fault.NOT_VERIFIABLE,
        Fault.RECORD_UNKNOWN,
    }
)


def run_verb(asked: argparse.Namespace, *, window: Callable[[], None]) -> int:
    """Run the verb that was asked for and give its exit code. Refusals are said in one sentence.

    `window` loads what the window needs or raises ImportError; only the self-test asks.
    """
    console = Console(chosen_language(asked.lang), machine=getattr(asked, "json", False))
    try:
        return _verb(asked.verb, window)(asked, console)
    except KeyboardInterrupt:
        return STOPPED
    except BrokenPipeError:
        sys.stderr.close()
        return STOPPED
    except Exception as error:
        if os.environ.get("LETHE_DEBUG"):
            raise
        return _said(error, console, asked)


def _said(error: Exception, console: Console, asked: argparse.Namespace) -> int:
    """Say what went wrong in one sentence; give the exit code for it."""
    if isinstance(error, OSError):
        if error.errno != errno.ENOSPC:
            why = system_says(error.strerror or type(error).__name__, console.language)
            console.phrase(Phrase.SYSTEM_SAYS, why=why, path=_typed(error, asked))
            return USAGE
        error = Refused(Fault.DISK_FULL, str(error.filename or ""), error.strerror or "")
    if not isinstance(error, (Refused, GateClosed)):
        console.phrase(Phrase.UNEXPECTED, what="\n".join(told(error)))
        return REFUSED
    console.refuse(error)
    if isinstance(error, Refused) and error.fault is Fault.DISK_FULL:
        return STOPPED
    return USAGE if isinstance(error, Refused) and error.fault in _UNREADABLE_INPUT else REFUSED


def _typed(error: OSError, asked: argparse.Namespace) -> str:
    """The path that the system refused, if it was typed or lies below such a one: another may name people."""
    path = Path(str(error.filename or ""))
    typed = (Path(one).absolute() for value in vars(asked).values() for one in _texts(value))
    return str(path) if error.filename and any(path.absolute().is_relative_to(one) for one in typed) else "…"


def _texts(value: object) -> list[str]:
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str) and one]


def _verb(name: str, window: Callable[[], None]) -> Callable[[argparse.Namespace, Console], int]:
    # Each verb's room is imported only when it is asked for: `status` needs no PDF writer.
    if name in ("rehearse", "run", "resume"):
        from app.cli.verbs import run

        return {"rehearse": run.rehearse, "run": run.run, "resume": run.resume}[name]
    if name in ("locate", "status"):
        from app.cli.verbs import look

        return {"locate": look.locate_paths, "status": look.status}[name]
    if name in ("verify", "prove"):
        from app.cli.verbs import prove

        return {"verify": prove.verify_file, "prove": prove.prove_record}[name]
    if name in ("journal", "identity", "vault", "attach"):
        from app.cli.verbs import attach, identity, journal, vault

        return {
            "journal": journal.export_journal,
            "identity": identity.new,
            "vault": vault.vault,
            "attach": attach.attach_documents,
        }[name]
    from app.cli.verbs.self_test import self_test

    return partial(self_test, window=window)


def say_no_window(error: ImportError) -> int:
    """Say in one line why the window can't open and what to install."""
    console = Console(chosen_language(None), machine=False)
    console.phrase(Phrase.NO_WINDOW, why=error, packages=QT_PACKAGES)
    return REFUSED
