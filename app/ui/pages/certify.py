"""The last page: the certificate, what it proves, and what it says was not destroyed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QGroupBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget
from typing_extensions import override

from app.domain.case import Role
from app.domain.event import Progressed
from app.domain.fate import Fate
from app.domain.fault import Refused
from app.domain.outcome import KeepOutcome
from app.domain.step import Step
from app.ui import words
from app.ui.desk import Desk
from app.ui.models.entries import EntryRow, entries, entry_of
from app.ui.models.records import name_of
from app.ui.pace import pace_told
from app.ui.pages.asked_again import asked_told
from app.ui.pages.page import StepPage
from app.ui.pages.papers_dialog import PapersDialog
from app.ui.widgets.people import PeopleBoxes
from app.ui.widgets.plain import Button, PathLabel, scrolling
from app.ui.widgets.sheet import Sheet

_FATE: Final = 2
"""The column of the fates."""

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.flow import Flow
    from app.flow.pending import Addendum, AskedAgain
    from app.identity import Identity
    from app.steps.certify import Verdict


class CertifyPage(StepPage):
    """Makes the certificate with both people's signatures, opens it and verifies it.

    Of a certified case it asks again for keys and copies with a date, for which both sign an addendum.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, Step.CERTIFY)
        self.setFinalPage(True)
        # Only who signed the list can sign its certificate.
        self.boxes = PeopleBoxes(may_make=False)
        self.officer, self.witness = self.boxes.officer, self.boxes.witness
        self.people_box, self.paper = QGroupBox(), QGroupBox()
        self.path, self.verdict = PathLabel(), QLabel()
        self.verdict.setWordWrap(True)
        self.open, self.folder, self.check = Button(), Button(), Button()
        self.papers = Button()
        self._papers: PapersDialog | None = None
        self.entries = entries()
        self.sheet: Sheet[EntryRow] = Sheet(self.entries, lambda row: row.path)
        self.left = QLabel()
        self._names: dict[str, str] = {}
        self._fates: dict[str, Fate] = {}
        self._verdict: Verdict | None = None
        self._made = self._pending = False
        self.pending = QLabel()
        self.pending.setWordWrap(True)
        self.pending.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._asked: list[AskedAgain] = []
        self._added: list[Addendum] = []
        self._people: tuple[Identity, ...] = ()
        self._lay_out()
        self.boxes.changed.connect(self.refresh)
        self.open.clicked.connect(self._open)
        self.folder.clicked.connect(self._open_folder)
        self.check.clicked.connect(self._verify)
        self.papers.clicked.connect(self._open_papers)
        self.retranslate()

    def _lay_out(self) -> None:
        people = QVBoxLayout(self.people_box)
        people.addWidget(self.pending)
        people.addWidget(self.boxes)
        buttons = QHBoxLayout()
        for button in (self.open, self.folder, self.check):
            buttons.addWidget(button)
        buttons.addStretch(1)
        paper = QVBoxLayout(self.paper)
        paper.addWidget(self.path)
        paper.addWidget(self.verdict)
        paper.addLayout(buttons)
        self.verdict.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row = QHBoxLayout()
        row.addWidget(self.left, 1)
        row.addWidget(self.papers)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, self.fontMetrics().horizontalAdvance("0"), 0)
        column.setSpacing(self.column.spacing())
        for part in (self.people_box, self.run, self.paper):
            column.addWidget(part)
        column.addLayout(row)
        column.addWidget(self.sheet, 1)
        self.column.addWidget(self.notice)
        self.column.addWidget(scrolling(content), 1)

    @override
    def people(self) -> Sequence[Identity]:
        return self._people

    @override
    def load(self, flow: Flow) -> None:
        # It may be another case than the one that was asked for.
        self._asked, self._added = [], []
        stand_in = next((one for one in flow.case.people if one.instead_of), None)
        witness = stand_in if stand_in and stand_in.role is Role.WITNESS else self.desk.witness
        if witness is not None and self.witness.source() is None:
            self.witness.offer(witness)
        self.boxes.load(flow.case, (Role.WITNESS,))
        if flow.officer is not None:
            self.officer.take(flow.officer)

    @override
    def fetch(self, flow: Flow) -> object:
        for row in flow.rows():
            self._names[row.record.id] = name_of(row.record)
            if row.decision:
                self._fates[row.record.id] = row.decision.fate
        for key in flow.keys():  # noqa: SIM118 - a list of keys, not a mapping
            self._names[key.id] = key.path
        for copy in flow.copies():
            self._names[copy.id] = copy.path
        ended = [
            entry_of(one, self._names.get(one.id, one.id), self._fates.get(one.id))
            for one in flow.results()
            if not one.outcome.good or isinstance(one.outcome, KeepOutcome)
        ]
        self._pending = flow.closed and _unfinished(flow.folder)
        return [*ended, *self._to_be_kept(flow)]

    def _to_be_kept(self, flow: Flow) -> list[EntryRow]:
        """What the signed list keeps and whose outcome is only written with the certificate."""
        if flow.closed or not flow.done(Step.SIGN):
            return []
        known = {one.id for one in flow.results()}
        return [
            EntryRow(item.id, item.subject, self._names.get(item.id, item.id), item.fate)
            for item in flow.plan().with_fate(Fate.FREEZE, Fate.LEAVE)
            if item.id not in known
        ]

    @override
    def show_fetched(self, fetched: list[EntryRow]) -> None:
        flow = self.desk.flow
        self.entries.set_rows(fetched)
        # A closed case keeps no register, and with it neither names nor fates.
        self.sheet.table.setColumnHidden(_FATE, not any(row.fate for row in fetched))
        self.path.setText(str(flow.certificate or "") if flow is not None else "")
        self._say()
        made, self._made = self._made, False
        if made:
            self._open()
            self._verify()

    @override
    def happened(self, event: object) -> None:
        from app.flow.pending import Addendum, AskedAgain

        if isinstance(event, AskedAgain):
            self._asked.append(event)
        elif isinstance(event, Addendum):
            self._added.append(event)

    @override
    def ended(self, done: bool) -> None:
        self._made = done and not self._pending
        self.boxes.keep_officer(tuple(self._people))
        self._people = ()
        self.read()

    @override
    def refresh(self) -> None:
        flow = self.desk.flow
        done = self.desk.done(self.step)
        free = self.desk.free
        asks = done and self._pending
        self.boxes.lock(not free or (done and not asks))
        ready = free and (asks or (not done and self.desk.gate(self.step) is None))
        self.run.allow(ready and self.boxes.filled)
        self.people_box.setVisible(not done or asks or bool(self._asked or self._added))
        self.boxes.setVisible(not done or asks)
        self.run.setVisible(not done or asks)
        self._name()
        self.paper.setVisible(done)
        for button in (self.open, self.folder, self.check, self.papers):
            button.setEnabled(free and flow is not None)
        super().refresh()

    def _certificate(self) -> Path | None:
        flow = self.desk.flow
        return flow.certificate if flow is not None and self.desk.free else None

    def _open(self) -> None:
        path = self._certificate()
        if path is not None and not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            self.notice.warn(
                lambda: self.tr(
                    "No program on this computer opens PDF files. The certificate is safe where it is."
                )
            )

    def _open_folder(self) -> None:
        path = self._certificate()
        if path is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))

    def _open_papers(self) -> None:
        flow = self.desk.flow
        if flow is not None:
            self._papers = PapersDialog(flow.folder, locked=self.desk.done(self.step), parent=self)
            self._papers.open()

    def _verify(self) -> None:
        flow, path = self.desk.flow, self._certificate()
        if flow is None or path is None:
            return
        journal = flow.folder / "journal.jsonl"

        self.paced(None)
        self.watch(_verifying(path, journal), then=self._verified)

    @override
    def paced(self, pace: Progressed | None) -> None:
        told = pace_told(pace)
        self.verdict.setText(self.tr("Verifying: {what}").format(what=told) if pace else told)

    def _verified(self, verdict: Verdict) -> None:
        self._verdict = verdict
        self._say()

    def _say(self) -> None:
        verdict = self._verdict
        if verdict is None:
            self.verdict.setText(self.tr("Not verified in this window yet."))
        elif verdict.valid:
            self.verdict.setText(
                self.tr(
                    "Verified: all {n} checks hold. Anyone can repeat them offline with 'lethe verify'."
                ).format(n=len(verdict.checks))
            )
        else:
            from app.steps.certify import explained

            tongue = words.language()
            wrong = [explained(check.name, tongue) for check in verdict.checks if not check.ok]
            self.verdict.setText(self.tr("NOT valid: {why}").format(why="; ".join(wrong)))
        self.left.setText(
            self.tr("Kept, not destroyed, or with residue possible: {n}").format(
                n=words.count(len(self.entries.all()))
            )
        )

    @override
    def begin(self) -> None:
        self.notice.clear()
        try:
            unlock = self.boxes.unlocking()
        except Refused as refusal:
            self.notice.tell(refusal)
            return
        self.ask(unlock, then=self._attended)

    def _attended(self, people: tuple[Identity, ...]) -> None:
        for box, person in zip(self.boxes.boxes, people, strict=True):
            box.take(person)
        self._people = people
        if self._pending:
            self._asked, self._added = [], []
            self.work(self.desk.ask_again(people))
        else:
            super().begin()

    def _name(self) -> None:
        """Name what both sign here: the certificate, or an addendum to it."""
        done = self.desk.done(self.step)
        flow = self.desk.flow
        self.people_box.setTitle(
            self.tr("Ask again what was pending") if done else self.tr("Both sign the certificate")
        )
        self.run.name(self.tr("&Ask again and sign") if done else self.tr("Make the &certificate"))
        told = asked_told(self._asked, self._added, flow.folder) if flow is not None else ""
        if flow is None and not self.desk.running:
            told = self.tr("The case is not open here any more. Close this window and open the case again.")
        asks = self.tr(
            "The certificate names keys or copies with a date, or an addendum waits for its folder. Their "
            "stores are asked again here; what they say now, both sign as an addendum."
        )
        self.pending.setText(told or asks)
        self.pending.setVisible(done)

    @override
    def retranslate(self) -> None:
        self.title_as(
            self.tr("Certify"),
            self.tr("A certificate that anyone can check, with everything that was not destroyed."),
        )
        self.paper.setTitle(self.tr("Certificate"))
        self.path.setAccessibleName(self.tr("Path of the certificate"))
        for button, text in (
            (self.open, self.tr("&Open the certificate")),
            (self.folder, self.tr("Open its fol&der")),
            (self.check, self.tr("&Verify")),
            (self.papers, self.tr("&Papers and training…")),
        ):
            button.setText(text)
            button.setAccessibleName(text.replace("&", ""))
        self.sheet.name(self.tr("What was not destroyed, and why"))
        self._name()
        self._say()


def _verifying(path: Path, journal: Path) -> Iterator[Progressed | Verdict]:
    from app.steps.certify import verifying

    yield (yield from verifying(path, journal))


def _unfinished(folder: Path) -> bool:
    from app.flow.pending import unfinished

    return unfinished(folder)
