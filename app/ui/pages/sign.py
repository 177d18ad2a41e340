"""The fifth page: two people sign the frozen list. After it nothing before can be changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QGroupBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget
from typing_extensions import override

from app.domain.case import Role
from app.domain.fate import Fate
from app.domain.fault import GateClosed, Refused
from app.domain.outcome import KeyOutcome
from app.domain.plan import Plan, Subject
from app.domain.step import Step
from app.domain.wiping import Wiping
from app.ui import words
from app.ui.desk import Desk
from app.ui.pages.first_key_dialog import FirstKeyDialog
from app.ui.pages.key_dialog import KeyDialog
from app.ui.pages.page import Page
from app.ui.pages.plan_dialog import PlanDialog
from app.ui.widgets.bars import Divided, Part
from app.ui.widgets.people import PeopleBoxes
from app.ui.widgets.plain import Button, Hint, scrolling
from app.ui.widgets.wiping import WipingBox

if TYPE_CHECKING:
    from app.flow import Flow, Passphrase
    from app.flow.foresight import KeyForesight
    from app.flow.outlook import Touched
    from app.identity import Identity
    from app.journal import FirstKey


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
    keys: Sequence[KeyForesight]
    unseen: int
    """Keys of the list that could not be looked at now."""


class SignPage(Page):
    """Shows what will be destroyed and kept, and takes two signatures."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, Step.SIGN)
        self._summary: _Summary | None = None
        self._dialog: PlanDialog | None = None
        self.digest, self.doomed, self.kept = QLabel(), QLabel(), QLabel()
        self.digest_hint, self.signed = Hint(), QLabel()
        self.picture = Divided()
        self.people = PeopleBoxes(may_make=True)
        self.officer, self.witness = self.people.officer, self.people.witness
        self._key_dialog: FirstKeyDialog | None = None
        self._key_taken: tuple[Path, str] | None = None
        self.sign, self.look, self.look_at_keys = Button(), Button(), Button()
        self.keys = QLabel()
        self._keys_shown: KeyDialog | None = None
        self.wiping = WipingBox()
        self.plan_box = QGroupBox()
        self._lay_out()
        self.people.changed.connect(self.refresh)
        self.sign.clicked.connect(self._sign)
        self.look.clicked.connect(self._open_list)
        self.look_at_keys.clicked.connect(self._open_keys)
        self.wiping.chosen.connect(self._declare)
        self.retranslate()

    def _lay_out(self) -> None:
        mono = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        mono.setPointSizeF(self.font().pointSizeF())
        self.digest.setFont(mono)
        self.digest.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        for label in (self.digest, self.doomed, self.kept, self.keys, self.signed):
            label.setWordWrap(True)
        plan = QVBoxLayout(self.plan_box)
        for part in (self.picture, self.doomed, self.kept, self.keys, self.digest, self.digest_hint):
            plan.addWidget(part)
        look = QHBoxLayout()
        look.addStretch(1)
        look.addWidget(self.look_at_keys)
        look.addWidget(self.look)
        plan.addLayout(look)
        row = QHBoxLayout()
        row.addWidget(self.signed, 1)
        row.addWidget(self.sign)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, self.fontMetrics().horizontalAdvance("0"), 0)
        column.addWidget(self.plan_box)
        column.addWidget(self.wiping)
        column.addWidget(self.people)
        column.addLayout(row)
        column.addStretch(1)
        self.column.addWidget(self.notice)
        self.column.addWidget(scrolling(content), 1)

    @override
    def load(self, flow: Flow) -> None:
        self.people.load(flow.case, (Role.WITNESS, Role.APPROVER))
        if flow.officer is not None:
            self.officer.take(flow.officer)
        self._summary = None
        self._show_plan()

    @override
    def fetch(self, flow: Flow) -> object:
        if flow.closed or (flow.gate(Step.SIGN) is not None and not flow.done(Step.SIGN)):
            return None
        return _summary(flow, self.desk.passphrase)

    @override
    def show_fetched(self, fetched: _Summary | None) -> None:
        self._summary = fetched
        self._show_plan()

    @override
    def refresh(self) -> None:
        free = self.desk.free and not self.locked and self._summary is not None
        self.people.lock(not free)
        self.wiping.lock(not free)
        self.look.setEnabled(self.desk.free and self._summary is not None)
        self.sign.setEnabled(free and self.people.filled)
        self.sign.setVisible(not self.desk.signed)
        if self.desk.free:
            self._show_signers()
        super().refresh()

    def _sign(self) -> None:
        flow = self.desk.flow
        if flow is None:
            return
        self.notice.clear()
        try:
            unlock = self.people.unlocking()
        except Refused as refusal:
            self.notice.tell(refusal)
            return
        before = self._key_taken

        def meet() -> tuple[tuple[Identity, ...], FirstKey | None]:
            from app.flow.people import refuse_unapproved

            people = unlock()
            try:
                # Whoever is turned away here must not have seen the key of the journal.
                refuse_unapproved(flow.case, people)
                seen = before == (flow.folder, people[1].fingerprint)
                return people, None if seen else flow.show_first_key()
            except BaseException:
                for person in people[1:]:
                    person.lock()
                raise

        self.ask(meet, then=self._met)

    def _met(self, met: tuple[tuple[Identity, ...], FirstKey | None]) -> None:
        """Everybody is unlocked. The witness takes the key of the journal before the list is signed."""
        people, first = met
        flow = self.desk.flow
        if first is None or flow is None:
            self._sign_as(people)
            return
        self._key_dialog = FirstKeyDialog(first, flow.case.number, self)
        self._key_dialog.finished.connect(lambda result: self._key_answered(bool(result), people))
        self._key_dialog.open()

    def _key_answered(self, taken: bool, people: tuple[Identity, ...]) -> None:
        flow, self._key_dialog = self.desk.flow, None
        if taken and flow is not None:
            self._key_taken = (flow.folder, people[1].fingerprint)
            self._sign_as(people)
            return
        self.people.keep_officer(people)
        self.notice.warn(
            lambda: self.tr("Not signed. The witness must take the first key of the journal before.")
        )

    def _sign_as(self, people: tuple[Identity, ...]) -> None:
        flow = self.desk.flow
        if flow is None:
            return

        def sign() -> tuple[Identity, ...]:
            try:
                flow.sign(people)
            finally:
                # They attest again, with their passphrase, when the certificate is made.
                for person in people[1:]:
                    person.lock()
            return people

        self.ask(sign, then=self._when_signed)

    def _when_signed(self, people: tuple[Identity, ...]) -> None:
        self.desk.witness = self.witness.source()
        self.people.keep_officer(people)
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

    def _open_keys(self) -> None:
        if self._summary is not None:
            self._keys_shown = KeyDialog(self._summary.keys, self)
            self._keys_shown.open()

    def _say_keys(self, keys: Sequence[KeyForesight]) -> None:
        """Say in one line what verdicts can be reached at best."""
        unseen = self._summary.unseen if self._summary else 0
        self.look_at_keys.setVisible(bool(keys))
        self.keys.setVisible(bool(keys or unseen))
        verdicts = Counter(one.expected for one in keys)
        told = [f"{words.say(one)} ({words.count(verdicts[one])})" for one in KeyOutcome if verdicts[one]]
        if unseen:
            told.append(self.tr("not foreseen: {n}").format(n=words.count(unseen)))
        self.keys.setText(
            self.tr("Keys, at best: {what}.").format(what=words.translate("Words", "; ").join(told))
        )

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
        self._say_keys(summary.keys)
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
        self.people.clear()
        return True

    @override
    def retranslate(self) -> None:
        self.title_as(
            self.tr("Sign"),
            self.tr("The officer and the witness sign the same list, each with their own key."),
        )
        self.plan_box.setTitle(self.tr("The list"))
        self.picture.setAccessibleName(self.tr("Fates in the list"))
        self.digest.setAccessibleName(self.tr("Digest of the list"))
        self.digest_hint.setText(self.tr("SHA-256 of the list. Both people sign exactly this."))
        self.look.setText(self.tr("Show every &item…"))
        self.look.setAccessibleName(self.tr("Show every item of the list"))
        self.look_at_keys.setText(self.tr("What becomes of each &key…"))
        self.look_at_keys.setAccessibleName(self.tr("What becomes of each key"))
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


def _summary(flow: Flow, passphrase: Passphrase) -> _Summary:
    from app.flow.foresight import foreseen_keys
    from app.flow.outlook import outlook

    plan = flow.plan()
    shredded = {item.id for item in plan.with_fate(Fate.SHRED)}
    keys = [key for key in flow.keys() if key.id in shredded] if not flow.done(Step.SHRED) else []  # noqa: SIM118 - a list
    told = foreseen_keys(flow.case, keys, flow.copies(), passphrase) if keys else ()
    fates: Counter[Fate] = Counter()
    gone: Counter[Subject] = Counter()
    stays: Counter[Subject] = Counter()
    octets = held = 0
    for item in plan.items:
        fates[item.fate] += 1
        goes = item.fate in (Fate.WIPE, Fate.SHRED, Fate.EXPUNGE)
        (gone if goes else stays)[item.subject] += 1
        octets += item.stamp.size if goes else 0
        held += item.protected
    return _Summary(
        plan, plan.digest(), fates, gone, stays, octets, held, outlook(plan), told, len(keys) - len(told)
    )
