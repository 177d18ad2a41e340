"""What holds a store open without a handle on its file: mounts, and the programs behind them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Final

from app.steps.shred.kinds.contract import Opened

_PATIENCE: Final = 20
"""Seconds that a program is waited for."""
_CONF: Final = "gocryptfs.conf"


def gocryptfs_quiet(path: str, _: Opened = ()) -> bool:
    """Unmount what gocryptfs shows of the folder of this file. False while a mount may still hold its key.

    A mount of a folder without a file of its own may have been given this one.
    """
    folder = os.path.realpath(os.path.dirname(path))
    for at, source in _mounts(lambda kind, _: kind.endswith("gocryptfs")):
        if os.path.realpath(source) == folder:
            _unmount(at)
    return not any(
        os.path.realpath(source) == folder or not os.path.exists(os.path.join(source, _CONF))
        for _, source in _mounts(lambda kind, _: kind.endswith("gocryptfs"))
    )


def cryptomator_quiet(_: str, __: Opened = ()) -> bool:
    """Whether no vault is unlocked. Which one is cannot be told from outside, so any counts."""
    import psutil

    mounts = _mounts(lambda kind, source: "cryptomator" in f"{kind} {source}".lower())
    running = (one.info["name"] or "" for one in psutil.process_iter(["name"]))
    return not mounts and not any("cryptomator" in one.lower() for one in running)


def restic_quiet(path: str, _: Opened = ()) -> bool:
    """Whether no restic is at work on this repository: each has its key open."""
    repository = os.path.realpath(os.path.dirname(os.path.dirname(path)))
    running = programs("restic", "RESTIC_REPOSITORY")
    return not any(_may_have(command, told, repository) for command, told in running)


def borg_quiet(_: str, __: Opened = ()) -> bool:
    """Whether no repository of borg is mounted; whose it is can't be told by a key file."""
    return not _mounts(lambda kind, source: kind.startswith("fuse") and source == "borgfs")


def may_serve(command: Sequence[str], told: str, options: Sequence[str], folder: str) -> bool:
    """Whether a program may be at work on a folder, by an option or else by what its environment told.

    One that names no folder at all may be.
    """
    named = named_in(command, told, options)
    return not named or any(os.path.realpath(one) == folder for one in named)


def named_in(command: Sequence[str], told: str, options: Sequence[str]) -> list[str]:
    """The folders that a program was given, by an option or else by what its environment told."""
    named = [one for before, one in pairwise(command) if before in options]
    named += [one.removeprefix(f"{how}=") for how in options for one in command if one.startswith(f"{how}=")]
    return named or [told] * bool(told)


def _may_have(command: Sequence[str], told: str, repository: str) -> bool:
    """One that names no repository counts only where it stays: what it mounts may be any."""
    options = ("-r", "--repo")
    at_work = "mount" in command or bool(named_in(command, told, options))
    return at_work and may_serve(command, told, options, repository)


def programs(name: str, variable: str) -> Iterator[tuple[list[str], str]]:
    """The command lines of the running programs of a name, each with a variable of its environment."""
    import psutil

    for one in psutil.process_iter(["cmdline", "environ"]):
        command: list[str] = one.info["cmdline"] or [""]
        if os.path.basename(command[0]).removesuffix(".exe") == name:
            yield command, (one.info["environ"] or {}).get(variable, "")


def asked(patience: float, *command: str) -> subprocess.CompletedProcess[str] | None:
    """Run a program to its end; None when it can't be run, or takes more seconds than that."""
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=patience,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None


def _mounts(fits: Callable[[str, str], bool]) -> tuple[tuple[str, str], ...]:
    import psutil

    return tuple(
        (one.mountpoint, one.device)
        for one in psutil.disk_partitions(all=True)
        if fits(one.fstype, one.device)
    )


def _unmount(at: str) -> None:
    """Ask for it without force: a mount in use stays, and what is open in it is not lost."""
    program = next(filter(None, map(shutil.which, ("fusermount3", "fusermount"))), None)
    asked(_PATIENCE, *((program, "-u", at) if program else ("umount", at)))
