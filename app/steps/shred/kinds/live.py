"""What holds a store open without a handle on its file: mounts, and the programs behind them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Final

_PATIENCE: Final = 20
"""Seconds that a program is waited for."""
_CONF: Final = "gocryptfs.conf"


def gocryptfs_quiet(path: str) -> bool:
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


def cryptomator_quiet(_: str) -> bool:
    """Whether no vault is unlocked. Which one is cannot be told from outside, so any counts."""
    import psutil

    if _mounts(lambda kind, source: "cryptomator" in f"{kind} {source}".lower()):
        return False
    return not any("cryptomator" in (one.info["name"] or "").lower() for one in psutil.process_iter(["name"]))


def restic_quiet(path: str) -> bool:
    """Whether nobody shows this repository as a folder. One that names no repository may show any."""
    repository = os.path.realpath(os.path.dirname(os.path.dirname(path)))
    return not any(_may_show(command, names, repository) for command, names in _programs("restic"))


def borg_quiet(_: str) -> bool:
    """Whether no repository of borg is mounted; whose it is can't be told by a key file."""
    return not _mounts(lambda kind, source: kind.startswith("fuse") and source == "borgfs")


def ssh_agent_quiet(path: str) -> bool:
    """Have the agent of this session forget the key of a file. False while it has one that it names so.

    An agent of another session, and a key that was given another name, are not seen.
    """
    if "SSH_AUTH_SOCK" not in os.environ or shutil.which("ssh-add") is None:
        return True
    _said("ssh-add", "-q", "-d", path)
    return not any(line.split(" ", 2)[-1].rpartition(" ")[0] == path for line in _said("ssh-add", "-l"))


def _may_show(command: Sequence[str], names: str, repository: str) -> bool:
    if "mount" not in command:
        return False
    named = [one for before, one in pairwise(command) if before in ("-r", "--repo")]
    named += [one.removeprefix("--repo=") for one in command if one.startswith("--repo=")]
    named += [names] if names and not named else []
    return not named or any(os.path.realpath(one) == repository for one in named)


def _programs(name: str) -> Iterator[tuple[list[str], str]]:
    """The command lines of the running programs of a name, each with the repository its environment names."""
    import psutil

    for one in psutil.process_iter(["cmdline"]):
        command: list[str] = one.info["cmdline"] or []
        if not command or os.path.basename(command[0]).removesuffix(".exe") != name:
            continue
        try:
            yield command, one.environ().get("RESTIC_REPOSITORY", "")
        except psutil.Error:
            yield command, ""


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
    _said(*((program, "-u", at) if program else ("umount", at)))


def _said(*command: str) -> list[str]:
    """The lines that a program says; none when it can't be run, or takes too long."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return done.stdout.splitlines()
