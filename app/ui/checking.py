"""Check one file or one pasted code, offline: the verdict and a line for each check, in any language."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app import language as table
from app.domain.case import Role
from app.domain.event import Progressed
from app.domain.fault import Fault, Refused, Unseen
from app.domain.step import Step
from app.language import Language

if TYPE_CHECKING:
    from app.journal import Anchor, FirstKey, Looked, Pace, Report
    from app.steps.certify import Check, Standing

Speech = Callable[[Language], str]

_HEAD: Final = 4096
_AGE: Final = b"age-encryption.org/"
_JOURNAL: Final = "journal.jsonl"
_MANIFEST: Final = "manifest.json"
_NOWHERE: Final = Path(os.devnull)
"""A folder in which nothing can lie, for a code that came without files."""


class Mark(Enum):
    """How one line of the result stands."""

    HOLDS = "holds"
    FAILS = "fails"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing looked at: what it is, how it stands, what was seen."""

    mark: Mark
    name: Speech
    seen: Speech


@dataclass(frozen=True, slots=True)
class Checked:
    """The verdict over one file. `subject` is its name, empty for a pasted code."""

    subject: str
    kind: str
    standing: Standing
    lines: tuple[Line, ...]

    def count(self, mark: Mark) -> int:
        """How many lines stand so."""
        return sum(line.mark is mark for line in self.lines)


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be checked: a file, or the text of a QR code with the folder of the file beside it.

    `words` are those of the journal's first key, `identity` a custodian's age key file. `witness`
    is the key file that opens `first-key.json` beside the journal, with its passphrase.
    """

    file: Path | None
    text: str = ""
    words: str = field(default="", repr=False)
    identity: Path | None = None
    witness: Path | None = None
    passphrase: str = field(default="", repr=False)


Checking = Generator[Progressed, None, Checked]
"""A check in pieces: closed between two it stops and leaves nothing open. It returns what was found."""


def check(asked: Question) -> Iterator[Progressed | Checked]:
    """Check what is asked for: how far it has come, and at the end what was found. Reads only.

    Raises:
        Refused: NOT_VERIFIABLE for what can't be read or is of no kind Lethe issues;
            FIRST_KEY_UNREADABLE for words that are none, or a witness it was not written for;
            what unlocking the witness's key refuses.
    """
    yield (yield from _checking(asked))


def _checking(asked: Question) -> Checking:
    if asked.text.strip():
        return _code(asked.text.strip(), asked.file.parent if asked.file else _NOWHERE)
    if asked.file is None:
        raise Refused(Fault.NOT_VERIFIABLE)
    head = _start_of(asked.file)
    if is_sealed(head):
        return _sealed(asked.file, asked.identity)
    journal = asked.file if _is_journal(asked.file, head) else _journal_near(asked.file)
    first = _first_key(asked, journal)
    if journal == asked.file:
        return (yield from _journal(asked.file, first))
    return (yield from _certified(asked.file, journal, first))


def first_key_near(file: Path) -> Path | None:
    """Find the first key that was encrypted for the witness, beside the journal that would be checked."""
    from app.flow.first_key import FILE

    try:
        head = _start_of(file)
    except Refused:
        return None
    journal = file if _is_journal(file, head) else _journal_near(file)
    path = journal.with_name(FILE) if journal else None
    return path if path and path.is_file() else None


def _is_journal(file: Path, head: bytes) -> bool:
    return b'"prev":' in head and b'"run":' in head and file.suffix.lower() != ".pdf"


def _first_key(asked: Question, journal: Path | None) -> FirstKey | None:
    """Read the first key from the words, or open it as the witness."""
    from app.flow.first_key import FILE, take_over
    from app.identity import unlock
    from app.journal import read_first_key

    if asked.words.strip():
        return read_first_key(asked.words)
    if asked.witness is None or journal is None:
        return None
    person = unlock(asked.witness, asked.passphrase, Role.WITNESS)
    try:
        return take_over(journal.with_name(FILE), person)
    finally:
        person.lock()


def is_sealed(head: bytes) -> bool:
    """Whether a file that begins so is a sealed package."""
    return head.startswith(_AGE)


def _start_of(file: Path) -> bytes:
    try:
        if not file.is_file() and file.exists():
            raise Refused(Fault.NOT_VERIFIABLE, str(file))
        with file.open("rb") as opened:
            return opened.read(_HEAD)
    except (OSError, ValueError) as error:
        raise Refused(Fault.NOT_VERIFIABLE, str(file), getattr(error, "strerror", "") or "") from error


def _code(text: str, folder: Path) -> Checked:
    from app.steps.certify import verify_code

    verdict = verify_code(text.encode("utf-8", "replace"), folder)
    return Checked("", verdict.kind, verdict.status, tuple(map(_line, verdict.checks)))


def _certified(file: Path, journal: Path | None, first: FirstKey | None) -> Checking:
    """A certificate or a part of one, with the journal beside it or in the folder above."""
    from app.journal import verifying as verifying_journal
    from app.steps.certify import Said, Standing, verifying

    verdict = yield from verifying(file, journal)
    lines, standing = [*map(_line, verdict.checks)], verdict.status
    bound = any(one.name.startswith("journal.") for one in verdict.checks)
    if bound and journal and first:
        seal = _seal_of((yield from _paced(verifying_journal(journal, (), first))))
        lines.append(_part(seal))
        if seal.problems and standing in (Standing.VALID, Standing.INCOMPLETE):
            standing = Standing.ALTERED
    elif bound:
        lines.append(_unseen_seal())
    elif verdict.kind not in ("proof", "qr") and standing is not Standing.NOT_OURS:
        lines.append(
            Line(Mark.UNSEEN, _explained("journal.present"), Said("file.missing", name=_JOURNAL).in_words)
        )
    return Checked(file.name, verdict.kind, standing, tuple(lines))


def _journal(file: Path, first: FirstKey | None) -> Checking:
    from app.journal import verifying

    report = yield from _paced(verifying(file, _anchors(file.parent), first))
    return Checked(file.name, "journal", _standing_of(report), tuple(map(_part, report.looked())))


def _paced(pieces: Generator[Pace, None, Report]) -> Generator[Progressed, None, Report]:
    while True:
        try:
            pace = next(pieces)
        except StopIteration as end:
            report: Report = end.value
            return report
        yield Progressed(Step.CERTIFY, pace.done, pace.total, "bytes")


def _sealed(file: Path, identity: Path | None) -> Checked:
    """A sealed package. Unopened it is never more than incomplete: the record beside it is not signed."""
    from app.steps.certify import Check, Standing, Verdict
    from app.steps.confirm import verify_sealed

    key = None
    if identity is not None:
        try:
            key = identity.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise Refused(
                Fault.NOT_VERIFIABLE, str(identity), getattr(error, "strerror", "") or ""
            ) from error
    checks = tuple(
        Check(f"sealed.{one.name}" + (".present" if one.name == "beside" else ""), one.ok, one.detail)
        for one in verify_sealed(file, key)
    )
    standing = Verdict("sealed", checks).status
    lines = [*map(_line, checks)]
    if key is None:
        lines.append(Line(Mark.UNSEEN, _explained("sealed.opens"), _nothing))
        standing = Standing.INCOMPLETE if standing is Standing.VALID else standing
    return Checked(file.name, "sealed", standing, tuple(lines))


def _standing_of(report: Report) -> Standing:
    from app.domain.fault import Breach
    from app.steps.certify import Standing

    if report.proven:
        return Standing.VALID
    if report.ok:
        return Standing.INCOMPLETE
    foreign = any(
        one.breach in (Breach.NOT_AN_ENTRY, Breach.EMPTY) and one.line <= 1 for one in report.problems
    )
    return Standing.NOT_OURS if foreign else Standing.ALTERED


def _journal_near(file: Path) -> Path | None:
    near = (file.with_name(_JOURNAL), file.absolute().parent.parent / _JOURNAL)
    return next((path for path in near if path.is_file()), None)


def _anchors(folder: Path) -> list[Anchor]:
    """What the certificate says of the journal, should its manifest lie beside it or in its case."""
    from app.journal import Anchor

    for path in (folder / _MANIFEST, folder / "certificate" / _MANIFEST):
        try:
            told = json.loads(path.read_bytes())["journal"]
            return [Anchor(int(told["count"]), str(told["head"]))]
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return []


def _seal_of(report: Report) -> Looked:
    from app.domain.fault import JournalPart

    return next(one for one in report.looked() if one.part is JournalPart.SEAL)


def _unseen_seal() -> Line:
    from app.domain.fault import JournalPart

    return Line(Mark.UNSEEN, _said(JournalPart.SEAL), _said(Unseen.NO_FIRST_KEY))


def _part(looked: Looked) -> Line:
    if looked.problems:
        breach = looked.problems[0].breach
        return Line(Mark.FAILS, _said(looked.part), _said(breach, looked.problems[0].line))
    if looked.unseen:
        return Line(Mark.UNSEEN, _said(looked.part), _said(looked.unseen))
    return Line(Mark.HOLDS, _said(looked.part), _nothing)


def _line(one: Check) -> Line:
    return Line(Mark.HOLDS if one.ok else Mark.FAILS, _explained(one.name), one.said)


def _explained(name: str) -> Speech:
    def explain(language: Language) -> str:
        from app.steps.certify import explained

        return explained(name, language)

    return explain


def _said(member: Enum, line: int = 0) -> Speech:
    def say(language: Language) -> str:
        said = table.say(member, language)
        return f"{line:,}: {said}" if line else said

    return say


def _nothing(_: Language) -> str:
    return ""
