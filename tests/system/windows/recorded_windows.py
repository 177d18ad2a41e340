"""Recorded answers of Windows. Each test sets what differs from a plain NTFS file on a disk that spins."""

from __future__ import annotations

import struct

from app.system.windows import api as w
from app.system.windows.api import Answer, CallFailed, Space, VolumeAnswer

GUID = "\\\\?\\Volume{11111111-2222-3333-4444-555555555555}"
OTHER = "\\\\?\\Volume{99999999-2222-3333-4444-555555555555}"
NTFS = 0x03E706FF | 0x40000 | 0x400000
"""What an NTFS volume says of itself, named streams and hard links among it."""
FILE = "C:\\data\\客户.csv"
SECTOR = 4096
CLUSTER = 4096


def wide(text, room=0):
    return text.encode("utf-16-le").ljust(room, b"\0")


def pointers(rows, start=0, *, counted=False):
    """RETRIEVAL_POINTERS_BUFFER, or RETRIEVAL_POINTERS_AND_REFCOUNT_BUFFER: rows of (next, cluster[, references])."""
    data = struct.pack("<I4xq", len(rows), start)
    return data + b"".join(struct.pack("<qqI4x" if counted else "<qq", *row) for row in rows)


def descriptor(vendor=b"", product=b"WDC WD10EZEX", serial=b"  WD-123 ", bus=11):
    """STORAGE_DEVICE_DESCRIPTOR with its strings behind it."""
    texts, at, offsets = b"", 40, []
    for text in (vendor, product, b"", serial):
        offsets.append(at + len(texts) if text else 0)
        texts += text + b"\0" if text else b""
    return struct.pack("<II4B6I", 40, 40 + len(texts), 0, 0, 0, 1, *offsets, bus, 0).ljust(40, b"\0") + texts


def truth(value):
    """DEVICE_SEEK_PENALTY_DESCRIPTOR, DEVICE_TRIM_DESCRIPTOR."""
    return struct.pack("<IIB3x", 12, 12, value)


def disks(*numbers):
    """VOLUME_DISK_EXTENTS."""
    return struct.pack("<I4x", len(numbers)) + b"".join(struct.pack("<I4xqq", n, 0, 1 << 30) for n in numbers)


def found_stream(name, size):
    """WIN32_FIND_STREAM_DATA."""
    return struct.pack("<q", size) + wide(name, 592)


