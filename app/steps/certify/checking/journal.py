"""Hold a certificate against the journal of its case: what it claims must be what was journalled."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from typing_extensions import override

from app.journal import Anchor, Entry, Finding, replay_entries, verify
from app.language import Language, say
from app.steps.certify.verdict import Check, Said

_ID, _OUTCOME = 1, 13
"""Columns of the inventory."""
_UNKNOWN: Final = "unknown"


def journal_checks(path: Path, data: bytes, manifest: dict[str, Any], inventory: bytes) -> Iterator[Check]:
    """Check the journal at `path` against the manifest, `data` being its bytes, and the inventory it binds.

    The chain and the anchor show whether the journal is the one of the certificate; then
    its outcomes must be those of the inventory, the plan and its signers those of the
    manifest, and its last word must name this very manifest.
    """
    anchor = Anchor(manifest["journal"]["count"], manifest["journal"]["head"])
    report = verify(path, [anchor])
    whole = Said("journal_whole", count=report.count, anchor=anchor.count)
    yield Check("journal.whole", report.ok, whole if report.ok else _Wrong(report.problems))
    if not report.ok:
        return
    told = _Told(path, anchor.count)
    yield _outcomes(told, inventory)
    yield _plan(told, manifest)
    certified = told.certified
    yield Check(
        "journal.end.present", certified is not None, "" if certified else Said("journal_ends_before")
    )
    if certified is not None:
        same = certified.get("manifest.json") == hashlib.sha256(data).hexdigest()
        yield Check("journal.certified", same, "" if same else Said("journal_names_another"))


class _Wrong(Said):
    """What is wrong with a journal, in the words that the domain has for it."""

    __slots__ = ("_problems",)

    def __init__(self, problems: Sequence[Finding]) -> None:
        super().__init__("journal_whole")
        self._problems = problems

    @override
    def in_words(self, language: Language) -> str:
        return "; ".join(f"{one.line}: {say(one.breach, language)}" for one in self._problems)


class _Told:
    """What a whole journal says up to the anchor, and of the certificate after it."""

    def __init__(self, path: Path, count: int) -> None:
        self.outcomes: dict[str, str] = {}
        self.signed: dict[str, Any] = {}
        self.certified: dict[str, Any] | None = None
        self._count = count
        replay_entries(path, self._take)

    def _take(self, entry: Entry) -> None:
        event, body, before = entry.event, dict(entry.body), entry.n <= self._count
        if event == "settled" and before:
            self.outcomes[str(body.get("id"))] = str(body.get("outcome"))
        elif event == "signed" and before:
            self.signed = body
        elif event == "certified":
            self.certified = body


def _outcomes(told: _Told, inventory: bytes) -> Check:
    """Every outcome of the inventory is the last one journalled; one that claims nothing needs none."""
    rows = list(csv.reader(io.StringIO(inventory.decode("utf-8-sig", "replace"), newline="")))[1:]
    wrong = [
        row[_ID]
        for row in rows
        if len(row) <= _OUTCOME or row[_OUTCOME] not in (_UNKNOWN, told.outcomes.get(row[_ID]))
    ]
    others = Said("journal_other_outcomes", ids=", ".join(wrong[:3]), count=len(wrong))
    return Check("journal.outcomes", not wrong, others if wrong else str(len(rows)))


def _plan(told: _Told, manifest: dict[str, Any]) -> Check:
    """The plan and the people who signed it are the journalled ones."""
    try:
        signers = [
            (one["role"], one["name"], hashlib.sha256(bytes.fromhex(one["certificate"])).hexdigest())
            for one in told.signed.get("signatures", [])
        ]
        named = [(one["role"], one["name"], one["fingerprint"]) for one in manifest["plan_signers"]]
        same = bool(signers) and signers == named and told.signed.get("plan") == manifest["plan"]
    except (KeyError, TypeError, ValueError, AttributeError):
        same = False
    return Check("journal.plan", same, "" if same else Said("journal_other_plan"))
