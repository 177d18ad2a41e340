"""From decisions, keys and copies to the one list that is signed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from os.path import realpath

from app.domain.case import Case
from app.domain.copies import Copy, Disposal
from app.domain.fate import Decision, Fate, Ground
from app.domain.key import Key
from app.domain.plan import Plan, PlanItem, Subject
from app.domain.record import Record, Tier
from app.flow.keeping import held_keys
from app.register import Row
from app.steps.decide import Terms


def make_plan(
    case: Case,
    made_at: str,
    pack: str,
    rows: Sequence[Row],
    keys: Sequence[Key],
    copies: Sequence[Copy],
    terms: Terms,
) -> Plan:
    """Freeze the list: each path stands in it once, as a key before a record before a copy.

    A key whose file is a held or retained record is not shredded: the record stands in
    its place. Where that file goes by another name, or a hold of `terms` speaks of the
    key itself, the key is frozen. A record that holds a key's very bytes is a copy of
    that key. A copy that would be destroyed although the file is kept is left, for what
    is decided of a file itself beats what is found of its bytes.

    Raises:
        Refused: PLAN_PROTECTED, should anything protected have come to a fate that destroys.
    """
    decided = [(row.record, row.decision) for row in rows if row.decision]
    kept = {record.path for record, decision in decided if decision.protected}
    held = held_keys(keys, decided, terms)
    items = [
        *(_key_item(key, held.get(key.id)) for key in keys if not {key.path, realpath(key.path)} & kept),
        *(_record_item(record, decision) for record, decision in decided),
        *_copy_items(copies, {record.id: (record, decision) for record, decision in decided}),
    ]
    return Plan(case.number, made_at, pack, case.profile, tuple(_once(items)), case.wiping)


def _once(items: Sequence[PlanItem]) -> Iterator[PlanItem]:
    seen: set[str] = set()
    for item in items:
        if item.path not in seen:
            seen.add(item.path)
            if item.subject is Subject.KEY:
                seen.add(realpath(item.path))
            yield item


def _key_item(key: Key, held: Decision | None) -> PlanItem:
    return PlanItem(
        key.id,
        Subject.KEY,
        key.path,
        held.fate if held else Fate.SHRED,
        held.ground if held else Ground.KEY,
        held.rule if held else "key",
        held.law if held else "",
        Tier.CORE,
        "secret.key",
        0,
        key.stamp,
        key.sha256,
    )


def _record_item(record: Record, decision: Decision) -> PlanItem:
    return PlanItem(
        record.id,
        Subject.COPY if decision.ground is Ground.KEY else Subject.RECORD,
        record.path,
        decision.fate,
        decision.ground,
        decision.rule,
        decision.law,
        record.tier,
        record.category,
        record.people,
        record.stamp,
        record.sha256,
        record.location,
    )


def _copy_items(copies: Sequence[Copy], decided: dict[str, tuple[Record, Decision]]) -> Iterator[PlanItem]:
    for copy in copies:
        of = [decided[one] for one in copy.of if one in decided]
        goes = copy.disposal is Disposal.WIPE
        of_key = not of
        yield PlanItem(
            copy.id,
            Subject.COPY,
            copy.path,
            (Fate.SHRED if of_key else Fate.WIPE) if goes else Fate.LEAVE,
            Ground.COPY if goes else Ground.EXCEPTION,
            " ".join(reason.value for reason in copy.reasons),
            "",
            max((record.tier for record, _ in of), key=lambda tier: tier.rank, default=Tier.CORE),
            of[0][0].category if of else "secret.key",
            max((record.people for record, _ in of), default=0),
            copy.stamp,
            copy.sha256,
        )
