"""Pages: the items of a plan too long to be held, kept elsewhere and read a page at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, final

from app.domain.fault import Fault, Refused
from app.domain.item import PlanItem

PAGE: Final = 512
"""Lines of a page; the last one may hold fewer."""
_PIN: Final = 32


@final
@dataclass(frozen=True, slots=True, eq=False)
class Pages:
    """Items behind `read`, which gives the lines of one page; an empty page is behind the last.

    All of them are read once when this is made, and the SHA-256 of each page is kept. A page
    that reads otherwise later is refused. So what is behind a signature can't change under it,
    though none of it is held in memory. That no two items share an id is for the store to see to.

    Raises:
        Refused: PLAN_CHANGED, from every reading, when a page is not what it was.
    """

    read: Callable[[int], Sequence[bytes]]
    _count: int = field(init=False)
    _pins: bytes = field(init=False)

    def __post_init__(self) -> None:
        pins, count = bytearray(), 0
        while lines := self.read(len(pins) // _PIN):
            pins += _pin(lines)
            count += len(lines)
            if len(lines) < PAGE:
                break
        object.__setattr__(self, "_pins", bytes(pins))
        object.__setattr__(self, "_count", count)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[PlanItem]:
        return map(PlanItem.of, self.lines())

    def __getitem__(self, index: int) -> PlanItem:
        at = range(self._count)[index]
        return PlanItem.of(self._page(at // PAGE)[at % PAGE])

    def lines(self) -> Iterator[bytes]:
        """The canonical JSON of each item, in order."""
        for number in range(len(self._pins) // _PIN):
            yield from self._page(number)

    def _page(self, number: int) -> Sequence[bytes]:
        lines = self.read(number)
        if _pin(lines) != self._pins[number * _PIN : (number + 1) * _PIN]:
            raise Refused(Fault.PLAN_CHANGED, "", f"page {number}")
        return lines


def _pin(lines: Sequence[bytes]) -> bytes:
    return hashlib.sha256(b"\n".join(lines)).digest()
