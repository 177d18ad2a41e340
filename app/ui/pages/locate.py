"""The second page: where to look, and what is found there."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QGroupBox, QHBoxLayout, QLabel, QVBoxLayout
from typing_extensions import override

from app.domain.case import Case
from app.domain.event import Located, Looked
from app.domain.fault import GateClosed, Refused
from app.domain.record import Look, Record
from app.domain.step import Step
from app.ui import words
from app.ui.desk import Desk
from app.ui.models.records import found_records, name_of
from app.ui.pages.declared_tabs import DeclaredTabs
from app.ui.pages.page import StepPage
from app.ui.widgets.bars import Bars, Part
from app.ui.widgets.sheet import Sheet

if TYPE_CHECKING:
    from app.flow import Flow
    from app.flow.sought import Sought
    from app.steps.certify import Coverage


_LINGER: Final = 400
"""Milliseconds on the page after which a look is likely."""


class LocatePage(StepPage):
    """Looks through the locations; changes nothing there."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, Step.LOCATE)
        self._looks: Counter[Look] = Counter()
        self._kinds: Counter[str] = Counter()
        self.tabs = DeclaredTabs(desk)
        self.places, self.backups, self.keys = self.tabs.places, self.tabs.backups, self.tabs.keys
        self.backup_row, self.key_row, self.sought = (
            self.tabs.backup_row,
            self.tabs.key_row,
            self.tabs.sought,
        )
        self._named: tuple[int, int] | None = None
        self.records = found_records()
        self.sheet: Sheet[Record] = Sheet(self.records, _searched)
        self.picture = Bars(most=5)
        self.coverage = QLabel()
        self.coverage.setWordWrap(True)
        self.kinds = QGroupBox()
        self._lay_out()
        self._timer = QTimer(self, interval=200)
        self._timer.timeout.connect(self._draw)
        self.tabs.declared.connect(self._redeclare)
        self.sought.named.connect(self._read_list)
        self.retranslate()

    def _lay_out(self) -> None:
        kinds = QVBoxLayout(self.kinds)
        kinds.addWidget(self.picture)
        kinds.addStretch(1)
        top = QHBoxLayout()
        top.addWidget(self.tabs, 2)
        top.addWidget(self.kinds, 1)
        for part in (self.tabs, self.kinds):
            part.setFixedHeight(self.fontMetrics().height() * 11)
        self.column.addWidget(self.notice)
        self.column.addLayout(top)
        self.column.addWidget(self.run)
        self.column.addWidget(self.sheet, 1)
        self.column.addWidget(self.coverage)

    @override
    def load(self, flow: Flow) -> None:
        self.tabs.show_case(flow.case)
        if flow.case.locations:
            QTimer.singleShot(_LINGER, self, self._stand_ready)
        if not (flow.case.locations or flow.case.databases):
            self.notice.inform(
                lambda: self.tr("Add the folders to look in: drop them on the list or press 'Add folder…'.")
            )

    def _stand_ready(self) -> None:
        """Have the look begin at once when the button is pressed, unless the officer only passes by."""
        flow = self.desk.flow
        likely = self.isVisible() and self.desk.free and not self.desk.done(self.step)
        if flow and flow.officer and likely:
            self.desk.stand_ready()

    @override
    def fetch(self, flow: Flow) -> object:
        return [row.record for row in flow.rows()], flow.coverage(), flow.named()

    @override
    def show_fetched(self, fetched: tuple[list[Record], Coverage, tuple[int, int] | None]) -> None:
        found, seen, self._named = fetched
        self.records.set_rows(found)
        self._kinds = Counter()
        for record in found:
            self._count_kinds(record)
        self._looks = Counter(
            {
                Look.FOUND: seen.found,
                Look.CLEAN: seen.clean,
                Look.UNREADABLE: seen.unreadable,
                Look.SKIPPED: seen.skipped,
                Look.NOT_LOOKED_AT: seen.not_looked_at,
            }
        )
        self._draw()

    @override
    def begin(self) -> None:
        """Read the lists of customers and of passwords first, where they are named."""
        self.notice.clear()
        path, subject = self.sought.path(), self.sought.subject()
        means = self.tabs.means
        passwords, pictures = means.path(), means.pictures()
        self.ask(lambda: _sought(path, subject, passwords, pictures), then=self._begin_seeking)

    def _begin_seeking(self, sought: Sought) -> None:
        flow = self.desk.flow
        if flow is not None:
            self._tell_list(sought)
            flow.sought = replace(sought, crew=self.desk.crew)
            super().begin()

    def _read_list(self) -> None:
        """Say at once how many customers a list has, or why it can't be read."""
        path = self.sought.path()
        if self.desk.free and path is not None:
            self.notice.clear()
            self.ask(lambda: _sought(path), then=self._tell_list)

    def _tell_list(self, sought: Sought) -> None:
        if sought.customers is not None:
            self.sought.tell(sought.customers.count)

    @override
    def began(self) -> None:
        self.records.set_rows([])
        self._looks, self._kinds, self._named = Counter(), Counter(), None
        self._timer.start()

    @override
    def happened(self, event: object) -> None:
        if isinstance(event, Looked):
            self._looks.update(event.counts())
            for record in event.records():
                self.records.add(record)
                self._count_kinds(record)
        if isinstance(event, Located):
            self._looks[event.look] += 1
            if event.record is not None:
                self.records.add(event.record)
                self._count_kinds(event.record)

    @override
    def ended(self, done: bool) -> None:
        self._timer.stop()
        self.desk.stand_down()
        self.read()

    @override
    def refresh(self) -> None:
        self.tabs.lock(locked=self.locked or self.desk.running)
        ready = self.desk.free and not self.locked and bool(self.places.entries())
        self.run.allow(ready and self.desk.gate(Step.LOCATE) is None)
        self._name_start()
        super().refresh()

    @override
    def retranslate(self) -> None:
        self.title_as(
            self.tr("Locate"),
            self.tr("Look for customers' data. Nothing is changed, and no value found is stored."),
        )
        self.tabs.retranslate()
        self.kinds.setTitle(self.tr("Found, by kind"))
        self.picture.setAccessibleName(self.tr("Found, by kind"))
        self.picture.say_when_empty(self.tr("Nothing found so far."))
        self.sheet.name(self.tr("Records found"))
        self._name_start()
        self._draw()

    def _name_start(self) -> None:
        if self.desk.done(self.step):
            self.run.name(self.tr("Look &again"))
        elif self.records.rowCount():
            self.run.name(self.tr("Go &on looking"))
        else:
            self.run.name(self.tr("&Start looking"))

    def _redeclare(self, case: Case) -> None:
        flow = self.desk.flow
        if flow is None:
            return
        self.notice.clear()
        try:
            flow.declare(case)
        except (Refused, GateClosed) as refusal:
            self.notice.tell(refusal)
        self.desk.refresh()
        self.tabs.show_case(flow.case)

    def _count_kinds(self, record: Record) -> None:
        for found in record.findings:
            if not found.kind.startswith("minor."):  # they are among the identity numbers already
                self._kinds[found.kind] += found.count

    def _draw(self) -> None:
        self.picture.show_parts([Part(words.kind(kind), n) for kind, n in self._kinds.items()])
        self._say_coverage(self._looks)

    def _say_coverage(self, looks: Counter[Look]) -> None:
        total = sum(looks.values())
        if not total:
            self.coverage.clear()
            return
        parts = [f"{words.say(look)} {words.count(looks[look])}" for look in Look if looks[look]]
        if self._named is not None:
            named, every = map(words.count, self._named)
            parts.append(self.tr("customers of the list found: {n} of {all}").format(n=named, all=every))
        self.coverage.setText(
            self.tr("Files looked at: {n}").format(n=words.count(total)) + "   ·   " + "   ·   ".join(parts)
        )


def _sought(
    path: Path | None, subject: str = "", passwords: Path | None = None, pictures: bool = False
) -> Sought:
    from app.flow.sought import sought_in

    return sought_in(path, subject, passwords=passwords, pictures=pictures)


def _searched(record: Record) -> str:
    return f"{name_of(record)} {words.category(record.category)} {words.findings(record.findings)}"
