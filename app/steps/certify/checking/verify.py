"""Verify a certificate, its parts, a proof or a code, offline and without the case."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from app.domain.event import Progressed
from app.domain.fault import Fault, Refused
from app.steps.certify.checking.addendum import addendum_checks, is_addendum
from app.steps.certify.checking.attached import attachments, specifications
from app.steps.certify.checking.code import PHOTOS, code_checks, photographed
from app.steps.certify.checking.files import beside, same_digest, there
from app.steps.certify.checking.journal import journal_checks
from app.steps.certify.checking.manifest import Manifest, manifest_checks, read_manifest
from app.steps.certify.checking.papers import papers_checks
from app.steps.certify.evidence.annex import ANNEX
from app.steps.certify.evidence.dsse import DSSE, envelope_checks
from app.steps.certify.evidence.inventory import INVENTORY
from app.steps.certify.evidence.leaves import LEAVES, Roots, leaves_in
from app.steps.certify.evidence.ledger import ledger_checks
from app.steps.certify.evidence.manifest import DETACHED, FORMAT, MANIFEST
from app.steps.certify.evidence.proof import PROOF_FORMAT, proof_checks
from app.steps.certify.verdict import (
    Check,
    Said,
    Verdict,
    Verifying,
    drained,
    progressed,
    verdict_of,
)


def verify(path: Path, journal: Path | None = None) -> Verdict:
    """Check a certificate, manifest, signature, envelope, inventory, annex, proof, or the QR code of one.

    The code may be a photo or a text file. What lies beside the file under its usual name is
    held against it too, and so is the journal given or found in the folder above. Nothing is
    written, nothing is fetched. Bad input gives a verdict that is not valid, never an error.

    Raises:
        Refused: NOT_VERIFIABLE when the file can't be read or is of no kind Lethe issues,
            and for a photo when no reader of QR codes is installed.
    """
    return drained(verifying(path, journal))


def verifying(path: Path, journal: Path | None = None) -> Verifying:
    """Do what `verify` does in pieces: yield progress between them, give the verdict at the end.

    A long journal, inventory or list of leaves is read in pieces of a few thousand lines, a
    PDF signature by signature. Closed between two pieces it stops, and no file stays open.

    Raises:
        Refused: as `verify`, at the first piece.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Refused(Fault.NOT_VERIFIABLE, str(path), error.strerror or "") from error
    kind = _kind_of(path, data)
    if kind == "qr":
        return verify_code(photographed(data, path) if path.suffix.lower() in PHOTOS else data, path.parent)
    return (yield from verdict_of(kind, _CHECKS[kind](path, data, journal)))


def verify_code(text: bytes, folder: Path) -> Verdict:
    """Check the text of a QR code, and hold it against the manifest in `folder`, should there be one."""
    data = beside(folder / MANIFEST)
    manifest = read_manifest(data or b"")
    checks = code_checks(text.decode("utf-8", "replace"), data, manifest, beside(folder / DETACHED))
    return Verdict("qr", tuple(checks))


Checks = Iterator[Check | Progressed]
_ATTACHED: Final = {MANIFEST, INVENTORY, DETACHED}
_PIECE: Final = 4000
"""Leaves between two words of progress."""
_SUFFIXES: Final = {
    ".pdf": "certificate",
    ".p7s": "p7s",
    ".csv": "inventory",
    ".txt": "qr",
    **dict.fromkeys(PHOTOS, "qr"),
}


def _kind_of(path: Path, data: bytes) -> str:
    return "addendum" if is_addendum(path.name, data) else _kind_of_others(path, data)


def _kind_of_others(path: Path, data: bytes) -> str:
    suffix = path.suffix.lower()
    if data.startswith(b"%PDF-"):
        return "certificate"
    if path.name.endswith(DSSE) or b'"payloadType"' in data[:200]:
        return "dsse"
    if path.name.endswith(ANNEX):
        return "annex"
    if suffix in _SUFFIXES:
        return _SUFFIXES[suffix]
    if path.name == MANIFEST or f'"{FORMAT}"'.encode() in data:
        return "manifest"
    if suffix == ".json" or f'"{PROOF_FORMAT}"'.encode() in data:
        return "proof"
    expected = "certificate.pdf, manifest.json, manifest.p7s, inventory.csv, QR"
    raise Refused(Fault.NOT_VERIFIABLE, str(path), expected)


