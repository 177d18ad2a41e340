"""Issue the certificate: manifest, its detached signature, and the signed PDF, each whole or not there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from app.domain.event import Progressed
from app.domain.fault import Fault, Refused
from app.domain.step import Step
from app.identity import Identity, cms_detached, refuse_alike
from app.steps.certify.account import Account
from app.steps.certify.archive import archived
from app.steps.certify.closing import Digests
from app.steps.certify.front import laid_out
from app.steps.certify.inventory import INVENTORY
from app.steps.certify.manifest import CERTIFICATE, DETACHED, MANIFEST, fields_of, manifest_of, written
from app.steps.certify.paint import painted
from app.steps.certify.seals import sealed, with_fields
from app.steps.certify.sheet import Sheet
from app.steps.certify.stamp import stamp
from app.steps.certify.status import Closing
from app.steps.certify.wording import Words
from app.system.durable import write_durably

_STAGES: Final = 5


def compose(
    account: Account, folder: Path, people: Sequence[Identity], *, issued_at: str, closing: Closing
) -> Iterator[Progressed]:
    """Write `manifest.json`, `manifest.p7s` and `certificate.pdf` into `folder`.

    `write_inventory` must have been called for the same account. Each file is
    synced and renamed into place, the certificate last: where it lies, all lie.
    Called again after a kill it starts over; called again with the same account and
    `issued_at` after it was done it leaves the signed files as they are.

    Raises:
        Refused: PERSON_MISSING without an officer and a witness, OFFICER_IS_WITNESS
            when they share a key or a name or anyone stands there twice, SEAL_FAILED when the
            document is no PDF/A-3b.
        OSError: when the inventory is missing or the disk does not take the files.
    """
    _refuse_people(people)
    manifest = manifest_of(account, folder, people, issued_at, closing)
    data = written(manifest)
    if _issued(folder, data):
        yield _at(_STAGES)
        return
    # An older certificate would stand beside a manifest it does not name.
    (folder / CERTIFICATE).unlink(missing_ok=True)
    yield _at(0)
    write_durably(folder / MANIFEST, data, 0o644)
    p7s = cms_detached(data, people)
    write_durably(folder / DETACHED, p7s, 0o644)
    yield _at(1)
    digests = Digests(
        hashlib.sha256(data).hexdigest(), manifest["inventory"]["sha256"], manifest["leaves"]["root"]
    )
    sheet = laid_out(account, people, issued_at, closing, digests)
    yield _at(2)
    attachments = {MANIFEST: data, INVENTORY: (folder / INVENTORY).read_bytes(), DETACHED: p7s}
    pdf = archived(_drawn(sheet, account), attachments, _moment(issued_at))
    yield _at(3)
    fields = fields_of(people)
    pdf = with_fields(pdf, {field: sheet.fields[field] for field, _ in fields})
    words = Words.of(account.language)
    now = datetime.now(UTC).replace(microsecond=0)
    stamps = {field: stamp(person, words, sheet.fields[field], now) for field, person in fields}
    pdf = sealed(pdf, fields, stamps, now)
    yield _at(4)
    write_durably(folder / CERTIFICATE, pdf, 0o644)
    yield _at(_STAGES)


def _drawn(sheet: Sheet, account: Account) -> bytes:
    title = Words.of(account.language).label("title.document")
    return painted(sheet.pages, f"{title} {account.number}", account.company)


def _issued(folder: Path, manifest: bytes) -> bool:
    """Whether the folder already holds a valid certificate of this very manifest."""
    from app.steps.certify.verify import verify

    paths = [folder / name for name in (MANIFEST, DETACHED, CERTIFICATE)]
    if not all(path.exists() for path in paths) or paths[0].read_bytes() != manifest:
        return False
    return verify(paths[2]).valid


def _refuse_people(people: Sequence[Identity]) -> None:
    refuse_alike(person.certificate_der for person in people)
    if len({person.fingerprint for person in people}) < len(people):
        raise Refused(Fault.OFFICER_IS_WITNESS)


def _moment(issued_at: str) -> datetime:
    return datetime.fromisoformat(issued_at).astimezone(UTC).replace(microsecond=0)


def _at(stage: int) -> Progressed:
    return Progressed(Step.CERTIFY, stage, _STAGES, "pages")
