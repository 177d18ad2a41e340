"""What is shown when something unforeseen goes wrong: one sentence, and a report that can be copied."""

from __future__ import annotations

import platform
import sys
import threading
from types import TracebackType

from PySide6.QtCore import QObject, Qt, Signal, qVersion
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget

from app import __version__
from app.domain.mishap import told
from app.ui.words import translate, trouble


class _Bell(QObject):
    """Carries an exception of any thread to the window's thread."""

    rang = Signal(object)

    def ring(self, error: BaseException) -> None:
        """Show the exception over the window in use."""
        show_mishap(error, QApplication.activeWindow())


def catch_mishaps(app: QApplication) -> None:
    """From now on, show every exception that nothing else caught."""
    bell = _Bell(app)
    bell.rang.connect(bell.ring)

    def hook(kind: type[BaseException], error: BaseException, _: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            app.quit()
            return
        # Desktops keep what is printed in a file: no message of an error goes there.
        if sys.stderr:
            print(report(error), file=sys.stderr)
        bell.rang.emit(error)

    sys.excepthook = hook
    threading.excepthook = lambda args: bell.rang.emit(args.exc_value)


def report(error: BaseException) -> str:
    """Describe an exception for a programmer without the names of files or the text of the message.

    Only our own module names, line numbers and function names are told: a message
    may hold a path, and a path may hold a person's name.
    """
    lines = [
        f"Lethe {__version__}, Python {platform.python_version()}, Qt {qVersion()}, {platform.system()}",
        *told(error),
    ]
    return "\n".join(lines)


def show_mishap(error: BaseException, parent: QWidget | None) -> QMessageBox:
    """Open a box with one sentence and a button that copies the report."""
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle(translate("Mishap", "Unforeseen error"))
    box.setText(trouble(error))
    box.setInformativeText(
        translate("Mishap", "The report holds no file names and no personal data. Nothing is sent by itself.")
    )
    text = report(error)
    box.setDetailedText(text)
    copy = box.addButton(translate("Mishap", "&Copy report"), QMessageBox.ButtonRole.ActionRole)
    copy.clicked.connect(lambda: QApplication.clipboard().setText(text))
    box.addButton(QMessageBox.StandardButton.Close)
    box.open()
    return box
