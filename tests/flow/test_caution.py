"""What is told before an act: holds that keep nothing, and keys that stay shut."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.domain.case import HoldRule, KeySource, Match
from app.domain.copies import Disposal
from app.domain.event import Event
from app.domain.record import Tier
from app.domain.step import Step
from app.flow import Flow
from app.flow.caution import idle_holds, shut_keys
from app.flow.desk import today

Advance = Callable[[Flow, Step], list[Event]]


def held_by(office, *matches: Match) -> Flow:
    """A case of a folder of its own, with these holds alone."""
    holds = tuple(HoldRule(one, "lawsuit") for one in matches)
    return Flow.create(office.folder / "held", replace(office.case, holds=holds), office.officer)


def idle(flow: Flow) -> list[Match]:
    return [hold.match for hold in idle_holds(flow)]


def kept(flow: Flow) -> set[str]:
    """The paths that the list keeps, with every exception accepted."""
    for copy in flow.copies():
        if copy.disposal is Disposal.EXCEPTION:
            flow.accept(copy.id, "林晓文")
    return {item.path for item in flow.plan().items if not item.fate.destroys}


def test_a_hold_that_speaks_of_nothing_is_told(office, advance: Advance) -> None:
    typo, speaks = Match(glob="dispute/**"), Match(glob="disputes/**")
    flow = held_by(office, typo, speaks, Match(tier=Tier.GENERAL, glob="a.csv"))
    advance(flow, Step.DECIDE)
    assert idle(flow) == [typo, Match(tier=Tier.GENERAL, glob="a.csv")]
    flow.close()


def test_where_every_hold_keeps_something_none_is_told(office, advance: Advance) -> None:
    flow = held_by(office, Match(glob="disputes/**"), Match(path="a.csv"))
    advance(flow, Step.DECIDE)
    assert idle(flow) == []
    flow.close()


def test_a_hold_that_has_run_out_is_meant_to_have_no_effect(
    office, advance: Advance, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = today()
    monkeypatch.setattr("app.flow.caution.today", lambda: day)  # midnight may pass meanwhile
    monkeypatch.setattr("app.flow.desk.today", lambda: day)
    yesterday, nothing = day - timedelta(days=1), Match(glob="none")
    ended, last_day = HoldRule(nothing, "other", until=yesterday), HoldRule(nothing, "other", until=day)
    case = replace(office.case, holds=(ended, last_day))
    flow = Flow.create(office.folder / "held", case, office.officer)
    advance(flow, Step.DECIDE)
    assert idle_holds(flow) == (last_day,)
    flow.declare(replace(case, holds=(ended,)))
    assert idle_holds(flow) == ()
    flow.close()


def test_once_they_are_known_keys_and_copies_count(office, advance: Advance) -> None:
    """By any spelling of their paths: here a link leads to the backup and to the key."""
    link = office.folder / "0link"
    link.symlink_to(office.folder)
    key, copy = Match(path=str(link / "key.pem")), Match(path=str(link / "backup" / "a.csv"))
    flow = held_by(office, key, copy)
    advance(flow, Step.DECIDE)
    assert idle(flow) == [key, copy]
    advance(flow, Step.CONFIRM)
    assert idle(flow) == []
    assert {str(office.folder / "key.pem"), str(office.folder / "backup" / "a.csv")} <= kept(flow)
    flow.close()


@pytest.mark.parametrize("what", ["the record's", "a key's"])
def test_a_hold_on_a_copy_goes_by_what_it_is_a_copy_of(office, advance: Advance, what: str) -> None:
    """As the flow itself keeps a copy: told as idle is just what keeps nothing."""
    place = str(office.folder / "backup" / "a.csv")
    flow = office.flow()
    advance(flow, Step.DECIDE)
    (mine,) = {row.record.category for row in flow.rows() if row.record.path.endswith("a.csv")}
    flow.close()
    match = Match(category=mine if what == "the record's" else "secret.key", path=place)
    flow = held_by(office, match)
    advance(flow, Step.CONFIRM)
    assert idle(flow) == ([] if what == "the record's" else [match])
    assert (place in kept(flow)) == (what == "the record's")
    flow.close()


def test_a_key_that_its_passphrase_does_not_open_is_told(office) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

    shut, gone, none = (office.folder / name for name in ("shut.pem", "gone.pem", "none.pem"))
    sealed = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"open")
    )
    shut.write_bytes(sealed)
    shutil.copy(shut, gone)
    none.write_text("no key at all")
    sources = tuple(KeySource("pem", one, "WORD") for one in (shut, gone, none))
    case = replace(office.case, keys=(*office.case.keys, *sources))
    gone.unlink()
    asked: list[tuple[Path, str]] = []

    def wrong(path: Path, name: str) -> str:
        asked.append((path, name))
        return "closed"

    assert shut_keys(case, wrong) == (shut, none), "what holds no key opens with none"
    assert (shut, "WORD") in asked
    assert shut_keys(case, lambda *_: "open") == (none,)
    assert shut.read_bytes() == sealed
