"""SQLite: how its file is opened, so that looking changes nothing and deleting leaves nothing beside it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import quote

from app.system.databases.address import Address

BESIDE: Final = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside the file, by the end of the name."""
WAIT: Final = 10.0
"""Seconds to wait for another program's lock, as on the servers."""


def files_of(file: Path) -> tuple[Path, ...]:
    """The file and all that may lie beside it."""
    return (file, *(file.with_name(file.name + end) for end in BESIDE))


def opener(address: Address, silence: float, *, read_only: bool) -> Callable[[], sqlite3.Connection]:
    """Give what opens the file, which must exist.

    Read-only nothing is written, beside the file neither: a database in write-ahead mode whose
    log is not there is taken as it is, which is only safe while nobody writes to it.
    """
    file = address.file or Path()

    def connect() -> sqlite3.Connection:
        mode = "mode=ro" if read_only else "mode=rw"
        if read_only and is_wal(file) and not files_of(file)[1].exists():
            mode += "&immutable=1"
        wait = min(silence, WAIT)
        connection = sqlite3.connect(
            f"file:{_spelled(file)}?{mode}", uri=True, timeout=wait, check_same_thread=False
        )
        connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA foreign_keys = ON")
        if read_only:
            connection.execute("PRAGMA query_only = ON")
        # The first read tells whether it is a database at all.
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        return connection

    return connect


def _spelled(file: Path) -> str:
    return quote(os.fsencode(file)) if os.name == "posix" else file.as_uri()[7:]


def is_wal(file: Path) -> bool:
    """Whether the header says write-ahead mode (file format, bytes 18 and 19)."""
    try:
        with file.open("rb") as opened:
            return opened.read(20)[18:20] == b"\x02\x02"
    except OSError:
        return False
