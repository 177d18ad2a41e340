"""Verify the signatures of a certificate and that nothing was painted over, swapped or cut after them."""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from app.domain.case import Role
from app.domain.event import Progressed
from app.identity.chain import Papers, Trust, chain_of, trust_of
from app.identity.names import cure_names
from app.steps.certify.checking.manifest import Manifest, authorities
from app.steps.certify.signing.cmsform import embedded, embedded_fault, stamp_in
from app.steps.certify.signing.timestamp import Stamped
from app.steps.certify.verdict import Check, Said, progressed
from app.steps.certify.wording import Who


def pdf_checks(data: bytes, manifest_data: bytes, manifest: Manifest) -> Iterator[Check | Progressed]:
    """Check every signature the manifest names, and what the pages print of the manifest."""
    found: dict[str, _Found] = {}
    try:
        signatures, papers = _opened(data)
        for count, one in enumerate(signatures, 1):
            # A second one of a name stands for itself, as one that nobody named.
            name = one.field_name if one.field_name not in found else f"{one.field_name} ({count})"
            found[name] = _looked_at(one, data, authorities(manifest))
            yield progressed(count, len(signatures), "signatures")
    except Exception:  # noqa: BLE001 - a hostile file may break the parser in any way; all mean the same
        yield Check("readable", False, Said("pdf.unreadable"))
        return
    wanted = {one["field"]: one for one in manifest["signatures"]}
    missing = [name for name in wanted if name not in found]
    roles = {one["role"] for one in wanted.values()}
    enough = {Role.OFFICER.value, Role.WITNESS.value} <= roles
    told = Said("fields.signed", names=_called(sorted(found), wanted) or "–")
    if missing:
        told = Said("fields.empty", names=_called(missing, wanted))
    elif not enough:
        told = Said("fields.few")
    yield Check("signatures.present", enough and not missing, told)
    yield from _over_all(found, wanted)
    for name, one in wanted.items():
        if name in found:
            yield from _signer(name, one, found[name], papers)
    yield from _times(found, wanted, manifest)
    yield _printed(data, manifest_data)


class _Found:
    """One signature in the file and how it stands."""

    def __init__(self, embedded_one: Any, data: bytes, pool: Sequence[bytes]) -> None:
        from pyhanko.sign.diff_analysis import ModificationLevel
        from pyhanko.sign.validation.status import SignatureCoverageLevel

        self.certificate: bytes = embedded_one.signer_cert.dump()
        self.fingerprint = hashlib.sha256(self.certificate).hexdigest()
        status = _status(embedded_one)
        self.intact = bool(status.intact and status.valid)
        self.last = status.coverage == SignatureCoverageLevel.ENTIRE_FILE
        self.covers = status.coverage >= SignatureCoverageLevel.ENTIRE_REVISION
        self.allowed = bool(status.docmdp_ok) and status.modification_level in (
            ModificationLevel.NONE,
            ModificationLevel.FORM_FILLING,
        )
        self.chain = _chain(self.certificate, pool)
        self.stamped: Stamped | None = None
        start, end = embedded_one.byte_range[1], embedded_one.byte_range[2]
        self.fault = embedded_fault(data[start:end], self.fingerprint, map(_hash, self.chain))
        if not self.fault:
            self.stamped = stamp_in(embedded(data[start:end]))
        self.at: datetime = self.stamped.at if self.stamped else embedded_one.self_reported_timestamp


def _chain(certificate: bytes, pool: Sequence[bytes]) -> tuple[bytes, ...]:
    """The chain among what the signed manifest carries; empty also when there is none."""
    try:
        return chain_of(certificate, pool)
    except ValueError:
        return ()


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _opened(data: bytes) -> tuple[list[Any], Papers]:
    """The signatures in a file, and what it stores for all of them."""
    cure_names()
    from pyhanko.pdf_utils.reader import PdfFileReader

    with _quiet():
        reader = PdfFileReader(io.BytesIO(data))
        return list(reader.embedded_signatures), _stored(reader)


def _looked_at(embedded_one: Any, data: bytes, pool: Sequence[bytes]) -> _Found:
    with _quiet():
        return _Found(embedded_one, data, pool)


