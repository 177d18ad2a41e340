"""Making the bytes of a pass in a second thread, one chunk ahead of the writing or comparing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from app.steps.wipe.keystream import CHUNK, ROOM, Stream
from app.system.direct import buffer

Run = tuple[int, int]
"""First byte and the one after the last."""
LARGE: Final = 1024 * 1024
"""From this size on a second thread and direct writing pay."""


def pieces(runs: Iterable[Run]) -> list[tuple[int, int]]:
    """Cut runs into (offset, length) of at most one chunk."""
    return [(at, min(CHUNK, end - at)) for start, end in runs for at in range(start, end, CHUNK)]


def made(stream: Stream, runs: Iterable[Run]) -> Iterator[tuple[int, bytes | memoryview]]:
    """Give each piece of the runs with its bytes, which hold until the next one is asked for.

    The buffers of large files are aligned for direct writing.
    """
    cut = pieces(runs)
    if sum(length for _, length in cut) < LARGE:
        for offset, length in cut:
            yield offset, stream.at(offset, length)
        return
    with ThreadPoolExecutor(1) as other:
        views = [memoryview(buffer(ROOM)), memoryview(buffer(ROOM))]
        coming = other.submit(stream.into, views[0], *cut[0])
        for number, (offset, length) in enumerate(cut):
            coming.result()
            if number + 1 < len(cut):
                coming = other.submit(stream.into, views[(number + 1) % 2], *cut[number + 1])
            yield offset, views[number % 2][:length]
