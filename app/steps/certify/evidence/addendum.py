"""The addendum: what became of keys and copies with a date after the certificate was signed, signed like it.

It is a manifest of its own beside the certificate, `addendum-1.json`, with the detached signature of
the same people, `addendum-1.p7s`, and both in a PDF that they signed, `addendum-1.pdf`. It names the
certificate by number and digest, the addendum before it, and for each key and copy what the certificate
said and what was learnt now. The certificate stays as it is: it was true on its day.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from app.domain.canonical import canonical
from app.domain.case import Role
from app.domain.fault import Fault, Refused
from app.domain.outcome import CopyOutcome, Evidence, KeyOutcome
from app.domain.plan import Subject
from app.identity import Identity, cms_detached
from app.journal import Entry, replay_entries
from app.register.codec import build, outcome_named
from app.steps.certify.account import Account, Line, named
from app.steps.certify.bearing import borne
from app.steps.certify.document.addition import laid_out_addition
from app.steps.certify.document.stamp import stamp
from app.steps.certify.evidence.ledger import Paper
from app.steps.certify.evidence.manifest import CERTIFICATE, DETACHED, MANIFEST, fields_of
from app.steps.certify.issuing import Issuing, papers_of, refuse_others, told
from app.steps.certify.page.archive import archived
from app.steps.certify.page.paint import painted
from app.steps.certify.signing.seals import sealed, with_fields
from app.steps.certify.status import status_of
from app.steps.certify.wording import Words
from app.system.durable import write_durably

FORMAT: Final = "lethe-addendum"
VERSION: Final = 1
ASKED: Final = "asked_again"
"""The journal's entry on a key or copy that was asked for again."""
ISSUED: Final = "addendum"
"""The journal's entry on an addendum."""
_KEYS: Final = f"{KeyOutcome.__name__}."
_DATED: Final = tuple(f"{CopyOutcome.__name__}.{one.value}" for one in CopyOutcome if one.dated)
_PLAIN: Final = Issuing()


def file_names(number: int) -> tuple[str, str, str]:
    """The manifest, its signature, and both in a signed PDF."""
    return f"addendum-{number}.json", f"addendum-{number}.p7s", f"addendum-{number}.pdf"


def has_date(entry: Entry, known: Container[str]) -> bool:
    """Whether an entry on an outcome is of a key, or of a copy with a date, or of one that is `known`."""
    outcome = str(entry.body["outcome"])
    return outcome.startswith(_KEYS) or outcome in _DATED or str(entry.body["id"]) in known


@dataclass(slots=True)
class Asked:
    """What a journal says of keys and copies that were asked for again, read from first to last.

    Attributes:
        last: the last word on each, with its time.
        changed: the ids of those that the next addendum speaks of.
        count, head: the last entry that was read.
    """

    last: dict[str, tuple[str, dict[str, Any], str]] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    before: dict[str, tuple[str, dict[str, Any], str]] = field(default_factory=dict)
    count: int = 0
    head: str = ""

    def take(self, entry: Entry) -> None:
        """Take in the next entry."""
        self.count, self.head = entry.n, entry.hash
        if entry.event in ("settled", ASKED):
            item, body = str(entry.body["id"]), entry.body
            if not has_date(entry, self.last):
                return
            if entry.event == ASKED:
                self.before.setdefault(item, self.last.get(item, ("", {}, "")))
                self.changed = [*(one for one in self.changed if one != item), item]
            self.last[item] = (str(body["outcome"]), dict(body["evidence"]), entry.t)
        elif entry.event == ISSUED:
            self.changed, self.before = [], {}


def paper_of(number: int) -> Paper:
    """The addendum as it is entered in the register of certificates."""
    manifest, _, pdf = file_names(number)
    return Paper(pdf, manifest)


def compose_addendum(
    account: Account,
    folder: Path,
    people: Sequence[Identity],
    *,
    number: int,
    issued_at: str,
    journal: Path,
    issuing: Issuing = _PLAIN,
) -> None:
    """Write the `number`-th addendum into `folder`, where the certificate and what is before it lie.

    What it says is taken from the journal alone, which must bear the account. `issuing` says
    where it will stand in the register of certificates, and who stands in for whom.

    Raises:
        Refused: NOT_BORNE when nothing was asked for again, or the journal does not bear the
            account; OTHER_SIGNER and its like for others than signed the certificate.
        OSError: when the certificate is missing, or the disk does not take the files.
    """
    refuse_others(account, people, issuing.stand_ins)
    closing = borne(account, journal)
    asked = Asked()
    replay_entries(journal, asked.take)
    if not asked.changed:
        raise Refused(Fault.NOT_BORNE, str(journal), ASKED)
    added = {
        "n": number,
        "issued_at": issued_at,
        "status": status_of(_since(account, asked), closing).value,
        "upgrades": _upgraded(folder, number),
    }
    copies = {line.id for line in account.lines if line.subject is Subject.COPY}
    manifest = {**_named(account, people, issuing), **added, **_seen(asked, copies)}
    data = canonical(manifest)
    first, second, third = file_names(number)
    p7s = cms_detached(data, people)
    attached = {MANIFEST: data, DETACHED: p7s}
    write_durably(folder / third, _drawn(manifest, account, people, attached, issuing), 0o644)
    write_durably(folder / second, p7s, 0o644)
    write_durably(folder / first, data, 0o644)


