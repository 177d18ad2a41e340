"""The home of GnuPG: its secret files, and its agent, which is ended first and asked to delete last."""

from __future__ import annotations

import os
import re
import shutil
from typing import Final

from app.steps.shred.kinds.contract import Forgot, Opened
from app.steps.shred.kinds.live import asked, may_serve, named_in, programs

_SECRETS: Final = "private-keys-v1.d"
_REVOCATIONS: Final = "openpgp-revocs.d"
_OLD_RING: Final = "secring.gpg"
_GRIP: Final = re.compile(r"([0-9A-F]{40})\.key")
_PATIENCE: Final = 20
_HOME: Final = ("--homedir",)


def files(path: str) -> tuple[str, ...]:
    """The secret files of a home."""
    found = []
    for folder, ending in ((_SECRETS, ".key"), (_REVOCATIONS, ".rev")):
        inside = f"{path}{os.sep}{folder}"
        if os.path.isdir(inside):
            names = sorted(os.listdir(inside))
            found += [f"{inside}{os.sep}{name}" for name in names if name.endswith(ending)]
    if os.path.isfile(f"{path}{os.sep}{_OLD_RING}"):
        found.append(f"{path}{os.sep}{_OLD_RING}")
    return tuple(found)


def quiet(path: str, _: Opened = ()) -> bool:
    """End the agent of a home, which keeps passphrases and open keys in memory."""
    home = _home(path)
    own, running = os.path.realpath(home), list(programs("gpg-agent", "GNUPGHOME"))
    if shutil.which("gpgconf") is None:
        return not any(may_serve(command, told, _HOME, own) for command, told in running)
    names = {one for command, told in running for one in named_in(command, told, _HOME)}
    # Under each of its names a home has a socket of its own.
    homes = {home, *(one for one in names if os.path.realpath(one) == own)}
    return all(_said("gpgconf", "--homedir", one, "--kill", "gpg-agent") is not None for one in homes)


def forget(path: str) -> Forgot:
    """Have the agent delete the key by its keygrip, ask it whether it knows the key yet, and end it again.

    GnuPG finds no key any more in a file that was overwritten, and says so; what it still
    has elsewhere goes with this.
    """
    grip = _GRIP.fullmatch(os.path.basename(path))
    if grip is None or shutil.which("gpg-connect-agent") is None:
        return Forgot.NOT_ASKED
    asked = (f"DELETE_KEY --force {grip[1]}", f"KEYINFO {grip[1]}")
    told = _said("gpg-connect-agent", "--homedir", _home(path), *asked, "/bye")
    ended = quiet(path)
    if told is None or not ended or "ERR" not in told:
        return Forgot.STANDS if told and f"KEYINFO {grip[1]}" in told else Forgot.NOT_ASKED
    return Forgot.STANDS if f"KEYINFO {grip[1]}" in told else Forgot.GONE


def _home(path: str) -> str:
    folder = os.path.dirname(path)
    inside = os.path.basename(folder) in (_SECRETS, _REVOCATIONS)
    return os.path.dirname(folder) if inside else folder


def _said(*command: str) -> str | None:
    """What a program of GnuPG says; None when it failed, or took too long."""
    done = asked(_PATIENCE, *command)
    return done.stdout if done and done.returncode == 0 else None
