"""The volumes that an act will touch, one card each: what they are, as the system tells it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget
from typing_extensions import override

from app.ui import words
from app.ui.widgets.plain import Hint, bold
from app.ui.widgets.spoken import Spoken
from app.ui.words import translate

if TYPE_CHECKING:
    from app.flow.outlook import Touched


class Volumes(Spoken, QWidget):
    """A column of cards. Every text in it can be selected and copied."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._touched: Sequence[Touched] = ()
        self._cards: list[tuple[QFrame, QLabel, QLabel]] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)

    def show_volumes(self, touched: Sequence[Touched]) -> None:
        """Show these in place of all others."""
        self._touched = touched
        while len(self._cards) > len(touched):
            frame, _, _ = self._cards.pop()
            self._column.removeWidget(frame)
            frame.deleteLater()
        while len(self._cards) < len(touched):
            self._cards.append(self._card())
        self.retranslate()

    def text(self) -> str:
        """All that is said, a line each."""
        return "\n".join(f"{head.text()}\n{told.text()}" for _, head, told in self._cards)

    def _card(self) -> tuple[QFrame, QLabel, QLabel]:
        frame, head, told = QFrame(), QLabel(), Hint()
        frame.setFrameShape(QFrame.Shape.StyledPanel)
        head.setFont(bold(head.font()))
        column = QVBoxLayout(frame)
        for label in (head, told):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            column.addWidget(label)
        self._column.addWidget(frame)
        return frame, head, told

    @override
    def retranslate(self) -> None:
        for one, (frame, head, told) in zip(self._touched, self._cards, strict=True):
            head.setText(
                translate("Volumes", "Volume {mount}: {device}, {system}").format(
                    mount=one.medium.mount, device=one.medium.device, system=one.medium.file_system
                )
            )
            told.setText("\n".join((_device(one), _options(one), _load(one))))
            frame.setAccessibleName(head.text())
            frame.setAccessibleDescription(told.text())


def kind(one: Touched) -> str:
    """Say whether it spins, on which bus, and whether it takes TRIM, as far as is known."""
    spins = {
        True: translate("Volumes", "magnetic disk"),
        False: translate("Volumes", "flash"),
        None: translate("Volumes", "kind not known"),
    }[one.medium.rotational]
    trim = {
        True: translate("Volumes", "takes TRIM"),
        False: translate("Volumes", "takes no TRIM"),
        None: translate("Volumes", "TRIM not known"),
    }[one.medium.discard]
    return " · ".join(filter(None, (one.medium.bus, spins, trim)))


def _device(one: Touched) -> str:
    unknown = translate("Volumes", "not told")
    return translate("Volumes", "{kind}; model: {model}; serial: {serial}").format(
        kind=kind(one), model=one.medium.model or unknown, serial=one.medium.serial or unknown
    )


def _options(one: Touched) -> str:
    return translate("Volumes", "Mounted with: {options}").format(options=one.medium.options)


def _load(one: Touched) -> str:
    files = translate("Volumes", "To be overwritten here: {n} files, {size}").format(
        n=words.count(one.files), size=words.size(one.bytes)
    )
    return f"{files}{words.translate('Words', '; ')}{cost(one)}"


def cost(one: Touched) -> str:
    """Say what cleaning the names off it takes."""
    if one.cost is None:
        return translate("Volumes", "no names to clean")
    if not one.cost.possible:
        return translate("Volumes", "names can't be cleaned here")
    if not one.cost.written:
        return translate("Volumes", "no journal to write over for the names")
    return translate("Volumes", "names: {size} are written over its journal, about {seconds} s").format(
        size=words.size(one.cost.written), seconds=one.cost.seconds
    )
