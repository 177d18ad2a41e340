"""One sentence in place: what is wrong and what to do, or what has been done."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QStyle, QWidget
from typing_extensions import override

from app.ui.widgets.spoken import Spoken
from app.ui.words import trouble

_ICON = {
    "trouble": QStyle.StandardPixmap.SP_MessageBoxWarning,
    "news": QStyle.StandardPixmap.SP_MessageBoxInformation,
}


class Notice(Spoken, QFrame):
    """A framed line with an icon; hidden while there is nothing to say."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._error: BaseException | None = None
        self._said: Callable[[], str] = str
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._icon = QLabel()
        self._icon.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        # Its hint is as high as it would be in a narrow column: what is laid out asks for the width it has.
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
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
        self._show(lambda: trouble(error), "trouble")
        self._error = error

    def warn(self, text: Callable[[], str]) -> None:
        """Say a sentence of the page's own as a warning; it is asked for again when the language changes."""
        self._show(text, "trouble")

    def inform(self, text: Callable[[], str]) -> None:
        """Say what has been done; it is asked for again when the language changes."""
        self._show(text, "news")

    def clear(self) -> None:
        """Say nothing."""
        self._error = None
        self._text.clear()
        self.hide()

    @override
    def retranslate(self) -> None:
        if not self.isHidden():
            self._text.setText(self._said())
            self.setAccessibleName(self._text.text())

    def _show(self, said: Callable[[], str], icon: str) -> None:
        self._error, self._said = None, said
        side = self.fontMetrics().height() * 3 // 2
        self._icon.setPixmap(self.style().standardIcon(_ICON[icon]).pixmap(side, side))
        self._text.setText(said())
        self.setAccessibleName(self._text.text())
        self.show()
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))
