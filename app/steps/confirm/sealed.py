"""Check a sealed package long after: the envelope, the digest beside it, and with a key all that is in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from app.domain.fault import Fault, Refused
from app.steps.confirm.bag import Check, Unpacked, checks, oxum
from app.steps.confirm.envelope import NotOpened, identities_in
from app.steps.confirm.package import SUFFIX, unpack

_INTRO: Final = b"age-encryption.org/v1\n"
_HEADER: Final = 1 << 20


def verify_sealed(package: Path, identity: str | None = None) -> tuple[Check, ...]:
    """Check a sealed package; read only, and nothing is unpacked to disk.

    Without `identity` (the text of an age identity file) only the envelope's form and the
    digest in `sealed-<case>.json` beside it are checked. That file is not signed: compare
    the digest with the certificate's. With it the package is restored as a stream and the
    bag checked whole. The names of the checks: envelope, beside, digest, bytes, identity,
    opens, structure, payload.sha256, payload.sha512, tags.sha256, tags.sha512, oxum, as_beside.

    Raises:
        Refused: NOT_VERIFIABLE when the file can't be read.
    """
    try:
        return tuple(_all(package, identity))
    except OSError as error:
        raise Refused(Fault.NOT_VERIFIABLE, str(package), error.strerror or "") from error


def _all(package: Path, identity: str | None) -> Iterator[Check]:
    yield _envelope(package)
    beside = _beside(package)
    if beside is not None:
        with package.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        yield Check("digest", beside.get("sha256") == sha256, sha256)
        size = package.stat().st_size
        yield Check("bytes", beside.get("bytes") == size, str(size))
    elif identity is None:
        yield Check("beside", ok=False)
    if identity is not None:
        yield from _inside(package, identity, beside)


def _envelope(package: Path) -> Check:
    with package.open("rb") as file:
        head = file.read(_HEADER)
    stanzas = head.partition(b"\n---")[0].count(b"\n-> X25519 ")
    return Check("envelope", head.startswith(_INTRO) and stanzas > 0, str(stanzas))


def _beside(package: Path) -> dict[str, object] | None:
    path = package.with_name(f"{package.name.removesuffix(SUFFIX)}.json")
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _inside(package: Path, identity: str, beside: dict[str, object] | None) -> Iterator[Check]:
    try:
        identities = identities_in(identity)
    except ValueError:
        yield Check("identity", ok=False)
        return
    unpacked = Unpacked()
    try:
        for step in unpack(package, identities):
            if isinstance(step, Unpacked):
                unpacked = step
    except NotOpened:
        yield Check("opens", ok=False)
        return
    yield Check("opens", ok=True)
    yield from checks(unpacked)
    if beside is not None:
        seen = oxum(tuple(unpacked.payload.values()))
        yield Check("as_beside", beside.get("oxum") == seen and beside.get("count") == len(unpacked.payload))
