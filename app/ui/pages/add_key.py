"""A dialog for a key that is no file: in a store, on a token, or of which a person only says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtWidgets import QComboBox, QLineEdit, QSpinBox, QWidget
from typing_extensions import override

from app.domain.case import ServiceKey
from app.ui import words
from app.ui.desk import Desk
from app.ui.pages.adding import AddDialog, absolute
from app.ui.widgets.filebox import PathBox, Wants
from app.ui.widgets.places import Places
from app.ui.widgets.plain import choose

if TYPE_CHECKING:
    from app.steps.shred.services.asking import Foreasked

_USUAL: Final = ServiceKey("", "")


class StoreKeyDialog(AddDialog):
    """Asks for one key of a store, with the fields of its kind alone."""

    def __init__(
        self, desk: Desk, known: ServiceKey | None, *, locked: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(desk, locked=locked, parent=parent)
        self._known = known
        self._build()
        self._offer()
        self.setWindowTitle(
            self.tr("A key in a store or on a token") if known is None else words.key(known.kind)
        )
        self.kind.currentIndexChanged.connect(self._name)
        if known is not None:
            self._show(known)
        self._name()

    def _build(self) -> None:
        self.kind, self.name, self.url, self.region = QComboBox(), QLineEdit(), QLineEdit(), QLineEdit()
        self.by = QLineEdit()
        self.module = PathBox(Wants.FILE, "PKCS#11 (*.so *.dll *.dylib)")
        self.paper = PathBox(Wants.FILE)
        self.wait, self.timeout = QSpinBox(), QSpinBox()
        self.copies = Places(folders=True, files=True)
        self.copies.list.setFixedHeight(self.fontMetrics().height() * 3)
        self._lines: dict[str, QWidget] = {
            "name": self.name,
            "url": self.url,
            "region": self.region,
            "module": self.module,
            "by": self.by,
            "paper": self.paper,
            "passphrase_env": self.secret,
            "wait": self.wait,
            "timeout": self.timeout,
            "copies": self.copies,
        }
        self.fields.add(self.kind)
        for part in self._lines.values():
            buddy = part.line if isinstance(part, PathBox) else None
            self.fields.add(part, part.list if isinstance(part, Places) else buddy)

    def _offer(self) -> None:
        from app.flow.services import DAYS, SECONDS
        from app.steps.shred.services import SERVICES

        for kind in SERVICES:
            self.kind.addItem(words.key(kind), kind)
        choose(self.kind, "pkcs11")
        self.wait.setRange(DAYS[0], DAYS[-1])
        self.timeout.setRange(SECONDS[0], SECONDS[-1])
        self.timeout.setValue(_USUAL.timeout)

    def _show(self, known: ServiceKey) -> None:
        choose(self.kind, known.kind)
        for line, text in ((self.name, known.name), (self.url, known.url), (self.region, known.region)):
            line.setText(text)
        self.by.setText(known.by)
        self.module.set_path(known.module)
        self.paper.set_path(known.paper)
        self.wait.setValue(known.wait)
        self.timeout.setValue(known.timeout)
        self.copies.set_paths(known.copies)

    @property
    def _fields(self) -> tuple[str, ...]:
        from app.steps.shred.services import service_of

        return service_of(self.kind.currentData()).fields

    @override
    def wrong(self) -> str:
        from app.steps.shred.services import service_of

        asked, values = service_of(self.kind.currentData()).needs, self._typed()
        for name, label in self._labels().items():
            if name in asked and not values[name]:
                return self.tr("Fill in: {name}.").format(name=label.replace("&", ""))
        labels = {name: label.replace("&", "") for name, label in self._labels().items()}
        boxes = [(box, labels[name]) for name, box in self._boxes() if name in self._fields]
        return self.missing(*boxes)

    def _boxes(self) -> Sequence[tuple[str, PathBox]]:
        return ("module", self.module), ("paper", self.paper)

    @override
    def made(self) -> ServiceKey:
        known = self.kind.currentData() == self._known.kind if self._known else False
        before = self._known if known and self._known else ServiceKey(self.kind.currentData(), "")
        typed = {name: value for name, value in self._typed().items() if name in self._fields}
        return replace(before, **typed)

    def _typed(self) -> dict[str, Any]:
        return {
            "name": self.name.text().strip(),
            "url": self.url.text().strip(),
            "region": self.region.text().strip(),
            "module": absolute(self.module.path()),
            "by": self.by.text().strip(),
            "paper": absolute(self.paper.path()),
            "wait": self.wait.value(),
            "timeout": self.timeout.value(),
            "copies": tuple(self.copies.paths()),
        }

    @override
    def trial(self, made: ServiceKey, secret: str) -> Foreasked:
        from app.flow.trying import try_service

        return try_service(made, secret or self._desk.passphrase_of(made))

    @override
    def told(self, answer: Foreasked) -> str:
        steps = " → ".join(answer.calls) or self.tr("nothing is called")
        return self.tr("It is there. To destroy it: {steps}. Copies found: {n}.").format(
            steps=steps, n=words.count(len(answer.copies))
        )

    def _name(self) -> None:
        known, helps = self._fields, self._helps(self.kind.currentData())
        self.fields.name(self.kind, self.tr("&Kind"), helps.get("kind", ""))
        for name, label in self._labels().items():
            line = self._lines[name]
            self.fields.name(line, label, helps.get(name, ""))
            self.fields.show_line(line, shown=name in known)
        self.about.setText(
            self.tr("Lethe does nothing to this key and sees nothing but the paper.")
            if self.kind.currentData() == "declared"
            else self.tr(
                "Lethe asks the store for the key before anything is signed, tells it to destroy the key "
                "in the shred step, and asks again."
            )
        )
        self.attempt.setVisible(self.kind.currentData() != "declared")
        self.ready()

    def _labels(self) -> dict[str, str]:
        kind = self.kind.currentData()
        secrets = {"pkcs11": self.tr("&PIN"), "openbao": self.tr("&Token")}
        names = {"declared": self.tr("&What was destroyed"), "openbao": self.tr("Pat&h of the key")}
        return {
            "name": names.get(kind, self.tr("K&ey")),
            "url": self.tr("TC&TI") if kind == "tpm2" else self.tr("&Address"),
            "region": self.tr("Re&gion"),
            "module": self.tr("&Library of the token"),
            "by": self.tr("Who says &so"),
            "paper": self.tr("Their e&vidence"),
            "passphrase_env": secrets.get(kind, self.tr("&Passphrase")),
            "wait": self.tr("&Days until it goes"),
            "timeout": self.tr("Seco&nds to wait"),
            "copies": self.tr("&Copies may lie in"),
        }

    def _helps(self, kind: str) -> dict[str, str]:
        names = {
            "pkcs11": self.tr("Its PKCS#11 URI: pkcs11:token=…;object=…"),
            "openbao": self.tr("As in its API: transit/keys/customers, or secret/data/crm/key."),
            "aws_kms": self.tr(
                "A key id, an ARN or alias/…. Who asks is taken from the environment or the AWS profile."
            ),
            "secret_service": self.tr(
                "Its label in the keyring's window, or attributes: service=crm;username=backup."
            ),
            "tpm2": self.tr(
                "A handle 0x81…, an index nv:0x15…, or owner: all that hangs on the owner's seed."
            ),
            "declared": self.tr("In words that name no customer; it is printed as claimed, not as seen."),
        }
        urls = {
            "openbao": self.tr("Of the server: https://host:8200."),
            "aws_kms": self.tr("Empty for AWS's own; else the endpoint that answers instead."),
            "tpm2": self.tr("How the TPM is reached; empty for this computer's own."),
        }
        return {
            "name": names.get(kind, ""),
            "url": urls.get(kind, ""),
            "module": self.tr("The .so, .dll or .dylib that the token's maker gives."),
            "passphrase_env": self.tr("Kept in memory only, until the case is closed."),
            "wait": self.tr("7 to 30: AWS deletes on that day, and till then it can be called off."),
            "copies": self.tr("Exports, snapshots and backups; each that is found lowers the verdict."),
        }