def _stored(reader: Any) -> Papers:
    """What the document security store holds; every signature covers it (see `cover`)."""
    from pyhanko.sign.validation.dss import DocumentSecurityStore
    from pyhanko.sign.validation.errors import ValidationInfoReadingError

    try:
        store = DocumentSecurityStore.read_dss(reader)
    except ValidationInfoReadingError:
        return Papers()
    return Papers(
        tuple(one.dump() for one in store.load_certs()),
        tuple(one.get_object().data for one in store.crls),
        tuple(one.get_object().data for one in store.ocsps),
    )


def _status(embedded_one: Any) -> Any:
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    # The certificate is its own anchor: whose it is, and whom to trust, is for people to compare.
    context = ValidationContext(trust_roots=[embedded_one.signer_cert], allow_fetching=False)
    return validate_pdf_signature(embedded_one, signer_validation_context=context)


def _called(fields: Iterable[str], wanted: dict[str, dict[str, str]]) -> tuple[Who, ...]:
    """Whose these fields are by the manifest; one that it does not name is called as it is."""
    return tuple(
        Who(wanted[name]["role"], wanted[name]["name"]) if name in wanted else Who(name, "")
        for name in fields
    )


def _over_all(found: dict[str, _Found], wanted: dict[str, dict[str, str]]) -> Iterator[Check]:
    broken = [name for name, one in found.items() if not one.intact]
    told = Said("bytes.broken", names=_called(broken, wanted)) if broken else Said("bytes.same")
    yield Check("signatures.intact", not broken, told)
    loose = [name for name, one in found.items() if not one.covers]
    last = any(one.last for one in found.values()) or not found
    whole = not loose and last
    yield Check("signatures.cover", whole, Said("cover.whole" if whole else "cover.added"))
    touched = [name for name, one in found.items() if not one.allowed]
    told = Said("changes.some", names=_called(touched, wanted)) if touched else Said("changes.none")
    yield Check("signatures.changes", not touched, told)
    faults = [name for name, one in found.items() if one.fault]
    yield Check("signatures.form", not faults, Said("form.spare" if faults else "form.tight"))
    strange = [
        name
        for name, one in found.items()
        if name not in wanted or wanted[name]["fingerprint"] != one.fingerprint
    ]
    told = Said("named.other", names=_called(strange, wanted)) if strange else Said("named.same")
    yield Check("signers.named", not strange, told)


def _signer(name: str, wanted: dict[str, str], found: _Found, papers: Papers) -> Iterator[Check]:
    """Who signed, and what others say of them: whom to trust is not judged."""
    ok = found.intact and found.fingerprint == wanted["fingerprint"]
    facts = {"who": Who(wanted["role"], wanted["name"]), "fingerprint": found.fingerprint}
    if not found.chain:
        yield Check(f"signer.{name}", ok, Said("signer.self_issued", **facts))
        return
    root = _hash(found.chain[-1])
    yield Check(f"signer.{name}", ok, Said("signer.issued", root=root, **facts))
    trust = trust_of(found.certificate, found.chain, papers, found.at)
    fits = trust in (Trust.GOOD, Trust.UNKNOWN)
    yield Check(f"trust.{name}", fits, Said(f"trust.{trust.value}", at=_time(found.at)))


def _times(
    found: dict[str, _Found], wanted: dict[str, dict[str, str]], manifest: Manifest
) -> Iterator[Check]:
    """Whose word the time of each signature is."""
    if manifest.get("time") != "rfc3161":
        yield Check("time", True, Said("time.computer"))
        return
    for name in (one for one in wanted if one in found):
        stamped = found[name].stamped
        told = Said("time.missing")
        if stamped:
            told = Said(
                "time.stamped", at=_time(stamped.at), who=stamped.name, fingerprint=stamped.fingerprint
            )
        yield Check(f"time.{name}", stamped is not None, told)


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _printed(data: bytes, manifest_data: bytes) -> Check:
    digest = _hash(manifest_data)
    try:
        ok = digest in _text(data)
    except Exception:  # noqa: BLE001 - as above
        return Check("manifest.printed", False, Said("pdf.unreadable"))
    return Check("manifest.printed", ok, Said("printed.there" if ok else "printed.other", found=digest[:16]))


def _text(data: bytes) -> str:
    """The text of all pages without white space."""
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    try:
        return "".join("".join(page.get_textpage().get_text_range().split()) for page in document)
    finally:
        document.close()


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep pyHanko's warnings out of the logs: what it finds stands in the checks."""
    logger = logging.getLogger("pyhanko")
    before = logger.disabled, logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before[1])
