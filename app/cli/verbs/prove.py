"""`lethe verify` and `lethe prove`: what anyone can check, offline."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from app.cli.console import Console
from app.cli.phrases import Phrase
from app.cli.verbs import REFUSED
from app.domain.fault import Fault, Refused
from app.journal import Anchor, verify
from app.language import say
from app.steps import certify, confirm

Check = tuple[str, bool, str]
"""Its name, whether it holds, what was seen."""


def verify_file(asked: argparse.Namespace, console: Console) -> int:
    """Check a certificate, manifest, inventory, proof, journal or sealed package."""
    file = Path(asked.file).absolute()
    journal = Path(asked.journal).absolute() if asked.journal else None
    if journal and not journal.is_file():
        raise Refused(Fault.NOT_VERIFIABLE, str(journal), "--journal")
    kind, checks = _checks(file, journal, asked.identity, console)
    valid = bool(checks) and all(ok for _, ok, _ in checks)
    if console.machine:
        rows = [{"name": name, "ok": ok, "detail": detail} for name, ok, detail in checks]
        print(json.dumps({"file": str(file), "kind": kind, "valid": valid, "checks": rows}))
        return 0 if valid else REFUSED
    for name, ok, detail in checks:
        phrase = Phrase.CHECK_OK if ok else Phrase.CHECK_BAD
        print(phrase.say(console.language, name=_explained(kind, name, console), detail=detail))
    if kind == "sealed" and not asked.identity:
        console.phrase(Phrase.NOT_OPENED)
    print((Phrase.VALID if valid else Phrase.NOT_VALID).say(console.language, file=file))
    return 0 if valid else REFUSED


def _checks(file: Path, journal: Path | None, identity: str, console: Console) -> tuple[str, Sequence[Check]]:
    try:
        with file.open("rb") as start:
            head = start.read(4096)
    except OSError as error:
        raise Refused(Fault.NOT_VERIFIABLE, str(file), error.strerror or "") from error
    if head.startswith(b"age-encryption.org/"):
        key = Path(identity).read_text(encoding="utf-8") if identity else None
        return "sealed", [(one.name, one.ok, one.detail) for one in confirm.verify_sealed(file, key)]
    if b'"prev":' in head and b'"run":' in head and file.suffix != ".pdf":
        return "journal", _journal_checks(file, console)
    verdict = certify.verify(file, journal)
    return verdict.kind, [(one.name, one.ok, one.detail) for one in verdict.checks]


def _explained(kind: str, name: str, console: Console) -> str:
    return name if kind in ("sealed", "journal") else certify.explained(name, console.language)


def _journal_checks(file: Path, console: Console) -> list[Check]:
    """The chain, and the anchor of the certificate that lies beside the journal in its case."""
    manifest = file.parent / "certificate" / "manifest.json"
    anchors = []
    if manifest.exists():
        anchor = json.loads(manifest.read_bytes())["journal"]
        anchors = [Anchor(int(anchor["count"]), anchor["head"])]
    report = verify(file, anchors)
    if report.ok:
        return [("journal", True, f"{report.count} {report.head}")]
    return [
        ("journal", False, f"{found.line}: {say(found.breach, console.language)}")
        for found in report.problems
    ]


def prove_record(asked: argparse.Namespace, console: Console) -> int:
    """Write the proof that one record stands on the certificate's list, telling nothing of the others."""
    folder = Path(asked.case_dir).absolute() / "certificate"
    if not (folder / "manifest.json").exists():
        raise Refused(Fault.CASE_NOT_FOUND, str(folder), "manifest.json")
    out = Path(asked.out).absolute()
    out.write_bytes(certify.prove(folder, asked.record))
    console.result(Phrase.PROOF_WRITTEN.say(console.language, path=out), proof=str(out), record=asked.record)
    return 0
