"""How the files of a case are wiped: the method by its bytes, what is done besides, what it takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QGroupBox, QLineEdit, QVBoxLayout, QWidget
from typing_extensions import override

from app.domain.outcome import Outcome
from app.domain.wiping import Method, Pass, Wiping
from app.ui import words
from app.ui.widgets.field import Fields
from app.ui.widgets.notice import Notice
from app.ui.widgets.plain import choose
from app.ui.widgets.spoken import Spoken
from app.ui.widgets.volumes import Volumes, kind

if TYPE_CHECKING:
    from app.flow.outlook import Touched
    from app.flow.reading import Reading


class WipingBox(Spoken, QGroupBox):
    """Shows and takes the choice of how files are wiped.

    Signals:
        chosen: the officer's new choice, a Wiping.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wiping = Wiping()
        self._touched: Sequence[Touched] = ()
        self._reading: Reading | None = None
        self.method, self.passes = QComboBox(), QLineEdit()
        self.names, self.device, self.trim = QCheckBox(), QCheckBox(), QCheckBox()
        self.warning = Notice()
        self.volumes = Volumes()
        self.fields = Fields()
        for method in Method:
            self.method.addItem("", method)
        self.method.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        for part in (self.method, self.passes, self.names, self.device, self.trim):
            self.fields.add(part)
        column = QVBoxLayout(self)
        column.addLayout(self.fields)
        column.addWidget(self.warning)
        column.addWidget(self.volumes)
        self.method.activated.connect(lambda _: self._choose_method())
        self.passes.editingFinished.connect(self._choose_method)
        for box in (self.names, self.device, self.trim):
            box.clicked.connect(lambda _: self._give(self._wiping.method, self._wiping.passes))
        self.retranslate()

    def show_wiping(self, wiping: Wiping, touched: Sequence[Touched], reading: Reading) -> None:
        """Show what the case says now, and the volumes it will touch."""
        self._wiping, self._touched, self._reading = wiping, touched, reading
        choose(self.method, wiping.method)
        self.passes.setText(" ".join(one.text for one in wiping.passes))
        self.names.setChecked(wiping.names)
        self.device.setChecked(wiping.device)
        self.trim.setChecked(wiping.trim)
        self.volumes.show_volumes(touched)
        self._say()

    def lock(self, locked: bool) -> None:
        """Let nothing be changed: the list is signed, or the case is busy."""
        for part in (self.method, self.passes, self.names, self.device, self.trim):
            part.setEnabled(not locked)

    def _choose_method(self) -> None:
        method = self.method.currentData()
        passes: tuple[Pass, ...] = ()
        if method is Method.CONTRACT:
            self.fields.show_line(self.passes, shown=True)
            try:
                passes = tuple(Pass.of(text) for text in self.passes.text().lower().split())
                Wiping(method, passes)
            except ValueError:
                self.passes.setFocus()
                return
        if (method, passes) != (self._wiping.method, self._wiping.passes):
            self._give(method, passes)

    def _give(self, method: Method, passes: tuple[Pass, ...]) -> None:
        extras = self.names.isChecked(), self.device.isChecked(), self.trim.isChecked()
        self.chosen.emit(Wiping(method, passes, *extras))

    # What is said

    def _say(self) -> None:
        self._say_passes()
        self.fields.show_line(self.passes, shown=self._wiping.method is Method.CONTRACT)
        self.fields.hint(self.names, self._names_hint())
        self.fields.hint(self.device, self._device_hint())
        self.fields.hint(self.trim, self._trim_hint())
        others = [one for one in self._touched if not one.spins]
        if self._wiping.method.magnetic_only and others:
            self.warning.warn(lambda: self._not_magnetic(others))
        else:
            self.warning.clear()

    def _say_passes(self) -> None:
        wiping = self._wiping
        self.fields.hint(self.method, "\n".join(words.passes(wiping.sequence)))
        self.fields.hint(
            self.passes,
            self.tr(
                "What each pass writes, in order: bytes in hex such as 00 or 55aa, or random. "
                "One to 35 passes; saved once they can be read."
            ),
        )

    def _not_magnetic(self, others: Sequence[Touched]) -> str:
        named = ", ".join(f"{one.medium.mount} ({kind(one)})" for one in others)
        return self.tr(
            "GA/T 1143 speaks of magnetic media only. Not known to be magnetic: {named}. "
            "More passes reach no more there than one does."
        ).format(named=named)

    def _names_hint(self) -> str:
        worse = words.say(Outcome.RESIDUE_POSSIBLE)
        costs = [one.cost for one in self._touched if one.cost]
        written = sum(cost.written for cost in costs if cost.possible)
        seconds = sum(cost.seconds for cost in costs if cost.possible)
        nothing = self.tr("There is no journal to write over; it takes next to no time.")
        text = self.tr("Takes about {seconds} s and writes {size} over the file systems' journals.").format(
            seconds=round(seconds, 1), size=words.size(written)
        )
        barred = ", ".join(cost.mount for cost in costs if not cost.possible)
        if not self._wiping.names:
            return self.tr("Declined: the best grade is then: {grade}.").format(grade=worse)
        return words.sentences(
            text if written else nothing,
            self.tr("Not possible on: {mounts}.").format(mounts=barred) if barred else "",
            self.tr("Without it the best grade is: {grade}.").format(grade=worse),
        )

    def _device_hint(self) -> str:
        if self._reading is None:
            return ""
        # Not before a case is open: the flow would be loaded while the window comes up.
        from app.flow.reading import Reading

        file = self.tr("Read back through the file only; the best grade is then: {grade}.").format(
            grade=words.say(Outcome.OVERWRITTEN)
        )
        if not self._wiping.device:
            return file
        said = {
            Reading.OWN: (self.tr("Lethe runs with the rights for it."),),
            Reading.ASKED: (
                self.tr("When the wipe begins, the system asks for the administrator's password."),
                self.tr("If that is refused:"),
                file,
            ),
            Reading.GRANTED: (self.tr("Through sudo, where it is set up without a password. Else:"), file),
            Reading.FILE: (self.tr("This system offers no way to it."), file),
        }
        return words.sentences(*said[self._reading])

    def _trim_hint(self) -> str:
        if not any(one.medium.discard for one in self._touched):
            return self.tr("None of the devices says that it takes TRIM.")
        if self._wiping.trim:
            return self.tr("After the wipe, free blocks are given back where the device takes it.")
        return self.tr("Declined: on XFS and btrfs names may remain, and the grade says so.")

    @override
    def retranslate(self) -> None:
        self.setTitle(self.tr("How it is wiped"))
        for place in range(self.method.count()):
            self.method.setItemText(place, words.say(self.method.itemData(place)))
        for field, label in (
            (self.method, self.tr("&Method")),
            (self.passes, self.tr("Its &passes")),
            (self.names, self.tr("Names")),
            (self.device, self.tr("Proof")),
            (self.trim, self.tr("TRIM")),
        ):
            self.fields.name(field, label)
        self.names.setText(self.tr("Clean the names out of f&olders and journals too"))
        self.device.setText(self.tr("Read the result from the &device itself"))
        self.trim.setText(self.tr("&Give freed blocks back to the device"))
        self.volumes.setAccessibleName(self.tr("Volumes that will be touched"))
        self._say()
