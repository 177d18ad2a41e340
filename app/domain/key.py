"""Keys: what makes data readable, and where each lies."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.record import Stamp


@dataclass(frozen=True, slots=True)
class Key:
    """One key to be shredded.

    `kind` is one of the shred step's, or slot; `fingerprint` the SHA-256 of its public
    half, or of a symmetric key under a label, hex, else empty; `algorithm` as printed on the
    certificate, e.g. "RSA-2048". `sha256` is of the key
    file, of a container of its headers. `written_anew` says that a program wrote the same bytes in
    another file since the key was declared; those of before lie in blocks that are free now.
    """

    id: str
    kind: str
    path: str
    stamp: Stamp
    sha256: str
    algorithm: str
    fingerprint: str = ""
    written_anew: bool = False
