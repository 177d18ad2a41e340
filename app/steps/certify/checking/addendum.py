"""Verify an addendum: who signed it, which certificate it adds to, and that the journal bears it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from app.domain.canonical import canonical
from app.domain.event import Progressed
from app.domain.outcome import Evidence
from app.journal import Entry
from app.register.codec import build
from app.steps.certify.account import named
from app.steps.certify.checking.files import beside, same_digest, there
from app.steps.certify.checking.journal import chain_checks, read_all
from app.steps.certify.checking.manifest import Manifest, read_manifest, signature_checks
from app.steps.certify.checking.upgraded import (
    Told,
    last_words,
    later_checks,
    listed_in,
    status_check,
    words_of,
)
from app.steps.certify.evidence.addendum import ASKED, ISSUED, file_names, lines_of, read_addendum
from app.steps.certify.evidence.inventory import INVENTORY
from app.steps.certify.evidence.ledger import ledger_checks
from app.steps.certify.evidence.manifest import CERTIFICATE, DETACHED, MANIFEST
from app.steps.certify.verdict import Check, Said

_NAME: Final = re.compile(r"addendum-\d+\.(json|p7s|pdf)")
_NUMBERED: Final = re.compile(r"addendum-([0-9]+)", re.IGNORECASE)


def is_addendum(name: str, data: bytes) -> bool:
    """Whether a file is an addendum, or the signature of one."""
    return bool(_NAME.fullmatch(name)) or b'"format":"lethe-addendum"' in data


def addendum_checks(path: Path, data: bytes, journal: Path | None) -> Iterator[Check | Progressed]:
    """Check an addendum with what lies beside it: its signature, the certificate, the addendum before."""
    from app.steps.certify.checking.attached import attachments
    from app.steps.certify.checking.pdf import pdf_checks

    pdf, p7s = b"", None
    if data.startswith(b"%PDF-"):
        files = attachments(data)
        pdf, data, p7s = data, files.get(MANIFEST, b""), files.get(DETACHED)
    elif path.suffix == ".p7s":
        data, p7s = beside(path.with_suffix(".json")) or b"", data
    told = read_addendum(data)
    yield Check("ours", told is not None, Said("manifest.ours" if told else "manifest.not_ours"))
    if told is None:
        return
    manifest = read_manifest(beside(path.with_name(MANIFEST)) or b"")
    if manifest is not None and not _of_one_case(manifest, told):
        yield Check("addendum.case", False, Said("addendum.case", of=told["number"], here=manifest["number"]))
        return
    yield from _named(path, told)
    same = canonical(told) == data
    yield Check("manifest.canonical", same, Said("form.canonical" if same else "form.other"))
    if pdf:
        yield from pdf_checks(pdf, data, told)
    signature = file_names(told["n"])[1]
    yield from signature_checks(data, p7s or beside(path.with_name(signature)), told, signature)
    yield from _upgraded(path, told, manifest)
    paper = pdf or beside(path.with_name(file_names(told["n"])[2]))
    if paper:
        yield from ledger_checks(path, paper, told)
    read = _Read(told["n"], told["journal"]["count"])
    looked = journal or path.resolve().parent.parent / "journal.jsonl"
    if looked.is_file():
        yield from _journalled(looked, data, told, read)
    elif journal:
        yield Check("journal.present", False, Said("file.missing", name=journal.name))
    yield from later_checks(path, data, told, read.later)


def _of_one_case(manifest: Told, told: Told) -> bool:
    return all(manifest[one] == told[one] for one in ("number", "machine_id", "case"))


def _named(path: Path, told: Told) -> Iterator[Check]:
    """A file that has the name of an addendum must be the one of that number."""
    named = _NUMBERED.match(path.name)
    if named:
        same = int(named[1]) == told["n"]
        said = Said("addendum.number" if same else "addendum.other_number", n=told["n"], name=path.name)
        yield Check("addendum.number", same, said)


def _upgraded(path: Path, told: Told, manifest: Manifest | None) -> Iterator[Check]:
    """Hold it against the certificate, whose people must be the same, and against the addenda before it."""
    names = {"certificate": CERTIFICATE, "manifest": MANIFEST}
    for what, name in names.items():
        found = beside(path.with_name(name))
        yield there(f"{what}.present", name, found)
        if found is not None:
            yield same_digest(f"addendum.{what}", found, told["upgrades"][what])
    if manifest is None:
        return
    same = _signed_alike(manifest, told) and _titled_alike(manifest, told)
    yield Check("addendum.people", same, Said("people.two" if same else "people.other"))
    inventory = beside(path.with_name(INVENTORY))
    yield there("inventory.present", INVENTORY, inventory)
    if inventory is None:
        return
    yield same_digest("inventory.same", inventory, manifest["inventory"]["sha256"])
    before = yield from last_words(path, told)
    if before is None:
        return
    listed = listed_in(inventory)
    was = {item: named(line.outcome) for item, line in listed.items()}
    was |= {item: word.outcome for item, word in before.items()}
    now = words_of(told)
    wrong = [one["id"] for one in lines_of(told) if was.get(one["id"]) != one["before"]["outcome"]]
    ok = bool(now) and not wrong and len(now) == len(lines_of(told))
    yield Check("addendum.keys", ok, "" if ok else _others(wrong))
    yield status_check(told, manifest, listed, {**before, **now})


def _titled_alike(manifest: Told, told: Told) -> bool:
    """Whether both are of one company, and both of a rehearsal or neither."""
    company = manifest.get("company")
    name = company.get("name") if isinstance(company, dict) else None
    return bool((name, manifest.get("rehearsal")) == (told.get("company"), told.get("rehearsal")))


def _signed_alike(manifest: Told, told: Told) -> bool:
    """Whether the certificate's people signed, or who stands in for one of them, by the addendum itself."""
    before, after = manifest["signatures"], told["signatures"]
    return len(before) == len(after) and all(
        one["fingerprint"] == other["fingerprint"] or _stands_in(one, other, manifest, told)
        for one, other in zip(before, after, strict=True)
    )


