"""Verify a certificate, its parts or a proof, offline and without the case."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from app.domain.canonical import canonical
from app.domain.fault import Fault, Refused
from app.identity import Signer, cms_verify, refuse_alike
from app.steps.certify.cmsform import form_fault
from app.steps.certify.inventory import INVENTORY, LEAVES, leaf_hashes
from app.steps.certify.manifest import DETACHED, FORMAT, MANIFEST, VERSION
from app.steps.certify.merkle import root_of
from app.steps.certify.proof import PROOF_FORMAT, proof_checks
from app.steps.certify.verdict import Check, Verdict
from app.steps.certify.verify_journal import journal_checks

Manifest = dict[str, Any]


def verify(path: Path, journal: Path | None = None) -> Verdict:
    """Check `path`: certificate.pdf, manifest.json, manifest.p7s, inventory.csv, or a proof.

    What lies beside it under its usual name is held against it too, and so is the
    journal given or found in the folder above. Nothing is written, nothing is fetched.
    Bad input gives a verdict that is not valid, never an error.

    Raises:
        Refused: NOT_VERIFIABLE when the file can't be read or is of no kind Lethe issues.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Refused(Fault.NOT_VERIFIABLE, str(path), error.strerror or "") from error
    kind = _kind_of(path, data)
    if kind == "certificate":
        return Verdict(kind, tuple(_certificate(path, data, journal)))
    if kind == "proof":
        return Verdict(kind, tuple(_proof(path, data)))
    return Verdict(kind, tuple(_part(kind, path, data, journal)))


def _kind_of(path: Path, data: bytes) -> str:
    suffix = path.suffix.lower()
    if suffix == ".pdf" or data.startswith(b"%PDF-"):
        return "certificate"
    if suffix in (".p7s", ".csv"):
        return {".p7s": "p7s", ".csv": "inventory"}[suffix]
    if path.name == MANIFEST or f'"{FORMAT}"'.encode() in data:
        return "manifest"
    if suffix == ".json" or f'"{PROOF_FORMAT}"'.encode() in data:
        return "proof"
    expected = "certificate.pdf, manifest.json, manifest.p7s, inventory.csv or a proof"
    raise Refused(Fault.NOT_VERIFIABLE, str(path), expected)


def _certificate(path: Path, data: bytes, journal: Path | None) -> Iterator[Check]:
    from app.steps.certify.verify_pdf import attachments, pdf_checks

    files = attachments(data)
    manifest = read_manifest(files.get(MANIFEST, b""))
    yield _ours(manifest)
    if manifest is None:
        return
    yield from pdf_checks(data, files[MANIFEST], manifest)
    yield from manifest_checks(files[MANIFEST], files.get(DETACHED), manifest)
    yield _digest("inventory.attached", files.get(INVENTORY, b""), manifest["inventory"]["sha256"])
    for name, check in ((MANIFEST, "manifest.same"), (DETACHED, "p7s.same"), (INVENTORY, "inventory.same")):
        beside = _beside(path, name)
        if beside is not None:
            same = beside == files.get(name)
            yield Check(check, same, f"{name} beside it is {'the attached one' if same else 'another one'}")
    yield from _leaves(path.parent, manifest)
    yield from _journal(path, journal, files[MANIFEST], manifest, files.get(INVENTORY))


def _part(kind: str, path: Path, data: bytes, journal: Path | None) -> Iterator[Check]:
    """Check one of the files beside the certificate; the manifest and its signature are the measure."""
    text = data if kind == "manifest" else _beside(path, MANIFEST)
    yield _there("manifest.present", MANIFEST, text)
    if text is None:
        return
    manifest = read_manifest(text)
    yield _ours(manifest)
    if manifest is None:
        return
    yield from manifest_checks(text, data if kind == "p7s" else _beside(path, DETACHED), manifest)
    inventory = data if kind == "inventory" else _beside(path, INVENTORY)
    if inventory is not None:
        yield _digest("inventory.same", inventory, manifest["inventory"]["sha256"])
    yield from _leaves(path.parent, manifest)
    yield from _journal(path, journal, text, manifest, inventory)


def _proof(path: Path, data: bytes) -> Iterator[Check]:
    text, p7s = _beside(path, MANIFEST), _beside(path, DETACHED)
    manifest = read_manifest(text or b"")
    yield from proof_checks(data, text, p7s, manifest)
    if text is not None:
        yield _ours(manifest)
        if manifest is not None:
            yield from manifest_checks(text, p7s, manifest)


