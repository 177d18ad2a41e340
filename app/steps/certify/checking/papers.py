"""Hold the documents of a case against the manifest, where its folder of evidence is at hand."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from app.domain.event import Progressed
from app.steps.certify.verdict import Check, Said, progressed

EVIDENCE: Final = "evidence"
"""The folder of a case, beside that of its certificate, in which its documents lie."""


def papers_checks(certificate: Path, manifest: Mapping[str, Any]) -> Iterator[Check | Progressed]:
    """See that every document the manifest names lies in the case, byte for byte.

    Its names are masked, so a document is known by its digest alone. What was laid there
    after the certificate was issued, as the scan of the stamped paper, is no fault.
    """
    papers = manifest.get("papers", ())
    folder = certificate.resolve().parent.parent / EVIDENCE
    if not papers or not folder.is_dir():
        return
    found: set[str] = set()
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    for count, path in enumerate(files, 1):
        found.add(_digest(path))
        yield progressed(count, len(files), "files")
    lost = [one for one in papers if one["sha256"] not in found]
    named = {one["sha256"] for one in papers}
    if not lost:
        yield Check("papers.same", True, Said("papers.there", count=len(papers)))
    elif found - named:
        # One that nobody named lies there: it may be a lost one that was changed.
        yield Check("papers.same", False, Said("papers.other", count=len(lost), of=len(papers)))
    else:
        yield Check("papers.present", False, Said("papers.lost", count=len(lost), of=len(papers)))


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
