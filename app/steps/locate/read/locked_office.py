"""Documents of Office under a password: opened in memory where one of the list fits ([MS-OFFCRYPTO])."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from app.steps.locate.limits import Reading
from app.steps.locate.passage import Passage
from app.steps.locate.read.raw import read_encrypted
from app.steps.locate.read.source import Source

_EVERYBODYS: Final = "VelvetSweatshop"
"""With it Office locks a workbook that is only to be read; who opens it is asked for nothing (2.4.2.3)."""


class _Held:
    """Stands for `tempfile` in the library, which would lay an old document on the disk, open."""

    TemporaryFile = io.BytesIO


class Locked(Exception):
    """A document can't be read without a password."""


def read_locked(source: Source, reading: Reading) -> Iterator[Passage]:
    """Read an encrypted document with the first password that fits; without one it is ENCRYPTED."""
    opened = _opened(source.whole(reading.limits.held), reading)
    if opened is None:
        yield from read_encrypted(source, reading)
    else:
        yield from reading.unlocked(Source.of_bytes(source.name, opened))


def _opened(file: BinaryIO, reading: Reading) -> bytes | None:
    if file.seek(0, 2) > reading.limits.held:
        return None
    import msoffcrypto
    from msoffcrypto.exceptions import DecryptionError, InvalidKeyError

    try:
        document = msoffcrypto.OfficeFile(file)
        for password in reading.means.passwords.each(reading.account.pulse, _EVERYBODYS):
            try:
                opened = _with(document, password)
            except (InvalidKeyError, DecryptionError):
                continue
            reading.means.passwords.opened(password)
            reading.spend(len(opened))
            return opened
    except Exception:  # noqa: BLE001  a lock that is broken or unknown opens to no password: it stays locked
        return None
    return None


def _with(document: Any, password: str) -> bytes:
    room: Any = sys.modules[type(document).__module__]
    if hasattr(room, "tempfile"):
        room.tempfile = _Held
    # Only the newer formats have to be asked to compare the password.
    document.load_key(
        password=password, **({"verify_password": True} if room.__name__.endswith("ooxml") else {})
    )
    out = io.BytesIO()
    document.decrypt(out)
    return out.getvalue()
