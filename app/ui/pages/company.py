"""The first page: begin a case or open one, and unlock the officer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QGroupBox,
    QHBoxLayout,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from app.domain.case import Case, PersonSource, Role
from app.domain.fault import GateClosed, Refused
from app.domain.step import Step
from app.ui.desk import Desk
from app.ui.pages.company_form import CompanyForm
from app.ui.pages.page import Page
from app.ui.pages.papers_dialog import PapersDialog
from app.ui.widgets import choosing
from app.ui.widgets.field import Fields
from app.ui.widgets.filebox import PathBox, Wants
from app.ui.widgets.person import PersonBox
from app.ui.widgets.plain import Button, scrolling
from app.ui.widgets.vault_phrase import VaultPhrase
from app.ui.words import translate

if TYPE_CHECKING:
    from app.flow import Flow, Passphrase
    from app.identity import Identity

CASE_FILE: Final = "case.toml"


class Way(Enum):
    """How the officer comes to a case."""

    NEW = "new"
    OPEN = "open"


class CompanyPage(Page):
    """Declares the company, or opens a case that was begun before.

    Signals:
        came_in: a case is on the desk.
    """

    came_in = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, Step.COMPANY)
        self._declared: Case | None = None
        self._build()
        self._lay_out()
        self.retranslate()
        self._show_way()

    def _build(self) -> None:
        self.new, self.old = QRadioButton(), QRadioButton()
        self.ways = QButtonGroup(self)
        self.ways.addButton(self.new)
        self.ways.addButton(self.old)
        self.new.setChecked(True)
        self.where = PathBox(Wants.FOLDER)
        self.where.set_path(Path.home())
        self.from_file = Button()
        self.place, self.officer_box = QGroupBox(), QGroupBox()
        self.place_fields = Fields()
        self.place_fields.add(self.where, self.where.line)
        self.form = CompanyForm()
        self.papers = Button()
        self._papers: PapersDialog | None = None
        self.papers.clicked.connect(self._open_papers)
        self.officer, self.vault = PersonBox(Role.OFFICER), VaultPhrase()
        self.new.toggled.connect(self._show_way)
        self.where.changed.connect(self._place_changed)
        self.form.changed.connect(self._ask_vault)
        self.form.changed.connect(self.refresh)
        self.officer.changed.connect(self.refresh)
        self.from_file.clicked.connect(self._choose_case_file)

    def _lay_out(self) -> None:
        ways = QHBoxLayout()
        for button in (self.new, self.old):
            ways.addWidget(button)
        ways.addStretch(1)
        ways.addWidget(self.from_file)
        inner = QVBoxLayout(self.place)
        inner.addLayout(ways)
        inner.addLayout(self.place_fields)
        inner.addStretch(1)
        officer = QVBoxLayout(self.officer_box)
        officer.addWidget(self.officer)
        officer.addWidget(self.vault)
        top = QHBoxLayout()
        top.addWidget(self.place, 1)
        top.addWidget(self.officer_box, 1)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, self.fontMetrics().horizontalAdvance("0"), 0)
        column.addLayout(top)
        column.addWidget(self.form)
        column.addWidget(self.papers, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        self.column.addWidget(self.notice)
        self.column.addWidget(scrolling(content), 1)

    @property
    def way(self) -> Way:
        """Whether a new case is begun or an old one opened."""
        return Way.NEW if self.new.isChecked() else Way.OPEN

    def offer(self, path: Path) -> None:
        """Fill the page from a case folder or a CASE.toml."""
        self.notice.clear()
        path = path.expanduser().absolute()
        try:
            if path.is_dir():
                self._offer_folder(path)
            else:
                self._offer_file(path)
        except Refused as refusal:
            self.notice.tell(refusal)

    def _offer_folder(self, folder: Path) -> None:
        from app.flow.case_file import reread_case

        self.old.setChecked(True)
        self.where.set_path(folder)
        if (folder / CASE_FILE).is_file():
            self._offer_officer(reread_case(folder / CASE_FILE).people)
        self._ask_vault()

    def _offer_file(self, path: Path) -> None:
        from app.flow import case_folder, read_case_file

        case = read_case_file(path)
        folder = case_folder(path, case)
        if folder.is_dir():
            self.old.setChecked(True)
            self.where.set_path(folder)
        else:
            self.new.setChecked(True)
            self.where.set_path(folder.parent)
            self._declared = case
            self.form.show_case(case)
        self._offer_officer(case.people)
        self._ask_vault()

    def _offer_officer(self, people: Sequence[PersonSource]) -> None:
        for person in people:
            if person.role is Role.OFFICER:
                self.officer.offer(person)

    @override
    def load(self, flow: Flow) -> None:
        self.form.show_case(flow.case)
        self._offer_officer(flow.case.people)
        self.officer.take(flow.officer)

    @override
    def refresh(self) -> None:
        opened = self.desk.flow is not None
        self.form.lock(self.locked, opened)
        self.place.setEnabled(not opened)
        self.officer.lock(opened)
        self.vault.setEnabled(not opened)
        self.form.setVisible(self.way is Way.NEW or opened)
        self.papers.setVisible(opened)
        self.papers.setEnabled(self.desk.free)
        super().refresh()

    @override
    def isComplete(self) -> bool:
        # Pressed too early it says what is missing; a grey button would leave that to be guessed.
        return not self.desk.running

    @override
    def validatePage(self) -> bool:
        self.notice.clear()
        if self.desk.flow is None:
            return self._come_in()
        try:
            return self._declare()
        except (Refused, GateClosed) as refusal:
            self.notice.tell(refusal)
            return False

    def _declare(self) -> bool:
        flow = self.desk.flow
        if flow is None or self.locked or flow.closed:
            return flow is not None
        if self._say_what_is_wrong():
            return False
        case = self.form.case(flow.case, flow.folder)
        if case != flow.case:
            flow.declare(case)
            self.desk.refresh()
        return True

    def _come_in(self) -> bool:
        """Unlock the officer and open the case off the window's thread; `_came_in` goes on."""
        place = self.where.path() or Path()
        if self._say_what_is_wrong():
            return False
        if self.way is Way.NEW:
            case, declared = self.form.case(self._declared, place), self._declared is not None
            enter = partial(_begin_case, place, case, declared, self.officer.source(), self.vault.given())
        else:
            enter = partial(_open_case, place, self.vault.given())
        unlock = self.officer.unlocking()
        self.ask(lambda: enter(unlock()), then=self._came_in)
        return False

    def _came_in(self, flow: Flow) -> None:
        self.desk.take(flow)
        self.officer.take(flow.officer)
        self.vault.forget()
        self.load(flow)
        self.came_in.emit()

    def _say_what_is_wrong(self) -> bool:
        wrong = bool(self._wrong())
        if wrong:
            self.notice.warn(self._wrong)
        return wrong

    def _wrong(self) -> str:
        """What must still be put right, in one sentence; empty when nothing."""
        if self.desk.flow is not None:
            return self.form.wrong
        place = self.where.path()
        if place is None:
            return self.tr("Choose a folder.")
        if self.way is Way.NEW and not place.is_dir():
            return self.tr("There is no folder {place}. Choose one that exists.").format(place=place)
        if self.way is Way.NEW and self.form.wrong:
            return self.form.wrong
        if not self.officer.filled:
            return self.tr("Choose the officer's key file and type its passphrase, or create a new key file.")
        return self.vault.wrong

    def _open_papers(self) -> None:
        flow = self.desk.flow
        if flow is not None:
            self._papers = PapersDialog(flow.folder, locked=self.desk.done(Step.CERTIFY), parent=self)
            self._papers.open()

    def _show_way(self) -> None:
        self._name_place()
        self._ask_vault()
        self.refresh()

    def _place_changed(self) -> None:
        path = self.where.path()
        if path is not None and path.suffix.lower() == ".toml" and path.is_file():
            self.offer(path)
        self._ask_vault()
        self.refresh()

    def _ask_vault(self) -> None:
        """Ask for the passphrase of the case's own vault, where the case has one."""
        if self.desk.flow is not None:
            return
        named = self.form.vault_terms.passphrase_env
        if self.way is Way.OPEN:
            named = _named_of(self.where.path() or Path())
        self.vault.ask_for(named, new=self.way is Way.NEW)

    def _choose_case_file(self) -> None:
        start = str(self.where.path() or Path.home())
        chosen = choosing.file_to_open(self, self.tr("Choose a CASE.toml"), start, "TOML (*.toml)")
        if chosen:
            self.offer(chosen)

    @override
    def retranslate(self) -> None:
        self.title_as(
            self.tr("Company"),
            self.tr("Whose customers' data is disposed of, and who answers for it."),
        )
        self.place.setTitle(self.tr("Case"))
        self.officer_box.setTitle(self.tr("Officer"))
        for button, text in (
            (self.new, self.tr("Be&gin a new case")),
            (self.old, self.tr("Go &on with a case")),
            (self.from_file, self.tr("From a file…")),
            (self.papers, self.tr("Papers and &training…")),
        ):
            button.setText(text)
            button.setAccessibleName(text.replace("&", ""))
        self.from_file.setToolTip(self.tr("Fill this page from a CASE.toml"))
        self._name_place()

    def _name_place(self) -> None:
        if self.way is Way.NEW:
            hint = self.tr("The case folder is made in it, named after the case number.")
            self.place_fields.name(self.where, translate("CompanyPage", "&Keep the case in"), hint)
        else:
            hint = self.tr("The folder that holds journal.jsonl. The officer who began it must open it.")
            self.place_fields.name(self.where, translate("CompanyPage", "Case folde&r"), hint)


def _begin_case(
    place: Path,
    case: Case,
    declared: bool,
    source: PersonSource | None,
    vault: Passphrase,
    officer: Identity,
) -> Flow:
    """Make the case folder in `place`. What a CASE.toml declared of people and papers stays as it is."""
    from app.flow import Flow, case_folder

    folder = case_folder(place / CASE_FILE, case)
    if not declared:
        # Declared, so that locate does not take the officer's own key file for customers' data.
        source = source or PersonSource(Role.OFFICER, officer.path)
        people = (source if source.module else replace(source, identity=officer.path.absolute()),)
        case = replace(case, people=people, certificate=replace(case.certificate, out=folder / "out"))
    return Flow.create(folder, case, officer, vault)


def _open_case(folder: Path, vault: Passphrase, officer: Identity) -> Flow:
    from app.flow import Flow

    return Flow.open(folder, officer, vault)


def _named_of(folder: Path) -> str:
    """The variable that a case file names for its vault's passphrase; nothing where it can't be read."""
    if not (folder / CASE_FILE).is_file():
        return ""
    from app.flow.case_file import reread_case

    try:
        return reread_case(folder / CASE_FILE).vault.passphrase_env
    except Refused:
        return ""
