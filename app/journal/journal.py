"""The journal of an open case: entries are appended in groups and synced before an act relies on them."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple, Self

from app.domain.fault import Breach, Fault, Refused
from app.journal.entry import GENESIS, BadLine, Entry, parse, parts, whole
from app.journal.key import FirstKey, evolved, seal_of
from app.journal.keyfile import KeyFile, KeyState
from app.journal.segments import ROTATED, SEGMENT, Reading, key_path, segment_path
from app.system.durable import sync_file, sync_folder

NAME: Final = "journal.jsonl"
"""What the journal of a case is called in its folder."""
_LONGEST_LINE: Final = 1 << 20
_MANY: Final = 64
"""To make so many entries takes longer than to start a thread: the key goes to the disk meanwhile."""
_sha256: Final = hashlib.sha256
_BINARY: Final = getattr(os, "O_BINARY", 0)


class Turn(NamedTuple):
    """When a segment is full: after so many entries, or bytes."""

    entries: int = 250_000
    bytes: int = 128 << 20


class Journal:
    """One open journal. `append` holds entries in memory, `commit` puts them on disk.

    Attributes:
        path: its first segment, JSON Lines.
        count: number of the last appended entry.
        head: its hash.
    """

    def __init__(self, at: Reading, descriptor: int, keys: KeyFile | None, state: KeyState | None) -> None:
        self.path = at.path
        self.count = at.count
        self.head = at.head or at.mark
        self.turn = Turn()
        self._descriptor = descriptor
        self._size = os.fstat(descriptor).st_size
        self._segment, self._rows = at.segment, at.rows
        self._keys = keys
        self._key = state.key if state else b""
        self._run = secrets.token_hex(4)
        self._waiting: list[bytes] = []
        self._moment = (0, "")

    @classmethod
    def create(cls, path: Path, first: FirstKey | None = None, *, kept_for: bytes | None = None) -> Self:
        """Make an empty journal, readable by its owner only; with a first key its entries are sealed.

        The current key is then in a file beside it. The first key stays there too,
        encrypted under the secret `kept_for`, until `forget_first_key`.

        Raises:
            Refused: CASE_EXISTS when the file is there already; DISK_FULL.
        """
        at, keys = Reading(path), None
        try:
            descriptor = _opened(path, os.O_CREAT | os.O_EXCL)
            if first:
                keys, at.mark = KeyFile.create(key_path(path), first, kept_for), first.mark
        except FileExistsError:
            raise Refused(Fault.CASE_EXISTS, str(path)) from None
        except OSError as error:
            raise _refusal(error, path) from error
        return cls(at, descriptor, keys, KeyState(0, first.key) if first else None)

    @classmethod
    def open(cls, path: Path, replay: Callable[[Entry], None]) -> Self:
        """Open a journal, hand every entry to `replay` in order, and stand ready to append.

        A last line without its newline was never acknowledged: it is cut off, and an
        entry `torn` with its length and digest says so. Entries that were sealed, but
        not yet by the key on disk, are checked against it; an entry `behind` says so.

        Raises:
            Refused: CASE_NOT_FOUND, or JOURNAL_BROKEN with the line that breaks chain or seal.
        """
        keys, state = KeyFile.open(key_path(path)) if key_path(path).exists() else (None, None)
        key = _Following(state)
        at = Reading(path)
        try:
            _read(at, replay, key.follow)
            key.refuse_unfit(at, keys.mark if keys else "")
            journal = cls(at, _opened(segment_path(path, at.segment)), keys, key.state)
        except BaseException as error:
            if keys:
                keys.close()
            if isinstance(error, OSError):
                raise Refused(Fault.CASE_NOT_FOUND, str(path), error.strerror or "") from error
            raise
        try:
            journal._take_up(at, state)
        except BaseException:
            journal._let_go()
            raise
        return journal

    def append(self, event: str, body: Mapping[str, object]) -> Entry:
        """Chain an entry, and seal it. It is on disk only after `commit`."""
        n, t, run, prev = self.count + 1, self._now(), self._run, self.head
        before, middle, end = parts(n, t, run, event, body, prev)
        digest = _sha256(before + middle + end).hexdigest()
        seal = ""
        if self._keys:
            seal = seal_of(self._key, digest)
            self._key = evolved(self._key)
        self._waiting.append(whole(before, digest, middle, seal, end))
        self.count, self.head = n, digest
        return Entry(n, t, run, event, body, prev, digest, seal)

    def commit(self) -> None:
        """Write and fsync all appended entries; after this they survive a crash.

        Then the key that sealed them is overwritten by the next one, on disk before the next
        large group is, and a segment that is full is followed by a new one.

        Raises:
            Refused: DISK_FULL or JOURNAL_BROKEN (the write failed); the file then ends at the
                last committed entry and the waiting ones stay waiting.
        """
        try:
            self._flush()
            if self._rows >= self.turn.entries or self._size >= self.turn.bytes:
                self._rotate()
        except OSError as error:
            raise _refusal(error, self.path) from error

    def leave(self) -> None:
        """Say that this run ends in order. Where that can't be written it stays unsaid."""
        if self._waiting:
            return
        held = self._held()
        self.append("run.ended", {})
        try:
            self.commit()
        except Refused:
            self._take_back(held)

    def first_key(self, secret: bytes) -> FirstKey | None:
        """Give the first key while it is kept; None once forgotten, or for another's secret."""
        return self._keys.first(secret) if self._keys else None

    def forget_first_key(self) -> None:
        """Overwrite the kept first key, synced. May be called again."""
        if self._keys:
            self._keys.forget_first()

    def close(self) -> None:
        """Commit and close the file."""
        try:
            self.commit()
        finally:
            self._let_go()

    def _let_go(self) -> None:
        os.close(self._descriptor)
        if self._keys:
            self._keys.close()

    def _now(self) -> str:
        now = time.time_ns() // 1_000_000
        if self._moment[0] != now:
            second, millisecond = divmod(now, 1000)
            text = datetime.fromtimestamp(second, UTC).isoformat(timespec="seconds").removesuffix("+00:00")
            self._moment = (now, f"{text}.{millisecond:03d}Z")
        return self._moment[1]

    def _flush(self) -> None:
        many = len(self._waiting) >= _MANY
        if self._keys:
            self._keys.wait()
        if self._waiting:
            data = b"".join(self._waiting)
            try:
                _write_all(self._descriptor, data)
                sync_file(self._descriptor)
            except OSError:
                # What could not be written whole must not stay as half an entry. Should even this
                # fail, the next opening finds a torn line and says so.
                with suppress(OSError):
                    os.ftruncate(self._descriptor, self._size)
                raise
            self._size += len(data)
            self._rows += len(self._waiting)
            self._waiting.clear()
        if self._keys and self._keys.sealed != self.count:
            put = self._keys.put_behind if many else self._keys.put
            put(KeyState(self.count, self._key))

    def _held(self) -> tuple[int, str, bytes]:
        return self.count, self.head, self._key

    def _take_back(self, held: tuple[int, str, bytes]) -> bool:
        """Forget what is waiting, appended since all else was on disk. False when it is there already."""
        if not self._waiting:
            return False
        self._waiting.clear()
        self.count, self.head, self._key = held
        return True

    def _rotate(self) -> None:
        """End this segment and begin the next. Its file is there before the end of this one says so."""
        number = self._segment + 1
        following = _opened(segment_path(self.path, number), os.O_CREAT)
        held = self._held()
        try:
            sync_folder(self.path.parent)
            self.append(ROTATED, {"next": number})
            self._flush()
        except OSError:
            if self.count == held[0] or self._take_back(held):
                os.close(following)
            else:
                # The end is on disk, only the key is behind: what comes belongs in the next one.
                self._begin(following, number)
            raise
        self._begin(following, number)
        self._flush()

    def _begin(self, descriptor: int, number: int) -> None:
        os.close(self._descriptor)
        self._descriptor = descriptor
        self._size, self._segment, self._rows = os.fstat(descriptor).st_size, number, 0
        self.append(SEGMENT, {"number": number, "head": self.head})

    def _take_up(self, at: Reading, state: KeyState | None) -> None:
        """Go on where a crash may have left: between entries and key, in a line, between two segments."""
        try:
            if at.torn:
                self._cut(at)
            if self._keys:
                # Also when nothing was behind: a crash may have left the key before in its block.
                self._keys.put(KeyState(self.count, self._key))
            if at.event == ROTATED:
                self._begin(_opened(segment_path(self.path, at.segment + 1)), at.segment + 1)
        except OSError as error:
            raise _refusal(error, self.path) from error
        if state and state.sealed < at.count:
            self.append("behind", {"sealed": state.sealed, "entries": at.count})
        if at.torn:
            digest = hashlib.sha256(at.torn).hexdigest()
            self.append("torn", {"bytes": len(at.torn), "sha256": digest})

    def _cut(self, at: Reading) -> None:
        """Cut the torn line off its segment, which may hold nothing else."""
        torn = self._descriptor if at.event != ROTATED else _opened(segment_path(self.path, at.segment + 1))
        os.ftruncate(torn, os.fstat(torn).st_size - len(at.torn))
        if torn != self._descriptor:
            os.close(torn)
        self._size = os.fstat(self._descriptor).st_size


