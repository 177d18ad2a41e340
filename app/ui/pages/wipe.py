"""The seventh page: files are overwritten and removed, each with an outcome that says only what was seen."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QGroupBox, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout
from typing_extensions import override

from app.domain.event import Settled
from app.domain.fate import Fate
from app.domain.outcome import Outcome, Reason
from app.domain.plan import PlanItem
from app.domain.step import Step
from app.ui import words
from app.ui.desk import Desk
from app.ui.models.entries import EntryRow, entries, entry_of
from app.ui.models.items import name_of
from app.ui.pages.act import ActPage
from app.ui.widgets.bars import Bars, Part
from app.ui.widgets.plain import Hint
from app.ui.widgets.sheet import Sheet

if TYPE_CHECKING:
    from app.flow import Flow, Result


class WipePage(ActPage):
    """Wipes what the signed list wipes. The case number must be typed before it begins."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, Step.WIPE)
        self.entries = entries()
        self.sheet: Sheet[EntryRow] = Sheet(self.entries, lambda row: row.path)
        self.picture = Bars(most=7)
        self.typed, self.typed_label, self.typed_hint = QLineEdit(), QLabel(), Hint()
        self.typed_label.setBuddy(self.typed)
        self.typed_label.setWordWrap(True)
        self.confirm, self.outcomes = QGroupBox(), QGroupBox()
        self._rows: dict[str, EntryRow] = {}
        self._changed: dict[str, EntryRow] = {}
        self._timer = QTimer(self, interval=150)
        self._timer.timeout.connect(self._flush)
        self._lay_out()
        self.typed.textChanged.connect(lambda _: self.completeChanged.emit())
        self.retranslate()

    def _lay_out(self) -> None:
        confirm = QVBoxLayout(self.confirm)
        for part in (self.typed_label, self.typed, self.typed_hint):
            confirm.addWidget(part)
        confirm.addStretch(1)
        outcomes = QVBoxLayout(self.outcomes)
        outcomes.addWidget(self.picture)
        outcomes.addStretch(1)
        top = QHBoxLayout()
        top.addWidget(self.confirm, 1)
        top.addWidget(self.outcomes, 1)
        self.column.addWidget(self.notice)
        self.column.addLayout(top)
        self.column.addWidget(self.run)
        self.column.addWidget(self.sheet, 1)

    @override
    def fetch(self, flow: Flow) -> object:
        if flow.closed or not flow.done(Step.SIGN):
            return []
        results = {result.id: result for result in flow.results()}
        return [
            _row(item, results.get(item.id))
            for item in flow.plan().with_fate(Fate.WIPE, Fate.EXPUNGE, Fate.TRASH)
        ]

    @override
    def show_fetched(self, fetched: list[EntryRow]) -> None:
        self._rows = {row.id: row for row in fetched}
        self.entries.set_rows(fetched)
        self._draw()
        if self.typed.isEnabled():
            self.typed.setFocus()

    @override
    def began(self) -> None:
        self.typed.clear()
        self._timer.start()

    @override
    def settled(self, event: Settled) -> None:
        row = self._rows.get(event.id)
        if row is not None:
            fresh = replace(row, outcome=event.outcome, limits=event.evidence.limits)
            self._rows[event.id] = self._changed[event.id] = fresh

    @override
    def ended(self, done: bool) -> None:
        self._timer.stop()
        self._changed = {}
        self.read()
        if any(Reason.NOT_READ_FROM_DEVICE in row.limits for row in self._rows.values()):
            self.notice.inform(self._not_read)

    def _not_read(self) -> str:
        """Say why the device was not read: leave was refused, or there was nobody to ask."""
        from app.flow.reading import Reading, reading

        flow = self.desk.flow
        if flow is None or not flow.case.wiping.device:
            why = self.tr("as the list says")
        else:
            why = {
                Reading.OWN: self.tr("the system does not let it be read"),
                Reading.ASKED: self.tr("the administrator's permission was not given"),
                Reading.GRANTED: self.tr("sudo does not start the reader without a password"),
                Reading.FILE: self.tr("the system offers no way to it"),
            }[reading(flow.case.wiping)]
        return self.tr(
            "Not every file was read back from the device itself ({why}). "
            "Those were read back through the file; their grade says so."
        ).format(why=why)

    def _flush(self) -> None:
        changed, self._changed = self._changed, {}
        if changed:
            self.entries.change(changed)
            self._draw()

    def _draw(self) -> None:
        ended = Counter(row.outcome for row in self._rows.values() if row.outcome)
        parts = [Part(words.say(one), ended[one]) for one in Outcome if ended[one]]
        left = len(self._rows) - sum(ended.values())
        self.picture.show_parts([*parts, Part(self.tr("still to do"), left)] if left else parts)

    @override
    def armed(self) -> bool:
        flow = self.desk.flow
        return flow is not None and self.typed.text().strip() == flow.case.number

    @override
    def refresh(self) -> None:
        free = self.desk.free and not self.desk.done(self.step)
        self.typed.setEnabled(free and self.desk.gate(self.step) is None)
        super().refresh()

    @override
    def verb(self) -> str:
        return self.tr("&Wipe")

    @override
    def retranslate(self) -> None:
        self.title_as(
            self.tr("Wipe"), self.tr("Overwrite the files of the signed list, read them back, remove them.")
        )
        self.confirm.setTitle(self.tr("Before the act"))
        self.outcomes.setTitle(self.tr("Outcomes"))
        self.typed_label.setText(self.tr("Type the case n&umber to confirm:"))
        self.typed.setAccessibleName(self.tr("Case number, to confirm the wipe"))
        self.typed_hint.setText(
            self.tr(
                "Lethe can't undo this. Every file is checked against the signed list once more before it."
            )
        )
        self.picture.setAccessibleName(self.tr("Outcomes"))
        self.sheet.name(self.tr("Files and their outcomes"))
        self.refresh()
        self._draw()


def _row(item: PlanItem, result: Result | None) -> EntryRow:
    if result is not None:
        return entry_of(result, name_of(item), item.fate)
    return EntryRow(item.id, item.subject, name_of(item), item.fate)
