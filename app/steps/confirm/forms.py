"""Tell archives and mails by their first bytes, never by their name, and unpack what is only packed."""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
import tarfile
import zipfile
import zlib
from enum import Enum
from typing import IO, BinaryIO, Final, cast

from app.steps.confirm.mails import OLE, is_mail

HEAD: Final = 512
"""How much of a file tells whether it is an archive: one tar header."""


BROKEN: Final = (
    OSError,
    EOFError,
    ValueError,
    RuntimeError,  # an encrypted member, or a compression method this Python lacks
    MemoryError,
    OverflowError,
    LookupError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
    tarfile.TarError,
    zipfile.BadZipFile,
)


class Form(Enum):
    """A form of archive or mail."""

    ZIP = "zip"
    TAR = "tar"
    GZIP = "gzip"
    BZIP2 = "bzip2"
    XZ = "xz"
    SEVENZIP = "7z"
    """Looked into where the `7z` program is, and when it is a file of its own."""
    MAIL = "mail"
    """A mail or a mailbox, as text; an Outlook mail, or any other file of that build."""
    OLE = "ole"
    FOREIGN = "foreign"
    """An archive of a kind that is not looked into: RAR, zstd, cabinet, the store of Outlook."""


_MAGIC: Final = (
    (b"PK\x03\x04", Form.ZIP),
    (b"PK\x05\x06", Form.ZIP),
    (b"\x1f\x8b\x08", Form.GZIP),
    (b"BZh", Form.BZIP2),
    (b"\xfd7zXZ\x00", Form.XZ),
    (b"7z\xbc\xaf\x27\x1c", Form.SEVENZIP),
    (b"Rar!\x1a\x07", Form.FOREIGN),
    (b"\x28\xb5\x2f\xfd", Form.FOREIGN),
    (b"MSCF\x00\x00\x00\x00", Form.FOREIGN),
    (b"!BDN", Form.FOREIGN),
    (OLE, Form.OLE),
)

MAILS: Final = (Form.MAIL, Form.OLE)


def form_of(head: bytes) -> Form | None:
    """Tell the form of archive from the first `HEAD` bytes of a file; None when it is none."""
    for magic, form in _MAGIC:
        if head.startswith(magic):
            return form
    if is_mail(head):
        return Form.MAIL
    if len(head) < HEAD:
        return None
    try:
        # The header's own checksum, so that tars older than the ustar magic are known too.
        tarfile.TarInfo.frombuf(head[:HEAD], "utf-8", "surrogateescape")
    except (tarfile.TarError, ValueError):
        return None
    return Form.TAR


def unpacked(file: BinaryIO, form: Form) -> IO[bytes]:
    """Open what is packed by itself: gzip, bzip2, xz."""
    if form is Form.GZIP:
        return cast("IO[bytes]", gzip.GzipFile(fileobj=file, mode="rb"))
    if form is Form.BZIP2:
        return bz2.BZ2File(file)
    return lzma.LZMAFile(file)
