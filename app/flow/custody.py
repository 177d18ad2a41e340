"""Whether what the law keeps is in safe hands before anything is destroyed, or the officer says why not."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from app.domain.case import Case
from app.domain.fault import Fault, Refused
from app.domain.outcome import Reason
from app.domain.step import Gate
from app.domain.wording import letters
from app.flow.papers import EVIDENCE, files_in, lay
from app.flow.state import State
from app.identity import Identity
from app.steps.certify.account import Excuse
from app.steps.certify.tally import RECEIPT

_GATES: Final = {
    Reason.ONE_RECIPIENT: Gate.ONE_RECIPIENT,
    Reason.NO_CUSTODIAN_KEY: Gate.NOT_RESTORED,
    Reason.NO_RECEIPT: Gate.NO_RECEIPT,
}
"""What shuts a gate, in the order in which it is told."""
_HIDDEN: Final = "…"
_BLANK: Final = b" \t\r\n\v\f\0"
_FEWEST: Final = 16
"""Bytes that are not blank, without which nobody has said anything; as many as a name and a word take."""
_KINDS: Final = 8
"""Different bytes among them: a line of dashes says nothing either."""


def shut_by(case: Case, state: State, folder: Path) -> Gate | None:
    """What of the handover is neither done nor excused; None when nothing, or nothing is sealed."""
    return next((_GATES[one] for one, whys in _unmet(case, state, folder) if not whys), None)


def lacks_receipt(case: Case, state: State, folder: Path) -> bool:
    """Whether a receipt is missing, unexcused: it can be attached, or lost, after signing too."""
    return any(one is Reason.NO_RECEIPT and not whys for one, whys in _unmet(case, state, folder))


def unreceipted(case: Case, state: State, folder: Path) -> bool:
    """Whether a receipt is missing, excused or not."""
    return any(one is Reason.NO_RECEIPT for one, _ in _unmet(case, state, folder))


def excuses(case: Case, state: State, folder: Path) -> tuple[Excuse, ...]:
    """Why the officer let each limit stand that what is kept really has; without anybody's identifiers."""
    return tuple(
        Excuse(one, without_identifiers(why)) for one, whys in _unmet(case, state, folder) for why in whys
    )


def receipts(case: Case, state: State, folder: Path) -> dict[int, str]:
    """Whose receipt for the present package lies with the case: its SHA-256 by the custodian's number.

    One paper is one custodian's alone, and one that lay there before the package was made is
    nobody's. In a rehearsal, whose custodians are invented, what they declare was given today.
    Papers that are declared for nobody go to those who lack one, in order, first to those whose
    lack is not excused.
    """
    lying = _lying(folder)
    given: dict[int, str] = {}

    def give(number: int, paper: str) -> None:
        if number not in given and paper in lying and paper not in given.values():
            given[number] = paper

    for number, one in enumerate(case.custodians, 1):
        paper = _said(one.receipt) if one.receipt else ""
        if case.rehearsal or paper not in state.earlier:
            give(number, paper)
    for number, paper in state.receipts.items():
        give(number, paper)
    for number in sorted(_numbers(case), key=lambda one: bool(_excused(case, one))):
        for paper in lying:
            if paper not in state.earlier:
                give(number, paper)
    return given


def note_receipts(
    case: Case, state: State, folder: Path, note: Callable[[str, Mapping[str, Any]], None]
) -> None:
    """Journal each receipt with its custodian's number and the package it was given for."""
    for number, paper in receipts(case, state, folder).items():
        if state.receipts.get(number) != paper:
            note("receipt", {"custodian": number, "package": state.package, "paper": paper})


def receipts_lying(folder: Path) -> list[str]:
    """The SHA-256 of every receipt that lies with the case."""
    return list(_lying(folder))


def keep_receipts(case: Case, folder: Path) -> None:
    """Lay the custodians' receipts with the documents of the case.

    Raises:
        Refused: PAPER_UNREADABLE.
    """
    for custodian in case.custodians:
        if custodian.receipt:
            lay(folder, custodian.receipt, RECEIPT)


