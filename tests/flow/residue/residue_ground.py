"""The file systems of the matrix, each in an image of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.in_time import soon


@dataclass(frozen=True)
class Ground:
    """A kind of file system, how it is made and mounted."""

    kind: str
    mkfs: tuple[str, ...] = ()
    mount: tuple[str, ...] = ()


GROUNDS = {
    "ext4": Ground("ext4", mount=("data=ordered",)),
    "ext4 of 1 KiB blocks": Ground("ext4", ("-b", "1024")),
    "ext4 data=journal": Ground("ext4", mount=("data=journal",)),
    "ext4 inline": Ground("ext4", ("-O", "inline_data", "-I", "256")),
    "xfs": Ground("xfs"),
    "btrfs": Ground("btrfs"),
    "btrfs zstd": Ground("btrfs", mount=("compress-force=zstd",)),
    "btrfs nodatacow": Ground("btrfs", mount=("nodatacow",)),
    "ntfs": Ground("ntfs"),
    "tmpfs": Ground("tmpfs"),
}
_MEGABYTES = {"ext4": 64, "xfs": 320, "btrfs": 200, "ntfs": 64}
_QUIET = {"ntfs": ("-q", "-F", "-f")}
_MOUNTED_AS = {"ntfs": "ntfs-3g"}


@dataclass
class Image:
    """A file system in a file of the test, mounted while the test runs. A tmpfs has no file."""

    ground: Ground
    folder: Path
    top: Path = field(init=False)
    path: Path = field(init=False)

    def __post_init__(self) -> None:
        # In memory what is trimmed is gone; on a file system it would stay in free blocks below.
        self.top, memory = self.folder / "盘", self.folder / "memory"
        self.top.mkdir()
        memory.mkdir()
        run("mount", "-t", "tmpfs", "none", memory)
        self.path = memory / "medium.img"
        kind = self.ground.kind
        if kind == "tmpfs":
            return
        if not shutil.which(f"mkfs.{kind}"):
            pytest.skip(f"mkfs.{kind} is not installed")
        with self.path.open("wb") as file:
            file.truncate(_MEGABYTES[kind] << 20)
        run(f"mkfs.{kind}", *_QUIET.get(kind, ("-q",)), *self.ground.mkfs, self.path)

    def attach(self) -> None:
        """Mount it; skips with what the system says where that can't be."""
        kind = self.ground.kind
        what = ["tmpfs"] if kind == "tmpfs" else ["-o", ",".join(("loop", *self.ground.mount)), self.path]
        mounting = ["mount", "-t", _MOUNTED_AS.get(kind, kind), *what, self.top]
        done = subprocess.run(mounting, capture_output=True, check=False)
        if done.returncode:
            pytest.skip(f"{kind} can't be mounted here: {done.stderr.decode(errors='replace').strip()}")

    def detach(self) -> None:
        """Unmount it, if it is mounted."""
        if self.top.is_mount():
            # Whatever looks into every volume of the machine just now keeps it busy.
            assert soon(lambda: subprocess.run(["umount", self.top], check=False).returncode == 0)

    def remove(self) -> None:
        """Unmount it and let go of its file."""
        self.detach()
        run("umount", "--lazy", self.folder / "memory")

    def raw(self) -> bytes:
        """The medium without its empty stretches, as it is with nothing left in memory. Mounted again after."""
        self.detach()
        os.sync()
        parts, empty = [], bytes(1 << 16)
        with self.path.open("rb") as file:
            while part := file.read(1 << 16):
                if part != empty[: len(part)]:
                    parts.append(part)
        self.attach()
        return b"".join(parts)


def run(*argv: str | Path) -> None:
    """Run a program that must not fail."""
    subprocess.run(argv, check=True, capture_output=True)
