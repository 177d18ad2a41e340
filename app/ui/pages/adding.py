"""A dialog that asks for what is declared besides a path: it can be tried, and its secret is kept nowhere."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.domain.fault import Refused
from app.ui.desk import Desk
from app.ui.widgets.field import Fields
from app.ui.widgets.filebox import PathBox
from app.ui.widgets.notice import Notice
from app.ui.widgets.plain import Button, Hint


class AddDialog(QDialog):
    """Asks, tries and gives. Subclasses add their fields and say what they come to.

    Signals:
        given: what to declare, and the secret that was typed for it.
    """

    given = Signal(object, str)

    def __init__(self, desk: Desk, *, locked: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._desk, self._locked = desk, locked
        self._answer: object = None
        self.notice, self.about, self.fields = Notice(), Hint(), Fields()
        self.secret = QLineEdit()
        self.secret.setEchoMode(QLineEdit.EchoMode.Password)
        self.secret.setInputMethodHints(Qt.InputMethodHint.ImhHiddenText)
        self.attempt = Button()
        self.attempt.clicked.connect(self._try)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self.buttons.accepted.connect(self._give)
        self.buttons.rejected.connect(self.reject)
        below = QHBoxLayout()
        below.addWidget(self.attempt)
        below.addStretch(1)
        below.addWidget(self.buttons)
        self._column = QVBoxLayout(self)
        for part in (self.notice, self.about):
            self._column.addWidget(part)
        self._column.addLayout(self.fields)
        self._column.addStretch(1)
        self._column.addLayout(below)
        self.setMinimumWidth(self.fontMetrics().horizontalAdvance("0") * 76)

    def wrong(self) -> str:
        """What must still be put right, in one sentence; empty when nothing."""
        return ""

    def made(self) -> object:
        """What is declared here.

        Raises:
            Refused: for what no case file may say either.
        """
        raise NotImplementedError

    def trial(self, made: Any, secret: str) -> object:
        """Try it. Runs on another thread and touches no widget."""
        raise NotImplementedError

    def told(self, answer: Any) -> str:
        """What trying it showed; empty when it failed and `notice` says so."""
        raise NotImplementedError

    def ready(self) -> None:
        """Name the buttons, forbid what is locked, and make room for every line of help."""
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setText(self.tr("OK"))
        self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setText(self.tr("Cancel"))
        self.attempt.setText(self.tr("Tr&y it"))
        self.attempt.setAccessibleName(self.tr("Try it"))
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(not self._locked)
        self.make_room()

    def make_room(self) -> None:
        """Be as high as the lines that are shown need: those that wrap say less of themselves."""
        self._column.activate()
        # As narrow as it may be made, so that no line is cut when it is.
        need = self._column.totalHeightForWidth(self.minimumWidth())
        self.setMinimumHeight(need)
        self.resize(max(self.width(), self.minimumWidth()), need)

    def missing(self, *paths: tuple[PathBox, str]) -> str:
        """Say which of these files is not there, each with what it is called; empty when none."""
        for box, name in paths:
            path = box.path()
            if path is not None and not path.exists():
                return self.tr("{name}: there is no {path}.").format(name=name, path=path)
        return ""

    def _made(self) -> object | None:
        self.notice.clear()
        why = self.wrong()
        if not why:
            try:
                return self.made()
            except Refused as refusal:
                self.notice.tell(refusal)
        else:
            self.notice.warn(lambda: why)
        self.make_room()
        return None

    def _give(self) -> None:
        made = self._made()
        if made is not None:
            self.given.emit(made, self.secret.text())
            self.accept()

    def _try(self) -> None:
        made = self._made()
        if made is None or self._desk.running:
            return
        secret = self.secret.text()
        self.notice.inform(lambda: self.tr("Trying…"))
        self.make_room()
        self._busy(busy=True)
        task = self._desk.call(lambda: self.trial(made, secret))
        task.happened.connect(self._hear)
        task.stopped.connect(self._tried)
        task.failed.connect(self._not_tried)
        task.start()

    def _hear(self, answer: object) -> None:
        self._answer = answer

    def _tried(self, _: bool) -> None:
        answer, self._answer = self._answer, None
        self._busy(busy=False)
        said = self.told(answer)
        if said:
            self.notice.inform(lambda: said)
        self.make_room()

    def _not_tried(self, error: BaseException) -> None:
        self._busy(busy=False)
        self.notice.tell(error)
        self.make_room()

    def _busy(self, *, busy: bool) -> None:
        self.attempt.setEnabled(not busy)
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(not busy and not self._locked)


def absolute(path: Path | None) -> Path | None:
    """The path as a case file has it."""
    return Path(os.path.abspath(path)) if path else None
