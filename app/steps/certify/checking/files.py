"""The files that belong together: whether one is there, and whether it is the one that a paper names."""

from __future__ import annotations

import hashlib
from pathlib import Path

from app.steps.certify.verdict import Check, Said


def there(check: str, name: str, found: bytes | None) -> Check:
    """Say whether a file that is needed is there."""
    return Check(
        check, found is not None, Said("file.there" if found is not None else "file.missing", name=name)
    )


def same_digest(name: str, data: bytes, expected: str) -> Check:
    """Hold a file against the SHA-256 that a paper names."""
    found = hashlib.sha256(data).hexdigest()
    ok = found == expected
    said = Said("digest.same" if ok else "digest.other", found=found[:16], expected=expected[:16])
    return Check(name, ok, said)


def beside(path: Path) -> bytes | None:
    """The bytes of a file; None where it can't be read."""
    try:
        return path.read_bytes()
    except OSError:
        return None
