"""A dialog for the terms of the case's own vault: its suite, what opens it, whether it holds what is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.domain.vaulting import Suite, VaultTerms
from app.ui import words
from app.ui.widgets.field import Fields
from app.ui.widgets.notice import Notice
from app.ui.widgets.plain import Hint, choose

_LEAST_MIB: Final = 64
_MOST_MIB: Final = 4096
"""As the vault takes them."""


class VaultDialog(QDialog):
    """Shows the terms of a vault and gives them changed; once it is `made`, only whether it holds a copy.

    Signals:
        given: the terms.
    """

    given = Signal(object)

    def __init__(
        self, terms: VaultTerms, *, made: bool, locked: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._terms = terms
        self.notice, self.about, self.fields = Notice(), Hint(), Fields()
        self.suite, self.variable, self.memory = QComboBox(), QLineEdit(), QSpinBox()
        self.keychain, self.keep = QCheckBox(), QCheckBox()
        self.memory.setRange(_LEAST_MIB, _MOST_MIB)
        self.memory.setSingleStep(_LEAST_MIB)
        for suite in Suite:
            self.suite.addItem("", suite)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        for field in (self.suite, self.variable, self.memory, self.keychain, self.keep):
            self.fields.add(field)
        self._name()
        self._show()
        for line in (self.suite, self.variable, self.memory, self.keychain):
            line.setEnabled(not (made or locked))
        self.keep.setEnabled(not locked)
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(not locked)
        self.buttons.accepted.connect(self._give)
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        for part in (self.notice, self.about):
            column.addWidget(part)
        column.addLayout(self.fields)
        column.addStretch(1)
        column.addWidget(self.buttons)
        self.setMinimumWidth(self.fontMetrics().horizontalAdvance("0") * 76)
        column.activate()
        self.setMinimumHeight(column.totalHeightForWidth(self.minimumWidth()))

    def _show(self) -> None:
        terms = self._terms
        choose(self.suite, terms.suite)
        self.variable.setText(terms.passphrase_env)
        self.memory.setValue(terms.argon2_mib)
        self.keychain.setChecked(terms.keychain)
        self.keep.setChecked(terms.keep)

    def _give(self) -> None:
        variable = self.variable.text().strip()
        if variable and not variable.isidentifier():
            self.notice.warn(lambda: self.tr("A variable's name has letters, digits and _ alone."))
            return
        self.given.emit(
            replace(
                self._terms,
                suite=self.suite.currentData(),
                passphrase_env=variable,
                argon2_mib=self.memory.value(),
                keychain=self.keychain.isChecked(),
                keep=self.keep.isChecked(),
            )
        )
        self.accept()

    def _name(self) -> None:
        self.setWindowTitle(self.tr("The case's vault"))
        self.about.setText(
            self.tr(
                "What the case knows lies in a vault that opens with the officer's key. "
                "How it is made can't be changed once the case is begun."
            )
        )
        for place in range(self.suite.count()):
            self.suite.setItemText(place, words.say(self.suite.itemData(place)))
        name = self.fields.name
        name(self.suite, self.tr("&Suite"))
        name(
            self.variable,
            self.tr("&Passphrase of its own"),
            self.tr(
                "A name for it, such as VAULT_PASSPHRASE: it is then asked for on the page, and on the "
                "command line taken from the variable of this name. Empty: none."
            ),
        )
        name(
            self.memory,
            self.tr("&Memory for each try, MiB"),
            self.tr("Argon2id: more makes guessing dearer."),
        )
        name(self.keychain, self.tr("&Keychain"))
        name(self.keep, self.tr("&Copy here"))
        self.keychain.setText(self.tr("opens only with this computer's keychain too"))
        self.keep.setText(self.tr("holds what the custodians get, until the case is closed"))
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setText(self.tr("OK"))
        self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setText(self.tr("Cancel"))
