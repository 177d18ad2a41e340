"""The files attached to a certificate: each once, none besides, and none that swells without end."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from typing import Any, Final

_MOST: Final = 1 << 30
"""Bytes of one attached file: an inventory of a million rows has an eighth of that."""
_DEEP: Final = 12


def attachments(data: bytes) -> dict[str, bytes]:
    """Give the files attached to a PDF by name; none when it can't be read."""
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(data)) as document:
            return {name: _content(spec.get_file().obj) for name, spec in document.attachments.items()}
    except Exception:  # noqa: BLE001 - a hostile file may break the parser in any way; all mean the same
        return {}


def specifications(data: bytes) -> int:
    """Count what names an embedded file anywhere in a PDF, as often as it stands there.

    Two files of one name, or one that hangs on a page, would let two readers show two files.
    """
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(data)) as document:
            return sum(1 for one in document.objects for _ in _specifications(one, 0))
    except Exception:  # noqa: BLE001 - as above
        return 0


def _content(stream: Any) -> bytes:
    """Give the bytes of an embedded file, at most so many.

    Raises:
        ValueError: for more, or for another form than Lethe writes.
    """
    raw, form = bytes(stream.read_raw_bytes()), str(stream.get("/Filter", ""))
    if form == "/FlateDecode" and "/DecodeParms" not in stream:
        inflating = zlib.decompressobj()
        raw = inflating.decompress(raw, _MOST)
        if inflating.unconsumed_tail:
            raise ValueError("too long")
    elif form:
        raise ValueError(form)
    return raw


def _specifications(one: Any, depth: int) -> Iterator[None]:
    """Walk an object and what lies directly in it; what it refers to is an object of its own."""
    import pikepdf

    if depth > _DEEP:
        raise ValueError("too deep")
    inside: Any = ()
    if isinstance(one, pikepdf.Stream):
        inside = one.stream_dict.values()
    elif isinstance(one, pikepdf.Dictionary):
        if "/EF" in one:
            yield None
        inside = one.values()
    elif isinstance(one, pikepdf.Array):
        inside = one
    for part in inside:
        if isinstance(part, pikepdf.Object) and not part.is_indirect:
            yield from _specifications(part, depth + 1)
