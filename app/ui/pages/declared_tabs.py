"""What a case is about, in tabs: where to look, backups, keys, whom to find, and what is used for reading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QTabWidget, QVBoxLayout, QWidget

from app.domain.case import Backup, Case, Database, KeySource, ServiceKey
from app.domain.conditions import KeyWord
from app.ui import words
from app.ui.desk import Desk
from app.ui.pages.add_backup import BackupDialog
from app.ui.pages.add_database import DatabaseDialog
from app.ui.pages.add_key import StoreKeyDialog
from app.ui.pages.declared import backups_shown, declaring, keys_shown, places_shown
from app.ui.pages.key_word_dialog import KeyWordDialog
from app.ui.widgets.keyphrase import KeyPhrase, KindAndPhrase
from app.ui.widgets.means import MeansBox
from app.ui.widgets.places import Entry, Other, Places
from app.ui.widgets.sought import SoughtBox

T = TypeVar("T", Backup, KeySource)
Made = Backup | Database | ServiceKey


class DeclaredTabs(QTabWidget):
    """Shows a case's declarations and gives them changed.

    Signals:
        declared: the case as it is declared now.
    """

    declared = Signal(object)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk, self._locked = desk, False
        self.dialog: QDialog | None = None
        self.places = Places(folders=True, files=False, others=True)
        self.backups = Places(folders=True, files=True, others=True)
        self.keys = Places(folders=False, files=True, others=True)
        self.sought, self.means = SoughtBox(), MeansBox()
        self.place_row = KeyPhrase(desk)
        self.backup_row = KindAndPhrase(desk, words.backup)
        self.key_row = KindAndPhrase(desk, words.key)
        rows = (self.place_row, self.backup_row, self.key_row)
        for places, row in zip(self._lists, rows, strict=True):
            tab = QWidget()
            inside = QVBoxLayout(tab)
            inside.addWidget(places, 1)
            inside.addWidget(row)
            self.addTab(tab, "")
            places.changed.connect(self._declare)
            places.list.currentItemChanged.connect(lambda *_: self.show_chosen())
        for box in (self.sought, self.means):
            tab = QWidget()
            QVBoxLayout(tab).addWidget(box)
            self.addTab(tab, "")
        self._connect()

    @property
    def _lists(self) -> tuple[Places, Places, Places]:
        return self.places, self.backups, self.keys

    def _connect(self) -> None:
        self.places.wanted.connect(lambda: self._ask_database(None))
        self.backups.wanted.connect(lambda: self._ask_backup(None))
        self.keys.wanted.connect(lambda: self._ask_key(None))
        self.places.looked_at.connect(lambda at: self._look(self.places, at))
        self.backups.looked_at.connect(lambda at: self._look(self.backups, at))
        self.keys.looked_at.connect(lambda at: self._look(self.keys, at))
        self.backup_row.corrected.connect(self._correct_backup)
        self.key_row.corrected.connect(self._correct_key)

    @property
    def _case(self) -> Case | None:
        return self._desk.flow.case if self._desk.flow is not None else None

    def show_case(self, case: Case) -> None:
        """Show what is declared."""
        self._offer_kinds()
        shown = (places_shown(case), backups_shown(case), keys_shown(case))
        for places, entries in zip(self._lists, shown, strict=True):
            places.set_entries(entries)
        self.means.show_terms(case.looking)
        self.show_chosen()

    def lock(self, *, locked: bool) -> None:
        """Let nothing be changed, or let it again. Passphrases may be typed at any time."""
        self._locked = locked
        for places in self._lists:
            places.lock(locked)
        self.sought.lock(locked)
        self.means.lock(locked)
        self.show_chosen()

    def show_chosen(self) -> None:
        """Show what the chosen entries were taken for, and ask for their passphrases."""
        case = self._case
        if case is None:
            return
        place, backup, key = (self._chosen(one) for one in self._lists)
        self.place_row.show_key(_asked_as(place, ()))
        self._show_kind(self.backup_row, backup, case.backups, self.backups)
        self._show_kind(self.key_row, key, case.keys, self.keys)
        self.places.details.setEnabled(isinstance(place, Other))
        self.backups.details.setEnabled(isinstance(backup, Other))
        self.keys.details.setEnabled(key is not None)

    def _show_kind(
        self, row: KindAndPhrase, one: Entry | None, known: Sequence[Backup | KeySource], places: Places
    ) -> None:
        at = places.list.currentRow()
        kind = known[at].kind if isinstance(one, Path) and at < len(known) else ""
        row.show_path(_asked_as(one, known[at : at + 1]), kind, locked=self._locked)

    @staticmethod
    def _chosen(places: Places) -> Entry | None:
        at, entries = places.list.currentRow(), places.entries()
        return entries[at] if 0 <= at < len(entries) else None

    def _offer_kinds(self) -> None:
        """Only once a case is open: the window is up before the flow is read in."""
        if self.key_row.kind.count():
            return
        from app.flow.case_file import BACKUP_KINDS, KEY_KINDS

        self.backup_row.offer(BACKUP_KINDS)
        self.key_row.offer(KEY_KINDS)

    def _declare(self) -> None:
        case = self._case
        if case is not None and self._desk.free:
            self.declared.emit(declaring(case, *(places.entries() for places in self._lists)))

    def _correct_backup(self, kind: str) -> None:
        case = self._case
        if case is not None and self._desk.free:
            self.declared.emit(replace(case, backups=_corrected(case.backups, self.backups, kind)))

    def _correct_key(self, kind: str) -> None:
        case = self._case
        if case is not None and self._desk.free:
            self.declared.emit(replace(case, keys=_corrected(case.keys, self.keys, kind)))

    # What a dialog asks for

    def _look(self, places: Places, at: int) -> None:
        one, case = places.entries()[at], self._case
        thing = one.thing if isinstance(one, Other) else None
        if isinstance(thing, Database):
            self._ask_database(thing)
        elif isinstance(thing, Backup):
            self._ask_backup(thing)
        elif isinstance(thing, ServiceKey):
            self._ask_key(thing)
        elif places is self.keys and case is not None and at < len(case.keys):
            self._ask_word(at, case.keys[at].word)

    def _ask_database(self, known: Database | None) -> None:
        self._ask(DatabaseDialog(self._desk, known, locked=self._locked, parent=self), self.places, known)

    def _ask_backup(self, known: Backup | None) -> None:
        self._ask(BackupDialog(self._desk, known, locked=self._locked, parent=self), self.backups, known)

    def _ask_key(self, known: ServiceKey | None) -> None:
        self._ask(StoreKeyDialog(self._desk, known, locked=self._locked, parent=self), self.keys, known)

    def _ask_word(self, at: int, word: KeyWord) -> None:
        dialog = KeyWordDialog(word, locked=self._locked, parent=self)
        dialog.given.connect(lambda given: self._take_word(at, given))
        self._open(dialog)

    def _ask(
        self, dialog: BackupDialog | DatabaseDialog | StoreKeyDialog, places: Places, known: Made | None
    ) -> None:
        dialog.given.connect(lambda made, secret: self._take(places, known, made, secret))
        self._open(dialog)

    def _open(self, dialog: QDialog) -> None:
        self.dialog = dialog
        dialog.finished.connect(self._closed)
        dialog.open()

    def _closed(self) -> None:
        self.dialog = None

    def _take(self, places: Places, known: Made | None, made: Made, secret: str) -> None:
        """Put what was asked for in the place of what it was before, or at the end, and declare it."""
        case = self._case
        if case is None or not self._desk.free:
            return
        self._desk.keep_secret(made, secret)
        fresh = Other("", made)
        entries = [
            fresh if known is not None and isinstance(one, Other) and one.thing == known else one
            for one in places.entries()
        ]
        entries += [fresh] if known is None else []
        lists = [entries if one is places else one.entries() for one in self._lists]
        self.declared.emit(declaring(case, *lists))
        places.list.setCurrentRow(len(entries) - 1 if known is None else entries.index(fresh))

    def _take_word(self, at: int, word: KeyWord) -> None:
        case = self._case
        if case is not None and self._desk.free:
            keys = tuple(replace(one, word=word) if n == at else one for n, one in enumerate(case.keys))
            self.declared.emit(replace(case, keys=keys))

    def retranslate(self) -> None:
        """Say everything in the window's language."""
        self.setAccessibleName(self.tr("What this case is about"))
        for at, text in enumerate(
            (
                self.tr("Where to &look"),
                self.tr("Backups to sear&ch"),
                self.tr("&Keys to shred"),
                self.tr("&Whom to find"),
                self.tr("How to &read"),
            )
        ):
            self.setTabText(at, text)
        for places, name in zip(
            self._lists,
            (self.tr("Where to look"), self.tr("Backups to search"), self.tr("Keys to shred")),
            strict=True,
        ):
            places.list.setAccessibleName(name)
        details = self.tr("Details…")
        self.places.name_others(self.tr("Database…"), details, self.tr("Add a database"))
        self.backups.name_others(
            self.tr("Other…"), details, self.tr("Add a backup on a server, or one that is only declared")
        )
        self.keys.name_others(
            self.tr("Store or token…"), details, self.tr("Add a key in a store or on a token")
        )
        if self._case is not None:
            self.show_case(self._case)


def _asked_as(entry: Entry | None, known: Sequence[Backup | KeySource]) -> Path | None:
    """Under what a passphrase is kept; None where none is asked for."""
    from app.flow.asked_as import asked_as

    if isinstance(entry, Path):
        return asked_as(known[0]) if known else None
    thing = entry.thing if entry is not None else None
    if isinstance(thing, ServiceKey):
        from app.steps.shred.services import service_of

        return asked_as(thing) if "passphrase_env" in service_of(thing.kind).fields else None
    if isinstance(thing, Backup):
        return asked_as(thing) if thing.kind in ("rclone", "duplicity") else None
    return asked_as(thing) if isinstance(thing, Database) else None


def _corrected(known: Sequence[T], places: Places, kind: str) -> tuple[T, ...]:
    """Give the chosen one another kind."""
    at = places.list.currentRow()
    return tuple(replace(one, kind=kind) if place == at else one for place, one in enumerate(known))
