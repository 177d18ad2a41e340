"""A dialog for a backup that is no folder here: on a server, or of which a person only says its end."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget
from typing_extensions import override

from app.domain.case import Backup
from app.domain.copies import Disposal
from app.ui import words
from app.ui.desk import Desk
from app.ui.pages.adding import AddDialog, absolute
from app.ui.widgets.day import DayEdit
from app.ui.widgets.filebox import PathBox, Wants
from app.ui.widgets.plain import choose

if TYPE_CHECKING:
    from app.domain.outcome import Reason

OTHERS: Final = ("s3", "rclone", "duplicity", "declared")
"""Kinds of backups that need more than a path."""
_TOLD: Final = {
    "s3": (),
    "rclone": ("secret",),
    "duplicity": ("secret", "disposal", "by"),
    "declared": ("disposal", "until", "by", "paper", "note"),
}


class BackupDialog(AddDialog):
    """Asks for one backup, with the fields of its kind alone."""

    def __init__(
        self, desk: Desk, known: Backup | None, *, locked: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(desk, locked=locked, parent=parent)
        self._known = known
        self.kind, self.disposal = QComboBox(), QComboBox()
        self.where, self.by, self.note = QLineEdit(), QLineEdit(), QLineEdit()
        self.until, self.paper = DayEdit(), PathBox(Wants.FILE)
        for part, buddy in (
            (self.kind, None),
            (self.where, None),
            (self.secret, None),
            (self.disposal, None),
            (self.until, self.until.line),
            (self.by, None),
            (self.paper, self.paper.line),
            (self.note, None),
        ):
            self.fields.add(part, buddy)
        for kind in OTHERS:
            self.kind.addItem(words.backup(kind), kind)
        self.kind.currentIndexChanged.connect(self._offer)
        self.disposal.currentIndexChanged.connect(self._name)
        self._offer()
        if known is not None:
            self._show(known)

    def _offer(self) -> None:
        """Offer what may be declared of a backup of this kind."""
        self.disposal.blockSignals(True)
        self.disposal.clear()
        self.disposal.addItem(self.tr("nothing is said"), None)
        duplicity = self.kind.currentData() == "duplicity"
        for one in (Disposal.DISCARD,) if duplicity else (one for one in Disposal if one.declared):
            self.disposal.addItem(words.say(one), one)
        self.disposal.blockSignals(False)
        self._name()

    def _show(self, known: Backup) -> None:
        choose(self.kind, known.kind)
        beside = known.kind == "declared" and known.path.parent == self._desk.place
        self.where.setText(known.path.name if beside else known.path.as_posix())
        choose(self.disposal, known.disposal)
        self.until.set_day(known.until)
        self.by.setText(known.declared_by)
        self.paper.set_path(known.paper)
        self.note.setText(known.note)
        self._name()

    @property
    def _fields(self) -> tuple[str, ...]:
        disposal: Disposal | None = self.disposal.currentData()
        unasked = ("by", "until", "paper") if disposal is None else () if disposal.dated else ("until",)
        return tuple(one for one in _TOLD[self.kind.currentData()] if one not in unasked)

    @override
    def wrong(self) -> str:
        shown = self._fields
        if not self.where.text().strip():
            return self.tr("Say where the backup is, or what it is called.")
        if "until" in shown and self.until.day() is None:
            return self.tr("Give the day, as 2026-08-01.")
        if "by" in shown and not self.by.text().strip():
            return self.tr("Name who says so.")
        if "paper" in shown and self.disposal.currentData() is Disposal.MEDIUM and not self.paper.path():
            return self.tr("Give the file that shows that the medium was destroyed.")
        if self.kind.currentData() == "duplicity" and not self._path().exists():
            return self.tr("There is no folder {path}.").format(path=self._path())
        return self.missing((self.paper, self.tr("Evidence"))) if "paper" in shown else ""

    def _path(self) -> Path:
        """As a case file beside the case would have it."""
        text = self.where.text().strip()
        if self.kind.currentData() in ("s3", "rclone"):
            return Path(text)
        return Path(os.path.normpath(self._desk.place / Path(text).expanduser()))

    @override
    def made(self) -> Backup:
        kind, shown = self.kind.currentData(), self._fields
        same = self._known is not None and self._known.kind == kind
        before = self._known if same and self._known else Backup(kind, self._path())
        return replace(
            before,
            path=self._path(),
            disposal=self.disposal.currentData() if "disposal" in shown else None,
            until=self.until.day() if "until" in shown else None,
            declared_by=self.by.text().strip() if "by" in shown else "",
            paper=absolute(self.paper.path()) if "paper" in shown else None,
            note=self.note.text().strip() if "note" in shown else before.note,
        )

    @override
    def trial(self, made: Backup, secret: str) -> Reason | None:
        from app.flow.trying import try_backup

        return try_backup(made, secret or self._desk.passphrase_of(made))

    @override
    def told(self, answer: Reason | None) -> str:
        if answer is None:
            return self.tr("It answers, and can be listed.")
        why = words.say(answer)
        self.notice.warn(lambda: self.tr("It can't be listed: {why}").format(why=why))
        return ""

    def _name(self) -> None:
        self.setWindowTitle(self.tr("A backup elsewhere"))
        self.about.setText(
            self.tr(
                "Lethe searches what it can read for copies of what goes. Of tapes, cloud backups and the "
                "like the certificate has what a named person declares."
            )
        )
        shown, labels = self._fields, self._labels()
        self.fields.name(self.kind, self.tr("&Kind"))
        self.fields.name(self.where, *labels["where"])
        for name, line in self._lines().items():
            self.fields.name(line, *labels[name])
            self.fields.show_line(line, shown=name in shown)
        self.attempt.setVisible(self.kind.currentData() in ("s3", "rclone"))
        self.ready()

    def _lines(self) -> dict[str, QWidget]:
        return {
            "secret": self.secret,
            "disposal": self.disposal,
            "until": self.until,
            "by": self.by,
            "paper": self.paper,
            "note": self.note,
        }

    def _labels(self) -> dict[str, tuple[str, str]]:
        where = {
            "s3": (
                self.tr("&Bucket"),
                self.tr(
                    "bucket or bucket/prefix. Access keys are taken from the environment or the AWS profile."
                ),
            ),
            "rclone": (self.tr("Re&mote"), self.tr("As rclone calls it: remote:folder.")),
            "duplicity": (
                self.tr("&Folder"),
                self.tr("Where its volumes lie. A chain goes whole or not at all."),
            ),
            "declared": (self.tr("What it &is"), self.tr("Such as: tape 7, Veeam of the head office.")),
        }
        unsaid = (
            self.tr("Nothing said: what is found in it stays, and is named.")
            if self.kind.currentData() == "duplicity"
            else self.tr("Nothing said: it is named on the certificate as not searched.")
        )
        return {
            "where": where[self.kind.currentData()],
            "secret": (self.tr("&Passphrase"), self.tr("Kept in memory only, until the case is closed.")),
            "disposal": (self.tr("What becomes of i&t"), unsaid),
            "until": (self.tr("&Day"), self.tr("On which it expires, or until which it is locked.")),
            "by": (self.tr("Who says &so"), self.tr("The certificate names this person.")),
            "paper": (self.tr("Their e&vidence"), self.tr("Kept with the case, known by its SHA-256.")),
            "note": (self.tr("&Note"), ""),
        }
