"""Verify the QR code of a certificate, from a photo or from pasted text."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from app.domain.fault import Fault, Refused
from app.identity import cms_verify
from app.steps.certify.evidence.signed_code import PREFIX, Code, read_code, signed_by
from app.steps.certify.verdict import Check, Said

PHOTOS: Final = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif")


def photographed(data: bytes, path: Path) -> bytes:
    """Give the text of Lethe's code in a picture, empty when there is none in it.

    Raises:
        Refused: NOT_VERIFIABLE when no reader of QR codes is installed (the package zxing-cpp),
            or the file is no picture.
    """
    try:
        import zxingcpp
        from PIL import Image
    except ImportError as error:
        raise Refused(Fault.NOT_VERIFIABLE, str(path), "zxing-cpp") from error
    try:
        with Image.open(io.BytesIO(data)) as picture:
            found = zxingcpp.read_barcodes(picture.convert("L"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Refused(Fault.NOT_VERIFIABLE, str(path), type(error).__name__) from error
    texts = [one.text for one in found]
    return next((text for text in texts if text.startswith(PREFIX)), "".join(texts[:1])).encode()


def code_checks(
    text: str, manifest_data: bytes | None, manifest: dict[str, Any] | None, p7s: bytes | None
) -> Iterator[Check]:
    """Check a code: its signature by its own key, and both against the manifest where one is at hand."""
    code = read_code(text)
    # What still bears our mark was ours, and was changed.
    name = "form" if code is None and PREFIX in text else "ours"
    yield Check(name, code is not None, Said("code.ours" if code else "code.not_ours"))
    if code is None:
        return
    told = code.told
    day = datetime.fromtimestamp(told.issued_at, UTC).date().isoformat()
    yield Check("code.says", True, Said("code.says", number=told.number, day=day, status=told.status))
    counts = {name: getattr(told, name) for name in ("items", "destroyed", "kept", "exceptions", "bytes")}
    yield Check("code.counts", True, Said("code.counts", **counts))
    if code.holds is not None:
        yield Check(
            "code.signed", code.holds, Said("code.key" if code.holds else "code.forged", key=code.key)
        )
    if manifest_data is None or manifest is None:
        # An RSA key does not fit into the code: without the manifest nobody's signature was seen.
        if code.holds is None:
            yield Check("manifest.present", False, Said("code.needs_key"))
        return
    yield from _against(code, manifest_data, manifest, p7s)


def _against(code: Code, data: bytes, manifest: dict[str, Any], p7s: bytes | None) -> Iterator[Check]:
    told, total = code.told, manifest["totals"]["all"]
    same = told.manifest == hashlib.sha256(data).hexdigest()
    yield Check("code.manifest", same, Said("code.of_it" if same else "code.of_another"))
    agrees = (
        (told.number, told.status.value, told.rehearsal)
        == (manifest["number"], manifest["status"], manifest["rehearsal"])
        and (told.items, told.destroyed, told.kept, told.bytes)
        == (total["lines"], total["destroyed"], total["kept"], total["bytes"])
        and told.journal_count == manifest["journal"]["count"]
        and manifest["journal"]["head"].startswith(told.head)
    )
    yield Check("code.agrees", agrees, Said("code.same" if agrees else "code.differs"))
    if p7s is None:
        yield Check("p7s.present", False, Said("file.missing", name="manifest.p7s"))
        return
    try:
        signers = [one.certificate for one in cms_verify(data, p7s) if one.valid]
    except Refused:
        signers = []
    by = any(signed_by(code, certificate) for certificate in signers)
    yield Check("code.signer", by, Said("code.by_signer" if by else "code.by_stranger"))
