"""SoftHSM's own files: which one holds an object, what is in it, and its overwriting where it lies.

SoftHSM 2 keeps each object in a file of a token's folder, its attributes one after the other; of a
private object the values are locked with the token's key (AES-256-CBC), which the PIN opens. Its own
deletion only unlinks the file, so the bytes are overwritten first.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.domain.outcome import Evidence, Reason
from app.steps.shred.content import destroy_content
from app.steps.shred.kinds.contract import Span
from app.steps.shred.overwriting import ReadBackDiffers, is_ours, is_zeros, whole
from app.steps.shred.services.contract import Unanswered, Warrant
from app.system.disk import Disk, Folder, open_folder, this_disk

_CLASS, _PRIVATE, _LABEL, _ID = 0x0, 0x2, 0x3, 0x102
_SECRETS: Final = (0x11, 0x123)
"""CKA_VALUE and CKA_PRIVATE_EXPONENT: of a key, one or the other."""
_SERIAL, _USER_PIN = 0x8000534A, 0x8000534D
_MAGIC: Final = b"RJR"
_ROUNDS: Final = 1500
_FALSE: Final = 0
_LARGEST: Final = 1 << 20
_SYSTEM: Final = ("/etc/softhsm/softhsm2.conf", "/etc/softhsm2.conf")

Attributes = Mapping[int, bytes]


@dataclass(frozen=True, slots=True)
class TokenFolder:
    """The folder of one token, and the key that its PIN opens."""

    path: Path
    key: bytes

    def file_of(self, kind: int, label: bytes, id_: bytes) -> Path | None:
        """The file of the object of this class, label and id; None when there is none, or several fit."""
        wanted = (kind, label, id_)
        found = [path for path in sorted(self.path.glob("*.object")) if self._named(path) == wanted]
        return found[0] if len(found) == 1 else None

    def _named(self, path: Path) -> tuple[int, bytes, bytes]:
        told = attributes(path)
        hidden = told.get(_PRIVATE, b"\0") != bytes([_FALSE])
        label, id_ = told.get(_LABEL, b""), told.get(_ID, b"")
        if hidden:
            label, id_ = _unlocked(self.key, label), _unlocked(self.key, id_)
        return int.from_bytes(told.get(_CLASS, b"\xff"), "big"), label, id_


def folder_of(serial: bytes, pin: str) -> TokenFolder | None:
    """The folder of the token of this serial number; None when this is not where SoftHSM keeps it."""
    for path in _tokens():
        told = attributes(path / "token.object")
        key = _token_key(told.get(_USER_PIN, b""), pin)
        if key and told.get(_SERIAL, b"").strip() == serial.strip():
            return TokenFolder(path, key)
    return None


def attributes(path: Path) -> Attributes:
    """The plain attributes of an object file, by number; none of a file that is no such."""
    found: dict[int, bytes] = {}
    with suppress(OSError, struct.error, IndexError):
        if path.stat().st_size <= _LARGEST:
            found.update(_read(path.read_bytes()))
    return found


def secret_of(path: Path) -> bytes:
    """The locked key as it stands in an object file: what every copy of the file has in it."""
    told = attributes(path)
    return max((told.get(number, b"") for number in _SECRETS), key=len)


def overwritten(path: Path, warrant: Warrant) -> Evidence:
    """Overwrite an object's file in place and read it back; it stays, full of zeros.

    Raises:
        Unanswered: READ_BACK_DIFFERS, IO_ERROR or DENIED.
    """
    if not isinstance(warrant, Warrant):
        raise TypeError("only a warrant gives leave")
    disk = this_disk()
    try:
        with closing(open_folder(str(path.parent))) as folder:
            fd = disk.open_in_place(folder, path.name)
        try:
            return destroy_content(disk, fd, warrant.keystream)
        finally:
            os.close(fd)
    except ReadBackDiffers:
        raise Unanswered(Reason.READ_BACK_DIFFERS) from None
    except PermissionError:
        raise Unanswered(Reason.DENIED) from None
    except OSError:
        raise Unanswered(Reason.IO_ERROR) from None


def removed(path: Path, warrant: Warrant) -> bool:
    """Take the name of an overwritten object file away; False when it is not zeros, or stays."""
    if not isinstance(warrant, Warrant):
        raise TypeError("only a warrant gives leave")
    try:
        with closing(open_folder(str(path.parent))) as folder:
            return _unlinked(folder, path.name)
    except FileNotFoundError:
        return True
    except OSError:
        return False


def holds_nothing(path: Path) -> bool:
    """Whether an object file is gone, or full of zeros."""
    try:
        return _seen(path, is_zeros)
    except FileNotFoundError:
        return True
    except OSError:
        return False


def begun(path: Path, warrant: Warrant) -> bool:
    """Whether an overwriting of this file under the same leave was cut short."""
    try:
        return _seen(path, lambda disk, fd, spans: is_ours(disk, fd, warrant.keystream, spans))
    except OSError:
        return False


def _seen(path: Path, look: Callable[[Disk, int, tuple[Span, ...]], bool]) -> bool:
    fd = os.open(path, os.O_RDONLY)
    try:
        return look(this_disk(), fd, whole(fd))
    finally:
        os.close(fd)


def _unlinked(folder: Folder, name: str) -> bool:
    disk = this_disk()
    fd = disk.open_to_read(folder, name)
    try:
        if not is_zeros(disk, fd, whole(fd)):
            return False
    finally:
        os.close(fd)
    disk.unlink(folder, name)
    disk.sync_folder(folder)
    return True


def _tokens() -> Iterator[Path]:
    places = [os.environ.get("SOFTHSM2_CONF", ""), "~/.config/softhsm2/softhsm2.conf"]
    named = [Path(name).expanduser() for name in (*places, *_SYSTEM) if name]
    for path in [path for path in named if path.is_file()][:1]:
        lines = (line.partition("=") for line in path.read_text("utf-8", "replace").splitlines())
        where = {key.strip(): value.strip() for key, _, value in lines}.get("directories.tokendir", "")
        yield from (one for one in sorted(Path(where).glob("*")) if one.is_dir())


def _read(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The attributes up to the first of a form that holds no value: those stand last."""
    at = 8
    while at + 16 <= len(data):
        number, form = struct.unpack_from(">QQ", data, at)
        at += 16
        if form == 1:
            length = 1
        elif form == 2:
            length = 8
        elif form == 3:
            length = struct.unpack_from(">Q", data, at)[0]
            at += 8
        else:
            at += 8 + 8 * struct.unpack_from(">Q", data, at)[0]
            continue
        yield number, data[at : at + length]
        at += length


def _token_key(blob: bytes, pin: str) -> bytes:
    """Open the token's key with the PIN: RFC 4880's iterated hash, as SoftHSM does it."""
    salt, locked = blob[:8], blob[8:]
    if not locked:
        return b""
    state = hashlib.sha256(salt + pin.encode()).digest()
    for _ in range(_ROUNDS + salt[-1] - 1):
        state = hashlib.sha256(state).digest()
    opened = _unlocked(state, locked)
    return opened.removeprefix(_MAGIC) if opened.startswith(_MAGIC) else b""


def _unlocked(key: bytes, locked: bytes) -> bytes:
    """Undo AES-256-CBC with the IV before it, and its padding."""
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CBC

    if len(locked) < 32 or len(locked) % 16 or len(key) != 32:
        return b""
    opened = Cipher(AES(key), CBC(locked[:16])).decryptor().update(locked[16:])
    return opened[: -opened[-1]] if 0 < opened[-1] <= 16 else b""
