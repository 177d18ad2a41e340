"""What holds other files and is not opened here: images, ciphertext, repositories, by their first bytes."""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import suppress
from typing import BinaryIO, Final

_SECTOR: Final = 512
LOOK: Final = 4 * _SECTOR
"""Bytes of the start of a file that tell most of them."""
_FAR: Final = 0x10048
"""Bytes that tell all of them: btrfs has its mark 64 KiB into the volume."""

_MAGIC: Final = (
    # Encrypted.
    b"LUKS\xba\xbe",
    b"age-encryption.org/",
    b"-----BEGIN AGE ENCRYPTED FILE-----",
    b"-----BEGIN PGP MESSAGE-----",
    b"-----BEGIN PKCS7-----",
    b"-----BEGIN CMS-----",
    b"Salted__",
    b"U2FsdGVkX1",  # the same of openssl, in base64
    b"RCLONE\x00\x00",
    b"AES\x02\x00",  # AES Crypt
    b"gocryptfs",
    b"scrypt\x00",
    b"$ANSIBLE_VAULT;",
    # Disks of virtual machines, and images.
    b"QFI\xfb",
    b"KDMV",
    b"COWD",
    b"vhdxfile",
    b"conectix",
    b"<<< ",  # VirtualBox
    b"MSWIM\x00\x00\x00",
    b"hsqs",
    b"AFF\x10",
    b"EVF\x09\x0d\x0a\xff\x00",
    b"XFSB",
    # Archives of a kind that is not looked into.
    b"!<arch>\n",
    b"xar!",
    b"070701",
    b"070702",
    b"070707",
    b"\x60\xea",
)
_WITHIN: Final = (
    # Where a file system, or what encrypts a disk, has its mark.
    (3, (b"NTFS    ", b"EXFAT   ", b"-FVE-FS-")),
    (32, (b"NXSB",)),
    (64, (b"\x7f\x10\xda\xbe",)),
    (_SECTOR, (b"LABELONE", b"EFI PART")),
    (1024, (b"H+\x00\x04", b"HX\x00\x05", b"\x10\x20\xf5\xf2")),
    (1080, (b"\x53\xef",)),
    (0x8001, (b"CD001",)),
    (0x10040, (b"_BHRfS_M",)),
)
_AT_THE_END: Final = (b"conectix", b"koly")
"""How the last sector begins of a fixed disk of Virtual PC, and of a Mac's image."""
_END_OF_ZIP: Final = b"PK\x05\x06"
"""Stands in the last sector of a zip that unpacks itself, and of the last part of one in several."""

_ENVELOPED: Final = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03"
"""The name of what CMS encrypts (RFC 5652, 6)."""

_LAYOUTS: Final = (
    # What stands in the folder, the one of them that is a file, and how that begins.
    ({"config", "data", "index", "keys", "snapshots"}, "config", b""),
    ({"config", "data"}, "config", b"[repository]"),
    ({"kopia.repository.f"}, "kopia.repository.f", b""),
    ({"gocryptfs.conf"}, "gocryptfs.conf", b""),
    ({"vault.cryptomator"}, "vault.cryptomator", b""),
    ({"masterkey.cryptomator"}, "masterkey.cryptomator", b""),
    ({".encfs6.xml"}, ".encfs6.xml", b""),
    ({"cryfs.config"}, "cryfs.config", b""),
    ({"bands", "Info.plist"}, "Info.plist", b""),
)


def is_opaque(head: bytes) -> bool:
    """Whether what begins so is an image, a disk or an archive of a foreign kind, or is encrypted."""
    if head.startswith(_MAGIC):
        return True
    if any(head.startswith(marks, at) for at, marks in _WITHIN):
        return True
    return _is_disk(head) or _is_openpgp(head) or (head[:1] == b"\x30" and _ENVELOPED in head[:32])


def file_is_opaque(file: BinaryIO, size: int) -> bool:
    """Whether an open file is one, also by what stands far into it or at its end.

    Raises:
        OSError: when it can't be read.
    """
    whole_sectors = size % _SECTOR == 0
    file.seek(0)
    if is_opaque(file.read(_FAR if whole_sectors else LOOK)):
        return True
    file.seek(max(0, size - _SECTOR))
    last = file.read(_SECTOR)
    return last.startswith(_AT_THE_END) or _END_OF_ZIP in last


def repository_in(folder: str, names: Collection[str]) -> str:
    """The file by which a folder is known as a repository or as an encrypted folder; empty if it is none."""
    for layout, name, begins in _LAYOUTS:
        if layout.issubset(names):
            marker = os.path.join(folder, name)
            with suppress(OSError):
                if os.path.isfile(marker) and _begins(marker, begins):
                    return marker
    return ""


def _begins(path: str, begins: bytes) -> bool:
    if not begins:
        return True
    with open(path, "rb") as file:
        return file.read(len(begins)) == begins


def _is_disk(head: bytes) -> bool:
    """A table of partitions as the PC has it, or the first sector of a FAT."""
    if head[510:_SECTOR] != b"\x55\xaa":
        return False
    if head[54:57] == b"FAT" or head[82:85] == b"FAT":
        return True
    parts = [head[at : at + 16] for at in range(446, 510, 16)]
    used = [part for part in parts if part[4] and any(part[12:16])]
    return bool(used) and all(part[0] in (0, 0x80) for part in parts)


def _is_openpgp(head: bytes) -> bool:
    """Whether the first packet is the key of an encrypted message (RFC 9580, 5.1 and 5.3)."""
    if len(head) < 16:
        return False
    if head[0] in (0xC1, 0xC3):
        kind, body = head[0] & 0x3F, head[2:] if head[1] < 192 else head[3:]
    elif head[0] in (0x84, 0x85, 0x8C):
        kind, body = head[0] >> 2 & 0xF, head[3:] if head[0] & 3 else head[2:]
    else:
        return False
    if kind == 1:
        return (body[0] == 3 and body[9] in (1, 2, 16, 18, 25, 26)) or (
            body[0] == 6 and body[1] in (0, 21, 33)
        )
    return body[0] in (4, 5) and body[1] in range(1, 14)
