"""Repositories once more before certifying: what was taken out of them, and what came into them since."""

from __future__ import annotations

from collections.abc import Iterator

from app.domain.copies import Searched
from app.domain.event import BackupSearched, Progressed, Settled
from app.domain.fate import Fate
from app.domain.outcome import KeyOutcome
from app.domain.plan import Plan
from app.domain.step import Step
from app.flow.as_signed import as_signed
from app.flow.copying import key_ends
from app.flow.desk import Desk, Passphrase
from app.flow.known_then import STORES
from app.flow.late import wanted_of
from app.flow.late_searches import tell_late
from app.steps.confirm import Before, look_again


def late_in_repositories(desk: Desk, plan: Plan, passphrase: Passphrase) -> Iterator[Progressed | Settled]:
    """Search each repository once more, and tell what was seen with the search that the certificate shows.

    Nobody signed for what is new: it is told as FOUND_LATE, and a repository that can't be searched,
    or is another one than before, as NOT_SEARCHED_AGAIN. Both keep the certificate from claiming all.
    """
    decided = [(row.record, row.decision) for row in desk.register.rows() if row.decision]
    expunged, results = list(plan.with_fate(Fate.EXPUNGE)), desk.state.results
    before = Before(
        {it.id: (one.outcome, one.evidence, one.at) for it in expunged if (one := results.get(it.id))},
        as_signed(plan, {copy.id: copy for copy in desk.register.copies()}, desk.case.backups),
        desk.register.fact(STORES) or {},
    )
    ends = yield from key_ends(desk, plan, Step.CERTIFY)
    events = look_again(
        expunged,
        before,
        backups=desk.case.backups,
        wanted=wanted_of(desk, decided),
        password=lambda backup: passphrase(backup.path, backup.password_env),
        # A key that stays, or whose destruction failed, is no reason for it not to open.
        is_shut=lambda path: ends.get(path, KeyOutcome.FAILED) is not KeyOutcome.FAILED,
    )
    limits = []
    for event in events:
        if isinstance(event, BackupSearched):
            limits.append(Searched(event.searched.backup, 0, 0, 0, event.searched.limits))
        else:
            yield event
    tell_late(desk.register, limits)
