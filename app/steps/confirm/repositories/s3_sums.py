"""The checksums that an S3 store keeps of a version, held against what is read of it.

An ETag is the MD5 of the content, or of the MD5s of its parts with their number behind (`-12`), but not
where the store encrypts under a key that is not its own (SSE-KMS, SSE-C). What a store says beside it
is of the whole (`FULL_OBJECT`) or of the parts (`COMPOSITE`). See "Checking object integrity" in the
Amazon S3 User Guide.
"""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

_MD5: Final = re.compile(r'"?([0-9a-f]{32})(?:-(\d+))?"?')
_NOT_ITS_OWN: Final = ("aws:kms", "aws:kms:dsse")


class _State(Protocol):
    def update(self, data: bytes, /) -> object:
        """Take in more."""

    def digest(self) -> bytes:
        """Give the sum of all taken in."""


class _Crc32:
    def __init__(self) -> None:
        self._sum = 0

    def update(self, data: bytes) -> None:
        self._sum = zlib.crc32(data, self._sum)

    def digest(self) -> bytes:
        return self._sum.to_bytes(4, "big")


def _md5() -> _State:
    return hashlib.md5(usedforsecurity=False)


def _sha1() -> _State:
    return hashlib.sha1(usedforsecurity=False)


_KINDS: Final[Mapping[str, Callable[[], _State]]] = {
    "ChecksumSHA256": hashlib.sha256,
    "ChecksumSHA1": _sha1,
    "ChecksumCRC32": _Crc32,
}
"""Those that can be computed here; the others are passed over."""


@dataclass(slots=True)
class Sum:
    """One checksum, computed as the bytes go by. `parts` are their lengths; none for the whole."""

    make: Callable[[], _State]
    kept: bytes
    parts: Sequence[int] = ()
    _of_parts: list[bytes] = field(default_factory=list)
    _state: _State | None = None
    _left: int = 0

    def take(self, data: bytes) -> None:
        """Take in the next bytes."""
        while data:
            if self._state is None:
                self._state = self.make()
                self._left = self.parts[len(self._of_parts)] if len(self._of_parts) < len(self.parts) else 0
            some = data[: self._left] if self._left else data
            self._state.update(some)
            data = data[len(some) :]
            if self._left:
                self._left -= len(some)
                if not self._left:
                    self._end_part()

    def _end_part(self) -> None:
        if self._state is not None:
            self._of_parts.append(self._state.digest())
        self._state = None

    def same(self) -> bool:
        """Whether what was taken in has the sum that the store keeps."""
        if not self.parts:
            return (self._state or self.make()).digest() == self.kept
        self._end_part()
        whole = self.make()
        whole.update(b"".join(self._of_parts))
        return whole.digest() == self.kept


def parts_of(told: Mapping[str, Any]) -> int:
    """How many parts the answer to a HEAD says that a version was laid down in; 0 for one laid down whole."""
    found = _MD5.fullmatch(str(told.get("ETag", "")))
    return int(found[2]) if found and found[2] else 0


def sums_of(told: Mapping[str, Any], parts: Sequence[int]) -> tuple[Sum, ...]:
    """Give the sums in the answer to a HEAD that can be computed.

    `parts` are the lengths of the parts; none where the store does not tell them.
    """
    count = parts_of(told)
    sums = [one for name in _KINDS if (one := _beside(name, told, count, parts))]
    found = _MD5.fullmatch(str(told.get("ETag", "")))
    plain = told.get("ServerSideEncryption") not in _NOT_ITS_OWN and not told.get("SSECustomerAlgorithm")
    if found and plain and (parts or not count):
        sums.append(Sum(_md5, bytes.fromhex(found[1]), parts if count else ()))
    return tuple(sums)


def _beside(name: str, told: Mapping[str, Any], count: int, parts: Sequence[int]) -> Sum | None:
    text, _, number = str(told.get(name, "")).partition("-")
    of_parts = bool(number) or told.get("ChecksumType") == "COMPOSITE"
    # Of what was laid down in parts, a sum that does not say of what it is says nothing.
    unsaid = count and not number and not told.get("ChecksumType")
    if not text or unsaid or (of_parts and not parts):
        return None
    return Sum(_KINDS[name], base64.b64decode(text), parts if of_parts else ())
