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
from app.steps.locate.read.source import BLOCK, Source
from app.steps.locate.read.text import charset_of, is_table, text_passages
from app.steps.locate.tally import Tally

PART: Final = 24 << 20
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
    """Cut a text into parts, the digest first: it takes the longest of one go."""
    cuts = [*range(0, size, PART), size]
    if size - cuts[-2] < PART // 2 and len(cuts) > 2:
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
                if not part.first:
                    yield Passage(_source.name.encode("utf-8", "replace"))
                else:
                    yield Passage(b"")  # the name's place: what follows is text
                yield from text_passages(_lines(file, part), part.codec, reading)

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


def _lines(file: BinaryIO, part: Part) -> Iterator[bytes]:
    """Give the bytes of a part, from a border before its first to one after its last.

    What stands between two such borders is read twice and counted once. Where there is no
    border near, as in no text that people write, the cut is made all the same.
    """
    at = max(0, part.first - _BEFORE)
    file.seek(at)
    if at:
        block = file.read(min(_LINE, part.last - at))
        border = _BORDER.search(block)
        yield block[border.end() if border else 0 :]
        at += len(block)
    while at < part.last and (block := file.read(min(BLOCK, part.last - at))):
        yield block
        at += len(block)
    if at >= part.last:
        file.seek(part.last)
        block = file.read(_LINE)
        border = _BORDER.search(block)
        yield block[max(0, at - part.last) : border.end() if border else len(block)]
