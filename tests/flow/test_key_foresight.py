"""What is foreseen of each key before signing is what then happens, and never worse than what is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.domain.case import ServiceKey
from app.domain.event import Event, Settled
from app.domain.outcome import KeyOutcome, Reason
from app.domain.step import Step
from app.flow import Flow
from app.flow.foresight import KeyForesight, foreseen_keys

LADDER = list(KeyOutcome)


def foreseen(flow: Flow) -> KeyForesight:
    keys, copies = flow.keys(), flow.copies()
    (told,) = foreseen_keys(flow.case, keys, copies, lambda _path, _variable: "")
    return told


def verdict_of(events: list[Event]) -> KeyOutcome:
    return next(one.outcome for one in events if isinstance(one, Settled) and one.step is Step.SHRED)


def test_a_copy_in_a_backup_that_goes_is_told_and_does_not_lower_the_verdict(
    flow: Flow, advance: Callable[[Flow, Step], list[Event]], office: Any
) -> None:
    advance(flow, Step.CONFIRM)
    before = (office.folder / "key.pem").read_bytes()
    told = foreseen(flow)
    assert (office.folder / "key.pem").read_bytes() == before
    assert [Path(copy.path) for copy in told.going] == [office.folder / "backup" / "key.pem"]
    assert told.staying == ()
    assert told.bytes >= len(before)
    assert Reason.COPIES_REMAIN not in told.limits
    assert LADDER.index(verdict_of(advance(flow, Step.SHRED))) >= LADDER.index(told.expected)


def test_a_copy_that_is_kept_lowers_it_as_it_then_does(
    flow: Flow, advance: Callable[[Flow, Step], list[Event]]
) -> None:
    advance(flow, Step.CONFIRM)
    copy = foreseen(flow).going[0]
    flow.accept(copy.id, "林晓文")
    told = foreseen(flow)
    assert told.staying == (copy.path,)
    assert (told.expected, told.limits[0]) == (KeyOutcome.ACCESS_REMOVED, Reason.COPIES_REMAIN)
    assert verdict_of(advance(flow, Step.SHRED)) is told.expected


def test_a_key_that_stays_shut_is_told(
    flow: Flow, advance: Callable[[Flow, Step], list[Event]], office: Any
) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

    shut = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"forgotten")
    )
    (office.folder / "key.pem").write_bytes(shut)
    advance(flow, Step.CONFIRM)
    told = foreseen(flow)
    assert told.limits[0] is Reason.WRONG_PASSPHRASE
    assert told.expected is KeyOutcome.ACCESS_REMOVED
    assert verdict_of(advance(flow, Step.SHRED)) is told.expected


def test_a_key_that_is_gone_is_left_out(
    flow: Flow, advance: Callable[[Flow, Step], list[Event]], office: Any
) -> None:
    advance(flow, Step.CONFIRM)
    (office.folder / "key.pem").unlink()
    assert foreseen_keys(flow.case, flow.keys(), flow.copies(), lambda *_: "") == ()
    assert foreseen_keys(replace(flow.case, keys=()), flow.keys(), (), lambda *_: "") == ()


def test_a_key_of_which_only_a_person_speaks_is_told_as_claimed(
    office: Any, advance: Callable[[Flow, Step], list[Event]]
) -> None:
    (office.folder / "letter.txt").write_text("gone", encoding="utf-8")
    source = ServiceKey("declared", "the safe's key", by="林晓文", paper=office.folder / "letter.txt")
    flow = Flow.create(office.folder / "other", replace(office.case, services=(source,)), office.officer)
    try:
        advance(flow, Step.CONFIRM)
        keys, copies = flow.keys(), flow.copies()
        told = foreseen_keys(flow.case, keys, copies, lambda _path, _variable: "")
        assert {one.key.path for one in told} == {key.path for key in keys}
        spoken = next(one for one in told if one.key.path == source.locator)
        assert spoken.expected is KeyOutcome.CLAIMED
        assert spoken.bytes == 0
        # What was declared since confirm took the keys in is in no list yet, and not foreseen.
        another = replace(source, name="the other safe's key")
        case = replace(flow.case, services=(another, source))
        assert foreseen_keys(case, keys, copies, lambda _path, _variable: "") == told
    finally:
        flow.close()


@pytest.mark.parametrize("known", [True, False])
def test_a_persons_own_key_file_is_no_doubtful_copy_where_its_passphrase_is_known(
    flow: Flow, advance: Callable[[Flow, Step], list[Event]], office: Any, monkeypatch: Any, known: bool
) -> None:
    """It has a key of the same length, under a passphrase that only the variable of its person gives."""
    place = office.folder / "backup" / "somebody.p12"
    place.write_bytes(office.officer.path.read_bytes())
    monkeypatch.setenv("OFFICER", "a passphrase" if known else "")
    advance(flow, Step.CONFIRM)
    doubtful = [copy.path for copy in flow.copies() if Reason.COPY_DOUBTFUL in copy.reasons]
    assert doubtful == ([] if known else [str(place)])
