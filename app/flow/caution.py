"""What is told before an act although nothing forbids it: a hold without effect, a key that stays shut."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from app.domain.case import Case, HoldRule, KeySource
from app.domain.fault import Refused
from app.domain.key import Key
from app.domain.record import Record
from app.flow.desk import Passphrase, resolved, today
from app.flow.keeping import as_record, at_its_place
from app.steps.decide.match import covered_by_hold, relative
from app.steps.shred.inspection import UNKNOWN, inspect

if TYPE_CHECKING:
    from app.flow.flow import Flow


def idle_holds(flow: Flow) -> tuple[HoldRule, ...]:
    """Give the holds of the case that speak of nothing that was found; often a path that is mistyped.

    Records count, and once they are known keys and copies. A hold that has run out is not
    told: it is meant to have no effect.
    """
    left = {
        number: hold
        for number, hold in enumerate(resolved(flow.case.holds))
        if hold.until is None or hold.until >= today()
    }
    places = [os.path.realpath(one.path) for one in flow.case.locations]
    for record in _found(flow) if left else ():
        inner = relative(record.path, (record.location, *places))
        for number, hold in list(left.items()):
            if covered_by_hold(hold.match, record, inner):
                del left[number]
        if not left:
            break
    return tuple(flow.case.holds[number] for number in left)


def shut_keys(case: Case, passphrase: Passphrase) -> tuple[Path, ...]:
    """Give the declared keys that do not open with the passphrases at hand; one that is gone is not told.

    They are destroyed like the others, but that they open nothing any more can't be tried then.
    """

    def given(source: KeySource) -> str:
        return passphrase(source.path, source.passphrase_env)

    shut = []
    for source in case.keys:
        with suppress(Refused):
            shut += [source.path for key in inspect([source], key=b"", passphrase=given) if _is_shut(key)]
    return tuple(shut)


def _is_shut(key: Key) -> bool:
    return key.algorithm.startswith(UNKNOWN)


def _found(flow: Flow) -> Iterator[Record]:
    rows = flow.rows()
    for row in rows:
        yield row.record
    yield from map(as_record, flow.keys())
    known = {row.record.id: row.record for row in rows}
    for copy in flow.copies():
        yield from at_its_place(copy, known)
