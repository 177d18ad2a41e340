"""Proofs for one record: that it stands on the list signed before and the one signed after, and no more."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from app.domain.canonical import canonical
from app.domain.fate import Fate
from app.domain.fault import Fault, Refused
from app.domain.outcome import AnyOutcome
from app.register.codec import outcome_named
from app.steps.certify.evidence.leaves import Leaf, leaves_in
from app.steps.certify.evidence.manifest import MANIFEST
from app.steps.certify.evidence.merkle import leaf_hash, path_of, root_from
from app.steps.certify.verdict import Check, Said

PROOF_FORMAT: Final = "lethe_proof"
VERSION: Final = 2
_HASH: Final = 32


@dataclass(frozen=True, slots=True)
class Proof:
    """One record's leaves and the way from each to its root (RFC 9162 section 2.1.3).

    Both trees have the same order and size. `certificate` is the machine id of the
    certificate, `manifest` the SHA-256 of its manifest.
    """

    certificate: str
    manifest: bytes
    leaf: Leaf
    index: int
    size: int
    planned: tuple[bytes, ...]
    done: tuple[bytes, ...]

    def written(self) -> bytes:
        """The bytes of the proof: canonical JSON, hashes in base64url without padding."""
        return canonical(
            {
                PROOF_FORMAT: VERSION,
                "certificate": self.certificate,
                "manifest": _text(self.manifest),
                **self.leaf.plain,
                "index": self.index,
                "size": self.size,
                "planned": _text(b"".join(self.planned)),
                "done": _text(b"".join(self.done)),
            }
        )

    @classmethod
    def of(cls, data: bytes) -> Proof | None:
        """Read what `written` gave; None for anything else, be it one bit."""
        try:
            told = json.loads(data)
            leaf = Leaf(**{name: told[name] for name in Leaf.__slots__})
            hashes = [_hashes(told[name]) for name in ("planned", "done")]
            proof = cls(
                told["certificate"], _bytes(told["manifest"]), leaf, told["index"], told["size"], *hashes
            )
            texts = (proof.certificate, *leaf.plain.values())
            typed = type(proof.index) is type(proof.size) is int and all(type(one) is str for one in texts)
            return proof if typed and proof.written() == data else None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None

    @property
    def roots(self) -> tuple[str, str]:
        """The roots that both ways lead to, hex; empty where one leads nowhere."""
        ways = ((self.leaf.planned, self.planned), (self.leaf.done, self.done))
        found = [root_from(leaf_hash(leaf), self.index, self.size, way) for leaf, way in ways]
        planned, done = (root.hex() if root else "" for root in found)
        return planned, done


def prove(folder: Path, record_id: str) -> bytes:
    """Give the proof that the line of `record_id` is among those the manifest in `folder` binds.

    At most 2 KB at a million lines. It proves that the record stood on the list that was
    approved, and how the signed list of results says it ended; not by itself that the bytes
    are gone.

    Raises:
        Refused: RECORD_UNKNOWN when no line has that id, NOT_VERIFIABLE when manifest
            or leaves are missing or do not belong together.
    """
    try:
        data = (folder / MANIFEST).read_bytes()
        manifest = json.loads(data)
        expected = manifest["leaves"]["planned"], manifest["leaves"]["done"]
        certificate = manifest["machine_id"]
        found = _found(folder, record_id)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refused(Fault.NOT_VERIFIABLE, str(folder), str(error)) from error
    if found is None:
        raise Refused(Fault.RECORD_UNKNOWN, record_id)
    proof = Proof(certificate, hashlib.sha256(data).digest(), *found)
    if proof.roots != expected:
        raise Refused(Fault.NOT_VERIFIABLE, str(folder), "the leaves are not those of the manifest")
    return proof.written()


_Found = tuple[Leaf, int, int, tuple[bytes, ...], tuple[bytes, ...]]


def _found(folder: Path, record_id: str) -> _Found | None:
    """Find a record's leaf, its place, and the ways from it; the other leaves pass by one at a time."""
    planned: list[bytes] = []
    done: list[bytes] = []
    wanted: tuple[Leaf, int] | None = None
    for index, leaf in enumerate(leaves_in(folder)):
        planned.append(leaf_hash(leaf.planned))
        done.append(leaf_hash(leaf.done))
        if leaf.id == record_id:
            wanted = leaf, index
    if wanted is None:
        return None
    index = wanted[1]
    return *wanted, len(done), tuple(path_of(planned, index)), tuple(path_of(done, index))


def proof_checks(
    data: bytes, manifest_data: bytes | None, manifest: dict[str, Any] | None
) -> Iterator[Check]:
    """Check a proof against the manifest beside it; without one it is incomplete."""
    proof = Proof.of(data)
    # What still bears our mark was ours, and was changed.
    name = "form" if proof is None and PROOF_FORMAT.encode() in data else "ours"
    yield Check(name, proof is not None, Said("proof.ours" if proof else "proof.not_ours"))
    if proof is None:
        return
    if manifest_data is None or manifest is None:
        yield Check(
            "proof.ways",
            all(proof.roots),
            Said("proof.roots", planned=proof.roots[0][:16], done=proof.roots[1][:16]),
        )
        return
    leaves = manifest["leaves"]
    size = proof.size == leaves["count"]
    for name, root in zip(("planned", "done"), proof.roots, strict=True):
        ok = size and bool(root) and root == leaves[name]
        leaf = proof.leaf
        yield Check(
            f"proof.{name}",
            ok,
            _told(f"proof.is_{name}", leaf) if ok else Said("proof.nowhere"),
        )
    same = proof.manifest == hashlib.sha256(manifest_data).digest()
    same = same and proof.certificate == manifest["machine_id"]
    yield Check(
        "proof.named", same, Said("proof.of" if same else "proof.of_another", number=manifest["number"])
    )


def _told(sentence: str, leaf: Leaf) -> Said:
    return Said(sentence, id=leaf.id, fate=_fate(leaf), outcome=_outcome(leaf), time=leaf.settled_at)


def _fate(leaf: Leaf) -> Fate | str:
    return Fate(leaf.fate) if leaf.fate in {fate.value for fate in Fate} else leaf.fate


def _outcome(leaf: Leaf) -> AnyOutcome | str:
    try:
        return outcome_named(leaf.outcome)
    except (KeyError, ValueError):
        return leaf.outcome


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _hashes(text: str) -> tuple[bytes, ...]:
    data = _bytes(text)
    if len(data) % _HASH:
        raise ValueError("not whole hashes")
    return tuple(data[at : at + _HASH] for at in range(0, len(data), _HASH))
