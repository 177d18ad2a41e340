"""A writer of OLE files (MS-CFB) for the tests: short streams in the mini stream, as Office writes them."""

from __future__ import annotations

import struct

SECTOR, MINI, CUTOFF = 512, 64, 4096
END, FREE, NONE, FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFD


def ole_bytes(streams: dict[str, bytes]) -> bytes:
    """Give an OLE file; `/` in a name makes storages."""
    tree: dict = {}
    for name, data in streams.items():
        *storages, leaf = name.split("/")
        at = tree
        for storage in storages:
            at = at.setdefault(storage, {})
        at[leaf] = data
    entries = [["Root Entry", 5, NONE, NONE, NONE, END, 0]]
    contents: list[bytes | None] = [None]

    def add(children: dict) -> int:
        first = NONE
        for name, what in reversed(children.items()):
            number = len(entries)
            leaf = isinstance(what, bytes)
            entries.append([name, 2 if leaf else 1, NONE, first, NONE, END, len(what) if leaf else 0])
            contents.append(what if leaf else None)
            if not leaf:
                entries[number][4] = add(what)
            first = number
        return first

    entries[0][4] = add(tree)
    minis, mini_fat = bytearray(), []
    for entry, data in zip(entries, contents, strict=True):
        if data and len(data) < CUTOFF:
            entry[5] = len(mini_fat)
            count = -(-len(data) // MINI)
            mini_fat += [*range(len(mini_fat) + 1, len(mini_fat) + count), END]
            minis += data.ljust(count * MINI, b"\0")
    body, fat = bytearray(), []

    def lay(data: bytes) -> int:
        if not data:
            return END
        start, count = len(fat), -(-len(data) // SECTOR)
        fat.extend([*range(start + 1, start + count), END])
        body.extend(data.ljust(count * SECTOR, b"\0"))
        return start

    for entry, data in zip(entries, contents, strict=True):
        if data and len(data) >= CUTOFF:
            entry[5] = lay(data)
    entries[0][5], entries[0][6] = lay(bytes(minis)), len(minis)
    packed_minis = b"".join(struct.pack("<L", n) for n in mini_fat)
    mini_start = lay(packed_minis.ljust(-(-len(packed_minis) // SECTOR) * SECTOR, b"\xff"))
    directory = b"".join(map(_entry, entries))
    directory_start = lay(directory)
    fat_start = len(fat)
    fat_sectors = -(-(len(fat) + 8) // 128)
    fat += [FAT] * fat_sectors
    body += struct.pack(f"<{len(fat)}L", *fat).ljust(fat_sectors * SECTOR, b"\xff")
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<LLLLLL", 0, fat_sectors, directory_start, 0, CUTOFF, mini_start)
    head += struct.pack("<LLL", -(-len(packed_minis) // SECTOR), END, 0)
    places = [fat_start + i for i in range(fat_sectors)]
    head += struct.pack("<109L", *places, *[FREE] * (109 - len(places)))
    return head + bytes(body)


def _entry(entry: list) -> bytes:
    name, kind, left, right, child, start, size = entry
    wide = name.encode("utf-16-le") + b"\0\0"
    return (
        wide.ljust(64, b"\0")
        + struct.pack("<HBBLLL", len(wide), kind, 1, left, right, child)
        + bytes(36)
        + struct.pack("<LQ", start, size)
    )
