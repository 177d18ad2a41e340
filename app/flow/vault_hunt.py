"""Copies of the case's own slot and keys: hunted where those of declared keys are, and told of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from app.domain.copies import Searched
from app.domain.event import Progressed
from app.domain.outcome import Evidence, KeyOutcome, Reason
from app.domain.step import Step
from app.flow.around import Around
from app.flow.asking import of_step, shown_as, silent_among, silent_inside
from app.flow.desk import Desk, Passphrase
from app.flow.hunting import grounds_of
from app.flow.late_searches import tell_late
from app.register.codec import build, plain
from app.steps.confirm.repositories.work import PATIENCE
from app.steps.shred.doomed import reason_of
from app.steps.shred.hunt import NOTHING, Blind, Grounds, Hunted
from app.steps.shred.vault_copies import NOT_LOOKED, CopiesSeen, seen_of, vault_copies, with_copies
from app.system.drawing import SilentError, drawn
from app.system.paths import lies_in
from app.vault import SLOT, Vault

_FACT: Final = "vault_copies"
_GRACE: Final = 2.0
"""Seconds in which a hunt that is broken off closes what it has open."""


def hunting_vault(
    desk: Desk,
    vault: Vault,
    passphrase: Passphrase,
    patience: float = PATIENCE,
    destroyed: Collection[str] = (),
) -> Iterator[Progressed]:
    """Hunt before the account is made, which says where copies lie; what was seen waits for the end.

    A place that is gone counts as one that could not be looked into, but for those that were
    `destroyed`, as an archive is that held nothing else: there is nothing of them to look into.
    """
    hunted = yield from of_step(Step.CERTIFY, _hunt(desk, vault, passphrase, patience))
    blind = (one for one in hunted.blind if one.reason is not Reason.GONE or one.path not in destroyed)
    hunted = replace(hunted, blind=tuple(blind))
    late = [
        Searched(_place(desk, path), 0, 0, 1, (reason,))
        for found, reason in ((hunted.found, Reason.FOUND_LATE), (hunted.doubtful, Reason.COPY_DOUBTFUL))
        for path in dict.fromkeys(one.path for one in found)
    ]
    tell_late(desk.register, late)
    desk.register.set_fact(_FACT, plain(seen_of(hunted)))


def seen_before(desk: Desk | None) -> Evidence:
    """What that hunt saw; that nobody looked, where the register is gone or knows of none."""
    told = desk.register.fact(_FACT) if desk else None
    seen = build(CopiesSeen, told) if told else NOT_LOOKED
    return Evidence("hunted", seen.limits, seen.facts)


def graded_with(outcome: KeyOutcome, evidence: Evidence, seen: Evidence) -> tuple[KeyOutcome, Evidence]:
    """Lower the verdict on the slot by the copies there are; what failed stays so."""
    more = with_copies(evidence, CopiesSeen(seen.limits, seen.facts))
    return (outcome, evidence) if outcome is KeyOutcome.FAILED else more


def hunted_now(
    desk: Desk, vault: Vault, passphrase: Passphrase, told: Callable[[Progressed], None]
) -> Hunted:
    """Hunt at once, and tell how far it has come."""
    hunt = _hunt(desk, vault, passphrase)
    while True:
        try:
            told(next(hunt))
        except StopIteration as end:
            found: Hunted = end.value
            return found


def _hunt(
    desk: Desk, vault: Vault, passphrase: Passphrase, patience: float = PATIENCE
) -> Generator[Progressed, None, Hunted]:
    """Hunt place by place, each in a thread of its own; what falls silent was not looked into."""
    grounds, hunted = (yield from grounds_of(desk, passphrase, Step.CERTIFY)), NOTHING
    silent = yield from silent_among(Step.CERTIFY, (*grounds.places, *grounds.passed_over))
    # To ask where they lead would hold up the hunt in every other place.
    grounds = replace(grounds, passed_over=tuple(one for one in grounds.passed_over if one not in silent))
    for name, part in _parts(str(vault.folder), grounds):
        if name in silent:
            hunted = _joined(hunted, _unseen(name, Reason.DISK_SILENT))
            continue
        try:
            found = yield from _in_part(vault, name, part, patience)
        except OSError as error:
            # The slot is not to be read any more: nobody knows what a copy of it looks like.
            return _unseen(str(vault.folder / SLOT), reason_of(error))
        hunted = _joined(hunted, found)
    return hunted


def _parts(own: str, grounds: Grounds) -> Iterator[tuple[str, Grounds]]:
    """The vault's own folder, each place that lies in no other one, and each repository."""
    yield own, replace(grounds, places=(), repositories=())
    for place in dict.fromkeys(grounds.places):
        if not any(place != other and lies_in(place, other) for other in grounds.places):
            yield place, replace(grounds, places=(place,), repositories=())
    for one in grounds.repositories:
        yield one.path, replace(grounds, places=(), repositories=(one,))


def _in_part(vault: Vault, name: str, part: Grounds, patience: float) -> Generator[Progressed, None, Hunted]:
    """Hunt in one part but for the silent disks in it: those that are so now, or fall so meanwhile."""
    silent = yield from silent_inside(Step.CERTIFY, part.places)
    while True:
        apart = drawn(_around(vault, part, silent), grace=_GRACE, patience=patience)
        try:
            return (
                yield from shown_as(lambda one: one or Progressed(Step.CERTIFY, 0, 0, "files", name), apart)
            )
        except SilentError:
            more = yield from silent_inside(Step.CERTIFY, part.places)
            if more <= silent:
                return _unseen(name, Reason.DISK_SILENT)
            silent |= more


def _around(vault: Vault, part: Grounds, silent: Collection[str]) -> Generator[Progressed, None, Hunted]:
    around = Around()
    for place in part.places:
        around.take(place, silent)
    found = yield from vault_copies(vault, replace(part, places=tuple(around.pieces)))
    return _joined(found, Hunted(blind=tuple(around.blind)))


def _unseen(name: str, reason: Reason) -> Hunted:
    return Hunted(blind=(Blind(name, "", reason),))


def _joined(one: Hunted, other: Hunted) -> Hunted:
    return Hunted(
        one.searched + other.searched,
        tuple(dict.fromkeys((*one.found, *other.found))),
        tuple(dict.fromkeys((*one.blind, *other.blind))),
        tuple(dict.fromkeys((*one.doubtful, *other.doubtful))),
    )


def _place(desk: Desk, path: str) -> str:
    """The declared backup that it lies in, or else its folder."""
    backups = (str(one.path) for one in desk.case.backups)
    inside = (one for one in backups if lies_in(path, one))
    return next(inside, str(Path(path).parent))
