"""What a named person says of a key: asked for in the case file and in the window, because nobody can see it.

NIST SP 800-88 Rev. 1, 2.6.1 and 2.6.3: whether the data ever lay in clear, whether somebody else can
give the key back, and for how long what it encrypts has to stay closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from app.domain.conditions import ClearBefore, Condition, Escrow, KeyWord, Standing, standings
from app.domain.fault import Fault
from app.domain.plan import Subject
from app.flow.state import Result
from app.flow.toml_check import Form, Key, Source

FORM: Final[Form] = {
    "clear_before": Key(str, choices=tuple(one.value for one in ClearBefore)),
    "escrow": Key(str, choices=tuple(one.value for one in Escrow)),
    "secret_until": Key(date),
    "declared_by": Key(str),
}
"""What may stand in `[[key]]` beside the key itself."""


def read_word(source: Source, one: Mapping[str, Any], index: int) -> KeyWord:
    """Read the answers of one `[[key]]`.

    Raises:
        Refused: for an answer in nobody's name, or a name without an answer.
    """
    by = str(one.get("declared_by", "")).strip()
    word = KeyWord(
        by,
        ClearBefore(one.get("clear_before", ClearBefore.UNKNOWN.value)),
        Escrow(one.get("escrow", Escrow.UNKNOWN.value)),
        one.get("secret_until"),
    )
    if (word == KeyWord(by)) == bool(by):
        detail = "declared_by, with clear_before, escrow or secret_until"
        raise source.refuse(Fault.CASE_FILE_MISSING_KEY, "key", index, "declared_by", detail)
    return word


def word_toml(word: KeyWord) -> dict[str, object]:
    """Write the answers as the case file has them."""
    if not word.by:
        return {}
    return {
        "clear_before": word.clear_before.value,
        "escrow": word.escrow.value,
        "secret_until": word.secret_until,
        "declared_by": word.by,
    }


def key_standings(results: Iterable[Result]) -> dict[str, dict[Condition, Standing]]:
    """How far each condition of each key holds that was destroyed, by its id, as the journal has it."""
    told = {one.id: standings(one.evidence) for one in results if one.subject is Subject.KEY}
    return {item: conditions for item, conditions in told.items() if conditions}
