"""`lethe verify` and `lethe prove`: what anyone can check, offline."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

from app.cli.console import Console
from app.cli.phrases import Phrase
from app.cli.verbs import REFUSED
from app.cli.verbs.journal import Row, first_key_asked, rows_of, seal_row, standing_of, verify_journal
from app.domain.fault import Fault, Refused
from app.language import Language
from app.steps import certify, confirm
from app.steps.certify import Check, Standing, Verdict, explained

_WORDS: Final = {
    Standing.VALID: Phrase.VALID,
    Standing.INCOMPLETE: Phrase.LACKING,
    Standing.ALTERED: Phrase.ALTERED,
    Standing.NOT_OURS: Phrase.NOT_OURS,
}
_MARKS: Final = {True: Phrase.CHECK_OK, False: Phrase.CHECK_BAD, None: Phrase.CHECK_UNSEEN}
_NOWHERE: Final = Path(os.devnull)
"""A folder in which nothing can lie, for a code that came without files."""


def verify_file(asked: argparse.Namespace, console: Console) -> int:
    """Check a certificate, a part of one, the text of its code, a proof, journal or sealed package."""
    if asked.text or asked.file == "-":
        text = asked.text or sys.stdin.read()
        folder = Path(asked.file).absolute().parent if asked.file not in ("", "-") else _NOWHERE
        return _told("-", certify.verify_code(text.encode(), folder), console)
    file = Path(asked.file).absolute()
    journal = Path(asked.journal).absolute() if asked.journal else None
    if journal and not journal.is_file():
        raise Refused(Fault.NOT_VERIFIABLE, str(journal), "--journal")
    head = _head(file)
    if b'"prev":' in head and b'"run":' in head and file.suffix.lower() != ".pdf":
        report = verify_journal(asked, file, console)
        return _say(str(file), "journal", rows_of(report, console), standing_of(report), console)
    if head.startswith(b"age-encryption.org/") and not file.name.endswith(certify.ANNEX):
        verdict = _sealed(file, asked.identity)
        if not asked.identity:
            console.phrase(Phrase.NOT_OPENED)
        return _told(str(file), verdict, console)
    first = first_key_asked(asked, journal, console) if journal else None
    seal = [seal_row(journal, first, console)] if journal and first else []
    return _told(str(file), certify.verify(file, journal), console, seal)


def _told(file: str, verdict: Verdict, console: Console, more: Sequence[Row] = ()) -> int:
    """Print a verdict, and what was looked at besides; give the exit code."""
    language = console.language
    rows: list[Row] = [
        (one.name if console.machine else explained(one.name, language), one.ok, one.said(language))
        for one in verdict.checks
    ]
    standing = verdict.status
    if any(ok is False for _, ok, _ in more) and standing in (Standing.VALID, Standing.INCOMPLETE):
        standing = Standing.ALTERED
    words = {one.name: _in_words(one) for one in verdict.checks}
    return _say(file, verdict.kind, [*rows, *more], standing, console, words)


def _in_words(check: Check) -> dict[str, dict[str, str]]:
    """What a check is and what it saw, in both languages."""
    return {one.value: {"check": explained(check.name, one), "seen": check.said(one)} for one in Language}


def _say(
    file: str,
    kind: str,
    rows: Sequence[Row],
    standing: Standing,
    console: Console,
    words: Mapping[str, dict[str, dict[str, str]]] = MappingProxyType({}),
) -> int:
    valid = standing is Standing.VALID
    if console.machine:
        told = [{"name": name, "ok": ok, "detail": seen, **words.get(name, {})} for name, ok, seen in rows]
        facts = {"file": file, "kind": kind, "valid": valid, "status": standing.value, "checks": told}
        print(json.dumps(facts))
        return 0 if valid else REFUSED
    for name, ok, detail in rows:
        print(_MARKS[ok].say(console.language, name=name, detail=detail))
    print(_WORDS[standing].say(console.language, file=file))
    return 0 if valid else REFUSED


def _sealed(file: Path, identity: str) -> Verdict:
    try:
        key = Path(identity).read_text(encoding="utf-8") if identity else None
    except (OSError, ValueError) as error:
        raise Refused(Fault.NOT_VERIFIABLE, identity) from error
    checks = (
        Check(f"sealed.{one.name}" + (".present" if one.name == "beside" else ""), one.ok, one.detail)
        for one in confirm.verify_sealed(file, key)
    )
    return Verdict("sealed", tuple(checks))


def _head(file: Path) -> bytes:
    try:
        with file.open("rb") as start:
            return start.read(4096)
    except OSError as error:
        raise Refused(Fault.NOT_VERIFIABLE, str(file), error.strerror or "") from error


def prove_record(asked: argparse.Namespace, console: Console) -> int:
    """Write the proof that one record stands on the certificate's list, telling nothing of the others."""
    folder = Path(asked.case_dir).absolute() / "certificate"
    if not (folder / "manifest.json").exists():
        raise Refused(Fault.CASE_NOT_FOUND, str(folder), "manifest.json")
    out = Path(asked.out).absolute()
    out.write_bytes(certify.prove(folder, asked.record))
    console.result(Phrase.PROOF_WRITTEN.say(console.language, path=out), proof=str(out), record=asked.record)
    return 0
