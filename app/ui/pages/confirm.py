"""The fourth page: what is kept can be restored, and every copy of what goes is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QHBoxLayout, QLabel, QTabWidget, QVBoxLayout, QWidget
from typing_extensions import override

from app.domain.case import Custodian
from app.domain.copies import Copy, Disposal, Searched
from app.domain.event import BackupSearched, CopyFound, Settled
from app.domain.fault import GateClosed, Refused
from app.domain.outcome import KeepOutcome
from app.domain.step import Gate, Step
from app.ui import words
from app.ui.desk import Desk
from app.ui.models.copies import copies, known_by, searched
from app.ui.models.entries import EntryRow, entries, entry_of
from app.ui.models.records import name_of
from app.ui.pages.custodians import CustodiansBox
from app.ui.pages.page import StepPage
from app.ui.pages.papers_dialog import PapersDialog
from app.ui.widgets.plain import Button
from app.ui.widgets.sheet import Sheet

if TYPE_CHECKING:
    from app.flow import Flow


_CUSTODY: Final = (Gate.ONE_RECIPIENT, Gate.NOT_RESTORED, Gate.NO_RECEIPT)
"""What is mended on this page."""


class ConfirmPage(StepPage):
    """Seals and restores what is kept, finds the copies of what goes."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, Step.CONFIRM)
        self._names: dict[str, str] = {}
        self.copies = copies(lambda one: self._names.get(one, one))
        self.backups, self.sealed = searched(), entries()
        self.copy_sheet: Sheet[Copy] = Sheet(
            self.copies, lambda one: f"{one.path} {one.member} {known_by(one)}"
        )
        self.backup_sheet: Sheet[Searched] = Sheet(self.backups, lambda one: one.backup)
        self.seal_sheet: Sheet[EntryRow] = Sheet(self.sealed, lambda row: row.path)
        self.custodians = CustodiansBox()
        self._papers: PapersDialog | None = None
        self.tabs = QTabWidget()
        self.accept, self.all_open, self.keep = Button(), Button(), Button()
        self.summary = QLabel()
        self.summary.setWordWrap(True)
        self._lay_out()
        self.custodians.declared.connect(self._declare)
        self.custodians.receipts.connect(self._open_receipts)
        self.accept.clicked.connect(self._accept)
        self.all_open.clicked.connect(self._choose_open)
        self.keep.clicked.connect(self._keep_or_not)
        self.copy_sheet.table.selectionModel().selectionChanged.connect(lambda *_: self.refresh())
        self.retranslate()

    def _lay_out(self) -> None:
        first = QWidget()
        inside = QVBoxLayout(first)
        inside.addWidget(self.copy_sheet, 1)
        row = QHBoxLayout()
        row.addWidget(self.summary, 1)
        row.addWidget(self.keep)
        row.addWidget(self.all_open)
        row.addWidget(self.accept)
        inside.addLayout(row)
        self.tabs.addTab(first, "")
        for sheet in (self.seal_sheet, self.backup_sheet):
            tab = QWidget()
            QVBoxLayout(tab).addWidget(sheet)
            self.tabs.addTab(tab, "")
        self.column.addWidget(self.notice)
        self.column.addWidget(self.custodians)
        self.column.addWidget(self.run)
        self.column.addWidget(self.tabs, 1)

    @override
    def load(self, flow: Flow) -> None:
        self.custodians.show_custodians(flow.case.custodians)

    @override
    def fetch(self, flow: Flow) -> object:
        rows = flow.rows()
        names = {row.record.id: name_of(row.record) for row in rows}
        names |= {key.id: Path(key.path).name for key in flow.keys()}  # noqa: SIM118 - a list
        fates = {row.record.id: row.decision.fate for row in rows if row.decision}
        kept = [
            entry_of(one, names.get(one.id, one.id), fates.get(one.id))
            for one in flow.results()
            if isinstance(one.outcome, KeepOutcome)
        ]
        return names, kept, flow.copies(), flow.searched()

    @override
    def show_fetched(
        self, fetched: tuple[dict[str, str], list[EntryRow], list[Copy], list[Searched]]
    ) -> None:
        self._names, kept, found, looked = fetched
        self.sealed.set_rows(kept)
        self.copies.set_rows(found)
        self.backups.set_rows(looked)
        self._summarise()
        shut = self.desk.gate(Step.SIGN)
        if self.desk.done(self.step) and not self.locked and shut and shut.gate in _CUSTODY:
            self.notice.tell(shut)
        elif self.desk.done(self.step) and not self.locked and self._open_copies():
            self.notice.inform(
                lambda: self.tr(
                    "Some copies can't be disposed of. Accept each as an exception in your name; "
                    "the certificate will name it."
                )
            )

    @override
    def began(self) -> None:
        for model in (self.copies, self.backups, self.sealed):
            model.set_rows([])

    @override
    def happened(self, event: object) -> None:
        match event:
            case CopyFound():
                self.copies.add(event.copy)
            case BackupSearched():
                self.backups.add(event.searched)
            case Settled():
                name = self._names.get(event.id, event.id)
                limits = event.evidence.limits
                self.sealed.add(EntryRow(event.id, event.subject, name, None, event.outcome, limits))

    @override
    def ended(self, done: bool) -> None:
        self.read()

    @override
    def refresh(self) -> None:
        free = self.desk.free and not self.locked
        self.custodians.lock(locked=not free)
        self.custodians.papers.setEnabled(self.desk.free and not self.desk.done(Step.CERTIFY))
        self.run.allow(free and self.desk.gate(self.step) is None)
        picked, done = self.copy_sheet.chosen(), self.desk.done(self.step)
        self.accept.setEnabled(free and done and any(self._is_open(copy) for copy in picked))
        self.keep.setEnabled(free and done and any(self._is_wish(copy) for copy in picked))
        self._name_keep()
        self.all_open.setEnabled(free and bool(self._open_copies()))
        self.run.name(
            self.tr("Confirm &again") if self.desk.done(self.step) else self.tr("&Start confirming")
        )
        super().refresh()

    def _declare(self, custodians: tuple[Custodian, ...]) -> None:
        flow = self.desk.flow
        if flow is None or not self.desk.free or self.locked:
            return
        self.notice.clear()
        try:
            flow.declare(replace(flow.case, custodians=custodians))
        except (Refused, GateClosed) as refusal:
            self.notice.tell(refusal)
        self.custodians.show_custodians(flow.case.custodians)
        self.desk.refresh()

    def _open_receipts(self) -> None:
        flow = self.desk.flow
        if flow is not None:
            locked = self.desk.done(Step.CERTIFY)
            self._papers = PapersDialog(flow.folder, locked=locked, first="custodian", parent=self)
            self._papers.finished.connect(self._receipts_seen)
            self._papers.open()

    def _receipts_seen(self) -> None:
        """A receipt may have opened a gate; what was said of it no longer stands there."""
        self.notice.clear()
        self.desk.refresh()

    def _accept(self) -> None:
        flow = self.desk.flow
        if flow is not None and flow.officer is not None:
            name = flow.officer.name
            self._word(self._is_open, lambda copy: flow.accept(copy, name))

    def _keep_or_not(self) -> None:
        """Keep what would be destroyed; or, where all that was chosen is kept by wish, let it go again."""
        flow = self.desk.flow
        if flow is None or flow.officer is None:
            return
        name = flow.officer.name
        if self._all_kept():
            self._word(_kept_by_wish, flow.let_go)
        else:
            self._word(lambda copy: copy.disposal.goes, lambda copy: flow.accept(copy, name))

    def _word(self, about: Callable[[Copy], bool], act: Callable[[str], None]) -> None:
        """Give the officer's word on the chosen copies that it is about."""
        chosen = [copy.id for copy in self.copy_sheet.chosen() if about(copy)]
        self.notice.clear()

        def each() -> None:
            for copy in chosen:
                act(copy)

        self.ask(each, then=lambda _: self.read())

    def _all_kept(self) -> bool:
        wishes = [copy for copy in self.copy_sheet.chosen() if self._is_wish(copy)]
        return bool(wishes) and all(_kept_by_wish(copy) for copy in wishes)

    @staticmethod
    def _is_wish(copy: Copy) -> bool:
        """Whether the officer is free to say what becomes of it."""
        return copy.disposal.goes or _kept_by_wish(copy)

    def _name_keep(self) -> None:
        kept = self._all_kept()
        self.keep.setText(self.tr("&Destroy after all") if kept else self.tr("&Keep in my name"))
        self.keep.setAccessibleName(
            self.tr("Destroy the chosen copies after all")
            if kept
            else self.tr("Keep the chosen copies in my name; the certificate names each")
        )

    def _choose_open(self) -> None:
        table = self.copy_sheet.table
        table.clearSelection()
        table.setSelectionMode(table.SelectionMode.MultiSelection)
        for place in range(self.copies.rowCount()):
            if self._is_open(self.copies.row(place)):
                table.selectRow(place)
        table.setSelectionMode(table.SelectionMode.ExtendedSelection)

    @staticmethod
    def _is_open(copy: Copy) -> bool:
        return copy.disposal is Disposal.EXCEPTION and not copy.declared_by

    def _open_copies(self) -> list[Copy]:
        return [copy for copy in self.copies.all() if self._is_open(copy)]

    def _summarise(self) -> None:
        kinds = Counter(copy.disposal for copy in self.copies.all())
        told = (one for one in Disposal if kinds[one] or one in (Disposal.WIPE, Disposal.EXCEPTION))
        parts = [f"{words.say(disposal)} {words.count(kinds[disposal])}" for disposal in told]
        traces = sum(copy.trace is not None for copy in self.copies.all())
        if traces:
            parts.append(self.tr("of all, traces: {n}").format(n=words.count(traces)))
        self.summary.setText(" · ".join(parts) if kinds else "")

    @override
    def retranslate(self) -> None:
        self.title_as(
            self.tr("Confirm"),
            self.tr("Seal and restore what the law keeps; find every copy of what goes."),
        )
        for at, text in enumerate(
            (
                self.tr("Copies and traces of what goes"),
                self.tr("Kept and sealed"),
                self.tr("Backups searched"),
            )
        ):
            self.tabs.setTabText(at, text)
        self.tabs.setAccessibleName(self.tr("What confirming found"))
        self.copy_sheet.name(self.tr("Copies of what goes"))
        self.seal_sheet.name(self.tr("Kept and sealed"))
        self.backup_sheet.name(self.tr("Backups searched"))
        self.accept.setText(self.tr("Accept as exception in &my name"))
        self.accept.setAccessibleName(self.tr("Accept the chosen copies as exceptions in my name"))
        self.all_open.setText(self.tr("Choose all &open"))
        self.all_open.setAccessibleName(self.tr("Choose all copies without a disposal"))
        self._summarise()
        self.refresh()


def _kept_by_wish(copy: Copy) -> bool:
    return copy.was is not None
