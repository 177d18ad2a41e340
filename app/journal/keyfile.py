"""The current key of the journal on disk: made once, and only ever overwritten in place.

`journal.key` beside `journal.jsonl` has four blocks of 4096 bytes. The first holds the
mark of the first key and, until the witness has it, the first key itself, encrypted
under a secret of the officer. Two take turns holding a state: how many entries are
sealed, and the key of the next one. A new state is on disk before the old one is
overwritten with zeros, so that a crash at any point leaves one that holds. The zeros
reach the disk with the next state or at the closing; who reads the file sees them at once.
After a large group both waits are left to a thread, so that the next group is made meanwhile.

A state may lag behind the journal, for it is written after the entries it sealed: keys
are then moved on. It is never ahead of it. Overwriting in place does not reach what a
copy-on-write file system, a flash chip or a backup of the folder keeps.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple, Self

from app.domain.fault import Breach, Fault, Refused
from app.journal.key import SEED, FirstKey
from app.system.durable import sync_content, sync_file

MAGIC: Final = b"LETHE SEAL 0001\n"
BLOCK: Final = 4096
SIZE: Final = 4 * BLOCK
_MARK: Final = slice(16, 48)
_KEPT: Final = slice(48, 48 + 12 + SEED + 16)
"""Nonce, the encrypted first key, tag; zeros once it was handed over."""
_STATES: Final = (BLOCK, 2 * BLOCK)
_STATE: Final = 64
_CHECK: Final = 24
"""Bytes of SHA-256 that tell a whole state."""
_FLAGS: Final = getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)


class KeyState(NamedTuple):
    """How many entries are sealed, and the key that seals the next one."""

    sealed: int
    key: bytes


class KeyFile:
    """The open key file of one journal.

    Attributes:
        path: where it lies.
        sealed: how many entries its newest state has sealed.
        mark: that of the first key.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._turn = 0
        self._behind: threading.Thread | None = None
        self._failed: OSError | None = None
        self.sealed = 0
        self.mark = ""

    @classmethod
    def create(cls, path: Path, first: FirstKey, secret: bytes | None = None) -> Self:
        """Make the file, readable by its owner only, synced, with the first state in it.

        With a secret of the officer the first key is kept, encrypted, until `forget_first`.

        Raises:
            OSError: FileExistsError when there is one already.
        """
        made = cls(path, os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _FLAGS, 0o600))
        kept = _wrapped(first, secret) if secret else b""
        header = MAGIC + bytes.fromhex(first.mark) + kept
        made.mark = first.mark
        made._write(0, header + bytes(SIZE - len(header)))
        made.put(KeyState(0, first.key))
        return made

    @classmethod
    def open(cls, path: Path) -> tuple[Self, KeyState]:
        """Open the file and give its newest state.

        Raises:
            Refused: JOURNAL_BROKEN, KEY_MISSING when it is gone, or no state in it holds.
        """
        try:
            opened = cls(path, os.open(path, os.O_RDWR | _FLAGS))
        except OSError as error:
            raise Refused(Fault.JOURNAL_BROKEN, str(path), Breach.KEY_MISSING.value) from error
        data = os.read(opened._descriptor, SIZE)
        state = newest_state(data)
        if state is None:
            opened.close()
            raise Refused(Fault.JOURNAL_BROKEN, str(path), Breach.KEY_MISSING.value)
        opened.sealed, opened.mark = state.sealed, data[_MARK].hex()
        opened._turn = 1 - [_state_at(data, place) for place in _STATES].index(state)
        return opened, state

    def put(self, state: KeyState) -> None:
        """Put a state on disk, then overwrite the one before it with zeros.

        Raises:
            OSError: when it can't be written; the state before still holds, or this one does.
        """
        self.wait()
        self._write_state(state)
        self._follow(state)

    def put_behind(self, state: KeyState) -> None:
        """Write a state and return; a thread waits for the disk, then overwrites the one before it.

        Raises:
            OSError: as `put`, but for what the thread meets: that comes with `wait`.
        """
        self.wait()
        self._write_state(state)
        self._behind = threading.Thread(target=self._caught, args=(state,), name="journal key")
        self._behind.start()

    def wait(self) -> None:
        """Wait until the last state is on disk and the one before it overwritten.

        Raises:
            OSError: when it could not be; `sealed` is then what it was before.
        """
        thread, self._behind = self._behind, None
        if thread:
            thread.join()
        failed, self._failed = self._failed, None
        if failed:
            raise failed

    def _write_state(self, state: KeyState) -> None:
        body = state.sealed.to_bytes(8, "big") + state.key
        self._write(_STATES[self._turn], body + hashlib.sha256(body).digest()[:_CHECK], sync=False)

    def _follow(self, state: KeyState) -> None:
        sync_content(self._descriptor)
        self._turn = 1 - self._turn
        self.sealed = state.sealed
        # Not synced: a third wait for each group would buy little, see above.
        self._write(_STATES[self._turn], bytes(_STATE), sync=False)

    def _caught(self, state: KeyState) -> None:
        try:
            self._follow(state)
        except OSError as error:
            self._failed = error

    def first(self, secret: bytes) -> FirstKey | None:
        """Give the first key, while it is kept and `secret` is the officer's."""
        self.wait()
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        header = os.read(self._descriptor, BLOCK)
        return _unwrapped(header[_KEPT], secret) if any(header[_KEPT]) else None

    def forget_first(self) -> None:
        """Overwrite the kept first key with zeros, synced. May be called again."""
        self.wait()
        self._write(_KEPT.start, bytes(_KEPT.stop - _KEPT.start))

    def close(self) -> None:
        """Put the last zeros on disk and close the file."""
        with suppress(OSError):
            self.wait()
            sync_file(self._descriptor)
        os.close(self._descriptor)

    def _write(self, place: int, data: bytes, *, sync: bool = True) -> None:
        os.lseek(self._descriptor, place, os.SEEK_SET)
        os.write(self._descriptor, data)
        if sync:
            sync_file(self._descriptor)


def newest_state(data: bytes) -> KeyState | None:
    """Give the newest state that holds in the bytes of a key file, or None."""
    if len(data) != SIZE or not data.startswith(MAGIC):
        return None
    states = [state for place in _STATES if (state := _state_at(data, place))]
    return max(states, default=None)


def _state_at(data: bytes, place: int) -> KeyState | None:
    body, check = data[place : place + 40], data[place + 40 : place + _STATE]
    if hashlib.sha256(body).digest()[:_CHECK] != check:
        return None
    return KeyState(int.from_bytes(body[:8], "big"), body[8:])


def _wrapped(first: FirstKey, secret: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(12)
    return nonce + AESGCM(secret).encrypt(nonce, first.seed, MAGIC)


def _unwrapped(kept: bytes, secret: bytes) -> FirstKey | None:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        return FirstKey(AESGCM(secret).decrypt(kept[:12], kept[12:], MAGIC))
    except InvalidTag:
        return None
