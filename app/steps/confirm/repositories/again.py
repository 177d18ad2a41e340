"""Look into the repositories once more, right before certifying.

What was taken out of them is still not there; what nobody knew of, a backup of last night, is found.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from app.domain.case import Backup
from app.domain.copies import Copy, Disposal, Searched
from app.domain.event import BackupSearched, Progressed, Settled
from app.domain.fate import Fate
from app.domain.outcome import AnyOutcome, CopyOutcome, Evidence, Outcome, Reason
from app.domain.plan import PlanItem
from app.domain.step import Step
from app.steps.confirm.repositories import KINDS
from app.steps.confirm.repositories.contract import Kind, Listing, Repository, Unusable
from app.steps.confirm.repositories.finding import searched_as
from app.steps.confirm.repositories.whereabouts import same_store
from app.steps.confirm.repositories.work import (
    PATIENCE,
    Passwords,
    at_work,
    by_path,
    told,
    understood,
)
from app.steps.confirm.wanted import Wanted

_GONE: Final = (CopyOutcome.EXPUNGED, Outcome.REMOVED)
_SHUT: Final = (CopyOutcome.KEY_SHREDDED, Outcome.RESIDUE_POSSIBLE)
"""How copies end that go with the key of their repository."""
_TAKEN_OUT: Final = (Disposal.EXPUNGE, Disposal.DISCARD)
_WITH_KEY: Final = (Disposal.KEY,)
_UNTOLD: Final = Outcome.RESIDUE_POSSIBLE
"""How such a copy ends where the key is there, and what it opens was not told."""
_OF_THE_LOOK: Final = (Reason.NOT_ASKED_AGAIN, Reason.OTHER_REPOSITORY)
_SEEN: Final = "absent_at"
"""The fact that tells when the absence was seen last, RFC 3339."""

_LOCKED_OUT: Final = (Reason.WRONG_PASSPHRASE, Reason.UNREADABLE, Reason.REPOSITORY_DAMAGED)
"""What a repository says of which the key is gone."""

Ended = Mapping[str, tuple[AnyOutcome, Evidence, str]]
"""How each item ended, by its id, and when."""


@dataclass(frozen=True, slots=True)
class Before:
    """What is known of the repositories: how items ended, the copies found, by what each path was known."""

    ended: Ended
    copies: Mapping[str, Copy]
    stores: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Last:
    """One repository that is looked at for the last time.

    `taken` are the items that were taken out of it, `shut` those that went with its key, `copies` all
    that was found in it before.
    """

    backup: Backup
    kind: Kind
    taken: tuple[PlanItem, ...]
    shut: tuple[PlanItem, ...]
    copies: Mapping[str, Copy]
    store: str

    @property
    def backup_name(self) -> str:
        """The path that copies in it name."""
        return str(self.backup.path)

    @property
    def items(self) -> tuple[PlanItem, ...]:
        """All that went, by whatever way."""
        return (*self.taken, *self.shut)

    def is_at(self, store: str) -> bool:
        """Whether a store is the one in which all of it was found."""
        return same_store((self.store, *(copy.store for copy in self.copies.values())), store)

    @property
    def marks(self) -> frozenset[str]:
        """The hashes that were recorded of what went."""
        return frozenset().union(*map(self.marks_of, self.items))

    def marks_of(self, item: PlanItem) -> frozenset[str]:
        """The hashes of one item."""
        return frozenset(self.copies[item.id].marks or (item.sha256,))


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a repository said: which of the recorded hashes are there, and what else was not known.

    `doubt` says why what it does not show was not seen to be absent. `unlisted` is said of the one that was
    searched before, when it opened and did not tell all that is in it.
    """

    left: frozenset[str]
    searched: Searched
    doubt: tuple[Reason, ...] = ()
    unlisted: bool = False


def look_again(
    items: Iterable[PlanItem],
    before: Before,
    *,
    backups: Sequence[Backup],
    wanted: Wanted,
    password: Passwords,
    is_shut: Callable[[str], bool],
    patience: float = PATIENCE,
) -> Iterator[Progressed | Settled | BackupSearched]:
    """Search every repository once more for all that goes, and for what was taken out of it; change nothing.

    What was taken out is settled as before where all its hashes are absent, and as SURVIVES where one is
    there again: a later backup, or somebody who laid an older state back. What went with the key of
    its repository SURVIVES, with KEY_STAYS, where that opens and shows it. What nobody knew of is
    counted in the BackupSearched, as FOUND_LATE. A repository that can't be asked has NOT_SEARCHED_AGAIN
    there, and so has another one at its place, of which only what it has counts; the outcomes stay
    with the limit NOT_ASKED_AGAIN, and `absent_at` tells when each was seen. `is_shut` says of
    a path whether the key of what stood there was shredded, so that it need not open.
    """
    went = defaultdict[str, list[PlanItem]](list)
    for item in items:
        if item.id in before.copies and item.fate is Fate.EXPUNGE:
            went[before.copies[item.id].repository].append(item)
    for path, backup in by_path(backups).items():
        inside = {copy.id: copy for copy in before.copies.values() if copy.repository == path}
        last = _Last(
            backup,
            KINDS[backup.kind],
            tuple(it for it in went[path] if _ended_as(it, before, _TAKEN_OUT, _GONE)),
            tuple(it for it in went[path] if _ended_as(it, before, _WITH_KEY, _SHUT)),
            inside,
            before.stores.get(path, ""),
        )
        seen = yield from _looked(last, wanted, password, is_shut, patience)
        yield BackupSearched(seen.searched)
        for item in last.taken:
            yield _settled(item, before.ended[item.id], seen.left & last.marks_of(item), seen.doubt)
        for item in last.shut:
            if (left := seen.left & last.marks_of(item)) or seen.unlisted:
                yield _open_still(item, before.ended[item.id][1], Outcome.SURVIVES if left else _UNTOLD)


