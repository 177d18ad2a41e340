"""Databases: what a server keeps of rows besides their table, and a last look at rows that stay or went."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from app.domain.canonical import handle
from app.domain.copies import Copy, Disposal
from app.domain.event import CopyFound, Settled
from app.domain.fate import Fate
from app.domain.fault import Refused
from app.domain.item import PlanItem
from app.domain.outcome import AnyOutcome, Evidence, Fact, KeepOutcome, Outcome, Reason
from app.domain.record import Record, Rows, Stamp
from app.domain.step import Step
from app.system.databases.address import is_address
from app.system.databases.door import Door
from app.system.databases.rows import Bound, standing
from app.system.databases.server import server_for
from app.system.databases.snapshot import begin_looking, digest_of_all, schema_of_all
from app.system.databases.tables import tables_of

_NOWHERE: Final = Stamp(0, 0, 0, 0, 0, 0)
_KEPT: Final = {Fate.FREEZE: KeepOutcome.FROZEN, Fate.LEAVE: KeepOutcome.LEFT}
Kept = Callable[[str], Iterator[Bound]]
Ended = Mapping[str, tuple[AnyOutcome, Evidence]]


def find_server_copies(
    doomed: Iterable[Record], doors: Mapping[str, Door], *, key: bytes
) -> Iterator[CopyFound]:
    """Give as exceptions what each server says it has besides its tables: binary logs, archives, replicas.

    Nobody can take single rows out of these. Its own log and dumps that anybody made are
    named with every outcome and on the certificate.

    Raises:
        Refused: when a server does not let us in.
    """
    of: dict[str, list[str]] = defaultdict(list)
    for record in doomed:
        of[record.location].append(record.id)
    for location, ids in of.items():
        door = doors.get(location)
        if door is None:
            continue
        with door.opened() as connection:
            found = server_for(door.address.make).copies(connection)
        for reason, name in found:
            path = f"{location}#{reason.value}/{name}"
            copy = handle(key, "c", path)
            yield CopyFound(
                Copy(copy, tuple(ids), path, "", _NOWHERE, "", Disposal.EXCEPTION, reasons=(reason,))
            )


def is_in_database(item: PlanItem) -> bool:
    """Whether an item is rows, or what a server has besides them, and no file."""
    return item.rows is not None or is_address(item.path)


def check_rows(
    items: Iterable[PlanItem], ended: Ended, doors: Mapping[str, Door], kept: Kept
) -> Iterator[Settled]:
    """Look once more: what stays is there as it was, what went has not come back.

    Rows that went and are there again, byte for byte, are settled as SURVIVES: somebody may have
    played a dump back. Who does not answer leaves what stays FAILED, for nobody has seen it.
    """
    for item in items:
        if item.fate in _KEPT and is_in_database(item):
            outcome, evidence = _look(item, doors, kept)
            yield Settled(Step.CERTIFY, item.id, item.subject, outcome, evidence)
        elif item.rows and item.fate.destroys:
            then, evidence = ended.get(item.id, (Outcome.FAILED, Evidence("")))
            if then is not Outcome.FAILED and _is_back(item, item.rows, doors, kept):
                limits = tuple(dict.fromkeys((*evidence.limits, Reason.COPIES_REMAIN)))
                again = replace(evidence, limits=limits)
                yield Settled(Step.CERTIFY, item.id, item.subject, Outcome.SURVIVES, again)


def _look(item: PlanItem, doors: Mapping[str, Door], kept: Kept) -> tuple[AnyOutcome, Evidence]:
    if item.rows is None:
        # A log, an archive, a replica: only the server's word says that it is there.
        return KeepOutcome.LEFT, Evidence("told", (Reason.DECLARED,))
    if not item.rows.digest:
        return _KEPT[item.fate], Evidence("told", (Reason.UNREADABLE,))
    same = _same(item, item.rows, doors, kept)
    if same is None:
        return Outcome.FAILED, Evidence("digest", (Reason.UNANSWERED,))
    if same != item.rows.count:
        return Outcome.FAILED, Evidence("digest", (Reason.CHANGED,))
    facts: tuple[Fact, ...] = (("rows", same),)
    return _KEPT[item.fate], Evidence("digest", (), facts)


def _is_back(item: PlanItem, rows: Rows, doors: Mapping[str, Door], kept: Kept) -> bool:
    return bool(rows.count and _same(item, rows, doors, kept))


def _same(item: PlanItem, rows: Rows, doors: Mapping[str, Door], kept: Kept) -> int | None:
    """How many of the rows are there as they were; None when nobody answers."""
    from sqlalchemy import exc

    door = doors.get(item.location)
    if door is None:
        return None
    make = door.address.make
    try:
        with door.opened() as opened:
            connection = begin_looking(opened, make)
            tables = tables_of(connection, make)
            if rows.whole:
                found = (schema_of_all(tables), *digest_of_all(connection, tables))
                return rows.count if found == (rows.schema, rows.digest, rows.count) else 0
            label = item.path[len(item.location) + 1 :]
            table = next((one for one in tables if one.label == label), None)
            return standing(connection, table, kept(item.id)) if table else 0
    except Refused:
        return 0 if rows.whole and item.fate.destroys else None
    except (exc.DBAPIError, OSError, EOFError):
        return None
