"""Spreadsheets that are not streamed: xls, xlsb and ods, by calamine."""

from __future__ import annotations

from collections.abc import Iterator

from app.steps.locate.limits import Reading
from app.steps.locate.passage import Passage
from app.steps.locate.read.locked_office import read_locked
from app.steps.locate.read.source import Source
from app.steps.locate.read.table import table


def read_sheet(source: Source, reading: Reading) -> Iterator[Passage]:
    """Read every sheet by columns; a sheet is held in memory as a whole.

    Raises:
        ValueError: when the workbook is broken.
    """
    import python_calamine as calamine

    try:
        workbook = calamine.CalamineWorkbook.from_filelike(source.whole(reading.limits.held))
        for name in workbook.sheet_names:
            yield Passage(name.encode("utf-8", "replace"))
            for passage in table(workbook.get_sheet_by_name(name).iter_rows()):
                yield passage.within(name)
    except calamine.PasswordError:
        yield from read_locked(source, reading)
    except BaseException as error:
        # A panic of the Rust reader is no Exception; it speaks of this one file alone.
        if type(error).__name__ == "PanicException":
            raise ValueError("the workbook can't be read") from error
        raise
