"""Large texts, shared by several processes: each searches a part, one takes the digest of all."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import BinaryIO, Final

from app.domain.record import Problem
from app.steps.locate.job import Part, Target, Task
from app.steps.locate.limits import Account, Reading
from app.steps.locate.look import (
    NotAFile,
    Seen,
    Sight,
    close_look,
    digest_of,
    judge,
    opened,
    problem_of,
    search,
    stamp_of,
)
from app.steps.locate.passage import Passage
from app.steps.locate.read.chunk import stretches
from app.steps.locate.read.source import BLOCK, Source
from app.steps.locate.read.text import UTF8, charset_of, is_table, text_passages, utf8_passages
from app.steps.locate.tally import Tally

PART: Final = 12 << 20
_SHORT: Final = 4
"""The last parts are so much shorter."""
_LINE: Final = 64 << 10
_BORDER: Final = re.compile(rb"[\n\r,;<>\"'\t]")
"""No value goes over these, and in the encodings below they are no part of a character."""
_BEFORE: Final = 512
"""Bytes before a part that are read with it, so that a label stays with its value."""
_SHARED: Final = frozenset({"utf-8", "utf-8-sig", "gb18030"})
"""Encodings in which the byte of a line's end is nothing else."""


def shared_codec(target: Target) -> str:
    """Name the encoding of a text that can be cut at the ends of its lines; nothing for all else."""
    from app.steps.locate.read import is_plain_text

    try:
        with opened(target) as file:
            source = Source(target.path.rpartition("/")[2], file, file=file, path=target.path)
            if not is_plain_text(source):
                return ""
            charset = charset_of(source)
            if charset is None or charset.doubtful or charset.codec not in _SHARED:
                return ""
            return "" if is_table(source.head(), charset) else charset.codec
    except Exception:  # noqa: BLE001  whatever it is, the look at the whole will tell
        return ""


def parts_of(target: Target, codec: str, size: int) -> list[Part]:
    """Cut a text into parts, the digest first: it takes the longest of one go. The last are short.

    So those who share it end at nearly the same time.
    """
    last = max(0, size - 2 * PART)
    cuts = [*range(0, last, PART), *range(-(-last // PART) * PART, size, PART // _SHORT), size]
    if size - cuts[-2] < PART // _SHORT // 2:
        del cuts[-2]
    return [
        Part(target, codec, 0, 0),
        *(Part(target, codec, first, last) for first, last in pairwise(cuts)),
    ]


def look_at_part(part: Part, task: Task, pulse: Callable[[], None]) -> Seen:
    """Search a part of a text, or take the digest of it all."""
    try:
        return _looked(part, task, pulse)
    except OSError as error:
        return Seen(part.target.stamp, [problem_of(error)], Tally(task.key))
    except NotAFile:
        return Seen(part.target.stamp, [Problem.CHANGED_WHILE_READ], Tally(task.key))


def _looked(part: Part, task: Task, pulse: Callable[[], None]) -> Seen:
    with opened(part.target) as file:
        account = Account(pulse=pulse)
        seen = Seen(stamp_of(_stat(file)), account.problems, Tally(task.key))
        if not part.last:
            seen.sha256 = digest_of(file, seen.stamp.size, pulse)
        else:
            source = Source(part.target.path.rpartition("/")[2], file)

            def read(_source: Source, reading: Reading) -> Iterator[Passage]:
                # Where the name stands in a whole text; in the other parts nothing does.
                yield Passage(b"" if part.first else _source.name.encode("utf-8", "replace"))
                first, last = _bounds(file, part)
                if part.codec in UTF8:
                    yield from utf8_passages(stretches(file, first, last), reading)
                else:
                    yield from text_passages(_blocks(file, first, last), part.codec, reading)

            search(source, task, account, seen, read)
            if part.first:
                seen.sample.clear()
        close_look(file, seen)
    return seen


def join(parts: list[Seen], target: Target, task: Task) -> Sight:
    """Say of the whole what its parts said."""
    whole = parts[1]
    whole.sha256 = parts[0].sha256
    for part in (parts[0], *parts[2:]):
        whole.tally.absorb(part.tally)
        whole.problems.extend(one for one in part.problems if one not in whole.problems)
        if part.stamp != whole.stamp and Problem.CHANGED_WHILE_READ not in whole.problems:
            whole.problems.append(Problem.CHANGED_WHILE_READ)
    return judge(target, whole, task)


def _stat(file: BinaryIO) -> os.stat_result:
    return os.fstat(file.fileno())


def _bounds(file: BinaryIO, part: Part) -> tuple[int, int]:
    """Give where to read a part: from a border before its first byte to one after its last.

    What stands between two such borders is read twice and counted once. Where there is no
    border near, as in no text that people write, the cut is made all the same.
    """
    before = max(0, part.first - _BEFORE)
    start = _border(file, before) if before else 0
    file.seek(part.last)
    far = part.last + len(file.read(_LINE))
    return before if start is None else start, _border(file, part.last) or far


def _border(file: BinaryIO, at: int) -> int | None:
    """Give the place after the first border from a place on; None where there is none near."""
    file.seek(at)
    border = _BORDER.search(file.read(_LINE))
    return at + border.end() if border else None


def _blocks(file: BinaryIO, first: int, last: int) -> Iterator[bytes]:
    file.seek(first)
    while first < last and (block := file.read(min(BLOCK, last - first))):
        yield block
        first += len(block)
