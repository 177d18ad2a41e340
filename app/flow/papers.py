"""The documents of a case (培训记录, 确认函 …), told on the certificate by their digests."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

from app.domain.fault import Fault, Refused
from app.steps.certify.account import Paper
from app.system.durable import sync_folder, write_durably

OTHER: Final = "other"
KINDS: Final = (
    "training",
    "resolution",
    "scheme",
    "nda",
    "assessment",
    "notice",
    "processor",
    "custodian",
    "media",
    "accounts",
    "authority",
    "opinion",
    OTHER,
)
"""The folders of documents that the certificate has a word for."""
EVIDENCE: Final = "evidence"
"""The folder of documents in a case folder."""
LARGEST: Final = 256 << 20
"""Bytes of a document: a scan, not a film."""


@dataclass(frozen=True, slots=True)
class Attached:
    """One document of a case as it lies there."""

    path: Path
    kind: str
    bytes: int
    sha256: str


def attached(case: Path) -> tuple[Attached, ...]:
    """Give the documents of a case folder, by path.

    Raises:
        Refused: PAPER_UNREADABLE.
    """
    evidence = case / EVIDENCE
    return tuple(_attached(path, evidence) for path in files_in(evidence))


def attach(case: Path, document: Path, kind: str) -> Attached:
    """Copy a document into the case folder, synced. The certificate will name it by kind and digest.

    The same bytes are laid there once for each kind; another document of the same name gets a number.

    Raises:
        Refused: PAPER_UNREADABLE when it is no plain file, too large or can't be copied; and for a
            folder of documents that is a link, with the folder: what it leads to is not the case's.
    """
    if kind not in KINDS:
        raise ValueError(kind)
    for one in (case / EVIDENCE, case / EVIDENCE / kind):
        if one.is_symlink():
            raise Refused(Fault.PAPER_UNREADABLE, str(one))
    try:
        if not document.is_file() or document.stat().st_size > LARGEST:
            raise Refused(Fault.PAPER_UNREADABLE, str(document))
        data = document.read_bytes()
        folder = case / EVIDENCE / kind
        folder.mkdir(parents=True, exist_ok=True)
        place = _free(folder, document.name, data)
        if not place.exists():
            write_durably(place, data)
    except OSError as error:
        raise Refused(Fault.PAPER_UNREADABLE, str(document), error.strerror or "") from error
    return _attached(place, case / EVIDENCE)


def lay(case: Path, document: Path, kind: str) -> None:
    """Attach a document that the case declares; one that went since it was laid there is there.

    Raises:
        Refused: PAPER_UNREADABLE.
    """
    known = {path.name for path in files_in(case / EVIDENCE / kind)}
    if document.exists() or document.name not in known:
        attach(case, document, kind)


def detach(case: Path, document: Attached) -> None:
    """Take a document out of the case folder, which holds only a copy of it.

    Raises:
        Refused: PAPER_UNREADABLE when it is none of this case, or can't be removed.
    """
    if not document.path.parent.resolve().is_relative_to(case.resolve() / EVIDENCE):
        raise Refused(Fault.PAPER_UNREADABLE, str(document.path))
    try:
        document.path.unlink(missing_ok=True)
        sync_folder(document.path.parent)
    except OSError as error:
        raise Refused(Fault.PAPER_UNREADABLE, str(document.path), error.strerror or "") from error


def _free(folder: Path, name: str, data: bytes) -> Path:
    """A name in the folder that is free, or whose file has these very bytes. A link has none of its own."""
    first = Path(name)
    numbered = (folder / (f"{first.stem} ({n}){first.suffix}" if n else name) for n in count())
    return next(path for path in numbered if not os.path.lexists(path) or _holds(path, data))


def _holds(path: Path, data: bytes) -> bool:
    return path.is_file() and not path.is_symlink() and path.read_bytes() == data


def _attached(path: Path, evidence: Path) -> Attached:
    try:
        paper = _paper(path, evidence, str)
    except OSError as error:
        raise Refused(Fault.PAPER_UNREADABLE, str(path), error.strerror or "") from error
    return Attached(path, paper.kind, paper.bytes, paper.sha256)


def papers_in(evidence: Path, shown: Callable[[str], str]) -> tuple[Paper, ...]:
    """Tell each file below the case's `evidence` folder; the folder it lies in says what it is.

    `shown` gives a path as the case lets it be named. A link is followed by nobody: what it leads
    to is not a document of the case.

    Raises:
        OSError: when a document can't be read; a certificate must not be silent on it.
        Refused: PAPER_UNREADABLE when a folder of them can't.
    """
    return tuple(_paper(path, evidence, shown) for path in files_in(evidence))


def files_in(evidence: Path) -> list[Path]:
    """The files below a folder of documents, by path; a link is none, and leads to none.

    Raises:
        Refused: PAPER_UNREADABLE where a folder can't be listed: what is in it would not be told.
    """
    there = evidence.is_dir() and not evidence.is_symlink()
    walk = os.walk(evidence, onerror=_refuse_unlisted) if there else ()
    found = (Path(folder, name) for folder, _, names in walk for name in names)
    return sorted(path for path in found if path.is_file() and not path.is_symlink())


def _refuse_unlisted(error: OSError) -> None:
    raise Refused(Fault.PAPER_UNREADABLE, str(error.filename), error.strerror or "") from error


def _paper(path: Path, evidence: Path, shown: Callable[[str], str]) -> Paper:
    parts = path.relative_to(evidence).parts
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    # A folder of another name may bear a person's.
    kind = parts[0] if len(parts) > 1 and parts[0] in KINDS else OTHER
    return Paper(kind, shown(str(path)), path.stat().st_size, digest)
