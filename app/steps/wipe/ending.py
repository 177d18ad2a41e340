"""How a file ended, in the words of the journal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from app.domain.event import Noted, Settled
from app.domain.outcome import AnyOutcome, Evidence, Outcome, Reason
from app.domain.plan import PlanItem
from app.domain.step import Step
from app.steps.wipe.keystream import Keystream
from app.steps.wipe.removal import Proven
from app.steps.wipe.scene import Spared

METHOD: Final = "keystream-1"
"""One pass of AES-256-CTR under a key derived for the file, read back through the file."""
UNTOUCHED: Final = "untouched"
_NOTE: Final = "overwritten"


def settled(item: PlanItem, outcome: AnyOutcome, evidence: Evidence) -> Settled:
    """Say how an item ended."""
    return Settled(Step.WIPE, item.id, item.subject, outcome, evidence)


def failed(item: PlanItem, spared: Spared) -> Settled:
    """Say why an item was left, and by the method whether some of it may be overwritten all the same."""
    method = METHOD if spared.touched else UNTOUCHED
    return settled(item, Outcome.FAILED, Evidence(method, (spared.reason,)))


def notes(proven: Iterable[Proven]) -> Iterator[Noted]:
    """Say what is about to be removed: one note for all that will have the same outcome and limits."""
    alike: dict[tuple[Outcome, tuple[Reason, ...], str], list[str]] = {}
    for each in proven:
        alike.setdefault((each.outcome, each.limits, each.file_system), []).append(each.item.id)
    for (outcome, limits, file_system), ids in alike.items():
        facts = (
            ("outcome", outcome.value),
            ("passes", 1),
            ("file_system", file_system),
            ("read_back", "file"),
        )
        yield Noted(Step.WIPE, tuple(ids), _NOTE, Evidence(METHOD, limits, facts))


def recorded(item: PlanItem, outcome: Outcome, evidence: Evidence) -> Proven:
    """Read back what `notes` said of an item."""
    return Proven(item, outcome, evidence.limits, str(dict(evidence.facts).get("file_system", "")))


def wiped(proven: Proven, seed: bytes, *, nameless: bool) -> Settled:
    """Say that an item is overwritten and, if `nameless`, that nothing is left under its name."""
    limits = proven.limits if nameless else (*proven.limits, Reason.NAME_REMAINS)
    facts = (
        ("passes", 1),
        ("bytes", proven.item.stamp.size),
        ("seed_sha256", Keystream(seed, proven.item.id).sha256),
        ("file_system", proven.file_system),
        ("read_back", "file"),
    )
    return settled(proven.item, proven.outcome, Evidence(METHOD, limits, facts))
