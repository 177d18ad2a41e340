"""A person at the keyboard: a key file or a token, its passphrase or PIN, and who it turned out to be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget
from typing_extensions import override

from app.domain.case import PersonSource, Role
from app.ui.widgets.field import Fields
from app.ui.widgets.filebox import PathBox, Wants
from app.ui.widgets.new_person import NewPerson
from app.ui.widgets.plain import Button, choose
from app.ui.widgets.spoken import Spoken
from app.ui.words import say

if TYPE_CHECKING:
    from app.identity import Identity

_SCHEME: Final = "pkcs11:"


class Keeps(Enum):
    """Where a person's key is."""

    FILE = "file"
    TOKEN = "token"


class PersonBox(Spoken, QWidget):
    """Unlocks one person of a role.

    Signals:
        changed: the key or the passphrase changed, or someone was unlocked.
    """

    changed = Signal()

    def __init__(self, role: Role, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.role = role
        self.person: Identity | None = None
        self._declared: PersonSource | None = None
        self._dialog: NewPerson | None = None
        self._build()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self.fields)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.make)
        column.addLayout(row)
        self.keeps.currentIndexChanged.connect(self._kept_elsewhere)
        for part in (self.file.changed, self.module.changed, self.token.textEdited):
            part.connect(self._edited)
        self.passphrase.textEdited.connect(self._edited)
        self.make.clicked.connect(self._open_new)
        self.retranslate()

    def _build(self) -> None:
        self.keeps = QComboBox()
        for kind in Keeps:
            self.keeps.addItem("", kind)
        self.file = PathBox(Wants.FILE, "PKCS#12 (*.p12 *.pfx)")
        self.module = PathBox(Wants.FILE, "PKCS#11 (*.so *.dll *.dylib)")
        self.token = QLineEdit()
        self.passphrase = QLineEdit()
        self.passphrase.setEchoMode(QLineEdit.EchoMode.Password)
        self.passphrase.setInputMethodHints(Qt.InputMethodHint.ImhHiddenText)
        self.make = Button()
        self.may_make = True
        self.fields = Fields()
        self.fields.add(self.keeps)
        self.fields.add(self.file, self.file.line)
        self.fields.add(self.module, self.module.line)
        self.fields.add(self.token)
        self.fields.add(self.passphrase)

    @property
    def filled(self) -> bool:
        """Whether there is a key and a passphrase to try, or someone is unlocked."""
        return self.person is not None or (self.source() is not None and bool(self.passphrase.text()))

    def source(self) -> PersonSource | None:
        """Where the key is, as a case declares it; None while too little is told.

        What the case declared of the same key, such as its chain, stays with it.
        """
        identity, module = self.file.path(), None
        if self._on_token:
            identity, module = self._uri(), self.module.path()
        if identity is None or (self._on_token and module is None and self.person is None):
            return None
        declared = self._declared
        if declared is not None and declared.identity == identity:
            return replace(declared, module=module)
        return PersonSource(self.role, identity, module=module)

    def offer(self, source: PersonSource) -> None:
        """Show where the key of a declared person is."""
        self._declared = source
        on_token = str(source.identity).startswith(_SCHEME)
        choose(self.keeps, Keeps.TOKEN if on_token else Keeps.FILE)
        if on_token:
            self.token.setText(str(source.identity))
            self.module.set_path(source.module)
        else:
            self.file.set_path(source.identity)

    def unlocking(self) -> Callable[[], Identity]:
        """Give a call that unlocks the person, for another thread: deriving the key takes its time.

        The call raises Refused as `app.flow.people.unlocked` does.
        """
        source = self.source() or PersonSource(self.role, Path())
        person, phrase = self.person, self.passphrase.text()

        def unlock() -> Identity:
            from app.flow.people import unlocked

            return person or unlocked(source, lambda _path, _variable: phrase)

        return unlock

    def take(self, person: Identity | None) -> None:
        """Show a person who is unlocked already, or nobody."""
        self.person = person
        self.passphrase.clear()
        if person is not None:
            source = self._declared
            if source is None or source.identity != person.path:
                source = PersonSource(self.role, person.path, module=self.module.path())
            self.offer(source)
            self.person = person
        self.retranslate()
        self.changed.emit()

    def lock(self, locked: bool) -> None:
        """Let nothing be changed, or let it again."""
        for part in (self.keeps, self.file, self.module, self.token, self.passphrase, self.make):
            part.setEnabled(not locked)

    def forbid_new(self) -> None:
        """Offer no new key file: only who has signed before can sign here."""
        self.may_make = False
        self._show_kind()

    @property
    def _on_token(self) -> bool:
        return self.keeps.currentData() is Keeps.TOKEN

    def _uri(self) -> Path | None:
        """The token's PKCS#11 address, made from its label where no whole address was typed."""
        told = self.token.text().strip()
        if not told:
            return None
        return Path(told if told.startswith(_SCHEME) else f"{_SCHEME}token={quote(told, safe='')}")

    def _kept_elsewhere(self) -> None:
        self._edited()

    def _edited(self) -> None:
        self.person = None
        self.retranslate()
        self.changed.emit()

    def _show_kind(self) -> None:
        self.fields.show_line(self.file, shown=not self._on_token)
        for part in (self.module, self.token):
            self.fields.show_line(part, shown=self._on_token)
        self.make.setVisible(self.may_make and not self._on_token)

    @override
    def retranslate(self) -> None:
        role = say(self.role)
        self.keeps.setItemText(0, self.tr("in a key file"))
        self.keeps.setItemText(1, self.tr("on a token (PKCS#11)"))
        self.fields.name(self.keeps, self.tr("{role}'s key").format(role=role))
        self.fields.name(self.file, self.tr("Key file"), self.tr("A .p12 file that only this person has."))
        self.fields.name(self.module, self.tr("Driver"), self.tr("The token's PKCS#11 library."))
        self.fields.name(self.token, self.tr("Token"), self.tr("Its label, or a whole pkcs11: address."))
        secret = self.tr("PIN") if self._on_token else self.tr("Passphrase")
        self.fields.name(self.passphrase, secret, self._state())
        self.make.setText(self.tr("Create a new key file…"))
        self.make.setAccessibleName(self.tr("Create a new key file for the {role}").format(role=role))
        self.passphrase.setPlaceholderText("••••••••" if self.person else "")
        self._show_kind()

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
