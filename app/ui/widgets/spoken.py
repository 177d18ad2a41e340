"""What is said on a widget, said anew when the window's language changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QWidget
from typing_extensions import override

if TYPE_CHECKING:
    _Base = QWidget
else:  # a class may have one base of Qt's only, and this one stands before it
    _Base = object


class Spoken(_Base):
    """Stands before the widget's own class, as in `class Form(Spoken, QWidget)`."""

    def retranslate(self) -> None:
        """Say everything in the window's language."""
        raise NotImplementedError

    @override
    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        super().changeEvent(event)
