"""A passage: a piece of text a reader hands over to be searched."""

from __future__ import annotations

from typing import NamedTuple


class Passage(NamedTuple):
    """Some text of a file, in UTF-8, cut where no value is cut.

    `header` is the head of the column it comes from (`column` true), or the column
    heads of the document it is part of. `raw` is true of bytes that no reader
    understood, where a short pattern may be chance. `where` is the place in the file:
    a member, a sheet and its column, a page, a table and its column.
    `loose` says that a line may not be UTF-8 after all: whoever finds something looks again.
    """

    data: bytes
    header: str = ""
    column: bool = False
    raw: bool = False
    where: str = ""
    loose: bool = False

    def within(self, place: str) -> Passage:
        """Give the same passage with the place that its own place lies in."""
        return self._replace(where=f"{place}!{self.where}" if self.where else place)