def refuse_signers(case: Case, people: Sequence[Identity]) -> None:
    """Refuse a custodian who signs for the case as well: nobody takes over from themselves.

    Raises:
        Refused: CUSTODIAN_SIGNS.
    """
    names = {letters(one.name) for one in case.custodians}
    for person in people:
        if letters(person.name) in names:
            raise Refused(Fault.CUSTODIAN_SIGNS, person.name)


def without_identifiers(text: str) -> str:
    """Leave out what Lethe would find in a record: the certificate holds no data of anybody.

    A name alone is not told from other words; the officer is asked to write none.
    """
    from app.steps.locate.engine import best_engine
    from app.steps.locate.passage import Passage
    from app.steps.locate.plain import plain, unescape
    from app.steps.locate.sight import sightings

    told = _settled(text.encode(errors="replace"), unescape)
    data = plain(told)  # folded character by character, so that what is found is at the same place in both
    if plain(data) != data:
        told = data = _settled(data, plain)
    words, kept, end = told.decode(errors="replace"), [], 0
    for one in sorted(sightings(Passage(data), best_engine(), date.today())):
        first, last = (len(data[:at].decode(errors="replace")) for at in (one.start, one.end))
        kept += [words[end:first]] if first >= end else []
        end = max(end, last)
    return _HIDDEN.join([*kept, words[end:]])


def _settled(data: bytes, simpler: Callable[[bytes], bytes]) -> bytes:
    """What is left when there is nothing more to simplify: an escape may hide an escape."""
    while (next_one := simpler(data)) != data:
        data = next_one
    return data


def _unmet(case: Case, state: State, folder: Path) -> Iterator[tuple[Reason, tuple[str, ...]]]:
    """Each limit of what is kept, with the officer's reasons; without them unless it is excused."""
    if state.sealed_with is None:
        return
    for one in (Reason.ONE_RECIPIENT, Reason.NO_CUSTODIAN_KEY):
        if one in state.sealed_with:
            yield one, _whys(case, one)
    given = receipts(case, state, folder)
    if lacking := [number for number in _numbers(case) if number not in given]:
        told = [_excused(case, number) for number in lacking]
        yield Reason.NO_RECEIPT, tuple(dict.fromkeys(told)) if all(told) else ()


def _whys(case: Case, limit: Reason) -> tuple[str, ...]:
    if limit is Reason.ONE_RECIPIENT:
        return tuple(dict.fromkeys(one.one_recipient for one in case.custodians if one.one_recipient))
    told = [one.without_restore for one in case.custodians if one.recipient and not one.identity]
    return tuple(dict.fromkeys(told)) if all(told) else ()


def _numbers(case: Case) -> range:
    """The custodians by number; without any there is still whoever gets the key that is made here."""
    return range(1, max(1, len(case.custodians)) + 1)


def _excused(case: Case, number: int) -> str:
    return case.custodians[number - 1].without_receipt if case.custodians else ""


def _lying(folder: Path) -> dict[str, Path]:
    """The papers that say that a custodian took over, by SHA-256. A link, or what says nothing, is none."""
    evidence = folder / EVIDENCE
    found: dict[str, Path] = {}
    with suppress(OSError, Refused):
        for path in files_in(evidence):
            if path.relative_to(evidence).parts[0] == RECEIPT and (paper := _said(path)):
                found.setdefault(paper, path)
    return found


def _said(path: Path) -> str:
    """The SHA-256 of a paper; empty when it can't be read or says nothing."""
    with suppress(OSError):
        seen = os.stat(path)
        return _digest(path, (seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns))
    return ""


@lru_cache(maxsize=64)
def _digest(path: Path, _: tuple[int, ...]) -> str:
    data = path.read_bytes()
    solid = data.translate(None, _BLANK)
    if len(solid) < _FEWEST or len(set(solid)) < _KINDS:
        return ""
    return hashlib.sha256(data).hexdigest()
