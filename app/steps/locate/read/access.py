"""Access databases, by access-parser (extra `access`): tables by columns, then the pages as bytes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

from typing_extensions import override

from app.domain.record import Problem
from app.steps.locate.limits import Reading
from app.steps.locate.passage import Passage
from app.steps.locate.read.raw import read_raw
from app.steps.locate.read.source import Source
from app.steps.locate.read.table import by_columns


def read_access(source: Source, reading: Reading) -> Iterator[Passage]:
    """Read every table a person has made, and all pages as bytes: deleted rows are in them, and what broke.

    Without the parser, or where it fails, the bytes alone are searched, and that is said.
    """
    try:
        from access_parser import access_parser
    except ImportError:
        reading.note(Problem.ACCESS_NOT_READ)
    else:
        # It asks for a path, which a member of an archive has not: here it is given the bytes.
        access_parser.read_db_file = bytes
        yield from _tables(access_parser.AccessParser, source, reading)
    yield from read_raw(source, reading)


def _tables(parser: Callable[[bytes], Any], source: Source, reading: Reading) -> Iterator[Passage]:
    file = source.whole(reading.limits.held)
    if file.seek(0, 2) > reading.limits.held:
        reading.note(Problem.BOMB_BYTES)
        return
    heard = _Complaints()
    logger = logging.getLogger("access_parser")
    logger.addHandler(heard)
    logger.propagate = False
    try:
        file.seek(0)
        database = parser(file.read())
        for name in database.catalog:
            reading.account.pulse()
            if name.startswith("MSys"):
                continue
            yield Passage(name.encode("utf-8", "replace"))
            table = {str(head): list(column) for head, column in database.parse_table(name).items()}
            for passage in by_columns(list(table), zip(*table.values(), strict=False)):
                yield passage.within(name)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  it raises anything over a file it does not know; the pages are searched
        reading.note(Problem.MALFORMED)
    finally:
        logger.removeHandler(heard)
    if heard.count:
        reading.note(Problem.MALFORMED)


class _Complaints(logging.Handler):
    """Counts what the parser passed over: it says so to its log alone."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.count = 0

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self.count += 1
