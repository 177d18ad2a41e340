"""What stays although it is no record: keys and copies that a hold speaks of, and people's own keys."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from app.domain.case import Case
from app.domain.copies import Copy, Disposal
from app.domain.fate import Decision, Ground
from app.domain.fault import Fault, Refused
from app.domain.key import Key
from app.domain.outcome import Reason
from app.domain.record import Look, Record, Tier
from app.flow.services import is_called, refuse_own_tokens
from app.steps.decide import Terms, decide
from app.system.databases.address import address_of
from app.system.protected import is_data_volume, is_protected


def held_keys(
    keys: Iterable[Key], decided: Iterable[tuple[Record, Decision]], terms: Terms
) -> dict[str, Decision]:
    """Give what keeps a key, by its id: a hold on its place, or on a record that is the very same file."""
    keys = list(keys)
    nodes = {_node(key) for key in keys if not is_called(key)}
    kept = {_node(one): fate for one, fate in decided if fate.protected and _node(one) in nodes}
    found = {}
    for key in keys:
        decision = (None if is_called(key) else kept.get(_node(key))) or _hold(as_record(key), terms)
        if decision:
            found[key.id] = decision
    return found


def held_copy(copy: Copy, decided: Mapping[str, Record], terms: Terms) -> Copy:
    """Give the copy, as an exception when a hold speaks of the place where it lies."""
    if not any(_hold(one, terms) for one in at_its_place(copy, decided)):
        return copy
    reasons = tuple(dict.fromkeys((*copy.reasons, Reason.KEPT_RECORD)))
    return replace(copy, disposal=Disposal.EXCEPTION, reasons=reasons)


def at_its_place(copy: Copy, records: Mapping[str, Record]) -> list[Record]:
    """What a hold must speak of to keep a copy: each record that it is one of, where the copy lies."""
    originals = [records[one] for one in copy.of if one in records] or [as_record(copy)]
    return [replace(one, path=os.path.realpath(copy.path), location="") for one in originals]


def as_record(one: Key | Copy) -> Record:
    """What a hold must speak of to keep a key, or a copy of one."""
    path = os.path.realpath(one.path)
    return Record(one.id, path, "", one.stamp, one.sha256, Look.FOUND, Tier.CORE, "secret.key", 0)


def refuse_own_keys(case: Case, folder: Path) -> None:
    """Refuse to shred what the case itself needs: a key of its people or custodians, or of its folder.

    Raises:
        Refused: PROTECTED_PLACE with the path of the key.
    """
    people = [one.identity for one in case.people]
    custodians = [one.identity for one in case.custodians if one.identity]
    own = {data for path in (*people, *custodians) if (data := _bytes(path))}
    for key in case.keys:
        inside = Path(os.path.realpath(key.path)).is_relative_to(os.path.realpath(folder))
        if inside or _bytes(key.path) in own:
            raise Refused(Fault.PROTECTED_PLACE, str(key.path), "[[key]] path")
    refuse_own_tokens(case)


def refuse_protected(case: Case, folder: Path) -> None:
    """Refuse to look for records, copies or keys in what must not be destroyed: a system, a home, this case.

    Raises:
        Refused: PROTECTED_PLACE with the path and its table in the case file.
    """
    told = [("location", one.path) for one in case.locations]
    told += [("location", file) for one in case.databases if (file := address_of(one.url).file)]
    told += [("backup", one.path) for one in case.backups if not one.remote]
    told += [("key", one.path) for one in case.keys]
    own = (folder, os.path.realpath(folder))
    for table, path in told:
        real = os.path.realpath(path)
        if (is_protected(path, own) or is_protected(real, own)) and not is_data_volume(real):
            raise Refused(Fault.PROTECTED_PLACE, str(path), f"[[{table}]] path")


def _hold(record: Record, terms: Terms) -> Decision | None:
    decision = next(decide([record], terms))
    return decision if decision.ground is Ground.HOLD else None


def _node(one: Key | Record) -> tuple[int, int]:
    return one.stamp.device, one.stamp.inode


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""
