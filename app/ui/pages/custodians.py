"""Who receives what is kept: a list of all custodians, each with a dialog of their own."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGroupBox, QHBoxLayout, QVBoxLayout, QWidget
from typing_extensions import override

from app.domain.case import Custodian
from app.ui.pages.custodian_dialog import CustodianDialog
from app.ui.widgets.places import Other, Places
from app.ui.widgets.plain import Button
from app.ui.widgets.spoken import Spoken


class CustodiansBox(Spoken, QGroupBox):
    """Shows a case's custodians and gives them changed.

    Signals:
        declared: all of them, as they are declared now.
        receipts: the officer wants to see or attach receipts.
    """

    declared = Signal(object)
    receipts = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.list, self.papers = Places(folders=False, files=False, others=True), Button()
        self.list.list.setFixedHeight(self.fontMetrics().height() * 4)
        self.dialog: CustodianDialog | None = None
        self._locked = False
        row = QHBoxLayout(self)
        row.addWidget(self.list, 1)
        side = QVBoxLayout()
        side.addStretch(1)
        side.addWidget(self.papers)
        row.addLayout(side)
        self.list.wanted.connect(lambda: self._ask(None))
        self.list.looked_at.connect(self._ask)
        self.list.changed.connect(lambda: self.declared.emit(self.custodians()))
        self.list.list.currentItemChanged.connect(lambda *_: self._mind())
        self.papers.clicked.connect(self.receipts)
        self.retranslate()

    def custodians(self) -> tuple[Custodian, ...]:
        """All that are in the list, in order."""
        things = (one.thing for one in self.list.entries() if isinstance(one, Other))
        return tuple(one for one in things if isinstance(one, Custodian))

    def show_custodians(self, custodians: Sequence[Custodian]) -> None:
        """Show who is declared."""
        self.list.set_entries([Other(self._told(one), one) for one in custodians])
        self._mind()

    def lock(self, *, locked: bool) -> None:
        """Let nothing be changed, or let it again. Details can be seen at any time."""
        self._locked = locked
        self.list.lock(locked)
        self._mind()

    def _mind(self) -> None:
        chosen = self.list.list.currentRow() >= 0
        self.list.details.setEnabled(chosen)
        self.list.remove.setEnabled(chosen and not self._locked)

    def _told(self, one: Custodian) -> str:
        if one.shares:
            needed, made = one.shares
            how = self.tr("{needed} of {made} shares").format(needed=needed, made=made)
        elif one.recipient:
            how = f"{one.recipient[:12]}…{one.recipient[-6:]}"
        else:
            how = self.tr("a key made here")
        return f"{one.name}  ·  {how}"

    def _ask(self, at: int | None) -> None:
        known = self.custodians()[at] if at is not None else None
        self.dialog = CustodianDialog(known, locked=self._locked, parent=self)
        self.dialog.given.connect(lambda given: self._take(at, given))
        self.dialog.finished.connect(self._closed)
        self.dialog.open()

    def _closed(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None

    def _take(self, at: int | None, given: Custodian) -> None:
        all_of_them = list(self.custodians())
        if at is None:
            all_of_them.append(given)
        else:
            all_of_them[at] = given
        self.declared.emit(tuple(all_of_them))

    @override
    def retranslate(self) -> None:
        self.setTitle(self.tr("Who receives what is kept"))
        self.list.list.setAccessibleName(self.tr("Custodians"))
        self.list.name_others(self.tr("Add a custodian…"), self.tr("Details…"), self.tr("Add a custodian"))
        self.papers.setText(self.tr("Recei&pts…"))
        self.papers.setAccessibleName(
            self.tr("Attach a receipt of the custodian, or see those that are there")
        )
        self.show_custodians(self.custodians())
