"""The sixth page: the keys are destroyed, and each verdict says what was proven."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QLabel, QMessageBox
from typing_extensions import override

from app.domain.case import Case
from app.domain.event import Settled
from app.domain.key import Key
from app.domain.step import Step
from app.ui.desk import Desk
from app.ui.models.keys import KeyRow, keys
from app.ui.pages.act import ActPage
from app.ui.widgets.keyphrase import KeyPhrase
from app.ui.widgets.sheet import Sheet

if TYPE_CHECKING:
    from app.flow import Flow, Result
    from app.flow.found_keys import FoundKey

_NAMED: Final = 5
"""Files with keys that are named; of more only how many there are is told."""


class ShredPage(ActPage):
    """Shreds the keys of the signed list."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, Step.SHRED)
        self.keys = keys()
        self.sheet: Sheet[KeyRow] = Sheet(self.keys, lambda row: row.key.path)
        self.phrase = KeyPhrase(desk)
        self.about = QLabel()
        self.about.setWordWrap(True)
        self._rows: dict[str, KeyRow] = {}
        self._shut: tuple[Path, ...] = ()
        self._found: tuple[FoundKey, ...] = ()
        self._question: QMessageBox | None = None
        self.column.addWidget(self.notice)
        self.column.addWidget(self.about)
        self.column.addWidget(self.sheet, 1)
        self.column.addWidget(self.phrase)
        self.column.addWidget(self.run)
        self.sheet.table.selectionModel().selectionChanged.connect(lambda *_: self._ask_phrase())
        self.retranslate()

    @override
    def fetch(self, flow: Flow) -> object:
        copies = Counter(of for copy in flow.copies() for of in copy.of)
        results = {result.id: result for result in flow.results()}
        rows = [_row(key, copies[key.id], results.get(key.id)) for key in flow.keys()]  # noqa: SIM118 - a list
        shut = () if flow.done(Step.SHRED) else _shut_of(flow.case, self.desk)
        return rows, shut, () if flow.done(Step.SHRED) else flow.found_keys()

    @override
    def show_fetched(self, fetched: tuple[list[KeyRow], tuple[Path, ...], tuple[FoundKey, ...]]) -> None:
        rows, self._shut, self._found = fetched
        self._rows = {row.key.id: row for row in rows}
        self.keys.set_rows(rows)
        if self.desk.done(self.step):
            self._show_worst()
        self._say_about()
        self._warn()

    def _show_worst(self) -> None:
        """Read out one verdict in full below the table, whose cells may cut it off: a bad one first."""
        shown = [self.keys.row(place) for place in range(self.keys.rowCount())]
        bad = (place for place, row in enumerate(shown) if row.outcome and not row.outcome.good)
        if shown and not self.sheet.chosen():
            self.sheet.table.selectRow(next(bad, 0))

    def _warn(self) -> None:
        """Say which keys stay shut. What else the notice says is left."""
        if self._shut and self.desk.gate(self.step) is None:
            self.notice.warn(self._said_of_shut)
        elif self.notice.error is None:
            self.notice.clear()

    def _said_of_shut(self) -> str:
        names = ", ".join(path.name for path in self._shut)
        return self.tr(
            "No passphrase opens: {names}. Choose the key and type it below. Without it the key is destroyed "
            "all the same, but it can't be tried whether it still opens anything, and its verdict says so."
        ).format(names=names)

    @override
    def begin(self) -> None:
        flow = self.desk.flow
        if self._shut and flow is not None:
            case = flow.case
            # What was typed meanwhile may have opened them.
            self.ask(lambda: _shut_of(case, self.desk), then=self._begin_unless_shut)
        else:
            super().begin()

    def _begin_unless_shut(self, shut: tuple[Path, ...]) -> None:
        self._shut = shut
        self._warn()
        if shut:
            self._ask_first()
        else:
            super().begin()

    def _ask_first(self) -> None:
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(self.tr("A passphrase is missing"))
        box.setText(self.tr("Shred the keys without it?"))
        box.setInformativeText(self._said_of_shut())
        go = box.addButton(self.tr("&Shred all the same"), QMessageBox.ButtonRole.AcceptRole)
        stay = box.addButton(self.tr("&Type it first"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(stay)
        box.setEscapeButton(stay)
        box.finished.connect(lambda _: self._answered(box.clickedButton() is go))
        self._question = box
        box.open()

    def _answered(self, go: bool) -> None:
        box, self._question = self._question, None
        if box is not None:
            box.deleteLater()
        if go:
            self._shut = ()
            self.begin()

    @override
    def settled(self, event: Settled) -> None:
        row = self._rows.get(event.id)
        if row is not None:
            self._rows[event.id] = replace(row, outcome=event.outcome, evidence=event.evidence)
            self.keys.change({event.id: self._rows[event.id]})

    @override
    def ended(self, done: bool) -> None:
        self.read()

    @override
    def refresh(self) -> None:
        self.phrase.setEnabled(not self.desk.running)
        self.phrase.setVisible(not self.desk.done(self.step))
        super().refresh()
        self._say_about()

    def _ask_phrase(self) -> None:
        chosen = self.sheet.chosen()
        key = chosen[0].key if chosen else None
        self.phrase.show_key(Path(key.path) if key else None, key.kind if key else "")

    def _say_about(self) -> None:
        if self.desk.done(self.step):
            bad = sum(1 for row in self._rows.values() if row.outcome and not row.outcome.good)
            text = (
                self.tr("Done, with exceptions: {n}. The certificate names each with its reason.").format(
                    n=bad
                )
                if bad
                else self.tr(
                    "Done. Each key file was overwritten where it lay and removed, each key of a store "
                    "destroyed by its own call; its verdict says what is known of copies."
                )
            )
        elif self._rows:
            text = self.tr(
                "These keys will be overwritten where they lie and removed, those of a store by its own "
                "call. Lethe can't undo it; a copy of a key kept elsewhere still opens what it opens."
            )
        else:
            text = self.tr("No keys were declared. There is nothing to shred; the step is recorded as such.")
        self.about.setText("\n".join((text, *self._said_of_found())))

    def _said_of_found(self) -> tuple[str, ...]:
        """Name files with keys or passwords that nobody declared."""
        if not self._found or self.desk.done(self.step):
            return ()
        names = ", ".join(Path(one.path).name for one in self._found[:_NAMED])
        told = self.tr(
            "Keys or passwords were found in {n} files that are not declared as keys: {names}. They go with "
            "their files, without a verdict of their own; declare them on the first pages to have one."
        )
        more = " …" if len(self._found) > _NAMED else ""
        return (told.format(n=len(self._found), names=names + more),)

    @override
    def verb(self) -> str:
        return self.tr("&Shred the keys")

    @override
    def retranslate(self) -> None:
        self.title_as(
            self.tr("Shred"), self.tr("Overwrite and remove the keys of the signed list, before its files.")
        )
        self.sheet.name(self.tr("Keys and their verdicts"))
        self.refresh()


def _row(key: Key, copies: int, result: Result | None) -> KeyRow:
    return KeyRow(key, copies, result.outcome if result else None, result.evidence if result else None)


def _shut_of(case: Case, desk: Desk) -> tuple[Path, ...]:
    from app.flow.caution import shut_keys

    return shut_keys(case, desk.passphrase)
