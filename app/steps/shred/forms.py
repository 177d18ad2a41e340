"""What a file is packed in, told by its first bytes and never by its name."""

from __future__ import annotations

import tarfile
from enum import Enum
from typing import Final

from app.domain.outcome import Reason

_ISO: Final = (0x8001, b"CD001")
HEAD: Final = 0x8006
"""Bytes of the start of a file that tell all the forms."""
_TAR: Final = 512


class Form(Enum):
    """A way of packing. The last three are not looked into."""

    ZIP = "zip"
    TAR = "tar"
    GZIP = "gzip"
    BZIP2 = "bzip2"
    XZ = "xz"
    GIT_PACK = "git_pack"
    ZLIB = "zlib"
    """What git keeps an object in."""
    FOREIGN = "foreign"
    """An archive or a disk image that may be packed inside in a way that is not read here."""
    ENCRYPTED = "encrypted"

    @property
    def looked_into(self) -> bool:
        """Whether its members are read."""
        return self not in (Form.FOREIGN, Form.ENCRYPTED)

    @property
    def reason(self) -> Reason:
        """Why it is not looked into."""
        return Reason.UNREADABLE if self is Form.ENCRYPTED else Reason.NOT_SEARCHED


_MAGIC: Final = (
    (b"PK\x03\x04", Form.ZIP),
    (b"PK\x05\x06", Form.ZIP),
    (b"\x1f\x8b\x08", Form.GZIP),
    (b"BZh", Form.BZIP2),
    (b"\xfd7zXZ\x00", Form.XZ),
    (b"PACK\0\0\0", Form.GIT_PACK),
    (b"7z\xbc\xaf\x27\x1c", Form.FOREIGN),
    (b"Rar!\x1a\x07", Form.FOREIGN),
    (b"\x28\xb5\x2f\xfd", Form.FOREIGN),
    (b"\x04\x22\x4d\x18", Form.FOREIGN),
    (b"\x1f\x9d", Form.FOREIGN),
    (b"LZIP\x01", Form.FOREIGN),
    (b"MSCF\0\0\0\0", Form.FOREIGN),
    (b"MSWIM\0\0\0", Form.FOREIGN),
    (b"hsqs", Form.FOREIGN),
    (b"QFI\xfb", Form.FOREIGN),
    (b"KDMV", Form.FOREIGN),
    (b"COWD", Form.FOREIGN),
    (b"vhdxfile", Form.FOREIGN),
    (b"AFF\x10", Form.FOREIGN),
    (b"LUKS\xba\xbe", Form.ENCRYPTED),
    (b"age-encryption.org/", Form.ENCRYPTED),
    (b"-----BEGIN AGE ENCRYPTED FILE-----", Form.ENCRYPTED),
    (b"-----BEGIN PGP MESSAGE-----", Form.ENCRYPTED),
    (b"Salted__", Form.ENCRYPTED),
)


def form_of(head: bytes) -> Form | None:
    """Tell the form from the first `HEAD` bytes of a file, or all of a shorter one; None when it is none."""
    for magic, form in _MAGIC:
        if head.startswith(magic):
            return form
    if head[_ISO[0] : HEAD] == _ISO[1]:
        return Form.FOREIGN
    if _is_zlib(head):
        return Form.ZLIB
    return Form.TAR if _is_tar(head) else None


def _is_zlib(head: bytes) -> bool:
    """RFC 1950: deflate with a window of 32 KiB, and a check over the two bytes."""
    return head[:1] == b"\x78" and len(head) > 2 and int.from_bytes(head[:2], "big") % 31 == 0


def _is_tar(head: bytes) -> bool:
    if len(head) < _TAR or (head[257:262] != b"ustar" and not head[148:154].strip(b" \0").isdigit()):
        return False
    try:
        # The header's own checksum, so that tars older than the ustar magic are known too.
        tarfile.TarInfo.frombuf(head[:_TAR], "utf-8", "surrogateescape")
    except (tarfile.TarError, ValueError):
        return False
    return True
