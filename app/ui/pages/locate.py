"""The second page: where to look, and what is found there."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QListWidgetItem,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from app.domain.case import Location
from app.domain.event import Located
from app.domain.fault import GateClosed, Refused
from app.domain.record import Look, Record
from app.domain.step import Step
from app.ui import words
from app.ui.desk import Desk
from app.ui.models.records import found_records, name_of
from app.ui.pages.declared import backups_of, keys_of
from app.ui.pages.page import StepPage
from app.ui.widgets.bars import Bars, Part
from app.ui.widgets.keyphrase import KeyPhrase
from app.ui.widgets.places import Places
from app.ui.widgets.sheet import Sheet

if TYPE_CHECKING:
    from app.flow import Flow
    from app.steps.certify import Coverage


class LocatePage(StepPage):
    """Looks through the locations; changes nothing there."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, Step.LOCATE)
        self._looks: Counter[Look] = Counter()
        self._kinds: Counter[str] = Counter()
        self.places = Places(folders=True, files=False)
        self.backups = Places(folders=True, files=True)
        self.keys = Places(folders=False, files=True)
        self.phrase = KeyPhrase(desk)
        self.tabs = QTabWidget()
        self.records = found_records()
        self.sheet: Sheet[Record] = Sheet(self.records, _searched)
        self.picture = Bars(most=5)
        self.coverage = QLabel()
        self.coverage.setWordWrap(True)
        self.kinds = QGroupBox()
        self._lay_out()
        self._timer = QTimer(self, interval=200)
        self._timer.timeout.connect(self._draw)
        for places in (self.places, self.backups, self.keys):
            places.changed.connect(self._declare)
        self.keys.list.currentItemChanged.connect(self._ask_phrase)
        self.retranslate()

    def _lay_out(self) -> None:
        for places in (self.places, self.backups, self.keys):
            tab = QWidget()
            inside = QVBoxLayout(tab)
            inside.addWidget(places, 1)
            if places is self.keys:
                inside.addWidget(self.phrase)
            self.tabs.addTab(tab, "")
        kinds = QVBoxLayout(self.kinds)
        kinds.addWidget(self.picture)
        kinds.addStretch(1)
        top = QHBoxLayout()
        top.addWidget(self.tabs, 3)
        top.addWidget(self.kinds, 2)
        for part in (self.tabs, self.kinds):
            part.setFixedHeight(self.fontMetrics().height() * 11)
        self.column.addWidget(self.notice)
        self.column.addLayout(top)
        self.column.addWidget(self.run)
        self.column.addWidget(self.sheet, 1)
        self.column.addWidget(self.coverage)

    @override
    def load(self, flow: Flow) -> None:
        self.places.set_paths([location.path for location in flow.case.locations])
        self.backups.set_paths([backup.path for backup in flow.case.backups])
        self.keys.set_paths([key.path for key in flow.case.keys])
        if not flow.case.locations:
            self.notice.inform(
                lambda: self.tr("Add the folders to look in: drop them on the list or press 'Add folder…'.")
            )

    @override
    def fetch(self, flow: Flow) -> object:
        return [row.record for row in flow.rows()], flow.coverage()

    @override
    def show_fetched(self, fetched: tuple[list[Record], Coverage]) -> None:
        found, seen = fetched
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
    def began(self) -> None:
        self.records.set_rows([])
        self._looks, self._kinds = Counter(), Counter()
        self._timer.start()

    @override
    def happened(self, event: object) -> None:
        if isinstance(event, Located):
            self._looks[event.look] += 1
            if event.record is not None:
                self.records.add(event.record)
                self._count_kinds(event.record)

    @override
    def ended(self, done: bool) -> None:
        self._timer.stop()
        self.read()

    @override
    def refresh(self) -> None:
        for places in (self.places, self.backups, self.keys):
            places.lock(self.locked or self.desk.running)
        ready = self.desk.free and not self.locked and bool(self.places.paths())
        self.run.allow(ready and self.desk.gate(Step.LOCATE) is None)
        self._name_start()
        super().refresh()

    @override
    def retranslate(self) -> None:
        self.title_as(
            self.tr("Locate"),
            self.tr("Look for customers' data. Nothing is changed, and no value found is stored."),
        )
        self.tabs.setAccessibleName(self.tr("What this case is about"))
        for at, text in enumerate(
            (self.tr("Where to &look"), self.tr("Backups to sear&ch"), self.tr("&Keys to shred"))
        ):
            self.tabs.setTabText(at, text)
        self.backups.list.setAccessibleName(self.tr("Backups to search"))
        self.keys.list.setAccessibleName(self.tr("Keys to shred"))
        self.kinds.setTitle(self.tr("Found, by kind"))
        self.places.list.setAccessibleName(self.tr("Where to look"))
        self.picture.setAccessibleName(self.tr("Found, by kind"))
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

    def _declare(self) -> None:
        flow = self.desk.flow
        if flow is None or not self.desk.free:
            return
        self.notice.clear()
        case = replace(
            flow.case,
            locations=tuple(Location(path) for path in self.places.paths()),
            backups=backups_of(self.backups.paths(), flow.case.backups),
            keys=keys_of(self.keys.paths(), flow.case.keys),
        )
        try:
            flow.declare(case)
        except (Refused, GateClosed) as refusal:
            self.notice.tell(refusal)
        self.desk.refresh()

    def _ask_phrase(self, item: QListWidgetItem | None, _: QListWidgetItem | None) -> None:
        self.phrase.show_key(Path(item.data(Qt.ItemDataRole.UserRole)) if item else None)

    def _count_kinds(self, record: Record) -> None:
        for found in record.findings:
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
        self.coverage.setText(
            self.tr("Files looked at: {n}").format(n=words.count(total)) + "   ·   " + "   ·   ".join(parts)
        )


def _searched(record: Record) -> str:
    return f"{name_of(record)} {words.category(record.category)}"
