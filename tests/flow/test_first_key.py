"""The first key of the journal: the officer's until the list is signed, then the witness's alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from app.domain.event import Event
from app.domain.fault import Fault, Refused
from app.domain.step import Step
from app.flow import Flow
from app.flow.first_key import FILE, first_key_of, officers_secret, openable, take_over
from app.identity import Identity
from app.journal import FirstKey, Journal, verify

if TYPE_CHECKING:
    from tests.flow.conftest import Office

Advance = Callable[[Flow, Step], list[Event]]


def told(flow: Flow, event: str) -> list[dict[str, Any]]:
    lines = (flow.folder / "journal.jsonl").read_bytes().splitlines()
    return [entry["body"] for entry in map(json.loads, lines) if entry["event"] == event]


def kept(flow: Flow, office: Office) -> FirstKey | None:
    """What the folder gives to somebody with the officer's key."""
    from app.journal.keyfile import KeyFile

    file, _ = KeyFile.open(flow.folder / "journal.key")
    try:
        return file.first(officers_secret(office.officer))
    finally:
        file.close()


def test_the_witness_opens_it_and_every_seal_fits(flow: Flow, office: Office, advance: Advance) -> None:
    advance(flow, Step.CONFIRM)
    assert kept(flow, office)
    assert not (flow.folder / FILE).exists()
    advance(flow, Step.SIGN)
    assert kept(flow, office) is None
    assert flow.show_first_key() is None
    flow.close()
    first = take_over(flow.folder / FILE, office.witness)
    report = verify(flow.folder / "journal.jsonl", (), first)
    assert report.proven
    assert (report.seals, report.runs, report.ended) == (report.count, 1, 1)
    assert openable(flow.folder / FILE)
    (handed,) = told(flow, "key.handed")
    assert handed == {"mark": first.mark, "for": [office.witness.fingerprint], "shown": 0}


def test_the_witness_opens_it_by_key_file_and_passphrase(
    flow: Flow, office: Office, advance: Advance
) -> None:
    """What window and command line call."""
    advance(flow, Step.SIGN)
    journal, path = flow.folder / "journal.jsonl", office.witness.path
    flow.close()
    assert first_key_of(journal, path, "another one") == take_over(flow.folder / FILE, office.witness)
    with pytest.raises(Refused) as refused:
        first_key_of(journal, path, "a passphrase")
    assert refused.value.fault is Fault.WRONG_PASSPHRASE
    (flow.folder / FILE).unlink()
    with pytest.raises(Refused) as refused:
        first_key_of(journal, path, "another one")
    assert refused.value.fault is Fault.FIRST_KEY_UNREADABLE


def test_it_may_be_shown_until_the_list_is_signed(flow: Flow, office: Office, advance: Advance) -> None:
    advance(flow, Step.CONFIRM)
    shown = flow.show_first_key()
    flow.close()
    again = Flow.open(flow.folder, office.officer)
    assert again.show_first_key() == shown
    again.sign(office.people)
    again.close()
    assert len(told(flow, "key.shown")) == 2
    assert told(flow, "key.handed")[0]["shown"] == 2
    assert shown == take_over(flow.folder / FILE, office.witness)
    assert Flow.open(flow.folder).show_first_key() is None, "a look is nobody's"


def test_a_crash_after_signing_leaves_it_to_the_next_opening(
    flow: Flow, office: Office, advance: Advance, monkeypatch: pytest.MonkeyPatch
) -> None:
    advance(flow, Step.CONFIRM)

    def killed(_: Journal) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "forget_first_key", killed)
        with pytest.raises(KeyboardInterrupt):
            flow.sign(office.people)
    assert kept(flow, office)
    flow.close()
    Flow.open(flow.folder, office.officer).close()
    assert kept(flow, office) is None


@pytest.mark.parametrize("fault", [Fault.TOKEN_UNUSABLE, Fault.PASSPHRASE_MISSING])
def test_a_witness_whose_token_only_signs_gets_none(
    flow: Flow, office: Office, advance: Advance, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    advance(flow, Step.CONFIRM)
    real = Identity.secret

    def secret(person: Identity, context: bytes) -> bytes:
        if person is office.witness:
            raise Refused(fault)
        return real(person, context)

    monkeypatch.setattr(Identity, "secret", secret)
    if fault is Fault.TOKEN_UNUSABLE:
        flow.sign(office.people)
        assert not openable(flow.folder / FILE)
        assert told(flow, "key.handed")[0]["for"] == []
    else:
        with pytest.raises(Refused):
            flow.sign(office.people)
        assert not told(flow, "signed")


def test_nobody_else_opens_it(flow: Flow, office: Office, advance: Advance) -> None:
    advance(flow, Step.SIGN)
    path = flow.folder / FILE
    other = json.loads(path.read_bytes())
    other["for"][office.officer.fingerprint] = other["for"][office.witness.fingerprint]
    cases = [(path.read_bytes(), office.officer), (json.dumps(other).encode(), office.officer)]
    broken = (b"", b"[]", b'{"for": 1}', path.read_bytes().replace(b'"mark":"', b'"mark":"0'))
    cases += [(data, office.witness) for data in broken]
    for data, person in cases:
        path.write_bytes(data)
        with pytest.raises(Refused) as refused:
            take_over(path, person)
        assert refused.value.fault is Fault.FIRST_KEY_UNREADABLE


def test_an_older_case_without_a_seal_goes_on_without(
    office: Office, advance: Advance, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Journal.create
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "create", lambda path, *_, **__: real(path))
        flow = office.flow()
    assert flow.show_first_key() is None
    advance(flow, Step.SIGN)
    flow.close()
    assert not (flow.folder / FILE).exists()
    assert not told(flow, "key.handed")
    report = verify(flow.folder / "journal.jsonl")
    assert report.ok
    assert not report.sealed


def test_a_refused_opening_says_nothing_in_the_journal(
    flow: Flow, office: Office, people: tuple[Identity, Identity, Identity]
) -> None:
    flow.close()
    before = (flow.folder / "journal.jsonl").read_bytes()
    with pytest.raises(Refused):
        Flow.open(flow.folder, people[2])
    assert (flow.folder / "journal.jsonl").read_bytes() == before
    assert Path(flow.folder / "journal.key").exists()
