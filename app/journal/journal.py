"""The journal of an open case: entries are appended in groups and synced before an act relies on them."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from app.domain.fault import Fault, Refused
from app.journal.entry import GENESIS, BadLine, Entry, parse, seal
from app.system.durable import sync_file


class Journal:
    """One open journal. `append` holds entries in memory, `commit` puts them on disk.

    Attributes:
        path: the file, JSON Lines.
        count: number of the last appended entry.
        head: its hash.
    """

    def __init__(self, path: Path, descriptor: int, count: int, head: str) -> None:
        self.path = path
        self.count = count
        self.head = head
        self._descriptor = descriptor
        self._run = secrets.token_hex(4)
        self._waiting: list[bytes] = []
        self._size = os.fstat(descriptor).st_size

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make an empty journal, readable by its owner only.

        Raises:
            Refused: CASE_EXISTS when the file is there already; DISK_FULL.
        """
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | _BINARY, 0o600)
        except FileExistsError:
            raise Refused(Fault.CASE_EXISTS, str(path)) from None
        except OSError as error:
            raise _refusal(error, path) from error
        return cls(path, descriptor, 0, GENESIS)

    @classmethod
    def open(cls, path: Path, replay: Callable[[Entry], None]) -> Self:
        """Open a journal, hand every entry to `replay` in order, and stand ready to append.

        A last line without its newline was never acknowledged: it is cut off, and an
        entry `torn` with its length and digest says so.

        Raises:
            Refused: CASE_NOT_FOUND, or JOURNAL_BROKEN with the line that breaks the chain.
        """
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND | _BINARY)
        except OSError as error:
            raise Refused(Fault.CASE_NOT_FOUND, str(path), os.strerror(error.errno or 0)) from error
        try:
            count, head, torn = replay_entries(path, replay)
            if torn:
                os.ftruncate(descriptor, os.fstat(descriptor).st_size - len(torn))
            journal = cls(path, descriptor, count, head)
        except BaseException:
            os.close(descriptor)
            raise
        if torn:
            journal.append("torn", {"bytes": len(torn), "sha256": hashlib.sha256(torn).hexdigest()})
        return journal

    def append(self, event: str, body: Mapping[str, object]) -> Entry:
        """Chain an entry. It is on disk only after `commit`."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        entry = seal(self.count + 1, now, self._run, event, body, self.head)
        self._waiting.append(entry.line())
        self.count, self.head = entry.n, entry.hash
        return entry

    def commit(self) -> None:
        """Write and fsync all appended entries; after this they survive a crash.

        Raises:
            Refused: DISK_FULL or JOURNAL_BROKEN (the write failed); the file then ends at the
                last committed entry and the waiting ones stay waiting.
        """
        if not self._waiting:
            return
        data = b"".join(self._waiting)
        try:
            _write_all(self._descriptor, data)
            sync_file(self._descriptor)
        except OSError as error:
            # What could not be written whole must not stay as half an entry. Should even this
            # fail, the next opening finds a torn line and says so.
            with suppress(OSError):
                os.ftruncate(self._descriptor, self._size)
            raise _refusal(error, self.path) from error
        self._size += len(data)
        self._waiting.clear()

    def close(self) -> None:
        """Commit and close the file."""
        try:
            self.commit()
        finally:
            os.close(self._descriptor)


NAME = "journal.jsonl"
"""What the journal of a case is called in its folder."""
_LONGEST_LINE = 1 << 20
_BINARY = getattr(os, "O_BINARY", 0)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _refusal(error: OSError, path: Path) -> Refused:
    full = error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
    return Refused(Fault.DISK_FULL if full else Fault.JOURNAL_BROKEN, str(path), error.strerror or "")


def keeps_journal(folder: Path) -> bool:
    """Whether a folder is a case's: a journal begins in it."""
    begun: list[Entry] = []
    with suppress(OSError, BadLine), (folder / NAME).open("rb") as lines:
        begun.append(parse(lines.readline(_LONGEST_LINE), 1, GENESIS))
    return bool(begun)


def replay_entries(path: Path, replay: Callable[[Entry], None]) -> tuple[int, str, bytes]:
    """Read all entries without changing the file; give their count, the last hash and the torn rest.

    Raises:
        Refused: JOURNAL_BROKEN with the line that breaks the chain; CASE_NOT_FOUND.
    """
    try:
        return _replayed(path, replay)
    except OSError as error:
        raise Refused(Fault.CASE_NOT_FOUND, str(path), error.strerror or "") from error


def _replayed(path: Path, replay: Callable[[Entry], None]) -> tuple[int, str, bytes]:
    count, head = 0, GENESIS
    with path.open("rb") as lines:
        for line in lines:
            if not line.endswith(b"\n"):
                return count, head, line
            try:
                entry = parse(line, count + 1, head)
            except BadLine as bad:
                raise Refused(Fault.JOURNAL_BROKEN, str(path), bad.breach.value, line=count + 1) from None
            replay(entry)
            count, head = entry.n, entry.hash
    return count, head, b""
