"""The documents of a case (培训记录, 确认函 …), told on the certificate by their digests."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from app.steps.certify.account import Paper

OTHER: Final = "other"


def papers_in(evidence: Path, shown: Callable[[str], str]) -> tuple[Paper, ...]:
    """Tell each file below the case's `evidence` folder; the folder it lies in says what it is.

    `shown` gives a path as the case lets it be named. A link is followed by nobody: what it leads
    to is not a document of the case.

    Raises:
        OSError: when a document can't be read; a certificate must not be silent on it.
    """
    files = sorted(path for path in evidence.rglob("*") if path.is_file() and not path.is_symlink())
    return tuple(_paper(path, evidence, shown) for path in files)


def _paper(path: Path, evidence: Path, shown: Callable[[str], str]) -> Paper:
    parts = path.relative_to(evidence).parts
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    kind = parts[0] if len(parts) > 1 else OTHER
    return Paper(kind, shown(str(path)), path.stat().st_size, digest)
