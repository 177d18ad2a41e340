"""Ask a store of a declared key before anything is signed: what it is, and what its destruction would do."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from app.domain.canonical import handle
from app.domain.case import ServiceKey
from app.domain.event import CopyFound, Progressed
from app.domain.fault import Fault, Refused
from app.domain.key import Key
from app.domain.outcome import Reason
from app.domain.record import Stamp
from app.steps.shred.hunt import Grounds
from app.steps.shred.hunting import copies_of
from app.steps.shred.progress import drawn, progress_of
from app.steps.shred.services import service_of
from app.steps.shred.services.contract import Keeper, KeyRef, Traces, Unanswered
from app.steps.shred.services.copies import copies_in
from app.steps.shred.verdict import DECLARED
from app.system.patience import within

T = TypeVar("T")

NOWHERE: Final = Stamp(0, 0, 0, 0, 0, 0)
"""The stamp of what is no file."""
_DECLARED: Final = Grounds()
_FAULTS: Final = {
    Reason.WRONG_PASSPHRASE: Fault.WRONG_PASSPHRASE,
    Reason.NO_LIBRARY: Fault.KEY_LIBRARY_MISSING,
    Reason.GONE: Fault.KEY_NOT_IN_STORE,
    Reason.DENIED: Fault.KEY_STORE_DENIED,
    Reason.STORE_REFUSED: Fault.KEY_STORE_DENIED,
}
_UNEXPECTED: Final = (OSError, ValueError, LookupError, TypeError, AttributeError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Foreasked:
    """What shredding one key of a store would do. `wait` is in days; `limits` are known beforehand."""

    locator: str
    kind: str
    calls: tuple[str, ...]
    wait: int
    copies: tuple[str, ...]
    limits: tuple[Reason, ...]


def inquire(
    sources: Sequence[ServiceKey], *, key: bytes, passphrase: Callable[[ServiceKey], str]
) -> Iterator[Key]:
    """Describe each declared key that a store keeps; `key` is the case's key for ids.

    Its `sha256` is of what makes it this very key, for a store gives no bytes.

    Raises:
        Refused: WRONG_PASSPHRASE, KEY_STORE_SILENT, KEY_STORE_DENIED, KEY_NOT_IN_STORE when it
            is not there or the name fits several, KEY_LIBRARY_MISSING.
    """
    for source in sources:
        found = asked(source, passphrase(source), _only)
        name = handle(key, "k", source.locator)
        yield Key(
            name, source.kind, source.locator, NOWHERE, found.digest, found.algorithm, found.fingerprint
        )


def foreask(source: ServiceKey, secret: str, grounds: Grounds = _DECLARED) -> Foreasked:
    """Say what the destruction of one key would do, changing nothing.

    Copies are looked for in the places that the source names, and in `grounds`.

    Raises:
        Refused: as `inquire`.
    """

    def look(keeper: Keeper) -> tuple[KeyRef, tuple[str, ...], int, Traces]:
        key = _only(keeper)
        told = keeper.plan(key)
        return key, told.calls, told.wait, keeper.traces(key)

    key, calls, wait, traces = asked(source, secret, look)
    hunted = drawn(copies_in(source.locator, source.copies, traces, grounds))
    copies = tuple(dict.fromkeys(one.path for one in hunted.found))
    unseen = (Reason.PLACES_UNSEEN,) if hunted.blind or traces.untold else ()
    limits = (*key.limits, *((Reason.COPIES_REMAIN,) if copies else ()), *unseen, *DECLARED)
    return Foreasked(source.locator, source.kind, calls, wait, copies, limits)


def kept_copies(
    source: ServiceKey, secret: str, item: str, grounds: Grounds
) -> Generator[Progressed, None, tuple[CopyFound, ...]]:
    """Find what brings a key of a store back, before anything is signed; none of it is destroyed.

    Raises:
        Refused: as `inquire`.
    """
    traces = asked(source, secret, lambda keeper: keeper.traces(_only(keeper)))
    hunted = yield from progress_of(copies_in(item, source.copies, traces, grounds))
    return tuple(map(CopyFound, copies_of({item: hunted.found}, Reason.KEY_INSIDE)))


def asked(source: ServiceKey, secret: str, ask: Callable[[Keeper], T]) -> T:
    """Open a session with the store of a key, ask, and close it, in the time that the case gives.

    Raises:
        Refused: as `inquire`.
    """
    try:
        return session(source, secret, ask)
    except Unanswered as error:
        fault = _FAULTS.get(error.reason, Fault.KEY_STORE_SILENT)
        raise Refused(fault, source.locator, _wanted(source, error.reason)) from None


def session(source: ServiceKey, secret: str, ask: Callable[[Keeper], T]) -> T:
    """As `asked`, for who can go on without an answer.

    Raises:
        Unanswered: NO_ANSWER, or what the store says.
    """

    def open_and_ask() -> T:
        with service_of(source.kind).open(source, secret) as keeper:
            return ask(keeper)

    try:
        return within(source.timeout, open_and_ask)
    except _UNEXPECTED as error:
        raise Unanswered(Reason.NO_ANSWER) from error


def _only(keeper: Keeper) -> KeyRef:
    keys = keeper.keys()
    if len(keys) != 1:
        raise Unanswered(Reason.GONE)
    return keys[0]


def _wanted(source: ServiceKey, reason: Reason) -> str:
    """What to put right, for the sentence."""
    if reason is Reason.NO_LIBRARY:
        return service_of(source.kind).library
    return f"{source.timeout} s" if reason is Reason.NO_ANSWER else ""
