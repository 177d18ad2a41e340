"""Verify the signatures of a certificate and that nothing was painted over, swapped or cut after them."""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from app.domain.case import Role
from app.identity.names import cure_names
from app.steps.certify.cmsform import embedded_fault
from app.steps.certify.verdict import Check


def attachments(data: bytes) -> dict[str, bytes]:
    """Give the files attached to a PDF by name; none when it can't be read."""
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(data)) as document:
            return {name: spec.get_file().read_bytes() for name, spec in document.attachments.items()}
    except Exception:  # noqa: BLE001 - a hostile file may break the parser in any way; all mean the same
        return {}


def pdf_checks(data: bytes, manifest_data: bytes, manifest: dict[str, Any]) -> Iterator[Check]:
    """Check every signature the manifest names, and what the pages print of the manifest."""
    try:
        with _quiet():
            found = _read(data)
    except Exception as error:  # noqa: BLE001 - as above
        yield Check("readable", False, f"the PDF can't be read: {type(error).__name__}")
        return
    wanted = {one["field"]: one for one in manifest["signatures"]}
    missing = [name for name in wanted if name not in found]
    roles = {one["role"] for one in wanted.values()}
    enough = {Role.OFFICER.value, Role.WITNESS.value} <= roles
    detail = ", ".join(sorted(found)) or "no signature"
    if missing or not enough:
        detail = f"not signed: {', '.join(missing) or 'officer and witness are both needed'}"
    yield Check("signatures.present", enough and not missing, detail)
    yield from _over_all(found, wanted)
    for name, one in wanted.items():
        if name in found:
            yield _signer(name, one, found[name])
    yield _printed(data, manifest_data)


class _Found:
    """One signature in the file and how it stands."""

    def __init__(self, embedded: Any, data: bytes) -> None:
        from pyhanko.sign.diff_analysis import ModificationLevel
        from pyhanko.sign.validation.status import SignatureCoverageLevel

        certificate = embedded.signer_cert.dump()
        self.fingerprint = hashlib.sha256(certificate).hexdigest()
        status = _status(embedded)
        self.intact = bool(status.intact and status.valid)
        self.last = status.coverage == SignatureCoverageLevel.ENTIRE_FILE
        self.covers = status.coverage >= SignatureCoverageLevel.ENTIRE_REVISION
        self.allowed = bool(status.docmdp_ok) and status.modification_level in (
            ModificationLevel.NONE,
            ModificationLevel.FORM_FILLING,
        )
        start, end = embedded.byte_range[1], embedded.byte_range[2]
        self.fault = embedded_fault(data[start:end], self.fingerprint)


def _read(data: bytes) -> dict[str, _Found]:
    cure_names()
    from pyhanko.pdf_utils.reader import PdfFileReader

    reader = PdfFileReader(io.BytesIO(data))
    return {embedded.field_name: _Found(embedded, data) for embedded in reader.embedded_signatures}


def _status(embedded: Any) -> Any:
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    # The certificate is its own anchor: identities are self-issued, whose they are is for people to compare.
    context = ValidationContext(trust_roots=[embedded.signer_cert], allow_fetching=False)
    return validate_pdf_signature(embedded, signer_validation_context=context)


def _over_all(found: dict[str, _Found], wanted: dict[str, dict[str, str]]) -> Iterator[Check]:
    broken = [name for name, one in found.items() if not one.intact]
    yield Check(
        "signatures.intact",
        not broken,
        f"broken: {', '.join(broken)}" if broken else "the signed bytes are unchanged",
    )
    loose = [name for name, one in found.items() if not one.covers]
    last = any(one.last for one in found.values()) or not found
    detail = "the last signature covers the whole file"
    if loose or not last:
        detail = "something was added after the last signature: not the whole document is signed"
    yield Check("signatures.cover", not loose and last, detail)
    touched = [name for name, one in found.items() if not one.allowed]
    detail = (
        "only signatures were added"
        if not touched
        else f"changed after the signature of {', '.join(touched)}"
    )
    yield Check("signatures.changes", not touched, detail)
    faults = [f"{name}: {one.fault}" for name, one in found.items() if one.fault]
    yield Check("signatures.form", not faults, "; ".join(faults) or "no spare byte")
    strange = [
        name
        for name, one in found.items()
        if name not in wanted or wanted[name]["fingerprint"] != one.fingerprint
    ]
    yield Check(
        "signers.named",
        not strange,
        f"not the person named: {', '.join(strange)}" if strange else "as the manifest names them",
    )


def _signer(name: str, wanted: dict[str, str], found: _Found) -> Check:
    ok = found.intact and found.fingerprint == wanted["fingerprint"]
    detail = (
        f"{wanted['name']}, {wanted['role']}; certificate SHA-256 {found.fingerprint}; "
        "self-issued: compare it with the person"
    )
    return Check(f"signer.{name}", ok, detail)


def _printed(data: bytes, manifest_data: bytes) -> Check:
    digest = hashlib.sha256(manifest_data).hexdigest()
    try:
        ok = digest in _text(data)
    except Exception as error:  # noqa: BLE001 - as above
        return Check("manifest.printed", False, f"the pages can't be read: {type(error).__name__}")
    return Check(
        "manifest.printed",
        ok,
        f"SHA-256 {digest[:16]}… " + ("is on the pages" if ok else "is not on the pages"),
    )


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
