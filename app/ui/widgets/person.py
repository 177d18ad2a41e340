"""A person at the keyboard: a key file, its passphrase, and who it turned out to be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget
from typing_extensions import override

from app.domain.case import Role
from app.ui.widgets.field import Fields
from app.ui.widgets.filebox import PathBox, Wants
from app.ui.widgets.new_person import NewPerson
from app.ui.widgets.plain import Button
from app.ui.words import say

if TYPE_CHECKING:
    from app.identity import Identity


class PersonBox(QWidget):
    """Unlocks one person of a role.

    Signals:
        changed: the file or the passphrase changed, or someone was unlocked.
    """

    changed = Signal()

    def __init__(self, role: Role, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.role = role
        self.person: Identity | None = None
        self._dialog: NewPerson | None = None
        self.file = PathBox(Wants.FILE, "PKCS#12 (*.p12 *.pfx)")
        self.passphrase = QLineEdit()
        self.passphrase.setEchoMode(QLineEdit.EchoMode.Password)
        self.passphrase.setInputMethodHints(Qt.InputMethodHint.ImhHiddenText)
        self.make = Button()
        self.fields = Fields()
        self.fields.add(self.file, self.file.line)
        self.fields.add(self.passphrase)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self.fields)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.make)
        column.addLayout(row)
        self.file.changed.connect(self._edited)
        self.passphrase.textEdited.connect(self._edited)
        self.make.clicked.connect(self._open_new)
        self._retranslate()

    @property
    def filled(self) -> bool:
        """Whether there is a file and a passphrase to try, or someone is unlocked."""
        return self.person is not None or bool(self.file.path() and self.passphrase.text())

    def unlocking(self) -> Callable[[], Identity]:
        """Give a call that unlocks the person, for another thread: deriving the key takes its time.

        The call raises Refused as `app.identity.unlock` does.
        """
        person, path, phrase, role = (
            self.person,
            self.file.path() or Path(),
            self.passphrase.text(),
            self.role,
        )

        def unlock() -> Identity:
            from app import identity

            return person or identity.unlock(path, phrase, role)

        return unlock

    def take(self, person: Identity | None) -> None:
        """Show a person who is unlocked already, or nobody."""
        self.person = person
        self.passphrase.clear()
        if person is not None:
            self.file.set_path(person.path)
            self.person = person
        self._retranslate()
        self.changed.emit()

    def lock(self, locked: bool) -> None:
        """Let nothing be changed, or let it again."""
        for part in (self.file, self.passphrase, self.make):
            part.setEnabled(not locked)

    @override
    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)

    def _edited(self) -> None:
        self.person = None
        self._retranslate()
        self.changed.emit()

    def _retranslate(self) -> None:
        role = say(self.role)
        self.fields.name(
            self.file,
            self.tr("{role}'s key file").format(role=role),
            self.tr("A .p12 file that only this person has."),
        )
        self.fields.name(self.passphrase, self.tr("Passphrase"), self._state())
        self.make.setText(self.tr("Create a new key file…"))
        self.make.setAccessibleName(self.tr("Create a new key file for the {role}").format(role=role))
        self.passphrase.setPlaceholderText("••••••••" if self.person else "")

    def _state(self) -> str:
        if self.person is None:
            return self.tr("Kept in memory only, never written.")
        return self.tr("Unlocked: {name}, key {fingerprint}").format(
            name=self.person.name, fingerprint=self.person.fingerprint[:16]
        )

    def _open_new(self) -> None:
        self._dialog = NewPerson(self.role, self)
        self._dialog.made.connect(self.take)
        self._dialog.open()
