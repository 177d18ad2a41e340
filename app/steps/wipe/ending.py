"""How a file ended, and how far it came, in the words of the journal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from app.domain.event import Noted, Settled
from app.domain.medium import Medium
from app.domain.outcome import AnyOutcome, Evidence, Fact, Outcome
from app.domain.plan import PlanItem
from app.domain.step import Step
from app.domain.wiping import Method
from app.steps.wipe.scene import Spared, Terms
from app.steps.wipe.verdict import Done, Verdict

METHOD: Final = "keystream-1"
"""One pass of AES-256-CTR under a key derived for the file, read back and compared."""
PASSES: Final = "overwrite-passes"
"""Other passes; the fact `pass_bytes` tells which."""
UNTOUCHED: Final = "untouched"
OVERWRITTEN: Final = "overwritten"
REMOVED: Final = "removed"
PURGED: Final = "purged"
MEDIUM: Final = "medium"
_DEVICES: Final = ("/dev/", "\\\\?\\Volume{")
"""How a device begins. The name of a share may hold a person's."""


def method_of(terms: Terms) -> str:
    """Name the act of overwriting for the journal."""
    return METHOD if terms.wiping.method is Method.KEYSTREAM else PASSES


def settled(item: PlanItem, outcome: AnyOutcome, evidence: Evidence) -> Settled:
    """Say how an item ended."""
    return Settled(Step.WIPE, item.id, item.subject, outcome, evidence)


def failed(item: PlanItem, spared: Spared, terms: Terms) -> Settled:
    """Say why an item was left, and by the method whether some of it may be overwritten all the same."""
    method = method_of(terms) if spared.touched else UNTOUCHED
    return settled(item, Outcome.FAILED, Evidence(method, (spared.reason,)))


def notes(done: Iterable[Done], what: str, terms: Terms) -> Iterator[Noted]:
    """Say that files were overwritten and are about to be removed, or are removed: one note for all alike."""
    alike: dict[Verdict, list[str]] = {}
    for each in done:
        alike.setdefault(each.verdict, []).append(each.item.id)
    for verdict, ids in alike.items():
        facts = (
            ("outcome", verdict.outcome.value),
            *_facts(verdict, terms),
            *([(REMOVED, True)] if what == REMOVED else []),
        )
        yield Noted(Step.WIPE, tuple(ids), what, Evidence(method_of(terms), verdict.limits, facts))


def recorded(item: PlanItem, outcome: Outcome, evidence: Evidence) -> Done:
    """Read back what `notes` said of an item."""
    facts = {name: str(value) for name, value in evidence.facts}
    system, volume = facts.get("file_system", ""), facts.get("volume", "")
    holders = tuple(filter(None, facts.get("holders", "").split("; ")))
    verdict = Verdict(outcome, evidence.limits, system, volume, facts.get("read_back", "file"), holders)
    return Done(item, verdict, traced=not is_removed(evidence))


def is_removed(evidence: Evidence) -> bool:
    """Whether `notes` said of an item that it is removed."""
    return (REMOVED, True) in evidence.facts


def wiped(done: Done, terms: Terms) -> Settled:
    """Say that an item is overwritten, and what of it may remain."""
    facts: list[Fact] = [*_facts(done.verdict, terms), ("bytes", done.item.stamp.size)]
    if sha256 := terms.last(done.item).sha256:
        facts.append(("seed_sha256", sha256))
    evidence = Evidence(method_of(terms), done.verdict.limits, tuple(facts))
    return settled(done.item, done.verdict.outcome, evidence)


def _facts(verdict: Verdict, terms: Terms) -> list[Fact]:
    sequence = terms.wiping.sequence
    return [
        ("passes", len(sequence)),
        ("pass_bytes", " ".join(each.text for each in sequence)),
        ("file_system", verdict.file_system),
        ("read_back", verdict.seen),
        ("volume", verdict.volume),
        *([("holders", "; ".join(verdict.holders))] if verdict.holders else []),
    ]


def medium_note(label: str, medium: Medium) -> Noted:
    """Say what a volume stands on. Where it is mounted is left out: that may hold a person's name."""
    told: dict[str, str | int | bool | None] = {
        "device": medium.device if medium.device.startswith(_DEVICES) else "",
        "model": medium.model,
        "serial": medium.serial,
        "bus": medium.bus,
        "rotational": medium.rotational,
        "discard": medium.discard,
        "file_system": medium.file_system,
        "options": ",".join(one for one in medium.options.split(",") if "/" not in one),
        "bytes": medium.bytes,
    }
    facts = tuple((name, value) for name, value in told.items() if value is not None and value != "")
    return Noted(Step.WIPE, (label,), MEDIUM, Evidence(MEDIUM, (), facts))
