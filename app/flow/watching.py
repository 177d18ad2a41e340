"""What the steps do around the package of what the law keeps: its receipts, and that it stays there."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from app.domain.event import Begun, Noted
from app.domain.fault import GateClosed
from app.domain.step import Gate, Step
from app.flow.custody import receipts_lying, refuse_signers
from app.flow.desk import Desk
from app.flow.opened import OpenCase
from app.flow.recording import Work
from app.steps.confirm.naming import file_name
from app.steps.confirm.package import SUFFIX

_GONE: Final = ()


def in_custody(opened: OpenCase, step: Step, events: Work) -> Work:
    """Draw the events of a step, with an eye on the package.

    When it was made, receipts that lay there already are journalled: they were for nothing of it.
    While anything is destroyed it must not be lost.

    Raises:
        GateClosed: NOT_SEALED.
        Refused: CUSTODIAN_SIGNS, before anything is sealed.
    """
    if step is Step.CONFIRM and opened.officer:
        refuse_signers(opened.case, (opened.officer,))
    if step.destroys and opened.state.package:
        yield from _watched(opened.desk(), step, events)
        return
    yield from events
    if step is Step.CONFIRM and (papers := receipts_lying(opened.folder)):
        opened.recorder().note("receipts.earlier", {"papers": papers})


def _watched(desk: Desk, step: Step, events: Work) -> Work:
    """Look at the package's stat before and after each batch is journalled, and at all of it in the end.

    A package that was lost when all that the step destroys was gone already is no reason to stop;
    the step itself has refused to begin in any other case.
    """
    package = desk.sealed_folder / f"sealed-{file_name(desk.case.number)}{SUFFIX}"
    watch = _Watch(package, desk.state.package, step)
    try:
        for event in events:
            batch = isinstance(event, (Begun, Noted))
            if batch:
                watch.look()
            yield event
            if batch:
                watch.look()
        watch.end()
    finally:
        events.close()


class _Watch:
    """Remembers how the package was seen, so that the next look costs a stat."""

    def __init__(self, package: Path, sha256: str, step: Step) -> None:
        self._package, self._sha256, self._step = package, sha256, step
        self._seen = _seen(package)
        self._whole = _digest(package) == sha256

    def look(self) -> None:
        """Refuse to go on when the package is not what it was."""
        now = _seen(self._package)
        if self._whole and now == self._seen:
            return
        # Something touched it, or it was put back: its bytes decide.
        if _digest(self._package) != self._sha256:
            raise GateClosed(self._step, Gate.NOT_SEALED)
        self._seen, self._whole = now, True

    def end(self) -> None:
        """Say it at once when the package was lost while the last batch went."""
        if self._whole and _digest(self._package) != self._sha256:
            raise GateClosed(self._step, Gate.NOT_SEALED)


def _seen(package: Path) -> tuple[int, ...]:
    with suppress(OSError):
        seen = os.stat(package)
        return seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns
    return _GONE


def _digest(package: Path) -> str:
    with suppress(OSError), package.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
    return ""
