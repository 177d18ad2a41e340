"""A dialog for a database to look in: its address, its password, and what of it goes."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QCheckBox, QLineEdit, QWidget
from typing_extensions import override

from app.domain.case import Database
from app.ui import words
from app.ui.desk import Desk
from app.ui.pages.adding import AddDialog, absolute
from app.ui.widgets.filebox import PathBox, Wants


class DatabaseDialog(AddDialog):
    """Asks for the address of one database."""

    def __init__(
        self, desk: Desk, known: Database | None, *, locked: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(desk, locked=locked, parent=parent)
        self._variable = known.password_env if known else ""
        self.url, self.customers = QLineEdit(), PathBox(Wants.FILE)
        self.url.setPlaceholderText("postgresql://name@host:5432/database")
        self.whole = QCheckBox()
        self.fields.add(self.url)
        self.fields.add(self.secret)
        self.fields.add(self.customers, self.customers.line)
        self.fields.add(self.whole)
        self.whole.toggled.connect(self.customers.setDisabled)
        if known is not None:
            self.url.setText(known.url)
            self.customers.set_path(known.customers)
            self.whole.setChecked(known.whole)
        self._name()

    @override
    def wrong(self) -> str:
        if not self.url.text().strip():
            return self.tr("Type the address of the database.")
        return self.missing((self.customers, self.tr("List of customers")))

    @override
    def made(self) -> Database:
        from app.flow.databases import database_of

        return database_of(
            self.url.text().strip(),
            below=self._desk.place,
            password_env=self._variable,
            customers=None if self.whole.isChecked() else absolute(self.customers.path()),
            whole=self.whole.isChecked(),
        )

    @override
    def trial(self, made: Database, secret: str) -> int:
        from app.flow.trying import try_database

        return try_database(made, secret or self._desk.passphrase_of(made))

    @override
    def told(self, answer: Any) -> str:
        return self.tr("It answers. Tables that can be seen: {n}.").format(n=words.count(answer))

    def _name(self) -> None:
        self.setWindowTitle(self.tr("A database to look in"))
        self.about.setText(
            self.tr(
                "Its tables are looked through like files. Rows are deleted only after the list is signed, "
                "each one compared with what was signed for."
            )
        )
        name = self.fields.name
        name(
            self.url,
            self.tr("&Address"),
            self.tr(
                "postgresql, mysql, mariadb, mssql or oracle://name@host/database; of a file "
                "sqlite:///path. No password in it."
            ),
        )
        name(self.secret, self.tr("&Password"), self.tr("Kept in memory only, until the case is closed."))
        name(
            self.customers,
            self.tr("List of &customers"),
            self.tr("Only rows that name one of them go, and rows that refer to these. Empty: all rows go."),
        )
        name(self.whole, self.tr("As a &whole"))
        self.whole.setText(self.tr("The &database goes with all that is in it (PostgreSQL, MySQL)"))
        self.ready()
