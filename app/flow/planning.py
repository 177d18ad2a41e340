"""From decisions, keys and copies to the one list that is signed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from os.path import realpath
from typing import Final

from app.domain.case import Case
from app.domain.copies import Copy, Disposal
from app.domain.fate import Decision, Fate, Ground
from app.domain.item import PlanItem, Subject
from app.domain.key import Key
from app.domain.plan import Plan
from app.domain.record import Record, Tier
from app.flow.keeping import held_keys
from app.register import Register, Row
from app.steps.decide import Terms

KEY_COPIES: Final = "key_copies"
"""The fact that tells, by their paths, the files that are a key once more, and the key's id."""


def draw_plan(case: Case, made_at: str, register: Register, terms: Terms) -> Plan:
    """Freeze the list in the register: each path stands in it once, as a key before a record before a copy.

    A key whose file is a held or retained record is not shredded: the record stands in
    its place. Where that file goes by another name, or a hold of `terms` speaks of the
    key itself, the key is frozen. A record that holds a key's very bytes is a copy of
    that key. A copy that would be destroyed although the file is kept is left, for what
    is decided of a file itself beats what is found of its bytes.

    Raises:
        Refused: PLAN_PROTECTED, should anything protected have come to a fate that destroys.
    """
    blank = Plan(case.number, made_at, terms.pack.label, case.profile, (), case.wiping)
    return register.draw_plan(blank, _items(register, terms))


def _items(register: Register, terms: Terms) -> Iterator[PlanItem]:
    keys = register.declared_keys()
    spelled = {path for key in keys for path in (key.path, realpath(key.path))}
    kept = {one.path for one, fate in _decided(register) if fate.protected and one.path in spelled}
    held = held_keys(keys, _decided(register), terms)
    gone = set()
    for key in keys:
        if key.path not in gone and not {key.path, realpath(key.path)} & kept:
            gone.add(realpath(key.path))
            yield _key_item(key, held.get(key.id))
    wrapped = dict(register.fact(KEY_COPIES) or ())
    # A copy with a key's very bytes goes with the key, also where that is among the records.
    digests = {key.sha256 for key in keys if key.id not in held}
    for record, decision in _decided(register):
        if record.path not in gone:
            yield _record_item(record, _with_its_key(decision) if record.path in wrapped else decision)
    for copy in register.copies():
        if copy.path not in gone:
            item = _copy_item(copy, [row for one in copy.of if (row := register.find(one)) and row.decision])
            with_key = item.fate is Fate.WIPE and item.sha256 in digests
            yield replace(item, fate=Fate.SHRED) if with_key else item


def _with_its_key(decision: Decision) -> Decision:
    """What is a key and nothing else goes before the key is settled, and not only in the wipe after it."""
    if decision.fate is not Fate.WIPE:
        return decision
    return replace(decision, fate=Fate.SHRED, ground=Ground.KEY, rule="key")


def _decided(register: Register) -> Iterator[tuple[Record, Decision]]:
    return ((row.record, row.decision) for row in register.rows() if row.decision)


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
        record.rows,
    )


def _copy_item(copy: Copy, of: Sequence[Row]) -> PlanItem:
    goes = copy.disposal.goes
    records = [row.record for row in of]
    return PlanItem(
        copy.id,
        Subject.COPY,
        copy.path,
        _fate_of(copy, records) if goes else Fate.LEAVE,
        Ground.COPY if goes else Ground.EXCEPTION,
        " ".join(_why(copy)),
        "",
        max((record.tier for record in records), key=lambda tier: tier.rank, default=Tier.CORE),
        records[0].category if records else "" if copy.disposal.declared else "secret.key",
        max((record.people for record in records), default=0),
        copy.stamp,
        copy.sha256,
    )


def _fate_of(copy: Copy, records: Sequence[Record]) -> Fate:
    """What is done to a copy that goes: where it is a file of its own, what is done to a record or key."""
    if copy.disposal.acts:
        return Fate.EXPUNGE
    return Fate.WIPE if records else Fate.SHRED


def _why(copy: Copy) -> Iterator[str]:
    """What a copy's rule says: its disposal, the kind of trace if it was known by that, why it stays."""
    if copy.disposal.acts or copy.disposal.declared or copy.disposal is Disposal.REWRITE:
        yield f"disposal.{copy.disposal.value}"
    if copy.until:
        yield copy.until.isoformat()
    if copy.trace:
        yield f"trace.{copy.trace.value}"
    yield from (reason.value for reason in copy.reasons)
