"""The window in which anyone checks what Lethe issued: offline, without a case and without a passphrase."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Final

from PySide6.QtCore import QCoreApplication, Qt, QTimer
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from app.domain.event import Progressed
from app.domain.fault import Refused
from app.ui.checking import Checked, Question, check, first_key_near, is_sealed
from app.ui.mishap import show_mishap
from app.ui.pace import pace_told
from app.ui.task import Task
from app.ui.verdicts import result_text, sentence, standing_word
from app.ui.widgets.checklist import CheckList
from app.ui.widgets.droparea import DropArea
from app.ui.widgets.field import Fields
from app.ui.widgets.filebox import KeyBox, PathBox, Wants
from app.ui.widgets.notice import Notice
from app.ui.widgets.plain import Button
from app.ui.widgets.spoken import Spoken
from app.ui.widgets.verdict import Sign, VerdictBanner

_SECOND: Final = 1000
_SCALE: Final = 1000
_SIGNS: Final = {
    "valid": Sign.TICK,
    "incomplete": Sign.PART,
    "altered": Sign.CROSS,
    "not_ours": Sign.STRANGER,
}


class VerifyWindow(Spoken, QDialog):
    """Takes a file or a pasted code and says one verdict, then each check. It writes nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowFlags(
            Qt.WindowType.Window | Qt.WindowType.WindowMinMaxButtonsHint | Qt.WindowType.WindowCloseButtonHint
        )
        self._task: Task | None = None
        self._checked: Checked | None = None
        self._pace: Progressed | None = None
        self._since = 0.0
        self._build()
        self._lay_out()
        self._wire()
        self.retranslate()
        self._show_state()
        metrics, room = self.fontMetrics(), self.screen().availableSize()
        self.resize(
            min(metrics.horizontalAdvance("0") * 112, room.width() * 9 // 10),
            min(metrics.height() * 40, room.height() * 9 // 10),
        )

    def _build(self) -> None:
        self.drop = DropArea()
        self.code, self.first = QLineEdit(), QLineEdit()
        self.first.setInputMethodHints(Qt.InputMethodHint.ImhSensitiveData)
        self.identity = PathBox(Wants.FILE)
        self.fields = Fields()
        self.fields.add(self.code)
        self.fields.add(self.first)
        self.witness = KeyBox()
        self.fields.add(self.witness, self.witness.file.line)
        self.fields.add(self.identity, self.identity.line)
        self.go, self.halt, self.copy, self.shut = Button(), Button(), Button(), Button()
        self.bar, self.past = QProgressBar(), QLabel()
        self.bar.setTextVisible(False)
        self.bar.setMaximumHeight(self.fontMetrics().height() * 3 // 4)
        self.notice, self.banner, self.list = Notice(), VerdictBanner(), CheckList()
        self._tick = QTimer(self, interval=_SECOND)

    def _lay_out(self) -> None:
        run = QHBoxLayout()
        run.addWidget(self.go)
        run.addWidget(self.bar, 1)
        run.addWidget(self.past)
        run.addWidget(self.halt)
        run.addStretch(0)
        below = QHBoxLayout()
        below.addWidget(self.copy)
        below.addStretch(1)
        below.addWidget(self.shut)
        column = QVBoxLayout(self)
        column.setSpacing(self.fontMetrics().height() * 2 // 3)
        column.addWidget(self.drop)
        column.addLayout(self.fields)
        column.addLayout(run)
        column.addWidget(self.notice)
        column.addWidget(self.banner)
        column.addWidget(self.list, 1000)
        # Takes the room while there is no list, so that a sentence does not spread over it.
        column.addStretch(1)
        column.addLayout(below)

    def _wire(self) -> None:
        self.drop.given.connect(self.begin)
        self.drop.edited.connect(self._other)
        for line in (self.code, self.first, self.witness.passphrase):
            line.returnPressed.connect(self.begin)
            line.textEdited.connect(self._show_state)
        for box in (self.identity, self.witness.file):
            box.changed.connect(self._show_state)
        self.go.clicked.connect(self.begin)
        self.halt.clicked.connect(self.stop)
        self.copy.clicked.connect(self._copy)
        self.shut.clicked.connect(self.close)
        self._tick.timeout.connect(self._tell_time)

    @property
    def checked(self) -> Checked | None:
        """What was found last."""
        return self._checked

    @property
    def working(self) -> bool:
        """Whether a check is under way."""
        return self._task is not None

    def begin(self) -> None:
        """Check what is given, off the window's thread."""
        asked = self._question()
        if self.working or not (asked.file or asked.text.strip()):
            return
        self._clear()
        self._pace = None
        self.bar.setRange(0, 0)
        # Parted from this window when it is stopped, so it must not die with it.
        task = self._task = Task(check(asked), QCoreApplication.instance())
        task.happened.connect(self._happened)
        task.stopped.connect(self._ended)
        task.failed.connect(self._failed)
        for end in (task.stopped, task.failed):
            end.connect(task.deleteLater)
        self._since = time.monotonic()
        self._tick.start()
        self._tell_time()
        self._show_state()
        task.start()

    def stop(self) -> None:
        """Let go of the check under way: it ends between two pieces, and is not heard any more."""
        task, self._task = self._task, None
        if task is not None:
            task.happened.disconnect(self._happened)
            task.stopped.disconnect(self._ended)
            task.failed.disconnect(self._failed)
            task.stop()
            self.notice.inform(lambda: self.tr("Stopped. Nothing was found out."))
        self._rest()

    def _question(self) -> Question:
        asked = Question(self.drop.path(), self.code.text(), self.first.text())
        if not self.identity.isHidden():
            asked = replace(asked, identity=self.identity.path())
        if not self.witness.isHidden():
            asked = replace(
                asked, witness=self.witness.file.path(), passphrase=self.witness.passphrase.text()
            )
        return asked

    def _happened(self, event: object) -> None:
        if isinstance(event, Progressed):
            self._pace = event
            self.bar.setRange(0, event.total and _SCALE)
            self.bar.setValue(event.total and min(_SCALE, _SCALE * event.done // event.total))
            self._tell_time()
        elif isinstance(event, Checked):
            self._found(event)

    def _found(self, checked: Checked) -> None:
        self._checked = checked
        sign = _SIGNS[checked.standing.value]
        self.banner.show_verdict(sign, lambda: (standing_word(checked.standing), sentence(checked)))
        self.list.show_lines(checked.lines)

    def _ended(self, _: bool) -> None:
        self._task = None
        self._rest()

    def _failed(self, error: BaseException) -> None:
        self._task = None
        self._rest()
        self.notice.tell(error)
        if not isinstance(error, Refused):
            show_mishap(error, self)

    def _rest(self) -> None:
        self._tick.stop()
        self._show_state()

    def _clear(self) -> None:
        self._checked = None
        self.notice.clear()
        self.banner.clear()
        self.list.show_lines(())

    def _other(self) -> None:
        """Another file is named: what was said of the one before no longer stands there."""
        if not self.working:
            self._clear()
        self._show_state()

    def _show_state(self) -> None:
        given = self.drop.path() is not None or bool(self.code.text().strip())
        for busy in (self.bar, self.past, self.halt):
            busy.setVisible(self.working)
        for part in (self.drop, self.code, self.first, self.identity, self.witness):
            part.setEnabled(not self.working)
        self.go.setEnabled(given and not self.working)
        self.copy.setEnabled(self._checked is not None)
        self.list.setVisible(self._checked is not None)
        self._show_lines()

    def _show_lines(self) -> None:
        """Ask for the keys that the named file can be opened with, and for no others."""
        path = self.drop.path()
        self.fields.show_line(self.identity, shown=_looks_sealed(path))
        self.fields.show_line(self.witness, shown=path is not None and first_key_near(path) is not None)

    def _tell_time(self) -> None:
        minutes, seconds = divmod(int(time.monotonic() - self._since), 60)
        self.past.setText(f"{pace_told(self._pace)}   {minutes}:{seconds:02}")

    def _copy(self) -> None:
        if self._checked is not None:
            QApplication.clipboard().setText(result_text(self._checked))
            self.notice.inform(lambda: self.tr("Copied."))

    @override
    def reject(self) -> None:
        """Closed in whatever way: stop, and leave no word of the witness in a window that is only hidden."""
        if self.working:
            self.stop()
        self.first.clear()
        self.witness.passphrase.clear()
        super().reject()

    @override
    def retranslate(self) -> None:
        self.setWindowTitle(self.tr("Check a certificate"))
        self.drop.name(
            self.tr(
                "Drop a file here: certificate.pdf, manifest.json, a proof, journal.jsonl, a sealed package, "
                "or a photo of the QR code. What lies beside it is used too. Nothing is sent anywhere."
            ),
            self.tr("File to be checked"),
        )
        self.fields.name(self.code, self.tr("Or &paste the text of the QR code"))
        self.fields.name(
            self.first,
            self.tr("First &key of the journal"),
            self.tr("The witness's twelve words, if at hand: with them the journal's seal is checked too."),
        )
        self.fields.name(
            self.witness,
            self.tr("Or the &witness's key file"),
            self.tr("It opens first-key.json, which lies beside the journal; used here only, and forgotten."),
        )
        self.fields.name(
            self.identity,
            self.tr("Custodian's &age key file"),
            self.tr("With it the package is opened in memory and checked whole."),
        )
        for button, text in (
            (self.go, self.tr("&Check")),
            (self.halt, self.tr("&Stop")),
            (self.copy, self.tr("Copy &result")),
            (self.shut, self.tr("Close")),
        ):
            button.setText(text)
            button.setAccessibleName(text.replace("&", ""))
        self.bar.setAccessibleName(self.tr("Progress"))
        self.list.setAccessibleName(self.tr("Each check"))
        self._show_lines()
        self._tell_time()


def _looks_sealed(path: Path | None) -> bool:
    # A pipe would be waited for, and the window with it.
    if path is None or not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            return is_sealed(file.read(64))
    except (OSError, ValueError):
        return False