def _certificate(path: Path, data: bytes, journal: Path | None) -> Checks:
    from app.steps.certify.checking.pdf import pdf_checks

    files = attachments(data)
    if is_addendum("", files.get(MANIFEST, b"")):
        yield from addendum_checks(path, data, journal)
        return
    manifest = read_manifest(files.get(MANIFEST, b""))
    yield _ours(manifest, files.get(MANIFEST, b""))
    if manifest is None:
        return
    only = set(files) == _ATTACHED and specifications(data) == len(_ATTACHED)
    yield Check("attachments.only", only, Said("attached.only" if only else "attached.more"))
    yield from pdf_checks(data, files[MANIFEST], manifest)
    yield from manifest_checks(files[MANIFEST], files.get(DETACHED), manifest)
    yield same_digest("inventory.attached", files.get(INVENTORY, b""), manifest["inventory"]["sha256"])
    for name, check in ((MANIFEST, "manifest.same"), (DETACHED, "p7s.same"), (INVENTORY, "inventory.same")):
        lying = beside(path.with_name(name))
        if lying is not None:
            same = lying == files.get(name)
            yield Check(check, same, Said("attached.same" if same else "attached.other", name=name))
    yield from _beyond(path, journal, files[MANIFEST], manifest, files.get(INVENTORY))
    yield from ledger_checks(path, data, manifest)


def _part(kind: str) -> Callable[[Path, bytes, Path | None], Checks]:
    def checks(path: Path, data: bytes, journal: Path | None) -> Checks:
        """Check one of the files beside the certificate; the manifest and its signature are the measure."""
        text = data if kind == "manifest" else beside(path.with_name(MANIFEST))
        yield there("manifest.present", MANIFEST, text)
        if text is None:
            return
        manifest = read_manifest(text)
        yield _ours(manifest, text)
        if manifest is None:
            return
        yield from manifest_checks(
            text, data if kind == "p7s" else beside(path.with_name(DETACHED)), manifest
        )
        if kind == "dsse":
            yield from envelope_checks(data, manifest, path.parent)
        inventory = data if kind == "inventory" else beside(path.with_name(INVENTORY))
        if inventory is not None:
            yield same_digest("inventory.same", inventory, manifest["inventory"]["sha256"])
        yield from _beyond(path, journal, text, manifest, inventory, data if kind == "annex" else None)

    return checks


def _proof(path: Path, data: bytes, _: Path | None) -> Checks:
    text, p7s = beside(path.with_name(MANIFEST)), beside(path.with_name(DETACHED))
    manifest = read_manifest(text or b"")
    yield from proof_checks(data, text, manifest)
    yield there("manifest.present", MANIFEST, text)
    if text is not None:
        yield _ours(manifest, text)
        if manifest is not None:
            yield from manifest_checks(text, p7s, manifest)


def _beyond(
    path: Path,
    journal: Path | None,
    data: bytes,
    manifest: Manifest,
    inventory: bytes | None,
    annex: bytes | None = None,
) -> Checks:
    """Hold against the manifest what lies beside it: the envelope, the annex, the leaves, the journal."""
    if (envelope := beside(path.with_name(DSSE))) is not None and path.name != DSSE:
        yield from envelope_checks(envelope, manifest)
    annex = annex if annex is not None else beside(path.with_name(ANNEX))
    if annex is not None:
        named = manifest.get("annex") or {}
        yield same_digest("annex.same", annex, str(named.get("sha256", "")))
    yield from _leaves(path.parent, manifest)
    yield from papers_checks(path, manifest)
    looked = journal or path.resolve().parent.parent / "journal.jsonl"
    if looked.is_file():
        yield from journal_checks(looked, data, manifest, inventory or b"")
    elif journal:
        yield Check("journal.present", False, Said("file.missing", name=journal.name))


def _leaves(folder: Path, manifest: Manifest) -> Checks:
    if not (folder / LEAVES).is_file():
        return
    expected = manifest["leaves"]
    roots = Roots()
    try:
        for count, leaf in enumerate(leaves_in(folder), 1):
            roots.add(leaf)
            if count % _PIECE == 0:
                yield progressed(count, expected["count"], "leaves")
        planned, done = roots.both
    except (OSError, ValueError, TypeError):
        planned = done = ""
    ok = (planned, done) == (expected["planned"], expected["done"])
    found, wanted = f"{planned[:16]} {done[:16]}", f"{expected['planned'][:16]} {expected['done'][:16]}"
    yield Check(
        "leaves.root", ok, Said("digest.same" if ok else "digest.other", found=found, expected=wanted)
    )


def _ours(manifest: Manifest | None, data: bytes = b"") -> Check:
    """Whether it is a manifest of Lethe. What still bears our mark was ours, and was changed."""
    name = "form" if manifest is None and FORMAT.encode() in data else "ours"
    return Check(name, manifest is not None, Said("manifest.ours" if manifest else "manifest.not_ours"))


_CHECKS: Final[dict[str, Callable[[Path, bytes, Path | None], Checks]]] = {
    "certificate": _certificate,
    "addendum": addendum_checks,
    "proof": _proof,
    **{kind: _part(kind) for kind in ("manifest", "p7s", "dsse", "inventory", "annex")},
}