def _ended_as(item: PlanItem, before: Before, ways: Sequence[Disposal], ends: Sequence[AnyOutcome]) -> bool:
    ended = before.ended.get(item.id)
    return before.copies[item.id].disposal in ways and ended is not None and ended[0] in ends


def _looked(
    last: _Last, wanted: Wanted, password: Passwords, is_shut: Callable[[str], bool], patience: float
) -> Generator[Progressed, None, _Seen]:
    """Ask which repository it is, and list it once; what it does not answer is told."""
    name, opened, same = last.backup_name, False, False
    try:
        with understood(), at_work(last.backup, password, patience) as repository:
            store = yield from told(Step.CERTIFY, last.kind.store(repository), "bytes", name, patience)
            opened, same = True, last.is_at(store)
            listing, left = yield from _listed(last, wanted, replace(repository, emptied=bool(last.taken)))
    except Unusable as error:
        quiet = not opened and error.reason in _LOCKED_OUT and is_shut(name)
        searched = Searched(name, 0, 0, 0, () if quiet else (error.reason, Reason.NOT_SEARCHED_AGAIN))
        return _Seen(frozenset(), searched, (Reason.NOT_ASKED_AGAIN,), same)
    searched = _late(last, listing)
    untold = Reason.UNREADABLE in listing.limits
    if same and not untold:
        return _Seen(left, searched)
    another = () if same else (Reason.OTHER_REPOSITORY,)
    told_of = dict.fromkeys((*another, Reason.NOT_SEARCHED_AGAIN, *searched.limits))
    doubt = (*another, Reason.NOT_ASKED_AGAIN)
    return _Seen(left, replace(searched, limits=tuple(told_of)), doubt, same and untold)


def _listed(
    last: _Last, wanted: Wanted, repository: Repository
) -> Generator[Progressed, None, tuple[Listing, frozenset[str]]]:
    """Give all that is sought and there, and which of the recorded hashes are."""
    kind, marks, name, patience = last.kind, last.marks, last.backup_name, repository.patience
    # What went is sought by its own hash too: it may be an older content than any record's.
    doomed = {**{item.sha256: ("",) for item in last.items}, **wanted.doomed}
    sizes = frozenset(item.stamp.size for item in last.items)
    sought = replace(wanted, doomed=doomed, sizes=wanted.sizes | sizes, within=True)
    listing = yield from told(Step.CERTIFY, kind.find(repository, sought), "bytes", name, patience)
    if kind.left:
        return listing, kind.left(marks, listing.entries)
    if not marks:
        return listing, frozenset()
    asked = kind.remaining(repository, marks, sizes)
    return listing, (yield from told(Step.CERTIFY, asked, "bytes", name, patience))


def _late(last: _Last, listing: Listing) -> Searched:
    """What the search found of which the plan knows nothing."""
    before = {copy.sha256 for copy in last.copies.values()}
    late = sum(entry.sha256 not in before for entry in listing.entries)
    seen = searched_as(last.backup_name, last.kind, listing)
    limits = (*seen.limits, *((Reason.FOUND_LATE,) if late else ()))
    return replace(seen, copies=late, limits=limits)


def _settled(
    item: PlanItem,
    before: tuple[AnyOutcome, Evidence, str],
    left: frozenset[str],
    doubt: tuple[Reason, ...],
) -> Settled:
    outcome, evidence, at = before
    facts = tuple(fact for fact in evidence.facts if fact[0] != _SEEN)
    limits: tuple[Reason, ...] = tuple(one for one in evidence.limits if one not in _OF_THE_LOOK)
    if left:
        outcome, limits = Outcome.SURVIVES, (*limits, Reason.COPIES_REMAIN)
        facts = tuple((name, len(left)) if name == "hashes_left" else (name, value) for name, value in facts)
    elif doubt:
        seen = str(dict(evidence.facts).get(_SEEN, at))
        limits, facts = (*limits, *doubt), (*facts, (_SEEN, seen))
    return Settled(
        Step.CERTIFY, item.id, item.subject, outcome, replace(evidence, limits=limits, facts=facts)
    )


def _open_still(item: PlanItem, evidence: Evidence, outcome: Outcome) -> Settled:
    """Say of what went with the key of a repository how it ends, since that opens nevertheless."""
    limits = tuple(dict.fromkeys((*evidence.limits, Reason.KEY_STAYS)))
    return Settled(Step.CERTIFY, item.id, item.subject, outcome, replace(evidence, limits=limits))
