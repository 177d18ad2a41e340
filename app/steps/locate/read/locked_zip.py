"""Members of a zip under a password: ZipCrypto by the standard library, AES as WinZip has it (AE-1, AE-2)."""

from __future__ import annotations

import bz2
import hmac
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Final

from app.domain.record import Problem
from app.steps.locate.limits import Reading
from app.steps.locate.read.source import BLOCK, Stream

_AES: Final = 99
_EXTRA: Final = 0x9901
_SALTS: Final = {1: 8, 2: 12, 3: 16}
_CHECK: Final = 2
_MAC: Final = 10
_ROUNDS: Final = 1000
_PROBE: Final = 256 << 10
_LOCAL: Final = 30


class Wrong(Exception):
    """No password of the list opens a member, or what it opened is not what was packed."""


def opened(archive: zipfile.ZipFile, info: zipfile.ZipInfo, reading: Reading) -> Stream:
    """Open a member with the first password that fits.

    Raises:
        Wrong: when none does.
        NotImplementedError: when it is packed in a way that is not known here.
    """
    open_with = _aes(archive, info) if info.compress_type == _AES else _crypto(archive, info)
    for word in reading.means.passwords.each(reading.account.pulse):
        for spelled in _spelled(word):
            stream = open_with(spelled)
            if stream and _fits(stream):
                reading.means.passwords.opened(word)
                return _Sure(open_with(spelled), reading)
    raise Wrong


def _spelled(word: str) -> Iterator[bytes]:
    """Give the bytes that a packer may have made of a password: it used the code page of its system."""
    yield word.encode("utf-8", "surrogatepass")
    if not word.isascii():
        yield word.encode("gb18030", "replace")


def _fits(stream: Stream) -> bool:
    """Whether the start of a member unpacks: one or two bytes that fit may be chance."""
    left = _PROBE
    try:
        while left > 0 and (block := stream.read(left)):
            left -= len(block)
    except (OSError, ValueError, EOFError, zlib.error, zipfile.BadZipFile):
        return False
    return True


class _Sure:
    """A stream that, where it does not end as was packed, says that the password was wrong after all."""

    def __init__(self, stream: Stream | None, reading: Reading) -> None:
        self._stream = stream
        self._reading = reading

    def read(self, size: int, /) -> bytes:
        try:
            return self._stream.read(size) if self._stream else b""
        except (OSError, ValueError, EOFError, zlib.error, zipfile.BadZipFile) as error:
            self._reading.note(Problem.ENCRYPTED)
            raise zipfile.BadZipFile from error


def _crypto(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[bytes], Stream | None]:
    def open_with(spelled: bytes) -> Stream | None:
        try:
            return archive.open(info, pwd=spelled)
        except RuntimeError as error:
            if isinstance(error, NotImplementedError):
                raise
            return None  # the one byte to check by does not fit

    return open_with


def _aes(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[bytes], Stream | None]:
    strength, method = _declared(info.extra)
    unpacker = _UNPACKERS.get(method)
    file = archive.fp
    if unpacker is None or strength not in _SALTS or file is None:
        raise NotImplementedError
    size = _SALTS[strength]
    file.seek(info.header_offset)
    head = file.read(_LOCAL)
    if len(head) < _LOCAL:
        raise zipfile.BadZipFile
    at = info.header_offset + _LOCAL + sum(struct.unpack_from("<HH", head, 26))
    left = info.compress_size - size - _CHECK - _MAC
    file.seek(at)
    start = file.read(size + _CHECK)
    if left < 0 or len(start) != size + _CHECK:
        raise zipfile.BadZipFile

    def open_with(spelled: bytes) -> Stream | None:
        import hashlib

        length = size * 2
        keys = hashlib.pbkdf2_hmac("sha1", spelled, start[:size], _ROUNDS, 2 * length + _CHECK)
        if keys[2 * length :] != start[size:]:
            return None
        packed = _Deciphered(file, at + len(start), left, keys[:length], keys[length : 2 * length])
        return _Unpacked(packed, unpacker(), info.file_size)

    return open_with


def _declared(extra: bytes) -> tuple[int, int]:
    """Give the strength and the way of packing that the extra field names; (0, 0) without one."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        if kind == _EXTRA and size >= 7 and at + 11 <= len(extra):
            return extra[at + 8], int.from_bytes(extra[at + 9 : at + 11], "little")
        at += 4 + size
    return 0, 0


class _Deciphered:
    """The packed bytes of a member: AES in counter mode, the counter's low byte first, under an HMAC-SHA1."""

    def __init__(self, file: Any, at: int, size: int, key: bytes, mac: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers import Cipher
        from cryptography.hazmat.primitives.ciphers.algorithms import AES
        from cryptography.hazmat.primitives.ciphers.modes import ECB

        self._file: BinaryIO = file
        self._at = at
        self._left = size
        self._count = 0
        self._mac = hmac.new(mac, digestmod="sha1")
        self._blocks = Cipher(AES(key), ECB()).encryptor()  # noqa: S305  the counter mode of WinZip is made of it

    def read(self) -> bytes:
        """Give the next bytes; none at the end, where the HMAC was compared."""
        size = min(BLOCK, self._left)
        self._file.seek(self._at)
        data = self._file.read(size)
        if len(data) != size:
            raise zipfile.BadZipFile
        if not size:
            if not hmac.compare_digest(self._file.read(_MAC), self._mac.digest()[:_MAC]):
                raise zipfile.BadZipFile
            return b""
        self._mac.update(data)
        self._at += size
        self._left -= size
        count = (size + 15) // 16
        counters = b"".join(n.to_bytes(16, "little") for n in range(self._count + 1, self._count + 1 + count))
        self._count += count
        stream = self._blocks.update(counters)[:size]
        return (int.from_bytes(data) ^ int.from_bytes(stream)).to_bytes(size)


class _Stored:
    """The unpacker of what is not packed."""

    def __init__(self) -> None:
        self.unconsumed_tail = b""

    def decompress(self, data: bytes, size: int, /) -> bytes:
        self.unconsumed_tail = data[size:]
        return data[:size]


_UNPACKERS: Final[dict[int, Callable[[], Any]]] = {
    0: _Stored,
    8: lambda: zlib.decompressobj(-15),
    12: bz2.BZ2Decompressor,
}


class _Unpacked:
    """What a member unpacks to. After its end the rest is read all the same: the HMAC stands behind it."""

    def __init__(self, packed: _Deciphered, unpacker: Any, size: int) -> None:
        self._packed = packed
        self._unpacker = unpacker
        self._held = b""
        self._ended = False
        self._left = size

    def read(self, size: int, /) -> bytes:
        while True:
            block: bytes = b""
            if not getattr(self._unpacker, "eof", False):
                block = self._unpacker.decompress(self._held, max(1, size))
                self._held = getattr(self._unpacker, "unconsumed_tail", b"")
            if block:
                self._left -= len(block)
                return block
            if self._ended:
                if self._left:
                    raise zipfile.BadZipFile
                return b""
            self._held = self._packed.read()
            self._ended = not self._held
