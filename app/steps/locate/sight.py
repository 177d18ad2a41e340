"""From the engine's offsets to sightings: what stands there, exactly, and what speaks for it.

One span is one kind, most specific first: identity number, social credit code,
mobile, landline, bank card, and last what only its label tells. A number that fails its
checksum still counts where a header or a label names it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby, pairwise
from typing import Final

from app.steps.locate import grade, shapes
from app.steps.locate.custom import in_lines
from app.steps.locate.digits import RUN, alone, numbers
from app.steps.locate.engine import LABEL_KINDS, UNPLAIN, Class, Engine, Hits
from app.steps.locate.named import NAMED_KINDS, WRITTEN, after_label, headed, in_column
from app.steps.locate.passage import Passage
from app.steps.locate.plain import is_utf8_near, mend, plain
from app.steps.locate.sighting import Reader, Sighting
from app.steps.locate.words import ODD, family, header_kinds

_SOLID_EMAIL: Final = re.compile(r"[^@]{3,}@[^.]{2,}\..+")
"""In bytes that are no text, a shorter one turns up by chance every few megabytes."""
_BEFORE: Final = 180
_AFTER: Final = 60
_ODD_BEFORE: Final = 24
_FAR: Final = 64 << 10
_NEIGHBOUR: Final = 200
_LABEL_BLOCK: Final = 12
"""Labels are looked for in blocks of 4 KiB (2 to this power), where a number stands near."""
_LONGEST_LABEL: Final = 64
_NO_LABELS: Final[dict[str, list[int]]] = {}
_NUMBER, _PATTERN, _NAMED = int(Class.NUMBER), int(Class.PATTERN), int(Class.NAMED)

__all__ = ["Sighting", "sightings", "sightings_at"]


def sightings(passage: Passage, engine: Engine, today: date) -> list[Sighting]:
    """Find what stands in one passage."""
    hits = engine.spots(passage.data)
    if not hits and not (passage.column and headed(passage.header)):
        return []
    if passage.loose and not is_utf8_near(passage.data, [end for end, _ in hits]):
        passage = passage._replace(data=mend(passage.data)[0], loose=False)
        hits = engine.spots(passage.data)
    return sightings_at(passage, hits, engine, today)


def sightings_at(passage: Passage, hits: Hits, engine: Engine, today: date) -> list[Sighting]:
    """Find what stands in one passage where the engine has reported something."""
    data = passage.data
    if any(kind in UNPLAIN for _, kind in hits):
        data = plain(data)
        hits = engine.spots(data)
    view = _View(data, engine, passage, today)
    found = [*view.all(hits), *view.column()]
    found.sort()
    found = _no_chance_cards(_one_each([one for one, _ in groupby(found)]), view)
    if passage.raw:
        found = [s for s in found if s.kind != "email" or _SOLID_EMAIL.fullmatch(s.value)]
    return found if passage.column else _with_companions(found)


def _one_each(found: list[Sighting]) -> list[Sighting]:
    """Let what is told by its shape have its span; what is told by its label alone gets what is left.

    What the case itself looks for takes no span from anything.
    """
    weak = [one for one in found if one.kind in WRITTEN]
    if not weak:
        return found
    doubtful = {one for one in found if _is_doubtful(one)}
    shaped = (one for one in found if one.kind not in WRITTEN and not one.kind.startswith("custom."))
    solid = _spans(one for one in shaped if one not in doubtful)
    named = _spans(weak)
    kept, last = [], 0
    for one in found:
        if one.kind in WRITTEN:
            if one.start < last or _meets(one, solid):
                continue
            last = one.end
        elif one in doubtful and _meets(one, named):
            continue
        kept.append(one)
    return kept


def _spans(found: Iterable[Sighting]) -> list[tuple[int, int]]:
    return sorted((one.start, one.end) for one in found)


def _meets(one: Sighting, spans: list[tuple[int, int]]) -> bool:
    at = bisect_left(spans, (one.end, 0)) - 1
    return at >= 0 and spans[at][1] > one.start


def _is_doubtful(one: Sighting) -> bool:
    """Whether a number is a card only for a label somewhere near, or a mobile number within a longer word."""
    if one.kind == "cn.mobile":
        return bool(one.why & grade.ODD)
    return one.kind == "bank.card" and not one.why & (grade.PREFIX | grade.HEADER)


def _with_companions(found: list[Sighting]) -> list[Sighting]:
    near: set[int] = set()
    for place, (left, right) in enumerate(pairwise(found)):
        if left.kind != right.kind and right.start - left.end <= _NEIGHBOUR:
            near.update((place, place + 1))
    return [Sighting(*s[:4], s.why | grade.COMPANION) if i in near else s for i, s in enumerate(found)]


def _no_chance_cards(found: list[Sighting], view: _View) -> list[Sighting]:
    """Drop unlabelled cards where most numbers of that shape fail Luhn: one in ten passes by chance."""
    if view.card_shapes < 10 or view.card_passes * 2 >= view.card_shapes:
        return found
    named = grade.HEADER | grade.CONTEXT
    return [s for s in found if s.kind != "bank.card" or s.why & named]


class _View:
    """One passage while it is looked at: where the labels are and what has been tried."""

    def __init__(self, data: bytes, engine: Engine, passage: Passage, today: date) -> None:
        self.data = data
        self.today = today
        self.passage = passage
        self._engine = engine
        self._labels: dict[int, dict[str, list[int]]] = {}
        self.headers = header_kinds(passage.header) if passage.header else frozenset[str]()
        if not passage.column:
            self.headers -= {ODD}
        self.in_column = passage.column
        self.card_shapes = 0
        self.card_passes = 0

    def all(self, hits: Hits) -> list[Sighting]:
        """Give what stands where the engine reported something."""
        seen: list[Sighting] = []
        data, done = self.data, 0
        own: dict[int, list[int]] = {}
        for end, kind in hits:
            if kind == _NUMBER:
                if end - 1 > done:  # the character after the run may be the last that was matched
                    before, done = done, end if 48 <= data[end - 1] <= 57 else end - 1
                    found: Iterable[Sighting] | None = alone(self, done)
                    if found is None:
                        start, done = self._run(end - 1)
                        # What was read alone is not read again; its last figure tells what stands at it.
                        found = numbers(self, max(start, before - 1), done)
                    seen += found
            elif kind in _SHAPES:
                seen += _SHAPES[kind](self, end)
            elif kind >= _NAMED:
                seen += self._labelled_value(NAMED_KINDS[kind - _NAMED], end)
            elif kind >= _PATTERN:
                own.setdefault(kind - _PATTERN, []).append(end)
        for place, ends in own.items():
            seen += in_lines(self._engine.patterns[place], data, self.passage.header, ends)
        return seen

    def column(self) -> Iterator[Sighting]:
        """Give the values of a column that its head alone tells."""
        for kind in headed(self.passage.header) if self.in_column else ():
            for value in in_column(kind, self.data, self.passage.header):
                yield Sighting(value.start, value.end, kind, value.text, value.why | grade.HEADER)

    def _labelled_value(self, kind: str, end: int) -> Iterator[Sighting]:
        if self.passage.raw and not WRITTEN[kind].loose:
            return
        value = after_label(kind, self.data, end, one_line=self.in_column)
        if value:
            yield Sighting(value.start, value.end, kind, value.text, value.why | grade.CONTEXT)

    def _run(self, at: int) -> tuple[int, int]:
        """Give the whole run of characters a number can stand in, so that no value is cut."""
        data, reach = self.data, 64
        while True:
            start = max(0, at - reach)
            first = start + data[start:at].translate(RUN).rfind(0) + 1
            if first > start or start == 0:
                break
            reach *= 4
        reach = 64
        while True:
            last = data[at : at + reach].translate(RUN).find(0)
            if last >= 0:
                return first, at + last
            if at + reach >= len(data):
                return first, len(data)
            reach *= 4

    def _ends(self, kind: str, first: int, last: int) -> bool:
        """Whether a label of this kind ends between two places."""
        block, stop = max(0, first) >> _LABEL_BLOCK, last >> _LABEL_BLOCK
        while block <= stop:
            labels = self._labels.get(block)
            if labels is None:
                labels = self._labels[block] = self._labelled(block << _LABEL_BLOCK)
            if kind in labels and any(first <= end <= last for end in labels[kind]):
                return True
            block += 1
        return False

    def _labelled(self, start: int) -> dict[str, list[int]]:
        """Give the ends of the labels in one block, read with what stands around it."""
        before = min(start, _LONGEST_LABEL)
        stop = start + (1 << _LABEL_BLOCK)
        hits = self._engine.labels(self.data[start - before : stop + _LONGEST_LABEL])
        if not hits:
            return _NO_LABELS
        found: dict[str, list[int]] = {}
        for end, kind in hits:
            if start <= end + start - before < stop:
                found.setdefault(LABEL_KINDS[kind - Class.LABEL], []).append(end + start - before)
        return found

    def named(self, kind: str, start: int, end: int) -> int:
        """Tell whether a header or a label nearby names this kind."""
        kind = family(kind)
        if kind in self.headers:
            return grade.HEADER
        if self.in_column:
            return 0
        return grade.CONTEXT if self._ends(kind, start - _BEFORE, end + _AFTER) else 0

    def mentioned(self, kind: str, start: int) -> bool:
        """Tell whether a label of this kind stands anywhere before a place, as over a table in a document."""
        return not self.in_column and self._ends(family(kind), max(0, start - _FAR), start)

    def odd(self, start: int) -> bool:
        """Tell whether the number is labelled as an order number or the like."""
        return ODD in self.headers or self._ends(ODD, start - _ODD_BEFORE, start)


_SHAPES: Final[dict[int, Reader]] = {
    Class.EMAIL: shapes.email,
    Class.PLATE: shapes.plate,
    Class.KEY: shapes.key,
    Class.SUBJECT: shapes.subject,
    Class.TOKEN: shapes.token,
    Class.PAPER: shapes.paper,
    Class.HONG_KONG: shapes.hong_kong,
    Class.ZONE: shapes.zone,
    Class.VEHICLE: shapes.vehicle,
    Class.COORDINATES: shapes.coordinates,
    Class.VISITOR: shapes.visitor,
}
