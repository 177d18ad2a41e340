"""What shredding will do to each key and what its verdict can be at best, told before two people sign."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from app.domain.case import Case
from app.domain.copies import Copy, Disposal
from app.domain.fault import Refused
from app.domain.key import Key
from app.domain.outcome import KeyOutcome, Reason
from app.flow.caution import shut_keys
from app.flow.desk import Passphrase
from app.flow.services import foretold
from app.steps.shred import Foreseen, foresee
from app.steps.shred.services.asking import Foreasked
from app.steps.shred.verdict import verdict


@dataclass(frozen=True, slots=True)
class KeyForesight:
    """What will become of one key.

    `bytes` are written over it in all passes; a key that a store keeps goes by `calls`, and
    is gone after `wait` days. `going` are copies that the plan destroys too,
    `staying` those that it does not. `expected` is the verdict if all goes well: never
    better, for `limits` are known beforehand.
    """

    key: Key
    bytes: int
    going: tuple[Copy, ...]
    staying: tuple[str, ...]
    expected: KeyOutcome
    limits: tuple[Reason, ...]
    calls: tuple[str, ...] = ()
    wait: int = 0


def foreseen_keys(
    case: Case, keys: Sequence[Key], copies: Sequence[Copy], passphrase: Passphrase
) -> tuple[KeyForesight, ...]:
    """Look once more at each declared key file, changing nothing, and join what confirm found of its copies.

    A key that can't be looked at now is left out: confirm, or the act, says why.
    """
    told: dict[str, Foreseen] = {}
    for source in case.keys:
        with suppress(Refused):
            told |= {one.path: one for one in foresee([source]) if isinstance(one, Foreseen)}
    shut = {os.path.abspath(path) for path in shut_keys(case, passphrase)}
    declared = {os.path.abspath(source.path) for source in case.keys}
    here = tuple(
        _joined(key, told[path], copies, declared, shut=path in shut)
        for key in keys
        if (path := os.path.abspath(key.path)) in told
    )
    return here + tuple(_foretold(case, keys, copies, passphrase))


def _foretold(
    case: Case, keys: Sequence[Key], copies: Sequence[Copy], passphrase: Passphrase
) -> Iterator[KeyForesight]:
    """Ask each store that keeps a key; one that gives no answer now is left out."""
    kept = {key.path: key for key in keys}
    for source in case.services:
        with suppress(Refused):
            for told in foretold(replace(case, services=(source,)), passphrase):
                if key := kept.get(told.locator):
                    yield _kept(key, told, [copy.path for copy in copies if key.id in copy.of])


def _kept(key: Key, told: Foreasked, found: Sequence[str]) -> KeyForesight:
    staying = tuple(dict.fromkeys((*found, *told.copies)))
    limits = tuple(dict.fromkeys((*((Reason.COPIES_REMAIN,) if staying else ()), *told.limits)))
    return KeyForesight(key, 0, (), staying, verdict(limits), limits, told.calls, told.wait)


def _joined(
    key: Key, told: Foreseen, copies: Sequence[Copy], declared: set[str], *, shut: bool
) -> KeyForesight:
    mine = [copy for copy in copies if key.id in copy.of]
    going = tuple(copy for copy in mine if _goes(copy))
    known = {copy.path for copy in mine}
    unknown = [one.path for one in told.copies if one.path not in known | declared]
    wraps = [path for path in told.wraps if path not in known | declared]
    staying = (*(copy.path for copy in mine if not _goes(copy)), *unknown, *wraps)
    limits: list[Reason] = [why for why in told.limits if why != Reason.COPIES_REMAIN]
    doubtful = {copy.path for copy in mine if Reason.COPY_DOUBTFUL in copy.reasons}
    if not doubtful.issuperset(staying):
        limits.insert(0, Reason.COPIES_REMAIN)
    if shut:
        limits.insert(0, Reason.WRONG_PASSPHRASE)
    return KeyForesight(
        key, told.bytes, going, tuple(dict.fromkeys(staying)), verdict(limits), tuple(dict.fromkeys(limits))
    )


def _goes(copy: Copy) -> bool:
    return copy.disposal is Disposal.WIPE or copy.disposal.acts
