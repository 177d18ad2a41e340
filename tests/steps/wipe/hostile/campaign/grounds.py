"""The file systems that hostile cases are made on: each in an image of its own, always given back."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from campaign.yard import NotHere


@dataclass(frozen=True)
class Ground:
    """One kind of file system. `raw` is False where there is no image to search."""

    name: str
    kind: str
    mkfs: tuple[str, ...] = ()
    mount: tuple[str, ...] = ()
    megabytes: int = 64
    raw: bool = True
    below: str = ""
    """What the image itself lies on: empty for the folder given, else a ground's name."""
    once: tuple[str, ...] = ()
    """How it was mounted while the files were made, where that was otherwise than when they are wiped."""


GROUNDS = {
    ground.name: ground
    for ground in (
        Ground("ext4", "ext4"),
        Ground("ext4 1k", "ext4", ("-b", "1024")),
        Ground("ext4 data=journal", "ext4", (), ("data=journal",)),
        Ground("ext4 once data=journal", "ext4", once=("data=journal",)),
        Ground("ext4 inline", "ext4", ("-O", "inline_data", "-I", "256")),
        Ground("ext4 no journal", "ext4", ("-O", "^has_journal")),
        Ground("ext4 indirect", "ext4", ("-O", "^extent,^64bit")),
        Ground("ext4 bigalloc", "ext4", ("-O", "bigalloc", "-C", "16384")),
        Ground("ext4 no delalloc", "ext4", (), ("nodelalloc",)),
        Ground("xfs", "xfs", megabytes=320),
        Ground("xfs no reflink", "xfs", ("-m", "reflink=0"), megabytes=320),
        Ground("btrfs", "btrfs", megabytes=160),
        Ground("btrfs zstd", "btrfs", (), ("compress-force=zstd",), 160),
        Ground("btrfs nodatacow", "btrfs", (), ("nodatacow",), 160),
        Ground("btrfs mixed", "btrfs", ("-M",), (), 128),
        Ground("ntfs", "ntfs", ("-F", "-Q"), megabytes=48),
        Ground("ext4 on xfs", "ext4", megabytes=48, below="xfs"),
        Ground("ext4 on btrfs", "ext4", megabytes=48, below="btrfs"),
        Ground("fuse", "fuse", megabytes=64),
        Ground("ext4 on fuse", "ext4", megabytes=32, below="fuse"),
        Ground("ext4 fast commit", "ext4", ("-O", "fast_commit,inline_data", "-I", "256")),
        Ground("tmpfs", "tmpfs", raw=False),
        Ground("overlay", "overlay", megabytes=64),
    )
}


@dataclass
class Land:
    """A mounted ground. `image` is what is searched once it is unmounted, `top` where files go."""

    ground: Ground
    top: Path
    image: Path | None
    faults: Path | None = None
    outer: Land | None = None

    def mount_anew(self) -> None:
        """Mount it as it is while wiping, where it was mounted otherwise while the files were made."""
        options = ",".join(("loop", *self.ground.mount))
        unmount(self.top)
        run("mount", "-t", self.ground.kind, "-o", options, self.image or "", self.top)


def run(*argv: str | Path) -> None:
    """Run a program of the system.

    Raises:
        NotHere: when it is missing or refuses.
    """
    try:
        subprocess.run(
            [os.fspath(arg) for arg in argv], check=True, capture_output=True, stdin=subprocess.DEVNULL
        )
    except FileNotFoundError as error:
        raise NotHere(f"{argv[0]} is not installed") from error
    except subprocess.CalledProcessError as error:
        raise NotHere(
            f"{' '.join(map(str, argv))}: {error.stderr.decode(errors='replace').strip()}"
        ) from error


def mounted(place: Path) -> bool:
    """Whether something is mounted there; os.path.ismount does not see a bind mount of the same volume."""
    lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    return str(place) in {
        line.split()[4].encode().decode("unicode_escape").encode("latin-1").decode() for line in lines
    }


def unmount(place: Path) -> None:
    """Unmount, patiently: a program that was just killed may still hold it."""
    said = b""
    for _ in range(300):
        if not mounted(place):
            return
        ended = subprocess.run(["umount", place], capture_output=True, check=False)
        said = ended.stderr
        if ended.returncode:
            time.sleep(0.1)
    subprocess.run(["umount", "-l", place], capture_output=True, check=False)
    raise RuntimeError(f"{place} stayed mounted: {said!r}")


