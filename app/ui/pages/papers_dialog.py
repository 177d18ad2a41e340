"""A dialog with the documents of a case: records of training, resolutions, receipts, each with its digest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget
from typing_extensions import override

from app.domain.fault import Refused
from app.ui import words
from app.ui.models.papers import papers
from app.ui.widgets import choosing
from app.ui.widgets.notice import Notice
from app.ui.widgets.plain import Button, Hint
from app.ui.widgets.sheet import Sheet

if TYPE_CHECKING:
    from app.flow.papers import Attached

_FIRST: Final = "training"


class PapersDialog(QDialog):
    """Attaches documents to a case folder and takes them out again, until the certificate names them."""

    def __init__(
        self, case: Path, *, locked: bool, first: str = _FIRST, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        from app.flow.papers import KINDS

        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._case, self._locked = case, locked
        self._start = Path.home()
        self.setAcceptDrops(not locked)
        self.notice, self.about, self.label = Notice(), Hint(), QLabel()
        self.model = papers()
        self.sheet: Sheet[Attached] = Sheet(
            self.model, lambda one: f"{one.path.name} {words.paper(one.kind)}"
        )
        self.kind = QComboBox()
        for kind in KINDS:
            self.kind.addItem(words.paper(kind), kind)
        self.kind.setCurrentIndex(KINDS.index(first))
        self.label.setBuddy(self.kind)
        self.add, self.remove = Button(), Button()
        self._lay_out()
        self._name()
        self.add.clicked.connect(self._choose)
        self.remove.clicked.connect(self._remove)
        self.sheet.table.selectionModel().selectionChanged.connect(lambda *_: self._mind())
        self.read()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.label)
        row.addWidget(self.kind)
        row.addWidget(self.add)
        row.addStretch(1)
        row.addWidget(self.remove)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        for part in (self.notice, self.about):
            column.addWidget(part)
        column.addWidget(self.sheet, 1)
        column.addLayout(row)
        column.addWidget(self.buttons)
        metrics, room = self.fontMetrics(), self.screen().availableSize()
        self.resize(
            min(metrics.horizontalAdvance("0") * 110, room.width() * 9 // 10),
            min(metrics.height() * 28, room.height() * 9 // 10),
        )

    def read(self) -> None:
        """Show what lies in the case folder."""
        from app.flow.papers import attached

        try:
            self.model.set_rows(attached(self._case))
        except Refused as refusal:
            self.notice.tell(refusal)
        self._mind()

    def attach(self, documents: list[Path]) -> None:
        """Copy these into the case folder, as the kind that is chosen."""
        from app.flow.papers import attach

        self.notice.clear()
        for document in documents:
            self._start = document.parent
            try:
                attach(self._case, document, self.kind.currentData())
            except Refused as refusal:
                self.notice.tell(refusal)
        self.read()

    @override
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    @override
    def dropEvent(self, event: QDropEvent) -> None:
        documents = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if documents:
            event.acceptProposedAction()
            self.attach(documents)

    def _choose(self) -> None:
        self.attach(choosing.files_to_open(self, self.tr("Choose documents"), str(self._start)))

    def _remove(self) -> None:
        from app.flow.papers import detach

        self.notice.clear()
        for document in self.sheet.chosen():
            try:
                detach(self._case, document)
            except Refused as refusal:
                self.notice.tell(refusal)
        self.read()

    def _mind(self) -> None:
        for part in (self.kind, self.add):
            part.setEnabled(not self._locked)
        self.remove.setEnabled(not self._locked and bool(self.sheet.chosen()))

    def _name(self) -> None:
        self.setWindowTitle(self.tr("Papers and training"))
        self.about.setText(
            self.tr(
                "The certificate is made: it names these documents, so nothing is added or removed any more."
            )
            if self._locked
            else self.tr(
                "Drop documents here or add them: a copy is kept in the case folder. The certificate names "
                "each by its kind and SHA-256, and holds none of their content."
            )
        )
        self.sheet.name(self.tr("Documents of the case"))
        self.label.setText(self.tr("&Kind:"))
        self.kind.setAccessibleName(self.tr("Kind of the documents to add"))
        for button, text in ((self.add, self.tr("&Add documents…")), (self.remove, self.tr("&Remove"))):
            button.setText(text)
            button.setAccessibleName(text.replace("&", ""))
        self.buttons.button(QDialogButtonBox.StandardButton.Close).setText(self.tr("Close"))
