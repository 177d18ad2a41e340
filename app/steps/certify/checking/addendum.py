"""Verify an addendum: who signed it, which certificate it adds to, and that the journal bears it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from app.domain.canonical import canonical
from app.domain.event import Progressed
from app.domain.outcome import Evidence
from app.journal import Anchor, Entry
from app.journal import verify as verify_chain
from app.journal.entry import BadLine
from app.journal.segments import Reading, first_segment
from app.register.codec import build
from app.steps.certify.checking.manifest import read_manifest, signature_checks
from app.steps.certify.evidence.addendum import ASKED, ISSUED, file_names, read_addendum
from app.steps.certify.evidence.ledger import ledger_checks
from app.steps.certify.evidence.manifest import CERTIFICATE, DETACHED, MANIFEST
from app.steps.certify.verdict import Check, Said

_NAME: Final = re.compile(r"addendum-\d+\.(json|p7s|pdf)")

Told = Mapping[str, Any]


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
        data, p7s = _beside(path.with_suffix(".json")) or b"", data
    told = read_addendum(data)
    yield Check("ours", told is not None, Said("manifest.ours" if told else "manifest.not_ours"))
    if told is None:
        return
    same = canonical(told) == data
    yield Check("manifest.canonical", same, Said("form.canonical" if same else "form.other"))
    if pdf:
        yield from pdf_checks(pdf, data, told)
    signature = file_names(told["n"])[1]
    yield from signature_checks(data, p7s or _beside(path.with_name(signature)), told, signature)
    yield from _upgraded(path, told)
    paper = pdf or _beside(path.with_name(file_names(told["n"])[2]))
    if paper:
        yield from ledger_checks(path, paper, told)
    looked = journal or path.resolve().parent.parent / "journal.jsonl"
    if looked.is_file():
        yield from _journalled(looked, data, told)
    elif journal:
        yield Check("journal.present", False, Said("file.missing", name=journal.name))


def _upgraded(path: Path, told: Told) -> Iterator[Check]:
    """Hold it against the certificate, whose people must be the same, and against the addendum before it."""
    names = {"certificate": CERTIFICATE, "manifest": MANIFEST}
    for what, name in names.items():
        found = _beside(path.with_name(name))
        yield Check(
            f"{what}.present", found is not None, Said("file.there" if found else "file.missing", name=name)
        )
        if found is not None:
            yield _digest(f"addendum.{what}", found, told["upgrades"][what])
    manifest = read_manifest(_beside(path.with_name(MANIFEST)) or b"")
    if manifest is None:
        return
    same = _signed_alike(manifest, told) and all(
        manifest[one] == told[one] for one in ("number", "machine_id", "case")
    )
    yield Check("addendum.people", same, Said("people.two" if same else "people.other"))
    before = {one["id"]: one["outcome"] for one in manifest["keys"]}
    if told["n"] > 1:
        name = file_names(told["n"] - 1)[0]
        found = _beside(path.with_name(name))
        yield _there("addendum.previous.present", name, found)
        if found is None:
            return
        yield _digest("addendum.previous", found, told["upgrades"]["previous"])
        earlier = read_addendum(found) or {"keys": []}
        before |= {one["id"]: one["after"]["outcome"] for one in earlier["keys"]}
    wrong = [one["id"] for one in told["keys"] if before.get(one["id"]) != one["before"]["outcome"]]
    ok = bool(told["keys"]) and not wrong
    yield Check(
        "addendum.keys",
        ok,
        "" if ok else Said("journal_other_outcomes", ids=tuple(wrong[:3]), count=len(wrong)),
    )


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
    """What a journal says of one addendum."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.keys: dict[str, tuple[str, Any]] = {}
        self.issued: dict[str, Any] | None = None
        self.closed = False

    def take(self, entry: Entry) -> None:
        """Take in the next entry."""
        if entry.event == ASKED and not self.closed:
            self.keys[str(entry.body["id"])] = (str(entry.body["outcome"]), entry.body["evidence"])
        if entry.event == ISSUED and entry.body["n"] == self.number:
            self.issued, self.closed = dict(entry.body), True


def _journalled(path: Path, data: bytes, told: Told) -> Iterator[Check]:
    """The journal must hold together, contain the anchor, bear each key's end and name this addendum."""
    anchor = Anchor(told["journal"]["count"], told["journal"]["head"])
    report = verify_chain(path, [anchor])
    yield Check("journal.whole", report.ok, Said("journal_whole", count=report.count, anchor=anchor.count))
    if not report.ok:
        return
    read = _Read(told["n"])
    with suppress(BadLine, OSError):
        for entry in Reading(first_segment(path)):
            read.take(entry)
    wrong = [one["id"] for one in told["keys"] if not _bears(one, read)]
    others = Said("journal_other_outcomes", ids=tuple(wrong[:3]), count=len(wrong))
    yield Check("addendum.borne", not wrong, others if wrong else "")
    yield Check(
        "journal.end.present", read.issued is not None, "" if read.issued else Said("journal_ends_before")
    )
    if read.issued is not None:
        named = read.issued["files"].get(file_names(told["n"])[0])
        same = named == hashlib.sha256(data).hexdigest()
        yield Check("journal.certified", same, "" if same else Said("journal_names_another"))


def _bears(one: Told, read: _Read) -> bool:
    outcome, evidence = read.keys.get(one["id"], ("", None))
    if evidence is None:
        return False
    seen: Evidence = build(Evidence, evidence)
    after = one["after"]
    same = [limit.value for limit in seen.limits] == after["limits"] and dict(seen.facts) == after["facts"]
    return bool(same and outcome == after["outcome"])


def _others(wrong: list[str]) -> Said:
    return Said("journal_other_outcomes", ids=tuple(wrong[:3]), count=len(wrong))


def _there(check: str, name: str, found: bytes | None) -> Check:
    there = found is not None
    return Check(check, there, Said("file.there" if there else "file.missing", name=name))


def _digest(name: str, data: bytes, expected: str) -> Check:
    found = hashlib.sha256(data).hexdigest()
    ok = found == expected
    said = Said("digest.same" if ok else "digest.other", found=found[:16], expected=expected[:16])
    return Check(name, ok, said)


def _beside(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