def make_image(ground: Ground, path: Path) -> None:
    """Make the image of a file system."""
    if not shutil.which(f"mkfs.{ground.kind}"):
        raise NotHere(f"mkfs.{ground.kind} is not installed")
    with path.open("wb") as file:
        file.truncate(ground.megabytes << 20)
    run(f"mkfs.{ground.kind}", *(() if ground.kind == "ntfs" else ("-q",)), *ground.mkfs, path)


@contextmanager
def opened(ground: Ground, folder: Path) -> Iterator[Land]:
    """Make a ground below `folder` and mount it. At the end it is unmounted, and then removed by the caller.

    Raises:
        NotHere: with the reason.
    """
    if os.geteuid() != 0:
        raise NotHere("mounting an image needs root")
    folder.mkdir(parents=True, exist_ok=True)
    maker = {"tmpfs": _tmpfs, "fuse": _fuse, "overlay": _overlay}.get(ground.kind, _imaged)
    with maker(ground, folder) as land:
        yield land


@contextmanager
def _mounted(place: Path, *argv: str | Path) -> Iterator[Path]:
    place.mkdir()
    run("mount", *argv, place)
    try:
        yield place
    finally:
        unmount(place)


@contextmanager
def _imaged(ground: Ground, folder: Path) -> Iterator[Land]:
    if ground.below:
        with (
            opened(GROUNDS[ground.below], folder / "below") as outer,
            _on_image(ground, folder, outer.top / "inner.img") as land,
        ):
            land.image, land.outer, land.faults = outer.image, outer, outer.faults
            yield land
        return
    with _on_image(ground, folder, folder / "image") as land:
        yield land


@contextmanager
def _on_image(ground: Ground, folder: Path, image: Path) -> Iterator[Land]:
    make_image(ground, image)
    if ground.kind == "ntfs":
        argv: tuple[str | Path, ...] = ("-t", "ntfs-3g", "-o", "loop", image)
        if not shutil.which("ntfs-3g"):
            raise NotHere("ntfs-3g is not installed")
    else:
        argv = ("-t", ground.kind, "-o", ",".join(("loop", *(ground.once or ground.mount))), image)
    with _mounted(folder / "mount", *argv) as top:
        yield Land(ground, top, image)


@contextmanager
def _tmpfs(ground: Ground, folder: Path) -> Iterator[Land]:
    with _mounted(folder / "mount", "-t", "tmpfs", "-o", "size=64m", "none") as top:
        yield Land(ground, top, None)


@contextmanager
def _overlay(ground: Ground, folder: Path) -> Iterator[Land]:
    with opened(GROUNDS["ext4"], folder / "below") as outer:
        for name in ("low", "up", "work"):
            (outer.top / name).mkdir()
        options = ",".join(
            (f"lowerdir={outer.top}/low", f"upperdir={outer.top}/up", f"workdir={outer.top}/work")
        )
        with _mounted(folder / "mount", "-t", "overlay", "-o", options, "none") as top:
            yield Land(ground, top, outer.image, outer=outer)


@contextmanager
def _fuse(ground: Ground, folder: Path) -> Iterator[Land]:
    from campaign.fuse_layer import layered

    with opened(GROUNDS["ext4"], folder / "below") as outer:
        mount, faults = folder / "mount", folder / "faults"
        mount.mkdir()
        faults.touch()
        with layered(outer.top, mount, faults):
            yield Land(ground, mount, outer.image, faults, outer)


@contextmanager
def in_memory(folder: Path) -> Iterator[Path]:
    """A folder in memory, where images lie: what is trimmed out of them is gone, and in no free block.

    Raises:
        NotHere: where nothing may be mounted.
    """
    with _mounted(folder / "memory", "-t", "tmpfs", "none") as memory:
        yield memory


@contextmanager
def removed_after(folder: Path) -> Iterator[Path]:
    """A folder that is emptied at the end, so that a thousand cases do not fill the disk."""
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        with suppress(OSError):
            shutil.rmtree(folder)
