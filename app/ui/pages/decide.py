"""The third page: what is to become of each record, and by which law."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QComboBox, QGroupBox, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout
from typing_extensions import override

from app.domain.case import FateRule, HoldRule, Match
from app.domain.fate import Fate, Ground
from app.domain.fault import GateClosed, Refused
from app.domain.step import Step
from app.ui import words
from app.ui.desk import Desk
from app.ui.models.records import decided_records, name_of
from app.ui.pages.hold_dialog import HoldDialog
from app.ui.pages.page import StepPage
from app.ui.widgets.bars import Divided, Part
from app.ui.widgets.plain import Button, choose
from app.ui.widgets.sheet import Sheet

if TYPE_CHECKING:
    from app.flow import Flow, Row

_DEFAULTS: Final = (Fate.WIPE, Fate.TRASH, Fate.LEAVE)
_CHOICES: Final = (Fate.WIPE, Fate.TRASH, Fate.LEAVE, Fate.SEAL, Fate.FREEZE)


class DecidePage(StepPage):
    """Shows fates with their law; lets the officer change what no law and no hold protects."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, Step.DECIDE, starts=False)
        self.records = decided_records()
        self.sheet: Sheet[Row] = Sheet(self.records, _searched)
        self.picture = Divided()
        self.default, self.only, self.fate = QComboBox(), QComboBox(), QComboBox()
        self.default_label, self.only_label, self.fate_label = QLabel(), QLabel(), QLabel()
        self.reason = QLineEdit()
        self.change, self.hold = Button(), Button()
        self.summary, self.chosen = QGroupBox(), QGroupBox()
        self._dialog: HoldDialog | None = None
        self._fresh = False
        self._build()
        self._lay_out()
        self.retranslate()

    def _build(self) -> None:
        for fate in _DEFAULTS:
            self.default.addItem("", fate)
        self.only.addItem("", None)
        for fate in Fate:
            self.only.addItem("", fate)
        for fate in _CHOICES:
            self.fate.addItem("", fate)
        for label, box in (
            (self.default_label, self.default),
            (self.only_label, self.only),
            (self.fate_label, self.fate),
        ):
            label.setBuddy(box)
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.default.activated.connect(lambda _: self._declare_default())
        self.only.currentIndexChanged.connect(lambda _: self._narrow())
        self.change.clicked.connect(self._overrule)
        self.hold.clicked.connect(self._ask_hold)
        self.sheet.table.selectionModel().selectionChanged.connect(lambda *_: self.refresh())

    def _lay_out(self) -> None:
        rule = QHBoxLayout()
        rule.addWidget(self.default_label)
        rule.addWidget(self.default)
        rule.addStretch(1)
        summary = QVBoxLayout(self.summary)
        summary.addWidget(self.picture)
        summary.addLayout(rule)
        self.sheet.tools.addWidget(self.only_label)
        self.sheet.tools.addWidget(self.only)
        row = QHBoxLayout(self.chosen)
        row.addWidget(self.fate_label)
        row.addWidget(self.fate)
        row.addWidget(self.reason, 1)
        row.addWidget(self.change)
        row.addSpacing(self.fontMetrics().height())
        row.addWidget(self.hold)
        self.column.addWidget(self.notice)
        self.column.addWidget(self.summary)
        self.column.addWidget(self.run)
        self.column.addWidget(self.sheet, 1)
        self.column.addWidget(self.chosen)

    @override
    def load(self, flow: Flow) -> None:
        rule = next((one for one in reversed(flow.case.rules) if one.match == Match()), None)
        choose(self.default, rule.fate if rule else None)
        if rule is None:
            self.default.setCurrentIndex(-1)
        self._fresh = True

    @override
    def fetch(self, flow: Flow) -> object:
        from app.flow.caution import idle_holds

        return flow.rows(), idle_holds(flow) if flow.done(Step.DECIDE) else ()

    @override
    def show_fetched(self, fetched: tuple[list[Row], tuple[HoldRule, ...]]) -> None:
        rows, idle = fetched
        self.records.set_rows(rows)
        self._draw()
        if idle and not self.locked:
            self.notice.warn(lambda: self._idle(idle))
        fresh, self._fresh = self._fresh, False
        if fresh and not self.locked and not self.desk.done(self.step) and self.desk.gate(self.step) is None:
            self.begin()

    @override
    def ended(self, done: bool) -> None:
        self.read()

    @override
    def refresh(self) -> None:
        free = self.desk.free and not self.locked
        picked = bool(self.sheet.table.selectionModel().hasSelection())
        self.default.setEnabled(free)
        for part in (self.fate, self.reason, self.change, self.hold):
            part.setEnabled(free and picked and self.desk.done(self.step))
        self.run.setVisible(self.working)
        super().refresh()

    def _declare_default(self) -> None:
        flow = self.desk.flow
        if flow is None:
            return
        kept = tuple(rule for rule in flow.case.rules if rule.match != Match())
        rules = (*kept, FateRule(Match(), self.default.currentData()))
        self.notice.clear()
        try:
            flow.declare(replace(flow.case, rules=rules))
        except (Refused, GateClosed) as refusal:
            self.notice.tell(refusal)
            return
        self.desk.refresh()
        self.begin()

    def _overrule(self) -> None:
        flow, reason = self.desk.flow, self.reason.text().strip()
        if flow is None:
            return
        if not reason:
            self.notice.warn(
                lambda: self.tr("Say why the fate is changed: the reason stands in the journal.")
            )
            self.reason.setFocus()
            return
        fate, rows = self.fate.currentData(), self.sheet.chosen()
        self._word(rows, lambda record: flow.overrule(record, fate, reason))

    def _ask_hold(self) -> None:
        self._dialog = HoldDialog(len(self.sheet.chosen()), self)
        self._dialog.given.connect(self._hold)
        self._dialog.open()

    def _hold(self, reason: str, reference: str) -> None:
        flow, rows = self.desk.flow, self.sheet.chosen()
        if flow is not None:
            self._word(rows, lambda record: flow.hold(record, reason, reference))

    def _word(self, rows: list[Row], act: Callable[[str], object]) -> None:
        """Give the officer's word on each record, until one is refused."""

        def each() -> Refused | GateClosed | None:
            try:
                for row in rows:
                    act(row.record.id)
            except (Refused, GateClosed) as refusal:
                return refusal
            return None

        self.notice.clear()
        self.ask(each, then=self._given)

    def _given(self, refusal: Refused | GateClosed | None) -> None:
        if refusal is not None:
            self.notice.tell(refusal)
        self.read()

    def _idle(self, holds: Sequence[HoldRule]) -> str:
        return self.tr(
            "These holds match nothing that was found, so they keep nothing. Is a path mistyped? {named}"
        ).format(named=words.translate("Words", "; ").join(words.hold_rule(one) for one in holds))

    def _narrow(self) -> None:
        wanted = self.only.currentData()
        if wanted is None:
            self.sheet.narrow(None)
        else:
            self.sheet.narrow(lambda row: row.decision is not None and row.decision.fate is wanted)

    def _draw(self) -> None:
        fates = Counter(_decided(row) for row in self.records.all())
        parts = [Part(words.say(fate), fates[fate], at) for at, fate in enumerate(Fate)]
        self.picture.show_parts([*parts, Part(self.tr("undecided"), fates[None], len(Fate))])

    @override
    def retranslate(self) -> None:
        self.title_as(
            self.tr("Decide"),
            self.tr("What becomes of each record. A hold or a retention period beats every wish."),
        )
        self.summary.setTitle(self.tr("Fates"))
        self.chosen.setTitle(self.tr("Selected records"))
        self.default_label.setText(self.tr("What no &law keeps:"))
        self.default.setPlaceholderText(self.tr("choose"))
        self.only_label.setText(self.tr("&Show:"))
        self.fate_label.setText(self.tr("Fa&te:"))
        self.reason.setPlaceholderText(self.tr("Why"))
        self.change.setText(self.tr("&Change fate"))
        self.hold.setText(self.tr("Put on &hold…"))
        for box in (self.default, self.only, self.fate):
            for place in range(box.count()):
                fate = box.itemData(place)
                box.setItemText(place, words.say(fate) if fate else self.tr("all fates"))
        self._name_parts()
        self._draw()

    def _name_parts(self) -> None:
        for part, text in (
            (self.default, self.tr("What no law keeps")),
            (self.only, self.tr("Show only this fate")),
            (self.fate, self.tr("New fate")),
            (self.reason, self.tr("Why the fate is changed")),
            (self.change, self.tr("Change fate")),
            (self.hold, self.tr("Put on hold")),
            (self.picture, self.tr("Fates")),
        ):
            part.setAccessibleName(text)
        self.sheet.name(self.tr("Records and their fates"))


def _decided(row: Row) -> Fate | None:
    """The fate of a record; None while nobody has decided, though till then it is left where it is."""
    decision = row.decision
    return None if decision is None or decision.ground is Ground.UNDECIDED else decision.fate


def _searched(row: Row) -> str:
    return f"{name_of(row.record)} {words.category(row.record.category)}"