def _named(account: Account, people: Sequence[Identity], issuing: Issuing) -> dict[str, Any]:
    """Whose addendum it is, and who signs it."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "number": account.number,
        "machine_id": account.machine_id,
        "case": account.case,
        "company": account.company,
        "rehearsal": account.rehearsal,
        **told(account, people, issuing),
        "signatures": [
            {
                "field": name,
                "role": person.role.value,
                "name": person.name,
                "fingerprint": person.fingerprint,
            }
            for name, person in fields_of(people)
        ],
    }


def _upgraded(folder: Path, number: int) -> dict[str, str]:
    """The certificate, and the addendum before this one, by their digests."""
    return {
        "certificate": _digest(folder / CERTIFICATE),
        "manifest": _digest(folder / MANIFEST),
        "previous": _digest(folder / file_names(number - 1)[0]) if number > 1 else "",
    }


def _seen(asked: Asked, copies: Container[str]) -> dict[str, Any]:
    """What became of each key and each copy, and where the journal stood."""
    told: dict[str, list[Any]] = {"keys": []}
    if any(item in copies for item in asked.changed):
        told["copies"] = []
    for item in asked.changed:
        then, now = asked.before[item], asked.last[item]
        one = {"id": item, "before": _said(*then), "after": _said(*now)}
        told["copies" if item in copies else "keys"].append(one)
    return {**told, "journal": {"count": asked.count, "head": asked.head}}


def lines_of(read: Mapping[str, Any]) -> list[Any]:
    """Everything of which an addendum speaks; one of before copies were asked for has keys alone."""
    return [*read["keys"], *read.get("copies", ())]


def _drawn(
    manifest: dict[str, Any],
    account: Account,
    people: Sequence[Identity],
    attached: dict[str, bytes],
    issuing: Issuing,
) -> bytes:
    """Draw it, attach the manifest and its signature, and have the people sign, as the certificate is."""
    words = Words.of(account.language)
    now = datetime.now(UTC).replace(microsecond=0)
    digest = hashlib.sha256(attached[MANIFEST]).hexdigest()
    sheet = laid_out_addition(manifest, account, people, digest, issuing)
    title = words.label("title.addendum", n=manifest["n"])
    second = "en" if account.language == "both" else ""
    drawn = painted(sheet.pages, f"{title} {account.number}", account.company, second=second)
    pdf = archived(drawn, attached, now, account.language)
    fields = fields_of(people)
    papers = papers_of([person for _, person in fields], Issuing(), ())
    pdf = with_fields(pdf, {name: sheet.fields[name] for name, _ in fields}, papers)
    stamps = {name: stamp(person, words, sheet.fields[name], now) for name, person in fields}
    return sealed(pdf, fields, stamps, now)


def _said(outcome: str, evidence: dict[str, Any], at: str) -> dict[str, Any]:
    seen: Evidence = build(Evidence, evidence)
    return {
        "outcome": named(outcome_named(outcome)),
        "at": at,
        "method": seen.method,
        "limits": [limit.value for limit in seen.limits],
        "facts": dict(seen.facts),
    }


def _since(account: Account, asked: Asked) -> Account:
    """The account as it would be today: with the last word on each key and copy."""
    return replace(account, lines=tuple(_line(line, asked) for line in account.lines))


def _line(line: Line, asked: Asked) -> Line:
    outcome, evidence, at = asked.last.get(line.id, ("", {}, ""))
    if not outcome:
        return line
    seen: Evidence = build(Evidence, evidence)
    return replace(line, outcome=outcome_named(outcome), evidence=seen, settled_at=at)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_addendum(data: bytes) -> dict[str, Any] | None:
    """Read an addendum; None when it is none of Lethe's, or lacks what every check relies on."""
    try:
        read = json.loads(data)
        ours = read["format"] == FORMAT and read["version"] == VERSION and _whole(read)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return read if ours else None


def _whole(read: dict[str, Any]) -> bool:
    texts = [read[name] for name in ("number", "machine_id", "case", "issued_at", "status")]
    texts += [read["upgrades"][name] for name in ("certificate", "manifest", "previous")]
    texts += [one[name] for one in read["signatures"] for name in ("role", "name", "fingerprint")]
    texts += [one[when]["outcome"] for one in lines_of(read) for when in ("before", "after")]
    texts += [limit for one in lines_of(read) for limit in one["after"]["limits"]]
    texts += [one["id"] for one in lines_of(read)] + [read["journal"]["head"]]
    numbers = (read["n"], read["journal"]["count"])
    fits = all(isinstance(one, str) for one in texts) and all(type(one) is int for one in numbers)
    roles = {role.value for role in Role}
    known = all(one["role"] in roles for one in read["signatures"])
    return fits and known and read["n"] > 0 and _hex(read.get("authorities", ()))


def _hex(texts: Sequence[str]) -> bool:
    return all(isinstance(bytes.fromhex(one), bytes) for one in texts)
