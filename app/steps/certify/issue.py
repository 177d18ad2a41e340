"""Issue the certificate: manifest, its detached signature, and the signed PDF, each whole or not there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from app.domain.event import Progressed
from app.domain.step import Step
from app.identity import Identity, cms_detached
from app.steps.certify.account import Account
from app.steps.certify.bearing import borne
from app.steps.certify.document.closing import Digests
from app.steps.certify.document.front import laid_out
from app.steps.certify.document.stamp import stamp
from app.steps.certify.evidence.dsse import DSSE, enveloped
from app.steps.certify.evidence.inventory import INVENTORY
from app.steps.certify.evidence.manifest import (
    CERTIFICATE,
    DETACHED,
    MANIFEST,
    fields_of,
    manifest_of,
    written,
)
from app.steps.certify.evidence.signed_code import Told, key_digest, signed_code
from app.steps.certify.issuing import Issuing, papers_of, refuse_others
from app.steps.certify.page.archive import archived
from app.steps.certify.page.paint import painted
from app.steps.certify.page.sheet import Sheet
from app.steps.certify.signing.seals import sealed, with_fields
from app.steps.certify.signing.timeservice import TimeService
from app.steps.certify.status import Status
from app.steps.certify.wording import Words
from app.system.durable import write_durably
from app.system.paths import resource

CHECKER: Final = "check_certificate.py"
_STAGES: Final = 5
_PLAIN: Final = Issuing()
Manifest = dict[str, Any]


def compose(
    account: Account,
    folder: Path,
    people: Sequence[Identity],
    *,
    issued_at: str,
    journal: Path,
    issuing: Issuing = _PLAIN,
) -> Iterator[Progressed]:
    """Write `manifest.json`, `manifest.p7s`, `manifest.dsse.json`, the checker and `certificate.pdf`.

    What may be said is computed here, from the journal at `journal`, which must bear the
    account: no caller can have more certified than it holds. `write_inventory` must have
    been called for the same account. Each file is synced and renamed into place, the
    certificate last: where it lies, all lie. Called again after a kill it starts over;
    called again with the same account and `issued_at` after it was done it leaves the
    signed files as they are.

    Raises:
        Refused: NOT_BORNE or JOURNAL_BROKEN when the journal does not bear the account,
            PERSON_MISSING without an officer and a witness, OFFICER_IS_WITNESS
            when they share a key or a name or anyone stands there twice, OTHER_SIGNER for
            others than signed the plan, CERTIFICATE_REVOKED, TIME_NOT_STAMPED, SEAL_FAILED
            when the document is no PDF/A-3b.
        OSError: when the inventory is missing or the disk does not take the files.
    """
    refuse_others(account, people, issuing.stand_ins)
    closing = borne(account, journal)
    manifest = manifest_of(account, folder, people, issued_at, closing, issuing)
    data = written(manifest)
    if _issued(folder, data):
        yield _at(_STAGES)
        return
    # An older certificate would stand beside a manifest it does not name.
    (folder / CERTIFICATE).unlink(missing_ok=True)
    yield _at(0)
    p7s = _lay_manifest(folder, data, people)
    yield _at(1)
    fields = fields_of(people)
    sheet = laid_out(account, people, issued_at, closing, _digests(data, manifest, fields[0][1], issuing))
    yield _at(2)
    attachments = {MANIFEST: data, INVENTORY: (folder / INVENTORY).read_bytes(), DETACHED: p7s}
    pdf = archived(_drawn(sheet, account), attachments, _moment(issued_at), account.language)
    yield _at(3)
    pdf = _signed(pdf, sheet, fields, Words.of(account.language), issuing)
    yield _at(4)
    files = {CERTIFICATE: pdf, **attachments}
    write_durably(folder / DSSE, enveloped(manifest, files, [person for _, person in fields]), 0o644)
    write_durably(folder / CERTIFICATE, pdf, 0o644)
    yield _at(_STAGES)


def _lay_manifest(folder: Path, data: bytes, people: Sequence[Identity]) -> bytes:
    write_durably(folder / MANIFEST, data, 0o644)
    p7s = cms_detached(data, people)
    write_durably(folder / DETACHED, p7s, 0o644)
    write_durably(folder / CHECKER, resource(f"checker/{CHECKER}").read_bytes(), 0o644)
    return p7s


def _signed(
    pdf: bytes, sheet: Sheet, fields: Sequence[tuple[str, Identity]], words: Words, issuing: Issuing
) -> bytes:
    service = TimeService(issuing.tsa) if issuing.tsa else None
    papers = papers_of([person for _, person in fields], issuing, service.others if service else ())
    pdf = with_fields(pdf, {field: sheet.fields[field] for field, _ in fields}, papers)
    now = datetime.now(UTC).replace(microsecond=0)
    stamps = {field: stamp(person, words, sheet.fields[field], now) for field, person in fields}
    return sealed(pdf, fields, stamps, now, service)


def _digests(data: bytes, manifest: Manifest, officer: Identity, issuing: Issuing) -> Digests:
    """What the paper carries of the files, and the signed code, all of it from the manifest."""
    total = manifest["totals"]["all"]
    digest = hashlib.sha256(data).hexdigest()
    told = Told(
        number=manifest["number"],
        issued_at=int(_moment(manifest["issued_at"]).timestamp()),
        status=Status(manifest["status"]),
        rehearsal=manifest["rehearsal"],
        items=total["lines"],
        destroyed=total["destroyed"],
        kept=total["kept"],
        exceptions=sum(one["count"] for one in manifest["exceptions"]),
        bytes=total["bytes"],
        journal_count=manifest["journal"]["count"],
        head=manifest["journal"]["head"],
        manifest=digest,
    )
    return Digests(
        digest,
        manifest["inventory"]["sha256"],
        manifest["leaves"]["planned"],
        manifest["leaves"]["done"],
        signed_code(told, officer),
        key_digest(officer.certificate_der),
        issuing,
    )


def _drawn(sheet: Sheet, account: Account) -> bytes:
    title = Words.of(account.language).label("title.document")
    second = "en" if account.language == "both" else ""
    return painted(sheet.pages, f"{title} {account.number}", account.company, second=second)


def _issued(folder: Path, manifest: bytes) -> bool:
    """Whether the folder already holds a valid certificate of this very manifest."""
    from app.steps.certify.checking.verify import verify

    paths = [folder / name for name in (MANIFEST, DETACHED, CERTIFICATE, DSSE, CHECKER)]
    if not all(path.exists() for path in paths) or paths[0].read_bytes() != manifest:
        return False
    failed = {check.name for check in verify(paths[2]).checks if not check.ok}
    # A crash may have come before the journal could name it.
    return failed <= {"journal.end.present"}


def _moment(issued_at: str) -> datetime:
    return datetime.fromisoformat(issued_at).astimezone(UTC).replace(microsecond=0)


def _at(stage: int) -> Progressed:
    return Progressed(Step.CERTIFY, stage, _STAGES, "pages")
