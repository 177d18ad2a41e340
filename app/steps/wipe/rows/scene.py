"""What the deletion of one item is done with, and what was seen meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.domain.event import Noted, Settled
from app.domain.outcome import Evidence, Fact, Outcome, Reason
from app.domain.plan import PlanItem
from app.domain.record import Rows
from app.domain.step import Step
from app.steps.wipe.rows.needles import Needles
from app.steps.wipe.rows.recheck import Kept
from app.steps.wipe.scene import Spared
from app.system.databases.address import Make
from app.system.databases.door import Door
from app.system.databases.server import Server, server_for

METHOD = "delete-rows"
"""DELETE by primary key in one transaction that compared every row, then the space was reclaimed."""
DROPPED = "drop-database"
UNTOUCHED = "untouched"
PREPARING = "preparing"
DELETING = "deleting"
DELETED = "deleted"

_NOT_GOOD = (Outcome.REMOVED, Outcome.SURVIVES)


@dataclass(frozen=True, slots=True)
class Scene:
    """How the rows of one item are reached, and which they are."""

    item: PlanItem
    rows: Rows
    door: Door
    kept: Kept
    server: Server

    @classmethod
    def of(cls, item: PlanItem, rows: Rows, doors: Mapping[str, Door], kept: Kept) -> Scene | None:
        """Make it; None when no database of that address is declared any more."""
        door = doors.get(item.location)
        return cls(item, rows, door, kept, server_for(door.address.make)) if door else None

    @property
    def make(self) -> Make:
        """Whose database it is."""
        return self.door.address.make


@dataclass(slots=True)
class Sight:
    """What was seen of an item so far."""

    needles: Needles = field(default_factory=Needles)
    hits_before: int | None = None
    """Values that the files held before; None when they could not be read."""
    added: bool = False
    seen_commit: bool = True
    facts: list[Fact] = field(default_factory=list)


def noted(scene: Scene, what: str, *facts: Fact) -> Noted:
    """Say how far an item came."""
    told = (("make", scene.make.value), ("rows", scene.rows.count), *facts)
    return Noted(Step.WIPE, (scene.item.id,), what, Evidence(METHOD, (), told))


def must(done: bool, reason: Reason) -> None:
    """Go on only when something is so.

    Raises:
        Spared: with the reason, when it is not.
    """
    if not done:
        raise Spared(reason)


def ended(scene: Scene, sight: Sight, outcome: Outcome, limits: list[Reason]) -> Settled:
    """Say how an item ended whose rows were deleted."""
    first = [] if sight.seen_commit else [Reason.COMMIT_NOT_SEEN]
    if sight.added:
        first.append(Reason.ROWS_ADDED)
    facts = (("make", scene.make.value), ("rows", scene.rows.count), *sight.facts)
    return settled(scene.item, outcome, METHOD, (*first, *limits), facts)


def settled(
    item: PlanItem, outcome: Outcome, method: str, limits: tuple[Reason, ...], facts: tuple[Fact, ...] = ()
) -> Settled:
    """Say how an item ended."""
    evidence = Evidence(method, tuple(dict.fromkeys(limits)), facts)
    return Settled(Step.WIPE, item.id, item.subject, outcome, evidence)


def failed(item: PlanItem, reason: Reason, code: str = "") -> Settled:
    """Say why nothing of an item was deleted; `code` is the database's own word for it."""
    return settled(item, Outcome.FAILED, UNTOUCHED, (reason,), (("code", code),) if code else ())
