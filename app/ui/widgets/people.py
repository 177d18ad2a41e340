"""Everybody who must sign here: officer and witness, and whoever else the case declares."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QGroupBox, QVBoxLayout, QWidget
from typing_extensions import override

from app.domain.case import Case, PersonSource, Role
from app.domain.fault import Fault, Refused
from app.ui.widgets.person import PersonBox
from app.ui.widgets.spoken import Spoken
from app.ui.words import say, translate

if TYPE_CHECKING:
    from app.identity import Identity


class PeopleBoxes(Spoken, QWidget):
    """A box for each person, two a row.

    Signals:
        changed: something was typed or someone unlocked.
    """

    changed = Signal()

    def __init__(self, *, may_make: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._may_make = may_make
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._others: tuple[PersonSource, ...] = ()
        self._frames: list[QGroupBox] = []
        self.boxes: list[PersonBox] = []
        self.officer, self.witness = self._add(Role.OFFICER), self._add(Role.WITNESS)
        self.retranslate()

    def load(self, case: Case, also: Collection[Role]) -> None:
        """Show where the declared keys are, with a box for each further person of these roles.

        Who only stands in for another person is left to the caller.
        """
        people = [one for one in case.people if not one.instead_of]
        first = {role: next((one for one in people if one.role is role), None) for role in Role}
        for box in (self.officer, self.witness):
            source = first[box.role]
            if source is not None and box.source() is None:
                box.offer(source)
        others = tuple(
            one
            for one in people
            if one.role in also and one is not first[Role.OFFICER] and one is not first[Role.WITNESS]
        )
        if others != self._others:
            self._others = others
            self._take_away()
            for one in others:
                self._add(one.role).offer(one)
            self.retranslate()

    @property
    def filled(self) -> bool:
        """Whether everybody can be tried."""
        return all(box.filled for box in self.boxes)

    def lock(self, locked: bool) -> None:
        """Let nothing be changed, or let it again."""
        for box in self.boxes:
            box.lock(locked)

    def clear(self) -> None:
        """Forget every passphrase."""
        for box in self.boxes:
            box.passphrase.clear()

    def unlocking(self) -> Callable[[], tuple[Identity, ...]]:
        """Give a call that unlocks everybody, the officer first, or nobody; for another thread.

        The call raises Refused as `app.flow.people.unlocked` does.

        Raises:
            Refused: OFFICER_IS_WITNESS when two people are to use one key.
        """
        keys = [source.identity for box in self.boxes if (source := box.source()) is not None]
        if len(set(keys)) < len(keys):
            raise Refused(Fault.OFFICER_IS_WITNESS)
        calls = [(box.person is None, box.unlocking()) for box in self.boxes]

        def unlock() -> tuple[Identity, ...]:
            people: list[Identity] = []
            try:
                for _, call in calls:
                    people.append(call())
            except BaseException:
                for (fresh, _), person in zip(calls, people, strict=False):
                    if fresh:
                        person.lock()
                raise
            return tuple(people)

        return unlock

    def keep_officer(self, people: tuple[Identity, ...]) -> None:
        """Lock everybody but the officer, who stays at the desk."""
        self.officer.take(people[0])
        for box, person in zip(self.boxes[1:], people[1:], strict=True):
            person.lock()
            box.take(None)

    def _add(self, role: Role) -> PersonBox:
        frame, box = QGroupBox(), PersonBox(role)
        if not self._may_make:
            box.forbid_new()
        inside = QVBoxLayout(frame)
        inside.addWidget(box)
        inside.addStretch(1)
        at = len(self.boxes)
        self._grid.addWidget(frame, at // 2, at % 2, Qt.AlignmentFlag(0))
        self._grid.setColumnStretch(at % 2, 1)
        self._frames.append(frame)
        self.boxes.append(box)
        box.changed.connect(self.changed)
        return box

    def _take_away(self) -> None:
        for frame in self._frames[2:]:
            self._grid.removeWidget(frame)
            frame.deleteLater()
        del self._frames[2:], self.boxes[2:]

    @override
    def retranslate(self) -> None:
        seen = dict.fromkeys(Role, 0)
        for frame, box in zip(self._frames, self.boxes, strict=True):
            seen[box.role] += 1
            number = seen[box.role]
            several = translate("PeopleBoxes", "{role} {n}").format(role=say(box.role), n=number)
            frame.setTitle(several if number > 1 else say(box.role))
