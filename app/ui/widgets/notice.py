"""One sentence in place: what is wrong and what to do, or what has been done."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QStyle, QWidget

from app.ui.words import trouble

_ICON = {
    "trouble": QStyle.StandardPixmap.SP_MessageBoxWarning,
    "news": QStyle.StandardPixmap.SP_MessageBoxInformation,
}


class Notice(QFrame):
    """A framed line with an icon; hidden while there is nothing to say."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._error: BaseException | None = None
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._icon = QLabel()
        self._icon.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.MinimumExpanding)
        row = QHBoxLayout(self)
        row.addWidget(self._icon)
        row.addWidget(self._text, 1)
        self.hide()

    def text(self) -> str:
        """What is said now; empty while hidden."""
        return self._text.text() if not self.isHidden() else ""

    @property
    def error(self) -> BaseException | None:
        """The error that is told now."""
        return self._error

    def tell(self, error: BaseException) -> None:
        """Say what is wrong and what to do."""
        self._error = error
        self._show(trouble(error), "trouble")

    def warn(self, text: str) -> None:
        """Say a sentence of the page's own as a warning."""
        self._error = None
        self._show(text, "trouble")

    def inform(self, text: str) -> None:
        """Say what has been done."""
        self._error = None
        self._show(text, "news")

    def clear(self) -> None:
        """Say nothing."""
        self._error = None
        self._text.clear()
        self.hide()

    def retranslate(self) -> None:
        """Say an error in the window's language. A sentence of the page's own is the page's to repeat."""
        if self._error is not None:
            self._text.setText(trouble(self._error))
            self.setAccessibleName(self._text.text())

    def _show(self, text: str, icon: str) -> None:
        side = self.fontMetrics().height() * 3 // 2
        self._icon.setPixmap(self.style().standardIcon(_ICON[icon]).pixmap(side, side))
        self._text.setText(text)
        self.setAccessibleName(text)
        self.show()
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))
