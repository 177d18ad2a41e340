"""What a hunt passes over: places that it is told to, and files that only the kernel makes up."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_TABLE: Final = Path("/proc/self/mountinfo")
_MADE_UP: Final = frozenset(
    {
        "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "efivarfs", "proc", "pstore",
        "securityfs", "selinuxfs", "sysfs", "tracefs",
    }
)  # fmt: skip
"""File systems on which nobody keeps a file: one of theirs may have no end, or wait for ever to be read."""


@dataclass(frozen=True, slots=True)
class Aside:
    """The places by their real paths, and the devices of what the kernel makes up."""

    paths: frozenset[str]
    devices: frozenset[int]

    @classmethod
    def of(cls, paths: Iterable[str]) -> Aside:
        """These places, and what is mounted now."""
        return cls(frozenset(os.path.realpath(one) for one in paths), _devices())

    def has(self, path: str) -> bool:
        """Whether a folder, or what a link leads to, is passed over."""
        return (bool(self.paths) and os.path.realpath(path) in self.paths) or self._is_made_up(path)

    def leaves(self, files: Iterable[str]) -> Iterable[str]:
        """The files that are not passed over by their own names."""
        return (one for one in files if not self.paths or os.path.abspath(one) not in self.paths)

    def _is_made_up(self, path: str) -> bool:
        try:
            return os.stat(path).st_dev in self.devices
        except OSError:
            return False


def _devices() -> frozenset[int]:
    """By the kernel's own table, proc_pid_mountinfo(5)."""
    if sys.platform != "linux" or not _TABLE.exists():
        return frozenset()
    found = set()
    for line in _TABLE.read_text("utf-8", "surrogateescape").splitlines():
        before, _, after = line.partition(" - ")
        if after.partition(" ")[0] in _MADE_UP:
            major, minor = map(int, before.split()[2].split(":"))
            found.add(os.makedev(major, minor))
    return frozenset(found)
