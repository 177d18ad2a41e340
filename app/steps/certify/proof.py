"""Proofs for one record: that its line is on the signed list, without telling anything of the others."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from app.domain.canonical import canonical
from app.domain.fault import Fault, Refused
from app.steps.certify.inventory import find_leaf, leaf_hashes
from app.steps.certify.manifest import DETACHED, MANIFEST
from app.steps.certify.merkle import leaf_hash, path_of, root_from
from app.steps.certify.verdict import Check

PROOF_FORMAT: Final = "lethe-proof"
_FIELDS: Final = frozenset(
    ("format", "version", "number", "leaf", "index", "size", "path", "manifest_sha256", "p7s_sha256")
)


_HASH: Final = re.compile("[0-9a-f]{64}")


def prove(folder: Path, record_id: str) -> bytes:
    """Give the proof that the line of `record_id` is among those the manifest in `folder` binds.

    Canonical JSON of at most 2 KB at a million lines (RFC 9162 inclusion over salted
    leaves). It proves that the line stands on the signed list, not by itself that the
    bytes are gone.

    Raises:
        Refused: RECORD_UNKNOWN when no line has that id, NOT_VERIFIABLE when manifest,
            signature or leaves are missing or do not belong together.
    """
    try:
        manifest_data = (folder / MANIFEST).read_bytes()
        p7s = (folder / DETACHED).read_bytes()
        manifest = json.loads(manifest_data)
        found = find_leaf(folder, record_id)
        hashes = leaf_hashes(folder)
        expected = bytes.fromhex(manifest["leaves"]["root"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refused(Fault.NOT_VERIFIABLE, str(folder), str(error)) from error
    if found is None:
        raise Refused(Fault.RECORD_UNKNOWN, record_id)
    index, leaf = found
    path = path_of(hashes, index)
    if root_from(hashes[index], index, len(hashes), path) != expected:
        raise Refused(Fault.NOT_VERIFIABLE, str(folder), "the leaves are not those of the manifest")
    return canonical(
        {
            "format": PROOF_FORMAT,
            "version": 1,
            "number": manifest["number"],
            "leaf": leaf,
            "index": index,
            "size": len(hashes),
            "path": [step.hex() for step in path],
            "manifest_sha256": hashlib.sha256(manifest_data).hexdigest(),
            "p7s_sha256": hashlib.sha256(p7s).hexdigest(),
        }
    )


def proof_checks(
    data: bytes, manifest_data: bytes | None, p7s: bytes | None, manifest: dict[str, Any] | None
) -> Iterator[Check]:
    """Check a proof against the manifest beside it; without one it is incomplete."""
    proof = _read(data)
    yield Check("ours", proof is not None, "a proof of Lethe" if proof else "not a proof of Lethe")
    if proof is None:
        return
    same = canonical(proof) == data
    yield Check(
        "readable", same, "RFC 8785" if same else "its bytes are not the canonical form of what it says"
    )
    root = _root(proof)
    yield Check(
        "manifest.present", manifest_data is not None, f"{MANIFEST} is {'' if manifest_data else 'not '}there"
    )
    if manifest_data is None or manifest is None:
        yield Check(
            "proof.path",
            root is not None,
            f"leads to the root {root.hex()[:16]}…" if root else "leads nowhere",
        )
        return
    ok = (
        root is not None
        and root.hex() == manifest["leaves"]["root"]
        and proof["size"] == manifest["leaves"]["count"]
    )
    leaf = proof["leaf"]
    detail = f"{leaf['id']}: {leaf['fate']}, {leaf['outcome']}, {leaf['settled_at']}"
    yield Check("proof.path", ok, detail if ok else "it does not lead to the manifest's root")
    named = (
        proof["manifest_sha256"] == hashlib.sha256(manifest_data).hexdigest()
        and proof["number"] == manifest["number"]
        and (p7s is None or proof["p7s_sha256"] == hashlib.sha256(p7s).hexdigest())
    )
    yield Check(
        "proof.named", named, f"certificate {manifest['number']}" if named else "it is of another manifest"
    )


def _read(data: bytes) -> dict[str, Any] | None:
    try:
        proof = json.loads(data)
        leaf = proof["leaf"]
        fits = (
            proof.keys() == _FIELDS
            and proof["format"] == PROOF_FORMAT
            and proof["version"] == 1
            and isinstance(proof["index"], int)
            and isinstance(proof["size"], int)
            and all(isinstance(leaf[name], str) for name in ("id", "fate", "outcome", "settled_at", "salt"))
            and all(_HASH.fullmatch(step) for step in proof["path"])
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return proof if fits else None


def _root(proof: dict[str, Any]) -> bytes | None:
    try:
        path = [bytes.fromhex(step) for step in proof["path"]]
    except ValueError:
        return None
    return root_from(leaf_hash(canonical(proof["leaf"])), proof["index"], proof["size"], path)
