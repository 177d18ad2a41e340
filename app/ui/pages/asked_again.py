"""What is said of a key or copy with a date that was asked for again, and of the addendum on it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.domain.outcome import CopyOutcome, KeyOutcome, Reason
from app.ui import words
from app.ui.words import translate

if TYPE_CHECKING:
    from app.flow.pending import Addendum, AskedAgain

_WAITING: Final = (KeyOutcome.SCHEDULED, CopyOutcome.EXPIRES, CopyOutcome.LOCKED)
_LINES: Final = 8


def asked_told(asked: Sequence[AskedAgain], addenda: Sequence[Addendum], case: Path) -> str:
    """One line for each, the addenda last; of many only the first, and how many more there are."""
    lines = [_asked(one, case) for one in asked[:_LINES]]
    if len(asked) > _LINES:
        more = translate("AskedAgain", "{n} more were asked for; the addendum lists what changed.")
        lines.append(more.format(n=words.count(len(asked) - _LINES)))
    return "\n".join([*lines, *map(_added, addenda)])


def _asked(one: AskedAgain, case: Path) -> str:
    from app.flow.papers import EVIDENCE
    from app.flow.pending import COPIES

    if one.reason is Reason.AWAITS_EVIDENCE:
        said = translate(
            "AskedAgain",
            "{what}: {until} is past and nobody can be asked. Lay a document on it, named {id}, in {folder}.",
        )
    elif one.reason:
        said = translate("AskedAgain", "{what}: nothing could be learnt ({why}).")
    elif one.outcome in _WAITING:
        said = translate("AskedAgain", "{what}: its date, {until}, has not passed. Ask again after that.")
    else:
        said = translate("AskedAgain", "{what}: {outcome}")
    return said.format(
        what=f"{words.say(one.subject)} {one.id}",
        id=one.id,
        until=one.until[:10],
        folder=case / EVIDENCE / COPIES,
        why=words.say(one.reason) if one.reason else "",
        outcome=words.say(one.outcome) if one.outcome else "",
    )


def _added(one: Addendum) -> str:
    if one.awaits:
        return translate(
            "AskedAgain",
            "Addendum: {path}. {folder} could not take it; ask again once it is there, with the certificate.",
        ).format(path=one.manifest.with_suffix(".pdf"), folder=one.awaits)
    return translate("AskedAgain", "Addendum, signed by both: {path}").format(
        path=one.manifest.with_suffix(".pdf")
    )
