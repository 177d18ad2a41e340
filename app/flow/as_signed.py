"""What becomes of each copy as two people signed it, whatever the register says of it by now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from app.domain.case import Backup
from app.domain.copies import Copy, Disposal
from app.domain.plan import Plan, PlanItem, Subject
from app.steps.confirm.repositories.finding import INSIDE
from app.steps.confirm.repositories.work import by_path

_SAYS: Final = "disposal."


def as_signed(plan: Plan, copies: Mapping[str, Copy], backups: Sequence[Backup]) -> dict[str, Copy]:
    """Give the copies of the register, those of the plan with the disposal and the date that were signed.

    What the plan lets stay in a repository is known to be there even if the register has forgotten it:
    what holds it does not go as a whole. What is to go is not made up: nobody knows how to find it.
    An archive that was to be written anew and is not any more is left as it is told now, so that
    nothing happens to it.
    """
    found, stores = dict(copies), by_path(backups)
    for item in plan.items:
        if item.subject is not Subject.COPY:
            continue
        disposal, until = _signed(item)
        if (known := found.get(item.id)) and disposal is not Disposal.REWRITE:
            found[item.id] = replace(known, disposal=disposal, until=until)
        if not item.fate.destroys and (store := _store_of(item, stores)):
            told = found.get(item.id) or Copy(item.id, (), item.path, "", item.stamp, item.sha256, disposal)
            found[item.id] = replace(told, repository=store, until=until)
    return found


def _signed(item: PlanItem) -> tuple[Disposal, date | None]:
    """What the rule of an item says, as `planning` wrote it: a disposal that is named there, and a date."""
    words = item.rule.split(" ")
    until = next((date.fromisoformat(one) for one in words if one[:1].isdigit()), None)
    if words[0].startswith(_SAYS):
        return Disposal(words[0].removeprefix(_SAYS)), until
    return Disposal.WIPE if item.fate.destroys else Disposal.EXCEPTION, until


def _store_of(item: PlanItem, stores: Mapping[str, Backup]) -> str:
    """The declared repository that an item lies in, if any."""
    inside = (path for path in stores if item.path.startswith(f"{path}{INSIDE}"))
    return max(inside, key=len, default="")
