"""What a certificate and its addenda say together: the last word on each line, and what that allows."""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from app.domain.fate import Fate, Ground
from app.domain.outcome import Evidence, Reason
from app.domain.plan import Subject
from app.domain.record import Tier
from app.register.codec import outcome_named
from app.steps.certify.account import Line
from app.steps.certify.checking.files import beside, same_digest, there
from app.steps.certify.evidence.addendum import file_names, lines_of, read_addendum
from app.steps.certify.evidence.inventory import told_in
from app.steps.certify.evidence.ledger import manifests_after
from app.steps.certify.status import Status, destroyed, failing_of
from app.steps.certify.verdict import Check, Said

Told = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Word:
    """What a paper says of a line: its outcome, as papers write it, and the limits of that."""

    outcome: str
    limits: tuple[str, ...] = ()


Words = Mapping[str, Word]
"""The last word on each line, by its id."""


def words_of(told: Told) -> dict[str, Word]:
    """What an addendum says of each line that it speaks of."""
    after = {str(one["id"]): one["after"] for one in lines_of(told)}
    return {item: Word(one["outcome"], tuple(one["limits"])) for item, one in after.items()}


def last_words(path: Path, told: Told) -> Generator[Check, None, Words | None]:
    """Follow the addenda before this one down to the first; give the last word on each line before it.

    None where one of them is not there or is not the one that the next one names.
    """
    words: dict[str, Word] = {}
    for number in range(told["n"] - 1, 0, -1):
        name = file_names(number)[0]
        found = beside(path.with_name(name))
        yield there("addendum.previous.present", name, found)
        if found is None:
            return None
        same = same_digest("addendum.previous", found, told["upgrades"]["previous"])
        yield same
        if not same.ok:
            return None
        earlier = read_addendum(found)
        if earlier is None or earlier["n"] != number:
            yield Check("addendum.previous", False, Said("manifest.not_ours"))
            return None
        words = words_of(earlier) | words
        told = earlier
    return words


def listed_in(inventory: bytes) -> dict[str, Line]:
    """The lines of an inventory, as far as a status rests on them; nothing of what it can't mean."""
    columns = ("对象 subject", "处置 fate", "理由 ground", "结果 outcome")
    lines = {}
    for item, (subject, fate, ground, outcome) in told_in(inventory, *columns).items():
        try:
            of = Subject(subject), Fate(fate), Ground(ground)
        except ValueError:
            continue
        lines[item] = _line(item, *of, outcome)
    return lines


def _line(
    item: str, subject: Subject, fate: Fate, ground: Ground, outcome: str, evidence: Evidence | None = None
) -> Line:
    try:
        ended = outcome_named(outcome)
    except (KeyError, ValueError):
        ended = None
    return Line(item, subject, "", fate, ground, "", "", Tier.GENERAL, "", 0, 0, ended, evidence, "")


def status_check(told: Told, manifest: Told, listed: Mapping[str, Line], words: Words) -> Check:
    """Whether the status is no better than the certificate and the last word on each line let it be."""
    now = {item: _since(item, listed, word) for item, word in words.items()}
    bad = _open_lines(now.values()) + _open_exceptions(manifest, words) + _open_difference(manifest, words)
    gone = manifest["totals"]["all"]["destroyed"]
    gone += sum(destroyed(line) - destroyed(listed[item]) for item, line in now.items() if line)
    best = (Status.WITH_EXCEPTIONS if bad else Status.ALL_DESTROYED) if gone > 0 else Status.NOT_DESTROYED
    worst_first = [one.value for one in reversed(Status)]
    allowed = worst_first[: worst_first.index(best.value) + 1]
    ok = told["status"] in allowed
    return Check("addendum.status", ok, Said("addendum.status" if ok else "addendum.more", exceptions=bad))


def _since(item: str, listed: Mapping[str, Line], word: Word) -> Line | None:
    line = listed.get(item)
    if line is None:
        return None
    limits = tuple(reason for reason in Reason if reason.value in word.limits)
    return _line(item, line.subject, line.fate, line.ground, word.outcome, Evidence("", limits))


def _open_lines(now: Iterable[Line | None]) -> int:
    """Lines that are an exception by the last word on them, and those that no certificate lists."""
    return sum(line is None or failing_of(line) is not None for line in now)


def _open_exceptions(manifest: Told, words: Words) -> int:
    """Exceptions of the certificate on which no later word was said."""
    return sum(not isinstance(one, dict) or str(one.get("id")) not in words for one in manifest["exceptions"])


def _open_difference(manifest: Told, words: Words) -> int:
    """What did not end as planned by the certificate, and on which no later word was said."""
    difference = manifest["difference"]
    otherwise = chain(difference["without_outcome"], difference["ended_otherwise"])
    return len(difference["not_planned"]) + sum(str(item) not in words for item in otherwise)


def later_checks(path: Path, data: bytes, told: Told, journalled: Mapping[int, str]) -> Iterator[Check]:
    """Name each later addendum that the journal or the register of certificates knows; it must be at hand.

    `journalled` has the SHA-256 of those in the journal by their numbers.
    """
    known = dict.fromkeys(manifests_after(path, data, told), "")
    known |= {digest: file_names(number)[0] for number, digest in journalled.items()}
    if not known:
        return
    at_hand = {
        hashlib.sha256(found).hexdigest(): one.name
        for one in sorted(path.resolve().parent.glob("addendum-*.json"))
        if (found := beside(one)) is not None
    }
    missing = [name or f"SHA-256 {digest[:16]}…" for digest, name in known.items() if digest not in at_hand]
    names = tuple(missing or (at_hand[digest] for digest in known))
    said = Said("addendum.later_away" if missing else "addendum.later", names=names)
    yield Check("addendum.later.present", not missing, said)
