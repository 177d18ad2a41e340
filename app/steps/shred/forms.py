"""What a file is packed in, told by its first bytes and never by its name."""

from __future__ import annotations

from enum import Enum
from typing import Final

from app.domain.outcome import Reason
from app.system.packed import Packed, packed_as

_ISO: Final = (0x8001, b"CD001")
HEAD: Final = 0x8006
"""Bytes of the start of a file that tell all the forms."""


class Other(Enum):
    """A form that is none of the common ways of packing. The last two are not looked into."""

    GIT_PACK = "git_pack"
    ZLIB = "zlib"
    """What git keeps an object in."""
    FOREIGN = "foreign"
    """An archive or a disk image that may be packed inside in a way that is not read here."""
    ENCRYPTED = "encrypted"


Form = Packed | Other
LIBRARY: Final = (Packed.SEVENZIP, Packed.RAR, Packed.CABINET)
"""Archives that libarchive reads, where it is."""
STREAMS: Final = (Packed.ZSTD, Packed.LZ4, Packed.COMPRESS, Packed.LZIP)
"""What libarchive unpacks by these names; there is one stream in it."""
_MAGIC: Final = (
    (b"PACK\0\0\0", Other.GIT_PACK),
    (b"MSWIM\0\0\0", Other.FOREIGN),
    (b"hsqs", Other.FOREIGN),
    (b"QFI\xfb", Other.FOREIGN),
    (b"KDMV", Other.FOREIGN),
    (b"COWD", Other.FOREIGN),
    (b"vhdxfile", Other.FOREIGN),
    (b"AFF\x10", Other.FOREIGN),
    (b"LUKS\xba\xbe", Other.ENCRYPTED),
    (b"age-encryption.org/", Other.ENCRYPTED),
    (b"-----BEGIN AGE ENCRYPTED FILE-----", Other.ENCRYPTED),
    (b"-----BEGIN PGP MESSAGE-----", Other.ENCRYPTED),
    (b"Salted__", Other.ENCRYPTED),
)


_PROGRAMS: Final = (b"MZ", b"\x7fELF", b"#!", b"\xcf\xfa\xed\xfe")
_CARRIED: Final = (b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"MSCF\0\0\0\0")
ZIP_END: Final = b"PK\x05\x06"
"""How the end of a zip begins, which may lie behind anything else."""


def may_carry(head: bytes) -> bool:
    """Whether a file begins as a program does, which may unpack an archive that it carries."""
    return head.startswith(_PROGRAMS)


def carries(data: bytes) -> bool:
    """Whether an archive begins somewhere in some bytes of a program."""
    return any(magic in data for magic in _CARRIED)


def form_of(head: bytes) -> Form | None:
    """Tell the form from the first `HEAD` bytes of a file, or all of a shorter one; None when it is none."""
    if packed := packed_as(head):
        return packed
    for magic, form in _MAGIC:
        if head.startswith(magic):
            return form
    if head[_ISO[0] : HEAD] == _ISO[1]:
        return Other.FOREIGN
    return Other.ZLIB if _is_zlib(head) else None


def why_shut(form: Form) -> Reason | None:
    """Why a form is not looked into; None where it is."""
    if form is Other.ENCRYPTED:
        return Reason.UNREADABLE
    return Reason.NOT_SEARCHED if form is Other.FOREIGN else None


def _is_zlib(head: bytes) -> bool:
    """RFC 1950: deflate with a window of 32 KiB, and a check over the two bytes."""
    return head[:1] == b"\x78" and len(head) > 2 and int.from_bytes(head[:2], "big") % 31 == 0