class _Following:
    """Follows the entries that the key on disk has not sealed yet, and checks that it would have."""

    def __init__(self, state: KeyState | None) -> None:
        self.state = state

    def follow(self, entry: Entry) -> None:
        if self.state is None or entry.n <= self.state.sealed:
            return
        if seal_of(self.state.key, entry.hash) != entry.seal:
            raise BadLine(Breach.WRONG_SEAL)
        self.state = KeyState(entry.n, evolved(self.state.key))

    def refuse_unfit(self, at: Reading, mark: str) -> None:
        """Refuse a sealed journal without its key, a key of another one, and a key that is ahead."""
        breach = None
        if self.state is None:
            breach = Breach.KEY_MISSING if at.sealed else None
        elif self.state.sealed > at.count:
            breach = Breach.KEY_AHEAD
        elif not at.count:
            at.mark = mark
        elif at.mark != mark:
            breach = Breach.OTHER_FIRST_KEY if at.sealed else Breach.NOT_SEALED
        if breach:
            raise Refused(Fault.JOURNAL_BROKEN, str(at.path), breach.value, line=at.count + 1)


def _opened(path: Path, flags: int = 0) -> int:
    return os.open(path, os.O_RDWR | os.O_APPEND | _BINARY | flags, 0o600)


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
        begun.append(parse(lines.readline(_LONGEST_LINE), 1, ""))
    return bool(begun)


def replay_entries(path: Path, replay: Callable[[Entry], None]) -> tuple[int, str, bytes]:
    """Read all entries without changing a file; give their count, the last hash and the torn rest.

    Raises:
        Refused: JOURNAL_BROKEN with the line that breaks the chain; CASE_NOT_FOUND.
    """
    at = Reading(path)
    try:
        _read(at, replay)
    except OSError as error:
        raise Refused(Fault.CASE_NOT_FOUND, str(path), error.strerror or "") from error
    return at.count, at.head or GENESIS, at.torn


def _read(at: Reading, *takers: Callable[[Entry], None]) -> None:
    try:
        for entry in at:
            for take in takers:
                take(entry)
    except BadLine as bad:
        line = at.count + (bad.breach is not Breach.WRONG_SEAL)
        raise Refused(Fault.JOURNAL_BROKEN, str(at.path), bad.breach.value, line=line) from None