def stream_list(*streams):
    """FILE_STREAM_INFO entries, each on a multiple of 8."""
    data = b""
    for index, (name, size) in enumerate(streams):
        raw = struct.pack("<Iqq", len(wide(name)), size, size) + wide(name)
        step = -(-(len(raw) + 4) // 8) * 8 if index < len(streams) - 1 else 0
        data += struct.pack("<I", step) + raw.ljust(max(step - 4, 0), b"\0")
    return data.ljust(64 * 1024, b"\0")


def process(pid, name="Excel", service=""):
    """RM_PROCESS_INFO."""
    return struct.pack("<I8x", pid) + wide(name, 512) + wide(service, 128) + struct.pack("<IIIi", 1, 1, 1, 0)


class Recorded:
    """Answers what it was given; what stands as an int is the error a call fails with."""

    def __init__(self):
        self.content = bytearray(b"x" * 10_000)
        self.attributes, self.tag = 0x20, 0
        self.links = 1
        self.volume = VolumeAnswer("NTFS", NTFS)
        self.drive = 3
        self.mounts = {"C:\\": GUID + "\\"}
        self.clusters = Space(8, 512, 1 << 20)
        self.controls = {w.FSCTL_GET_RETRIEVAL_POINTERS: [Answer(pointers([(3, 1000)]))]}
        self.properties = {0: descriptor(), 7: truth(1), 8: truth(0)}
        self.disks = disks(0)
        self.infos = {
            w.STORAGE_INFO: struct.pack("<7I", 512, SECTOR, SECTOR, SECTOR, 0, 0, 0),
            w.STREAM_INFO: stream_list(("::$DATA", 10_000)),
            w.ID_INFO: struct.pack("<Q16s", 0xABCDEF0123456789, bytes(range(16))),
        }
        self.found = [found_stream("::$DATA", 10_000)]
        self.links_found = ["\\data\\客户.csv"]
        self.processes = b""
        self.programs = {}
        self.roots = w.NOT_UNDER_SYNC_ROOT
        self.swap = ["C:\\pagefile.sys"]
        self.capabilities = bytes(8) + b"\1" + bytes(67)
        self.folders = {}
        self.home = "C:\\Windows"
        self.refusals = {}
        self.folder_marks = {}
        self.opened = {}
        self.log = []
        self._next = 100

    def _give(self, answer, subject=""):
        if isinstance(answer, int):
            raise CallFailed(answer, subject)
        return answer

    def open(self, path, access, share, flags):
        self.log.append(("open", path, access, share, flags))
        if path in self.refusals:
            raise CallFailed(self.refusals[path], path)
        self._next += 1
        self.opened[self._next] = (path, flags)
        return self._next

    def close(self, handle):
        del self.opened[handle]
        self.log.append(("close", handle))

    def descriptor(self, handle):
        return handle

    def handle(self, fd):
        return fd

    def device(self, place):
        return 77

    def final_path(self, handle):
        return self.opened[handle][0] if handle in self.opened else w.long(FILE)

    def information(self, handle, kind, room):
        if kind == w.ATTRIBUTE_TAG_INFO:
            path = self.opened.get(handle, ("", 0))[0]
            data = struct.pack("<II", *self.folder_marks.get(path, (self.attributes, self.tag)))
        elif kind == w.STANDARD_INFO:
            data = struct.pack("<qqIBB2x", CLUSTER * 3, len(self.content), self.links, 0, 0)
        else:
            data = self._give(self.infos.get(kind, w.INVALID_PARAMETER))
        assert len(data) <= room
        return data

    def set_information(self, handle, kind, data):
        self.log.append(("set", self.opened[handle][0], kind, data))
        if ("set", kind) in self.refusals:
            raise CallFailed(self.refusals["set", kind])
        if kind == w.END_OF_FILE_INFO:
            del self.content[struct.unpack("<q", data)[0] :]

    def control(self, handle, code, question, room):
        self.log.append(("control", code, question))
        if code == w.IOCTL_STORAGE_QUERY_PROPERTY:
            return Answer(self._give(self.properties.get(struct.unpack_from("<I", question)[0], 1)))
        if code == w.IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS:
            return Answer(self._give(self.disks))
        answers = self.controls.get(code, w.INVALID_FUNCTION)
        if isinstance(answers, int):
            raise CallFailed(answers)
        return self._give(answers.pop(0) if len(answers) > 1 else answers[0])

    def _aligned(self, handle, offset, length):
        if self.opened[handle][1] & w.NO_BUFFERING and (offset % SECTOR or length % SECTOR):
            raise CallFailed(w.INVALID_PARAMETER)

    def read(self, handle, offset, length):
        self._aligned(handle, offset, length)
        return bytes(self.content[offset : offset + length])

    def write(self, handle, offset, data):
        self._aligned(handle, offset, len(data))
        self.log.append(("write", offset, len(data)))
        if "write" in self.refusals:
            raise CallFailed(self.refusals["write"])
        self.content.extend(bytes(max(0, offset + len(data) - len(self.content))))
        self.content[offset : offset + len(data)] = data
        return len(data)

    def flush(self, handle):
        self.log.append(("flush", handle))
        if "flush" in self.refusals:
            raise CallFailed(self.refusals["flush"])

    def volume_path(self, path):
        plain = w.short(path)
        mount = max((m for m in self.mounts if plain.lower().startswith(m.lower())), key=len, default="")
        return mount or self._give(3, path)

    def volume_name(self, mount):
        return self._give(self.mounts[mount])

    def volume_information(self, mount):
        return self._give(self.volume)

    def drive_type(self, mount):
        return self.drive

    def space(self, mount):
        return self._give(self.clusters)

    def streams(self, path):
        return self._give(self.found)

    def names(self, path):
        return self._give(self.links_found)

    def users(self, path):
        return self._give(self.processes)

    def sync_root(self, path):
        return self._give(self.roots)

    def page_files(self):
        return self._give(self.swap)

    def power(self):
        return self._give(self.capabilities)

    def windows_folder(self):
        return self._give(self.home)

    def known_folder(self, folder):
        return self._give(self.folders.get(folder, 2))

    def run(self, *words):
        return self._give(self.programs.get(words[0].rpartition("\\")[2], w.ACCESS_DENIED))
