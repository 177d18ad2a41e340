"""Values that were found though their rows are gone: does a row that stays hold them?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from app.domain.fault import Refused
from app.steps.wipe.rows.delete import answering
from app.steps.wipe.rows.needles import Value
from app.steps.wipe.rows.scene import Scene
from app.steps.wipe.scene import Spared
from app.system.databases.tables import Table, tables_of

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_MOST: Final = 500
_AT_ONCE: Final = 20


def held_elsewhere(scene: Scene, values: Iterable[Value]) -> set[Value]:
    """The values among these that some row of the database still holds, alone or within a longer text."""
    left = sorted(filter(_can_be_asked, values), key=repr)[:_MOST]
    found: set[Value] = set()
    try:
        with scene.door.opened() as connection, answering():
            for table in tables_of(connection, scene.make):
                found |= _in_table(connection, table, [one for one in left if one not in found])
    except (Spared, Refused):
        # Nobody answers: then nothing is said to be held by a row that stays.
        return set()
    return found


def _in_table(connection: Connection, table: Table, values: list[Value]) -> set[Value]:
    from sqlalchemy import Text, cast, or_, select

    clause = table.clause()
    columns = [cast(clause.c[name], Text) for name in table.columns]
    found: set[Value] = set()
    for start in range(0, len(values), _AT_ONCE):
        texts = {_text(one): one for one in values[start : start + _AT_ONCE]}
        for column in columns:
            query = select(column).where(or_(*(column.contains(text, autoescape=True) for text in texts)))
            for (cell,) in connection.execute(query.limit(_MOST)):
                found |= {value for text, value in texts.items() if text in str(cell)}
    return found


def _can_be_asked(value: Value) -> bool:
    """Whether a database can be asked for it: not for text that is none."""
    return (
        not isinstance(value, str) or value.isascii() or not any("\ud800" <= it <= "\udfff" for it in value)
    )


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
