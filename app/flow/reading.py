"""Who reads the raw device: Lethe itself, a reader with the administrator's leave, or nobody."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Final

from app.domain.wiping import Wiping

_START: Final = (
    "import runpy, sys; sys.path.insert(0, sys.argv[1]); runpy.run_module(sys.argv[2], run_name='__main__')"
)


class Reading(Enum):
    """How the result of a wipe is read back."""

    OWN = "own"
    """From the device, by Lethe itself: it runs as root."""
    ASKED = "asked"
    """From the device, by a reader that pkexec asks the administrator's password for."""
    GRANTED = "granted"
    """From the device, by a reader that sudo starts without a question, where it is set up so."""
    FILE = "file"
    """Through the file only: the case says so, or the system offers nothing else."""


def reading(wiping: Wiping, environment: Mapping[str, str] = os.environ) -> Reading:
    """Say how a wipe's result will be read back here. Nothing is started, so leave may still be refused."""
    if not wiping.device or not sys.platform.startswith("linux"):
        return Reading.FILE
    if os.geteuid() == 0:
        return Reading.OWN
    if shutil.which("pkexec") and (environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")):
        return Reading.ASKED
    return Reading.GRANTED if shutil.which("sudo") else Reading.FILE


def reader_command(wiping: Wiping, environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Give the command that starts the privileged reader, or nothing where none is needed or to be had.

    Whoever refuses the administrator's leave ends the command with 126 or 127; the wipe
    then reads through the files, and its grades say so.
    """
    match reading(wiping, environment):
        case Reading.ASKED:
            # Where no window asks, pkexec would take the terminal, which may be nobody's.
            return (shutil.which("pkexec") or "pkexec", "--disable-internal-agent", *_own_command())
        case Reading.GRANTED:
            return (shutil.which("sudo") or "sudo", "-n", "--", *_own_command())
        case _:
            return ()


def _own_command() -> tuple[str, ...]:
    """How this very program is started as the reader, wherever the helper sets its working folder."""
    if getattr(sys, "frozen", False):
        return (sys.executable, "__reader")
    home = Path(__file__).resolve().parent.parent.parent
    # Isolated: neither the caller's environment nor their own packages come along.
    return (sys.executable, "-I", "-c", _START, str(home), "app.steps.wipe.reader")
