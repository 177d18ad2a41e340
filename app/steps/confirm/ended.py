"""Look once more at what has ended: what was destroyed is still gone, what was sealed still lies there."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from app.domain.event import Progressed, Settled
from app.domain.outcome import AnyOutcome, Evidence, KeepOutcome, KeyOutcome, Outcome, Reason
from app.domain.plan import PlanItem
from app.domain.step import Step
from app.steps.confirm.naming import file_name
from app.steps.confirm.package import SUFFIX
from app.steps.confirm.reading import CantRead, reading, shown_digest

Ended = Mapping[str, tuple[AnyOutcome, Evidence]]
"""How each item ended, by its id."""


def check_gone(items: Iterable[PlanItem], ended: Ended) -> Iterator[Progressed | Settled]:
    """Settle as SURVIVES what was destroyed and yet stands at its place again, byte for byte.

    A program that synchronises or restores may have put it back. What was not destroyed
    in the first place, or has other content now, is passed over.
    """
    for item in items:
        outcome, evidence = ended.get(item.id, (Outcome.FAILED, Evidence("")))
        if not item.fate.destroys or outcome in (Outcome.FAILED, KeyOutcome.FAILED):
            continue
        if (yield from _stands(item)):
            again = replace(evidence, limits=tuple(dict.fromkeys((*evidence.limits, Reason.COPIES_REMAIN))))
            yield Settled(Step.CERTIFY, item.id, item.subject, Outcome.SURVIVES, again)


def check_sealed(items: Iterable[PlanItem], ended: Ended, folder: Path, case: str) -> Iterator[Settled]:
    """Settle as NOT_SEALED what was sealed, when the package in `folder` is gone or is another one."""
    sealed = [item for item in items if ended.get(item.id, (None,))[0] is KeepOutcome.SEALED]
    if not sealed:
        return
    found, reason = _digest_of(folder / f"sealed-{file_name(case)}{SUFFIX}")
    for item in sealed:
        _, evidence = ended[item.id]
        if dict(evidence.facts).get("package_sha256") != found:
            lost = replace(evidence, limits=(*evidence.limits, reason))
            yield Settled(Step.CERTIFY, item.id, item.subject, KeepOutcome.NOT_SEALED, lost)


def _stands(item: PlanItem) -> Generator[Progressed, None, bool]:
    if not item.sha256 or not os.path.lexists(item.path):
        return False
    try:
        with reading(item.path) as (file, stamp):
            if stamp.size != item.stamp.size:
                return False
            return (yield from shown_digest(file, Step.CERTIFY, item.path)) == item.sha256
    except CantRead:
        return False


def _digest_of(package: Path) -> tuple[str, Reason]:
    """The digest of the package, and what to say when it is not the right one."""
    try:
        with package.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest(), Reason.CHANGED
    except FileNotFoundError:
        return "", Reason.GONE
    except OSError:
        return "", Reason.UNREADABLE
