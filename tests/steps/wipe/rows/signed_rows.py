"""A database looked at and signed for, and the deletion of its rows with the arguments the flow would give."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.domain.case import Database, Profile
from app.domain.event import Event, Located, RowsSeen, Settled
from app.domain.fate import Fate, Ground
from app.domain.outcome import Evidence
from app.domain.plan import Plan, PlanItem, Subject
from app.domain.record import Look
from app.domain.step import Stage
from app.identity import sign_plan
from app.steps.locate.databases import locate_database
from app.steps.wipe.rows import wipe_rows
from app.system.databases.address import address_of
from app.system.databases.door import Door


class Hooked:
    """A door before which something is done, each time it is opened, by the number of the time."""

    def __init__(self, door: Door, at: Mapping[int, Callable[[], object]]) -> None:
        self.address, self.password = door.address, door.password
        self._door, self._at, self.times = door, at, 0

    @contextmanager
    def opened(self, **how: Any) -> Iterator[Any]:
        self.times += 1
        self._at.get(self.times, lambda: None)()
        with self._door.opened(**how) as connection:
            yield connection


class SignedRows:
    """What two people signed of one database, and how each table ends, by its name."""

    def __init__(
        self, people: Any, url: str, password: str = "", customers: Path | None = None, *, whole: bool = False
    ) -> None:
        address = address_of(url)
        self.kept: dict[str, list[tuple[bytes, bytes]]] = {}
        self.items: dict[str, PlanItem] = {}
        database = Database(address.url, customers=customers, whole=whole)
        for event in locate_database(database, key=b"k" * 32, password=password):
            if isinstance(event, RowsSeen):
                self.kept.setdefault(event.record, []).extend(event.rows)
            if isinstance(event, Located) and event.look is Look.FOUND and event.record:
                self._take(event.record)
        plan = Plan(
            "2026-001", "2026-11-21T09:00:00+08:00", "cn-1", Profile.STANDARD, (*self.items.values(),)
        )
        self.signed: Any = sign_plan(plan, people[:2], "2026-11-21T09:30:00+08:00")
        self.door: Any = Door(address, password)

    def _take(self, one: Any) -> None:
        name = one.path.rpartition("/")[2].rpartition(".")[2]
        self.items[name] = PlanItem(
            one.id, Subject.RECORD, one.path, Fate.WIPE, Ground.RULE, "case.1", "", one.tier,
            one.category, one.people, one.stamp, one.sha256, one.location, one.rows,
        )  # fmt: skip

    def events(
        self, stages: Mapping[str, Stage] | None = None, noted: Mapping[str, Evidence] | None = None
    ) -> Iterator[Event]:
        """Delete; `stages` and `noted` are by the names of tables."""
        given = {self.items[name].id: stage for name, stage in (stages or {}).items()}
        before = {self.items[name].id: one for name, one in (noted or {}).items()}
        return wipe_rows(
            self.signed,
            rows=lambda one: iter(self.kept[one]),
            doors={self.door.address.plain: self.door},
            stages=given,
            noted=before,
        )

    def ends(self, events: Iterator[Event] | None = None) -> dict[str, Settled]:
        """How each table ended."""
        names = {item.id: name for name, item in self.items.items()}
        seen = self.events() if events is None else events
        return {names[event.id]: event for event in seen if isinstance(event, Settled)}