def _stands_in(one: Told, other: Told, manifest: Told, told: Told) -> bool:
    """Whether `other` is declared to sign instead of `one`, or of whom `one` stood in for."""
    names = {(one["role"], one["name"])}
    names |= {(role, instead) for role, name, instead in _declared(manifest) if name == one["name"]}
    return any(
        role == other["role"] and name == other["name"] and (role, instead) in names
        for role, name, instead in _declared(told)
    )


def _declared(told: Told) -> Iterator[tuple[str, str, str]]:
    """Role, name and whom they stand in for, of each stand-in."""
    for one in told.get("stand_ins", ()):
        yield str(one.get("role")), str(one.get("name")), str(one.get("instead_of"))


class _Read:
    """What a journal says of one addendum.

    Attributes:
        asked: the last word on each that was asked for again for this addendum, with its time.
        issued: the journal's entry on it.
        later: the SHA-256 of the addenda after it, by number.
    """

    def __init__(self, number: int, anchor: int) -> None:
        self._number, self._anchor = number, anchor
        self.asked: dict[str, tuple[str, Any, str]] = {}
        self._after: dict[str, tuple[str, Any, str]] = {}
        self.issued: dict[str, Any] | None = None
        self.later: dict[int, str] = {}

    def take(self, entry: Entry) -> None:
        """Take in the next entry."""
        if entry.event == ASKED and self.issued is None:
            word = str(entry.body["outcome"]), entry.body["evidence"], entry.t
            # What came after the anchor is of this addendum only once the journal says that it was issued.
            (self.asked if entry.n <= self._anchor else self._after)[str(entry.body["id"])] = word
        elif entry.event == ISSUED:
            self._issued(int(entry.body["n"]), entry.body)

    def _issued(self, number: int, body: Told) -> None:
        if number > self._number:
            self.later[number] = str(body["files"].get(file_names(number)[0]))
        elif number == self._number:
            self.issued = dict(body)
            self.asked |= self._after
        else:
            self.asked, self._after = {}, {}


def _journalled(path: Path, data: bytes, told: Told, read: _Read) -> Iterator[Check | Progressed]:
    """The journal must hold together, contain the anchor, bear each end and name this addendum."""
    report = yield from chain_checks(path, told)
    if not report.ok:
        return
    yield from read_all(path, read, report.count)
    wrong = [one["id"] for one in lines_of(told) if not _bears(one, read)]
    yield Check("addendum.borne", not wrong, _others(wrong) if wrong else "")
    listed = {one["id"] for one in lines_of(told)}
    left = [item for item in read.asked if item not in listed]
    said = Said("addendum.left_out", ids=tuple(left[:3]), count=len(left))
    yield Check("addendum.complete", not left, said if left else "")
    issued = read.issued
    yield Check("journal.end.present", issued is not None, "" if issued else Said("journal_ends_before"))
    if issued is not None:
        same = issued["files"].get(file_names(told["n"])[0]) == hashlib.sha256(data).hexdigest()
        yield Check("journal.certified", same, "" if same else Said("journal_names_another"))


def _bears(one: Told, read: _Read) -> bool:
    outcome, evidence, at = read.asked.get(one["id"], ("", None, ""))
    if evidence is None:
        return False
    seen: Evidence = build(Evidence, evidence)
    after = one["after"]
    word = outcome, at, seen.method, [limit.value for limit in seen.limits], dict(seen.facts)
    return word == tuple(after.get(name) for name in ("outcome", "at", "method", "limits", "facts"))


def _others(wrong: list[str]) -> Said:
    return Said("journal_other_outcomes", ids=tuple(wrong[:3]), count=len(wrong))
