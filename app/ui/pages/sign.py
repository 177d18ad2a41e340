"""The fifth page: two people sign the frozen list. After it nothing before can be changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QGroupBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget
from typing_extensions import override

from app.domain.case import Role
from app.domain.fate import Fate
from app.domain.fault import Fault, GateClosed, Refused
from app.domain.plan import Plan, Subject
from app.domain.step import Step
from app.domain.wiping import Wiping
from app.ui import words
from app.ui.desk import Desk
from app.ui.pages.page import Page
from app.ui.pages.plan_dialog import PlanDialog
from app.ui.widgets.bars import Divided, Part
from app.ui.widgets.person import PersonBox
from app.ui.widgets.plain import Button, Hint, scrolling
from app.ui.widgets.wiping import WipingBox

if TYPE_CHECKING:
    from app.flow import Flow
    from app.flow.outlook import Touched
    from app.identity import Identity


@dataclass(frozen=True, slots=True)
class _Summary:
    """The plan and what is shown of it, counted off the window's thread."""

    plan: Plan
    digest: str
    fates: Counter[Fate]
    gone: Counter[Subject]
    stays: Counter[Subject]
    bytes: int
    held: int
    touched: Sequence[Touched]


class SignPage(Page):
    """Shows what will be destroyed and kept, and takes two signatures."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, Step.SIGN)
        self._summary: _Summary | None = None
        self._dialog: PlanDialog | None = None
        self.digest, self.doomed, self.kept = QLabel(), QLabel(), QLabel()
        self.digest_hint, self.signed = Hint(), QLabel()
        self.picture = Divided()
        self.officer, self.witness = PersonBox(Role.OFFICER), PersonBox(Role.WITNESS)
        self.sign, self.look = Button(), Button()
        self.wiping = WipingBox()
        self.plan_box, self.officer_box, self.witness_box = QGroupBox(), QGroupBox(), QGroupBox()
        self._lay_out()
        for person in (self.officer, self.witness):
            person.changed.connect(self.refresh)
        self.sign.clicked.connect(self._sign)
        self.look.clicked.connect(self._open_list)
        self.wiping.chosen.connect(self._declare)
        self.retranslate()

    def _lay_out(self) -> None:
        mono = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        mono.setPointSizeF(self.font().pointSizeF())
        self.digest.setFont(mono)
        self.digest.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        for label in (self.digest, self.doomed, self.kept, self.signed):
            label.setWordWrap(True)
        plan = QVBoxLayout(self.plan_box)
        for part in (self.picture, self.doomed, self.kept, self.digest, self.digest_hint):
            plan.addWidget(part)
        look = QHBoxLayout()
        look.addStretch(1)
        look.addWidget(self.look)
        plan.addLayout(look)
        people = QHBoxLayout()
        for box, person in ((self.officer_box, self.officer), (self.witness_box, self.witness)):
            inside = QVBoxLayout(box)
            inside.addWidget(person)
            inside.addStretch(1)
            people.addWidget(box, 1)
        row = QHBoxLayout()
        row.addWidget(self.signed, 1)
        row.addWidget(self.sign)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, self.fontMetrics().horizontalAdvance("0"), 0)
        column.addWidget(self.plan_box)
        column.addWidget(self.wiping)
        column.addLayout(people)
        column.addLayout(row)
        column.addStretch(1)
        self.column.addWidget(self.notice)
        self.column.addWidget(scrolling(content), 1)

    @override
    def load(self, flow: Flow) -> None:
        if flow.officer is not None:
            self.officer.take(flow.officer)
        for source in flow.case.people:
            if source.role is Role.WITNESS and self.witness.file.path() is None:
                self.witness.file.set_path(source.identity)
        self._summary = None
        self._show_plan()

    @override
    def fetch(self, flow: Flow) -> object:
        if flow.closed or (flow.gate(Step.SIGN) is not None and not flow.done(Step.SIGN)):
            return None
        return _summary(flow.plan())

    @override
    def show_fetched(self, fetched: _Summary | None) -> None:
        self._summary = fetched
        self._show_plan()

    @override
    def refresh(self) -> None:
        free = self.desk.free and not self.locked and self._summary is not None
        for person in (self.officer, self.witness):
            person.lock(not free)
        self.wiping.lock(not free)
        self.look.setEnabled(self.desk.free and self._summary is not None)
        self.sign.setEnabled(free and self.officer.filled and self.witness.filled)
        self.sign.setVisible(not self.desk.signed)
        if self.desk.free:
            self._show_signers()
        super().refresh()

    def _sign(self) -> None:
        flow = self.desk.flow
        if flow is None:
            return
        self.notice.clear()
        if self.officer.file.path() == self.witness.file.path():
            self.notice.tell(Refused(Fault.OFFICER_IS_WITNESS))
            return
        officer, witness = self.officer.unlocking(), self.witness.unlocking()

        def sign() -> tuple[Identity, Identity]:
            people = officer(), witness()
            flow.sign(people)
            # The witness attests again, with their passphrase, when the certificate is made.
            people[1].lock()
            return people

        self.ask(sign, then=self._when_signed)

    def _when_signed(self, people: tuple[Identity, Identity]) -> None:
        self.officer.take(people[0])
        self.witness.take(None)
        self.desk.witness = people[1].path
        self.notice.inform(
            lambda: self.tr("Signed by both. From here on nothing before this page can be changed.")
        )

    def _declare(self, wiping: Wiping) -> None:
        flow = self.desk.flow
        if flow is None or not self.desk.free or self.locked:
            return
        self.notice.clear()
        try:
            flow.declare(replace(flow.case, wiping=wiping))
        except (Refused, GateClosed) as refusal:
            self.notice.tell(refusal)
        self.desk.refresh()
        self.read()

    def _open_list(self) -> None:
        summary = self._summary
        if summary is not None and self.desk.free:
            self._dialog = PlanDialog(summary.plan.items, summary.digest, self)
            self._dialog.open()

    def _show_plan(self) -> None:
        from app.flow.reading import reading

        summary = self._summary
        self.wiping.setVisible(summary is not None)
        if summary is None:
            for label in (self.digest, self.doomed, self.kept):
                label.clear()
            self.picture.show_parts([])
            return
        fates = summary.fates
        self.picture.show_parts([Part(words.say(fate), fates[fate], at) for at, fate in enumerate(Fate)])
        self.doomed.setText(
            self.tr(
                "Lethe will destroy, and can't undo: {what}; {size} in all. "
                "Copies it does not know of are not among them."
            ).format(what=_amounts(summary.gone), size=words.size(summary.bytes))
        )
        self.kept.setText(
            self.tr("Will not be destroyed: {what}; of these {held} by law or under a hold.").format(
                what=_amounts(summary.stays), held=words.count(summary.held)
            )
        )
        self.digest.setText(words.digest_groups(summary.digest))
        self.wiping.show_wiping(summary.plan.wiping, summary.touched, reading(summary.plan.wiping))

    def _show_signers(self) -> None:
        flow = self.desk.flow
        if flow is None or not self.desk.signed:
            self.signed.clear()
            return
        lines = [
            self.tr("{role} {name} signed at {when}, key {key}").format(
                role=words.say(Role(one.role)), name=one.name, when=one.signed_at, key=one.fingerprint[:16]
            )
            for one in flow.signers()
        ]
        self.signed.setText("\n".join(lines))

    @override
    def leave(self) -> bool:
        for person in (self.officer, self.witness):
            person.passphrase.clear()
        return True

    @override
    def retranslate(self) -> None:
        self.title_as(
            self.tr("Sign"),
            self.tr("The officer and the witness sign the same list, each with their own key."),
        )
        self.plan_box.setTitle(self.tr("The list"))
        self.officer_box.setTitle(words.say(Role.OFFICER))
        self.witness_box.setTitle(words.say(Role.WITNESS))
        self.picture.setAccessibleName(self.tr("Fates in the list"))
        self.digest.setAccessibleName(self.tr("Digest of the list"))
        self.digest_hint.setText(self.tr("SHA-256 of the list. Both people sign exactly this."))
        self.look.setText(self.tr("Show every &item…"))
        self.look.setAccessibleName(self.tr("Show every item of the list"))
        self.sign.setText(self.tr("&Sign the list"))
        self.sign.setAccessibleName(self.tr("Sign the list"))
        if self.desk.free:
            self._show_plan()
            self._show_signers()


def _amounts(subjects: Counter[Subject]) -> str:
    named = [
        f"{words.say(subject)} {words.count(subjects[subject])}" for subject in Subject if subjects[subject]
    ]
    return words.translate("Words", ", ").join(named) or "0"


def _summary(plan: Plan) -> _Summary:
    from app.flow.outlook import outlook

    fates: Counter[Fate] = Counter()
    gone: Counter[Subject] = Counter()
    stays: Counter[Subject] = Counter()
    octets = held = 0
    for item in plan.items:
        fates[item.fate] += 1
        goes = item.fate in (Fate.WIPE, Fate.SHRED)
        (gone if goes else stays)[item.subject] += 1
        octets += item.stamp.size if goes else 0
        held += item.protected
    return _Summary(plan, plan.digest(), fates, gone, stays, octets, held, outlook(plan))
