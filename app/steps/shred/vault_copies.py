"""The hunt for copies of Lethe's own slot and of its file of keys, and what they do to its verdict."""

from __future__ import annotations

import os
from collections.abc import Generator
from dataclasses import dataclass
from typing import Final

from app.domain.event import Progressed
from app.domain.outcome import Evidence, Fact, KeyOutcome, Reason
from app.steps.shred.act import DOUBTFUL
from app.steps.shred.hunt import NOTHING, Grounds, Hunted, Quarry, hunt
from app.steps.shred.kinds.contract import Rewrap
from app.steps.shred.needles import needles_of
from app.steps.shred.progress import progress_of
from app.steps.shred.rewraps import Telling, Wraps
from app.steps.shred.verdict import COPIES, COPIES_AT, graded, reconsidered
from app.vault import MAGIC, SLOT, Vault, numbers_in, prints_of


@dataclass(frozen=True, slots=True)
class CopiesSeen:
    """What a hunt for copies of the vault saw, as evidence keeps it: no paths, and ids for them."""

    limits: tuple[Reason, ...]
    facts: tuple[Fact, ...]


NOT_LOOKED: Final = CopiesSeen((Reason.PLACES_UNSEEN,), ())
"""Nobody looked for copies, or what was seen is not known any more."""


def vault_copies(vault: Vault, grounds: Grounds) -> Generator[Progressed, None, Hunted]:
    """Find copies of `key.slot` and of the file of keys, of whatever generation, in all these places.

    A slot that an older Lethe wrote has no number: unless its secret is the present one, nothing
    tells whose it is, and it is doubtful.
    """
    slot, number = vault.folder / SLOT, vault.number
    told = os.stat(slot)

    def tell(data: bytes) -> Telling:
        yield from ()
        # A needle knows our own number; what has another is another vault's.
        return Rewrap.NO if all(any(one) for one in numbers_in(data)) else Rewrap.MAYBE

    needles = needles_of((number, *prints_of(slot)))
    quarry = Quarry(SLOT, str(slot), (told.st_dev, told.st_ino), needles, Wraps((MAGIC,), tell))
    found = yield from progress_of(hunt([quarry], grounds))
    return found.get(SLOT, NOTHING)


def seen_of(hunted: Hunted) -> CopiesSeen:
    """What evidence keeps of a hunt."""
    told = {
        Reason.COPIES_REMAIN: hunted.found,
        Reason.COPY_DOUBTFUL: hunted.doubtful,
        Reason.PLACES_UNSEEN: hunted.blind,
    }
    facts: tuple[Fact, ...] = (
        ("copies_searched", hunted.searched),
        (COPIES, len({one.path for one in hunted.found})),
        ("places_unseen", len(hunted.blind)),
        (DOUBTFUL, len({one.path for one in hunted.doubtful})),
    )
    if named := tuple(dict.fromkeys(one.id for one in (*hunted.found, *hunted.doubtful))):
        facts += ((COPIES_AT, " ".join(named)),)
    return CopiesSeen(tuple(reason for reason, seen in told.items() if seen), facts)


def with_copies(ended: Evidence, seen: CopiesSeen) -> tuple[KeyOutcome, Evidence]:
    """Grade the vault's end once more, knowing what copies there are of it."""
    more = reconsidered(ended, seen.limits, seen.facts)
    return graded(more), more
