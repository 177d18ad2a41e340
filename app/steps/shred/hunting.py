"""The hunt for the copies of all keys that are about to be destroyed, before the first of them is touched."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import suppress

from app.domain.copies import Copy, Disposal
from app.domain.event import CopyFound, Progressed
from app.domain.outcome import Reason
from app.steps.shred.act import Act
from app.steps.shred.hunt import NOTHING, Grounds, Sighting, doubts, hunt
from app.steps.shred.inspection import stamp_of
from app.steps.shred.progress import progress_of
from app.steps.shred.rewraps import Trials

Told = Generator[Progressed | CopyFound, None, None]


def hunt_for(acts: Sequence[Act], grounds: Grounds, planned: frozenset[str]) -> Told:
    """Make the acts ready and find the copies of their keys; tells those that no item of the plan names.

    `planned` are the paths of what the plan shreds.
    """
    trials = Trials(grounds.with_own(act.doomed.passphrase for act in acts))
    quarries = [quarry for act in acts if (quarry := act.prepare(trials))]
    found = yield from progress_of(hunt(quarries, grounds))
    for act in acts:
        act.planned = planned
        act.hunted = found.get(act.doomed.item.id, NOTHING)
    late = {item: [one for one in hunted.found if one.path not in planned] for item, hunted in found.items()}
    doubtful = {item: doubts(hunted, planned) for item, hunted in found.items()}
    for finds, reason in ((late, Reason.FOUND_LATE), (doubtful, Reason.COPY_DOUBTFUL)):
        fresh = (copy for copy in copies_of(finds, reason) if copy.id not in grounds.told)
        yield from map(CopyFound, fresh)


def copies_of(found: Mapping[str, Sequence[Sighting]], reason: Reason) -> Iterator[Copy]:
    """What the register keeps of what was found, one a file or repository; none of it is destroyed."""
    of: defaultdict[Sighting, list[str]] = defaultdict(list)
    for item, sightings in found.items():
        for one in {one.path: one for one in sightings}.values():
            of[one].append(item)
    for one, items in of.items():
        with suppress(OSError):
            stamp = stamp_of(os.lstat(one.path))
            yield Copy(
                one.id, tuple(sorted(items)), one.path, one.member, stamp, "", Disposal.EXCEPTION, (reason,)
            )
