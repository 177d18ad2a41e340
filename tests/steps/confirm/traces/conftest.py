"""A home and a folder of records, and files as the programs that leave traces make them."""

from __future__ import annotations

import hashlib
import os
import struct
import subprocess
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from app.domain.copies import Copy
from app.domain.event import BackupSearched, CopyFound
from app.domain.record import Look, Record, Stamp, Tier
from app.steps.confirm.traces import find_traces
from tests.in_time import soon

KEY = b"k" * 32


def record(path: Path, content: bytes | None = None) -> Record:
    if content is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    s = os.lstat(path)
    stamp = Stamp(s.st_dev, s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns, s.st_nlink)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    name = "r-" + hashlib.sha256(os.fsencode(path)).hexdigest()[:8]
    return Record(
        name, str(path), str(path.parent), stamp, digest, Look.FOUND, Tier.SENSITIVE, "crm.contact", 1
    )


def png(*texts: bytes, tail: bytes = b"") -> bytes:
    """A real picture of one pixel, with the chunks given before its data."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    parts = [chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))]
    parts += [chunk(text[:4], text[4:]) for text in texts]
    parts += [chunk(b"IDAT", zlib.compress(b"\0\xff\0\0")), tail, chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


class Found(dict[str, Copy]):
    """The copies by path, and the searches."""

    def __init__(self, events: Iterable[object]) -> None:
        told = list(events)
        copies = [event.copy for event in told if isinstance(event, CopyFound)]
        super().__init__({copy.path: copy for copy in copies})
        assert len(self) == len(copies), "one copy for each path"
        self.searched = [event.searched for event in told if isinstance(event, BackupSearched)]


class Desktop:
    """One person's home, and a folder of the company's records elsewhere."""

    png = staticmethod(png)

    def record(self, name: str, content: bytes = b"name,phone\nA,13800138000\n") -> Record:
        """Make a record in the office."""
        return record(self.office / name, content)

    def known(self, path: Path) -> Record:
        """Take a file that is there for a record."""
        return record(path)

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home" / "li"
        self.office = folder / "客户 资料"
        self.home.mkdir(parents=True)
        self.office.mkdir()

    def put(self, below: str, content: bytes) -> Path:
        path = self.home / below
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def find(self, doomed: Iterable[Record], kept: Iterable[Record] = (), **how: object) -> Found:
        how.setdefault("home", self.home)
        return Found(find_traces(list(doomed), key=KEY, kept=list(kept), **how))


@pytest.fixture
def desktop(tmp_path: Path) -> Desktop:
    return Desktop(tmp_path)


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, in memory."""
    mount = tmp_path / "volume"
    mount.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", mount], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("may not mount here")
    try:
        yield mount
    finally:
        assert soon(lambda: subprocess.run(["umount", mount], check=False).returncode == 0)
