"""Databases of a case: declared in the case file, looked through, and what goes of them deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from app.domain.case import Case, Database, Location
from app.domain.event import CopyFound, Event, Located, RowsSeen
from app.domain.fate import Decision
from app.domain.fault import Fault, Refused
from app.domain.limit import Limit, LimitKind
from app.domain.plan import Plan
from app.domain.record import Record
from app.flow.asked_as import asked_as
from app.flow.desk import Desk, Passphrase
from app.flow.toml_check import Form, Key, Source
from app.identity import SignedPlan
from app.steps.confirm import check_rows, find_server_copies, is_in_database
from app.steps.confirm.ended import Ended
from app.system.databases.address import Make, address_of
from app.system.databases.door import Door
from app.system.databases.sqlite import files_of

LOCATION: Final[Form] = {
    "path": Key(str),
    "url": Key(str),
    "password_env": Key(str),
    "customers": Key(str),
    "whole": Key(bool),
}


Existing = Callable[[str, int, str, str], Path]
"""Makes an absolute path of what stands under a key of a table, and refuses what is not there."""


def places_in(source: Source, existing: Existing) -> Callable[[dict[str, Any], int], Location | Database]:
    """Give what reads the tables `[[location]]` of one case file, as `place_of`."""
    return lambda one, index: place_of(one, index, source, existing)


def place_of(one: dict[str, Any], index: int, source: Source, existing: Existing) -> Location | Database:
    """Read a `[[location]]`, which is a path or a database.

    Raises:
        Refused: with the file and the line, when it has both path and url or neither, or its address is none.
    """
    if "path" in one and len(one) == 1:
        return Location(existing("location", index, "path", one["path"]))
    if "path" in one or "url" not in one:
        raise source.refuse(Fault.CASE_FILE_WRONG_VALUE, "location", index, "url", "path = … | url = …")
    try:
        return database_of(
            one["url"],
            below=source.path.absolute().parent,
            password_env=one.get("password_env", ""),
            customers=existing("location", index, "customers", one["customers"])
            if "customers" in one
            else None,
            whole=one.get("whole", False),
        )
    except Refused as refused:
        if refused.fault is not Fault.DATABASE_ADDRESS:
            raise
        key = "whole" if refused.subject == "whole" else "url"
        fault = Fault.CASE_FILE_WRONG_VALUE
        raise source.refuse(fault, "location", index, key, refused.detail) from refused


def parted(
    places: Iterable[Location | Database],
) -> tuple[tuple[Location, ...], tuple[Database, ...]]:
    """Give the folders and files apart from the databases."""
    every = tuple(places)
    return (
        tuple(one for one in every if isinstance(one, Location)),
        tuple(one for one in every if isinstance(one, Database)),
    )


def database_of(
    url: str,
    *,
    below: Path | None = None,
    password_env: str = "",
    customers: Path | None = None,
    whole: bool = False,
) -> Database:
    """Make the declaration of a database from what a person typed; nothing is connected to.

    The window adds it to a case with `flow.declare(replace(case, databases=(*case.databases, it)))`.

    Raises:
        Refused: DATABASE_ADDRESS, also for a list of customers beside `whole`, and for an SQLite file
            as a whole, which is a location with a path.
    """
    address = address_of(url, below)
    if whole and customers:
        raise Refused(Fault.DATABASE_ADDRESS, "whole", "false")
    if whole and address.make not in (Make.POSTGRESQL, Make.MYSQL):
        instead = f'path = "{address.file}"' if address.file else "false"
        raise Refused(Fault.DATABASE_ADDRESS, "whole", instead)
    return Database(address.url, password_env, customers, whole)


def doors(case: Case, passphrase: Passphrase) -> dict[str, Door]:
    """How each declared database is entered, by its address as records spell it."""
    made = {}
    for one in case.databases:
        address = address_of(one.url)
        # Nobody lets us in to a file, so there is nothing to ask for.
        asked = one.password_env or address.file is None
        password = passphrase(asked_as(one), one.password_env) if asked else ""
        made[address.plain] = Door(address, password)
    return made


def files_in_use(case: Case) -> tuple[Path, ...]:
    """Files that are databases of the case: they are looked into as such, not as files."""
    files = (address_of(one.url).file for one in case.databases)
    return tuple(path for file in files if file for path in files_of(file))


def looking(desk: Desk, passphrase: Passphrase, subject: str = "") -> Iterator[Event]:
    """Look through every database of the case; the keys of the rows that go are in the register.

    `subject` is looked for besides, where a list of customers says which rows go in those rows alone.
    """
    from app.steps.locate.databases import locate_database

    ways = doors(desk.case, passphrase)
    for database in desk.case.databases:
        door = ways[address_of(database.url).plain]
        seen: set[str] = set()
        patterns = desk.case.looking.patterns
        for event in locate_database(
            database, key=desk.keys.handles, password=door.password, subject=subject, patterns=patterns
        ):
            if isinstance(event, RowsSeen):
                if event.record not in seen:
                    # Declared twice, a database is looked through twice; the last look counts.
                    desk.register.forget_rows(event.record)
                desk.register.add_rows(event.record, event.rows)
                seen.add(event.record)
                continue
            if isinstance(event, Located):
                kept = {event.record.id} if event.record else set()
                for record in seen - kept:
                    desk.register.forget_rows(record)
                seen.clear()
            yield event


def deleting(desk: Desk, plan: SignedPlan, passphrase: Passphrase) -> Iterator[Event]:
    """Delete the rows that the plan wipes."""
    from app.steps.wipe.rows import wipe_rows

    if not any(item.rows for item in plan.plan.items):
        return
    yield from wipe_rows(
        plan,
        rows=desk.register.rows_of,
        doors=doors(desk.case, passphrase),
        stages=desk.state.stages,
        noted=desk.state.noted,
    )


def hunting(
    desk: Desk, decided: Iterable[tuple[Record, Decision]], passphrase: Passphrase
) -> Iterator[CopyFound]:
    """Ask the servers what they have of the rows that go besides their tables."""
    doomed = [record for record, one in decided if record.rows and one.fate.destroys]
    if doomed:
        yield from find_server_copies(doomed, doors(desk.case, passphrase), key=desk.keys.handles)


def looking_again(desk: Desk, plan: Plan, ended: Ended, passphrase: Passphrase) -> Iterator[Event]:
    """See once more what stays or went in databases, before it is certified."""
    if any(is_in_database(item) for item in plan.items):
        yield from check_rows(plan.items, ended, doors(desk.case, passphrase), desk.register.rows_of)


def beyond_of(case: Case) -> Iterator[Limit]:
    """What no deletion in a database reaches: dumps that anybody made of it."""
    for one in case.databases:
        yield Limit(LimitKind.DATABASE_DUMP, address_of(one.url).plain, seen=False)
