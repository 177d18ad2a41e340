"""The text in pictures, by rapidocr (extra `ocr`) where it is asked for; else pictures are not looked at."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any, Final

from app.domain.record import Problem
from app.steps.locate.limits import Reading, TooLarge
from app.steps.locate.passage import Passage
from app.steps.locate.read.raw import read_raw
from app.steps.locate.read.source import Source

_PIXELS: Final = 40_000_000
"""A larger picture is not opened: it would take the memory of a process for itself."""
_SIDE: Final = 1600
"""Pixels to which a picture is made smaller; letters of a page are read well below it."""
_FRAMES: Final = 200


def read_picture(source: Source, reading: Reading) -> Iterator[Passage]:
    """Read the text that a picture shows, and what its metadata holds."""
    data = _held(source, reading.limits.held) if reading.means.pictures else None
    if data is None:
        reading.note(Problem.IMAGE_NOT_READ)
        yield from read_raw(source, reading)
        return
    yield from read_raw(Source.of_bytes(source.name, data), reading)
    yield from shown(lambda: _frames(data), reading)


def _held(source: Source, limit: int) -> bytes | None:
    """Give the whole of a picture, nothing where it is too large for that."""
    try:
        data = source.whole(limit).read(limit + 1)
    except TooLarge:
        return None
    return data if len(data) <= limit else None


def shown(give: Callable[[], Iterable[Any]], reading: Reading) -> Iterator[Passage]:
    """Read the text in the pictures that `give` gives, where that is asked for and can be done."""
    reader = _reader() if reading.means.pictures else None
    if reader is None:
        reading.note(Problem.IMAGE_NOT_READ)
        return
    try:
        for frame in give():
            reading.account.pulse()
            yield Passage("\n".join(_lines(reader, frame)).encode("utf-8", "replace"))
            reading.account.pulse()
    except Exception:  # noqa: BLE001  a picture that can't be shown is not looked at, whatever is wrong with it
        reading.note(Problem.IMAGE_NOT_READ)


@cache
def _reader() -> Any:
    """Load the reader and its models; nothing where the extra is not installed."""
    try:
        from rapidocr_onnxruntime import RapidOCR
    except ImportError:
        return None
    return RapidOCR(intra_op_num_threads=1, inter_op_num_threads=1)


def _lines(reader: Any, frame: Any) -> Iterator[str]:
    held = io.BytesIO()
    frame.save(held, "BMP")
    found, _ = reader(held.getvalue())
    for _, text, _ in found or ():
        yield str(text)


def _frames(data: bytes) -> Iterator[Any]:
    from PIL import Image, ImageSequence

    with warnings.catch_warnings(), Image.open(io.BytesIO(data)) as image:
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        for number, frame in enumerate(ImageSequence.Iterator(image)):
            if number >= _FRAMES or frame.width * frame.height > _PIXELS:
                raise ValueError("more than is looked at")
            small = frame.convert("RGB")
            small.thumbnail((_SIDE, _SIDE))
            yield small
