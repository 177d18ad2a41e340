"""`lethe journal`, and what `lethe verify` says of a journal."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from contextlib import suppress
from pathlib import Path

from app.cli.console import Console, command, quoted
from app.cli.phrases import Phrase
from app.domain.fault import Breach, JournalPart
from app.flow import Flow, from_environment
from app.flow.first_key import FILE, first_key_of, openable
from app.journal import (
    NAME,
    Anchor,
    FirstKey,
    Format,
    Looked,
    Report,
    Tongue,
    export,
    first_key_words,
    read_first_key,
    verify,
)
from app.language import say
from app.steps.certify import Standing

Row = tuple[str, bool | None, str]
"""A part of the journal, whether it holds (None: it could not be looked at), what was seen."""


def export_journal(asked: argparse.Namespace, console: Console) -> int:
    """Write the journal of a case for a log collector, to a file or to stdout."""
    lines = export(Path(asked.case_dir).absolute() / NAME, Format(asked.format))
    if not asked.out:
        for line in lines:
            sys.stdout.buffer.write(line)
        sys.stdout.flush()
        return 0
    out = Path(asked.out).absolute()
    count = 0
    with out.open("xb") as file:
        for line in lines:
            count += 1
            file.write(line)
    told = Phrase.JOURNAL_EXPORTED.say(console.language, path=out, count=count)
    console.result(told, exported=str(out), format=asked.format, entries=count)
    return 0


def verify_journal(asked: argparse.Namespace, file: Path, console: Console) -> Report:
    """Verify a journal with what is given, and with the certificate beside it or in its case."""
    return verify(file, _anchors(file.parent), first_key_asked(asked, file, console))


def rows_of(report: Report, console: Console) -> list[Row]:
    """Put each part of a report in a line. A machine is told the parts by their own names."""
    return [_row(one, report, console) for one in report.looked()]


def seal_row(journal: Path, first: FirstKey, console: Console) -> Row:
    """Check the seal of the journal beside a certificate, whose chain and anchor are checked already."""
    report = verify(journal, (), first)
    return next(_row(one, report, console) for one in report.looked() if one.part is JournalPart.SEAL)


def standing_of(report: Report) -> Standing:
    """The verdict over a journal. Without a first key and a certificate it is never more than incomplete."""
    if report.ok:
        return Standing.VALID if report.proven else Standing.INCOMPLETE
    foreign = {Breach.NOT_AN_ENTRY, Breach.EMPTY}
    strange = any(one.breach in foreign and one.line <= 1 for one in report.problems)
    return Standing.NOT_OURS if strange else Standing.ALTERED


def show_first_key(flow: Flow, console: Console) -> None:
    """Show the first key of the journal in words, on a terminal only: elsewhere it would stay in a log."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return
    if first := flow.show_first_key():
        chinese, english = (" ".join(first_key_words(first, tongue)) for tongue in (Tongue.ZH, Tongue.EN))
        console.phrase(Phrase.FIRST_KEY_SHOWN, words=chinese, english=english)


def tell_who_has_first_key(folder: Path, console: Console) -> None:
    """Say, once the list is signed, whether a witness can open the first key."""
    path = folder / FILE
    if not path.exists():
        return
    facts = {"path": path, "journal": quoted(folder / NAME), "command": command()}
    console.phrase(Phrase.FIRST_KEY_HANDED if openable(path) else Phrase.FIRST_KEY_LOST, **facts)


def first_key_asked(asked: argparse.Namespace, file: Path, console: Console) -> FirstKey | None:
    """Read the first key from the words, file or prompt that was asked for, or as the witness."""
    if asked.witness:
        phrase = from_environment(Path(asked.witness), asked.passphrase_env)
        if not phrase and sys.stdin.isatty():
            phrase = getpass.getpass(Phrase.PASSPHRASE_OF.say(console.language, path=asked.witness))
        return first_key_of(file, Path(asked.witness), phrase)
    text = asked.first_key
    if text == "-":
        prompt = Phrase.FIRST_KEY_ASKED.say(console.language)
        text = getpass.getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline()
    with suppress(OSError, ValueError):
        if text and Path(text).is_file():
            text = Path(text).read_text(encoding="utf-8")
    return read_first_key(text) if text else None


def _anchors(folder: Path) -> list[Anchor]:
    """What the certificate says of the journal, should its manifest lie beside it or in its case."""
    for manifest in (folder / "manifest.json", folder / "certificate" / "manifest.json"):
        with suppress(OSError, ValueError, KeyError, TypeError):
            anchor = json.loads(manifest.read_bytes())["journal"]
            return [Anchor(int(anchor["count"]), str(anchor["head"]))]
    return []


def _row(one: Looked, report: Report, console: Console) -> Row:
    name = f"journal.{one.part.value}" if console.machine else say(one.part, console.language)
    return name, None if one.unseen else one.holds, _seen(one, report, console)


def _seen(one: Looked, report: Report, console: Console) -> str:
    language = console.language
    if one.problems:
        return "; ".join(
            Phrase.AT_LINE.say(language, line=found.line, what=say(found.breach, language))
            for found in one.problems
        )
    if one.unseen:
        return say(one.unseen, language)
    return Phrase[f"JOURNAL_{one.part.name}"].say(
        language,
        count=report.count,
        segments=report.segments,
        seals=report.seals,
        anchors=report.anchors,
        runs=report.runs,
        ended=report.ended,
        head=report.head,
    )
