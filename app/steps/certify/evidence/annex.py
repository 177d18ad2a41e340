"""The annex: the list of full names, encrypted for the holders whom the officer named and for nobody else."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from typing_extensions import Buffer, override

from app.domain.case import AnnexHolder
from app.domain.fault import Fault, Refused
from app.steps.certify.account import Annex
from app.steps.certify.page.breaking import visible
from app.system.durable import sync_file, sync_folder

if TYPE_CHECKING:
    from pyrage.x25519 import Recipient

ANNEX: Final = "names.csv.age"
_CHUNK: Final = 1 << 16


def write_annex(
    rows: Iterable[tuple[str, str, str]], holders: Sequence[AnnexHolder], folder: Path
) -> Annex | None:
    """Write `names.csv.age` into `folder`: id, path and outcome of each item, for any one of the holders.

    The plain text is in memory only, some rows at a time. Without holders there is no annex, and
    none is left in `folder` after the call.

    Raises:
        Refused: CASE_FILE_WRONG_VALUE for a recipient that is none.
        OSError: when the disk does not take it.
    """
    path = folder / ANNEX
    path.unlink(missing_ok=True)
    if not holders:
        return None
    import pyrage

    to = [_recipient(holder) for holder in holders]
    making = folder / f".{ANNEX}.tmp"
    with making.open("wb") as file:
        pyrage.encrypt_io(io.BufferedReader(_Rows(rows), _CHUNK), file, to)
        file.flush()
        sync_file(file.fileno())
    making.replace(path)
    sync_folder(folder)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Annex(tuple(holder.name for holder in holders), digest, path.stat().st_size)


class _Rows(io.RawIOBase):
    """The rows as a file of comma-separated values, which is made while it is read."""

    def __init__(self, rows: Iterable[tuple[str, str, str]]) -> None:
        self._lines = _lines(rows)
        self._rest = b""

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Buffer, /) -> int:
        room = memoryview(buffer)
        while not self._rest:
            try:
                self._rest = next(self._lines)
            except StopIteration:
                return 0
        count = min(len(room), len(self._rest))
        room[:count], self._rest = self._rest[:count], self._rest[count:]
        return count


def _lines(rows: Iterable[tuple[str, str, str]]) -> Iterator[bytes]:
    yield b"\xef\xbb\xbf"
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    for row in (
        ("编号 id", "路径 path", "结果 outcome"),
        *((one, visible(path), end) for one, path, end in rows),
    ):
        writer.writerow(row)
        yield out.getvalue().encode()
        out.seek(0)
        out.truncate()


def _recipient(holder: AnnexHolder) -> Recipient:
    from pyrage import RecipientError, x25519

    try:
        return x25519.Recipient.from_str(holder.recipient)
    except RecipientError as error:
        raise Refused(Fault.CASE_FILE_WRONG_VALUE, holder.recipient, "age1…") from error
