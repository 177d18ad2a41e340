"""A writer of small Outlook stores ([MS-PST], Unicode), for the tests: folders, mails, attachments."""

from __future__ import annotations

import struct
import zlib

ROOT, STORE, NAMES = 0x122, 0x21, 0x61
TEXT, BINARY, NUMBER = 0x001F, 0x0102, 0x0003
HN_PC, HN_TC = 0xBC, 0x7C


def crc(data):
    """The CRC of [MS-PST] 5.3: as of zip, without the two inversions."""
    return zlib.crc32(data, 0xFFFFFFFF) ^ 0xFFFFFFFF


def signature(at, bid):
    value = (at ^ bid) & 0xFFFFFFFF
    return (value >> 16 ^ value) & 0xFFFF


def heap(client, root, parts):
    """One block of a heap (2.3.1): its allocations are numbered from 1."""
    head = 12
    places, body = [head], b""
    for part in parts:
        body += part
        places.append(head + len(body))
    body += b"\0" * (len(body) % 2)
    table = struct.pack(f"<HH{len(places)}H", len(parts), 0, *places)
    return struct.pack("<HBBLL", head + len(body), 0xEC, client, root << 5, 0) + body + table


def properties(values):
    """A property context (2.3.3): {tag: (type, value)}."""
    records, parts = b"", [b"", b""]
    for tag, (kind, value) in sorted(values.items()):
        if kind == NUMBER:
            told = value
        else:
            parts.append(value.encode("utf-16-le") if kind == TEXT else value)
            told = len(parts) << 5
        records += struct.pack("<HHL", tag, kind, told)
    parts[0] = struct.pack("<BBBBL", 0xB5, 2, 6, 0, 2 << 5)
    parts[1] = records
    return heap(HN_PC, 1, parts)


def table(rows):
    """A table context (2.3.4) of the numbers of its rows alone."""
    columns = struct.pack("<LHBB", 0x67F20003, 0, 4, 0) + struct.pack("<LHBB", 0x67F30003, 4, 4, 1)
    matrix = b"".join(struct.pack("<LLB", row, 1, 0xC0) for row in rows)
    index = b"".join(struct.pack("<LL", row, place) for place, row in enumerate(rows))
    head = struct.pack("<BB4HLLL", HN_TC, 2, 8, 8, 8, 9, 2 << 5, (4 << 5) if rows else 0, 0) + columns
    tree = struct.pack("<BBBBL", 0xB5, 4, 4, 0, (3 << 5) if rows else 0)
    return heap(HN_TC, 1, [head, tree, index, matrix] if rows else [head, tree])


class Store:
    """Puts blocks and nodes together to a file."""

    def __init__(self):
        self.blocks, self.nodes, self.at, self.next = [], [], 0x4600, 4
        self.body = b""

    def block(self, data, internal=False):
        bid = self.next | (2 if internal else 0)
        self.next += 4
        size = -(-(len(data) + 16) // 64) * 64
        trailer = struct.pack("<HHLQ", len(data), signature(self.at, bid), crc(data), bid)
        self.blocks.append((bid, self.at, len(data)))
        self.body += data.ljust(size - 16, b"\0") + trailer
        self.at += size
        return bid

    def subnodes(self, entries):
        """A block of subnodes (2.2.2.8.3.3.1): (number, its data, its own subnodes)."""
        packed = b"".join(struct.pack("<QQQ", *one) for one in entries)
        return self.block(struct.pack("<BBHL", 2, 0, len(entries), 0) + packed, internal=True)

    def node(self, number, data, parent=0, sub=0):
        self.nodes.append((number, self.block(data), sub, parent))

    def mail(self, number, parent, values, attachments=(), inside=()):
        """A message; `attachments` are (name, bytes), `inside` the properties of mails that are attached."""
        entries = []
        rows = []
        for place, (name, data) in enumerate(attachments):
            made = {
                0x3707: (TEXT, name),
                0x3705: (NUMBER, 1),
                0x0E20: (NUMBER, len(data)),
                0x3701: (BINARY, data),
            }
            rows.append(0x8025 + place * 0x20)
            entries.append((rows[-1], self.block(properties(made)), 0))
        if rows:
            entries.append((0x671, self.block(table(rows)), 0))
        self.node(number, properties(values), parent, self.subnodes(sorted(entries)) if entries else 0)

    def page(self, kind, entries, size, bid):
        body = b"".join(entries).ljust(488, b"\0") + struct.pack(
            "<BBBBL", len(entries), 488 // size, size, 0, 0
        )
        return body + struct.pack("<BBHLQ", kind, kind, signature(self.at, bid), crc(body), bid)

    def to_bytes(self):
        start = self.at
        self.at = -(-self.at // 512) * 512
        self.body += bytes(self.at - start)
        nbt_at, nbt_bid = self.at, self.next | 2
        nodes = [struct.pack("<QQQLL", *one, 0) for one in sorted(self.nodes)]
        self.body += self.page(0x81, nodes, 32, nbt_bid)
        self.at += 512
        bbt_at, bbt_bid = self.at, self.next + 4 | 2
        blocks = [struct.pack("<QQHHL", bid, at, size, 2, 0) for bid, at, size in sorted(self.blocks)]
        self.body += self.page(0x80, blocks, 24, bbt_bid)
        self.at += 512
        root = struct.pack(
            "<LQQQQQQQQBBH", 0, self.at, 0x4400, 0, 0, nbt_bid, nbt_at, bbt_bid, bbt_at, 0, 0, 0
        )
        head = struct.pack("<HHHBBLL", 0x4D53, 23, 19, 1, 1, 0, 0)
        head += struct.pack("<QQL", 0, self.next + 8, 1) + bytes(128) + bytes(8) + root + bytes(4)
        head += b"\xff" * 256 + b"\x80\0\0\0" + struct.pack("<Q", self.next + 12)
        made = b"!BDN" + struct.pack("<L", crc(head[:471])) + head
        made += struct.pack("<L", crc(made[8:524]))
        return made.ljust(0x4600, b"\0") + self.body


def pst_bytes(mails, folder="收件箱"):
    """A store with one folder of mails, each (properties, attachments)."""
    store = Store()
    store.node(STORE, properties({0x3001: (TEXT, "store")}))
    one = struct.pack("<LHH", 0x8530, 2, 0)
    names = {
        0x0001: (NUMBER, 1),
        0x0002: (BINARY, bytes(16)),
        0x0003: (BINARY, one),
        0x0004: (BINARY, bytes(4)),
    }
    store.node(NAMES, properties(names))
    store.node(ROOT, properties({0x3001: (TEXT, ""), 0x3602: (NUMBER, 0)}), ROOT)
    store.node(0x8022, properties({0x3001: (TEXT, folder), 0x3602: (NUMBER, len(mails))}), ROOT)
    for folder_number, rows in ((ROOT, [0x8022]), (0x8022, [])):
        store.node(folder_number & ~0x1F | 0x0D, table(rows))
        held = [0x200024 + place * 0x20 for place in range(len(mails))] if folder_number != ROOT else []
        store.node(folder_number & ~0x1F | 0x0E, table(held))
        store.node(folder_number & ~0x1F | 0x0F, table([]))
    for place, (values, attachments) in enumerate(mails):
        store.mail(0x200024 + place * 0x20, 0x8022, values, attachments)
    return store.to_bytes()