def _ours(manifest: Manifest | None) -> Check:
    return Check("ours", manifest is not None, f"{'a' if manifest else 'no'} manifest of Lethe")


def _there(check: str, name: str, data: bytes | None) -> Check:
    return Check(check, data is not None, f"{name} is {'there' if data is not None else 'not there'}")


def read_manifest(data: bytes) -> Manifest | None:
    """Read a manifest; None when it is none of Lethe's, or lacks what every check relies on."""
    try:
        manifest = json.loads(data)
        needed = (
            manifest["format"] == FORMAT
            and manifest["version"] == VERSION
            and len(manifest["inventory"]["sha256"]) == len(manifest["leaves"]["root"]) == 64
            and isinstance(manifest["journal"]["count"], int)
            and all(
                isinstance(one[name], str)
                for one in manifest["signatures"]
                for name in ("field", "role", "name", "fingerprint")
            )
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return manifest if needed else None


def manifest_checks(data: bytes, p7s: bytes | None, manifest: Manifest) -> Iterator[Check]:
    """Check the manifest's form and its detached signature by all the people it names."""
    same = canonical(manifest) == data
    yield Check(
        "manifest.canonical",
        same,
        "RFC 8785" if same else "its bytes are not the canonical form of what it says",
    )
    yield _there("p7s.present", DETACHED, p7s)
    if p7s is None:
        return
    named = {one["fingerprint"]: one for one in manifest["signatures"]}
    try:
        signers = cms_verify(data, p7s)
    except Refused as refused:
        yield Check("p7s.valid", False, f"not a signature of it: {refused.detail}")
        return
    yield _people(signers, manifest)
    bad = [signer.name or signer.fingerprint[:16] for signer in signers if not signer.valid]
    whole = {signer.fingerprint for signer in signers if signer.valid} == set(named)
    detail = "signed by " + ", ".join(signer.name for signer in signers)
    if bad or not whole:
        detail = (
            f"does not hold for {', '.join(bad)}" if bad else "the signers are not those the manifest names"
        )
    yield Check("p7s.valid", not bad and whole, detail)
    fault = form_fault(p7s, named)
    yield Check("p7s.form", not fault, fault or "no spare byte")


def _people(signers: Sequence[Signer], manifest: Manifest) -> Check:
    """Whether each person is who the manifest calls them, and officer and witness are two people.

    The manifest's own words prove nothing here: one person could write two names into it.
    """
    told = sorted((one["fingerprint"], one["role"], one["name"]) for one in manifest["signatures"])
    seen = sorted((one.fingerprint, one.role.value if one.role else "", one.name) for one in signers)
    try:
        refuse_alike(signer.certificate for signer in signers)
    except Refused as refused:
        return Check(
            "signers.apart", False, f"not an officer and another person as witness: {refused.fault.value}"
        )
    same = told == seen
    detail = "two people, called as their certificates call them"
    return Check(
        "signers.apart", same, detail if same else "the manifest calls them other than their certificates"
    )


def _digest(name: str, data: bytes, expected: str) -> Check:
    found = hashlib.sha256(data).hexdigest()
    return Check(
        name,
        found == expected,
        f"SHA-256 {found[:16]}…" + ("" if found == expected else f", expected {expected[:16]}…"),
    )


def _leaves(folder: Path, manifest: Manifest) -> Iterator[Check]:
    if not (folder / LEAVES).is_file():
        return
    found = root_of(leaf_hashes(folder)).hex()
    ok = found == manifest["leaves"]["root"]
    yield Check(
        "leaves.root",
        ok,
        f"root {found[:16]}…" + ("" if ok else f", expected {manifest['leaves']['root'][:16]}…"),
    )


def _journal(
    path: Path, journal: Path | None, data: bytes, manifest: Manifest, inventory: bytes | None
) -> Iterator[Check]:
    """Hold the journal against the certificate; without one given, look in the case folder."""
    looked = journal or path.resolve().parent.parent / "journal.jsonl"
    if looked.is_file():
        yield from journal_checks(looked, data, manifest, inventory or b"")
    elif journal:
        yield Check("journal.present", False, "the journal is not there")


def _beside(path: Path, name: str) -> bytes | None:
    try:
        return path.with_name(name).read_bytes()
    except OSError:
        return None
