"""PDF/A-3b: archive form with the manifest, its signature and the inventory attached (ISO 19005-3)."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from app.domain.fault import Fault, Refused

_KINDS: Final = {
    "manifest.json": ("application/json", "canonical manifest (RFC 8785)"),
    "manifest.p7s": ("application/pkcs7-signature", "detached CMS signature of manifest.json"),
    "inventory.csv": ("text/csv", "inventory of all items"),
}


_SPOKEN: Final = {"zh": "zh-CN", "en": "en", "both": "zh-CN"}
"""The document's own language (RFC 3066); with two, the second is marked where it stands."""


def archived(pdf: bytes, attachments: Mapping[str, bytes], moment: datetime, language: str) -> bytes:
    """Give `pdf` as PDF/A-3b with `attachments`, as pikepdf's validator approved the written bytes.

    `language` is zh, en or both.

    Raises:
        Refused: SEAL_FAILED when the validator does not approve; nothing is to be signed then.
    """
    import pikepdf
    from pikepdf import pdfa

    out = io.BytesIO()
    date = f"D:{moment:%Y%m%d%H%M%S}+00'00'"
    # Newer than pikepdf's own type hints.
    make: Any = pikepdf.AttachedFileSpec
    with pikepdf.open(io.BytesIO(pdf)) as document:
        for name, data in attachments.items():
            kind, description = _KINDS[name]
            document.attachments[name] = make(
                document,
                data,
                description=description,
                filename=name,
                mime_type=kind,
                creation_date=date,
                mod_date=date,
                relationship=pikepdf.Name.Data,
            )
        _cleared(document, language)
        # reportlab's own date would be that of no day, so that its bytes don't change.
        document.docinfo["/CreationDate"] = document.docinfo["/ModDate"] = pikepdf.String(date)
        try:
            pdfa.save(document, out, "3b")
        except pdfa.PdfaError as error:
            raise Refused(Fault.SEAL_FAILED, "certificate.pdf", str(error)) from error
    return out.getvalue()


def archived_pages(pdf: bytes, language: str) -> bytes:
    """Give the pages of `pdf` as PDF/A-3b, without the look at every page that `archived` takes.

    A volume of 1,000 pages would need 20 seconds for it; its pages are all drawn by the same operators.
    """
    import pikepdf
    from pikepdf import pdfa

    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        _cleared(document, language)
        pdfa.prepare(document, "3b")
        document.save(out, **pdfa.resolve_save_kwargs("3b"))
    return out.getvalue()


def _cleared(document: Any, language: str) -> None:
    """Take away what PDF/A does not know, and name the language."""
    import pikepdf

    for page in document.pages:
        # reportlab leaves an empty transition on each page.
        if "/Trans" in page.obj:
            del page.obj["/Trans"]
    document.Root.Lang = pikepdf.String(_SPOKEN[language])
