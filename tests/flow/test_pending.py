"""A key with a date: certified as scheduled, asked for again, and an addendum of what became of it."""

import hashlib
import json
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.domain.canonical import canonical
from app.domain.case import Role, ServiceKey
from app.domain.fault import Fault, Refused
from app.domain.outcome import KeyOutcome, Reason
from app.flow import Flow, pending
from app.flow.pending import Addendum, AskedAgain, ask_again, unfinished, waiting
from app.identity import create
from app.steps.certify import LEDGER, Standing, verify

sys.path.insert(0, str(Path(__file__).parents[1] / "steps/shred/services"))
boto3 = pytest.importorskip("boto3")
pytest.importorskip("moto")


@pytest.fixture(scope="module")
def url():
    from servers import aws

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "x")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "y")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.setenv("AWS_CONFIG_FILE", "/nowhere")
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
        with aws() as address:
            yield address


def kms(url):
    return boto3.client("kms", region_name="eu-west-1", endpoint_url=url)


@pytest.fixture
def certified(office, url):
    """A case that ended with one key waiting; gives the office and the key."""
    key = kms(url).create_key()["KeyMetadata"]["KeyId"]
    source = ServiceKey("aws_kms", key, url=url, region="eu-west-1")
    office = replace(office, case=replace(office.case, keys=(), backups=(), services=(source,)))
    office.carry_out()
    return office, key


@pytest.fixture
def passed(monkeypatch):
    """Let the waiting time of a key pass, for its store and for this computer."""
    from servers import passed

    def pass_(key):
        passed(key)
        monkeypatch.setattr(pending, "now", (datetime.now(UTC) + timedelta(days=40)).isoformat)

    return pass_


def again(office):
    return list(ask_again(office.folder / "case", office.people, lambda *_: ""))


def checks(path, journal=None):
    verdict = verify(path, journal)
    return verdict.status, [check.name for check in verdict.checks if not check.ok]


def test_the_certificate_says_scheduled_and_no_more(certified):
    office, _ = certified
    manifest = json.loads((office.folder / "out/manifest.json").read_bytes())
    assert [one["outcome"] for one in manifest["keys"]] == ["KeyOutcome.scheduled"]
    assert manifest["status"] != "all_destroyed"
    (one,) = waiting(office.folder / "case")
    assert one.until == manifest["keys"][0]["facts"]["until"]
    assert unfinished(office.folder / "case")


def test_while_it_waits_nothing_is_issued(certified):
    office, _ = certified
    (told,) = again(office)
    assert isinstance(told, AskedAgain)
    assert told.outcome is KeyOutcome.SCHEDULED
    assert told.until
    assert not list((office.folder / "out").glob("addendum*"))


def test_once_it_is_gone_an_addendum_says_so(certified, passed):
    office, key = certified
    before = (office.folder / "out/certificate.pdf").read_bytes()
    passed(key)
    told, added = again(office)
    assert told.outcome is KeyOutcome.MEDIUM_RESIDUE
    assert isinstance(added, Addendum)
    out = office.folder / "out"
    manifest, addendum = (
        json.loads((out / name).read_bytes()) for name in ("manifest.json", "addendum-1.json")
    )
    assert addendum["number"] == manifest["number"]
    (one,) = addendum["keys"]
    assert one["before"]["outcome"] == "KeyOutcome.scheduled"
    assert one["after"]["outcome"] == "KeyOutcome.medium_residue"
    assert Reason.DELETION_PENDING.value not in one["after"]["limits"]
    assert "canary=gone" in one["after"]["facts"]["probes"]
    assert not {"handle", "canary_text", "canary_answer"} & set(one["after"]["facts"])
    assert (out / "certificate.pdf").read_bytes() == before
    journal = office.folder / "case/journal.jsonl"
    for name in ("addendum-1.json", "addendum-1.p7s", "addendum-1.pdf", "certificate.pdf", "manifest.json"):
        assert checks(out / name, journal) == (Standing.VALID, []), name
    assert not waiting(office.folder / "case")
    assert not unfinished(office.folder / "case")
    assert again(office) == []


def test_before_its_date_no_store_can_say_that_it_is_gone(certified):
    from servers import passed

    office, key = certified
    passed(key)
    (told,) = again(office)
    assert (told.outcome, told.reason) == (None, Reason.NO_ANSWER)
    assert waiting(office.folder / "case")
    assert not list((office.folder / "out").glob("addendum*"))


def test_another_account_that_knows_no_such_key_changes_nothing(certified, monkeypatch):
    office, _ = certified
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "999999999999")
    monkeypatch.setattr(pending, "now", (datetime.now(UTC) + timedelta(days=40)).isoformat)
    (told,) = again(office)
    assert (told.outcome, told.reason) == (None, Reason.NO_ANSWER)
    assert not list((office.folder / "out").glob("addendum*"))


def test_a_deletion_that_was_called_off_is_told_too(certified, url):
    office, key = certified
    kms(url).cancel_key_deletion(KeyId=key)
    told, added = again(office)
    assert told.outcome is KeyOutcome.FAILED
    addendum = json.loads(added.manifest.read_bytes())
    assert addendum["keys"][0]["after"]["outcome"] == "KeyOutcome.failed"
    assert addendum["status"] != "all_destroyed"
    assert checks(added.manifest) == (Standing.VALID, [])


def test_another_date_first_and_then_gone_makes_two_that_hang_together(certified, url, passed):
    office, key = certified
    kms(url).cancel_key_deletion(KeyId=key)
    kms(url).schedule_key_deletion(KeyId=key, PendingWindowInDays=25)
    _, first = again(office)
    passed(key)
    _, second = again(office)
    assert (first.manifest.name, second.manifest.name) == ("addendum-1.json", "addendum-2.json")
    assert checks(second.manifest) == (Standing.VALID, [])
    first.manifest.write_bytes(first.manifest.read_bytes().replace(b"scheduled", b"ce_purged"))
    assert "addendum.previous" in checks(second.manifest)[1]


def test_what_was_altered_is_seen(certified, passed):
    office, key = certified
    passed(key)
    _, added = again(office)
    good = added.manifest.read_bytes()
    journal = office.folder / "case/journal.jsonl"
    added.manifest.write_bytes(good.replace(b"KeyOutcome.medium_residue", b"KeyOutcome.ce_purge"))
    standing, failed = checks(added.manifest, journal)
    assert standing is Standing.ALTERED
    assert {"p7s.valid", "addendum.borne", "journal.certified"} <= set(failed)
    added.manifest.write_bytes(good)
    certificate = office.folder / "out/certificate.pdf"
    certificate.write_bytes(certificate.read_bytes() + b"\n")
    assert checks(added.manifest)[1] == ["addendum.certificate"]
    certificate.unlink()
    assert checks(added.manifest) == (Standing.INCOMPLETE, ["certificate.present"])


def test_only_the_people_of_the_certificate_may_sign_it(certified, people, passed):
    office, key = certified
    passed(key)
    with pytest.raises(Refused) as refused:
        list(ask_again(office.folder / "case", (people[0], people[0]), lambda *_: ""))
    assert refused.value.fault is Fault.PERSON_MISSING
    # What the store said is in the journal, and is issued the next time.
    (added,) = again(office)
    assert isinstance(added, Addendum)
    assert checks(added.manifest) == (Standing.VALID, [])


def lines(office):
    path = office.folder / LEDGER
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_it_stands_in_the_register_of_certificates_like_the_certificate(certified, passed):
    office, key = certified
    passed(key)
    before = lines(office)
    _, added = again(office)
    pdf, told = added.manifest.with_suffix(".pdf").read_bytes(), json.loads(added.manifest.read_bytes())
    entry = lines(office)[-1]
    assert lines(office)[:-1] == before
    assert entry["certificate"] == hashlib.sha256(pdf).hexdigest()
    assert entry["manifest"] == hashlib.sha256(added.manifest.read_bytes()).hexdigest()
    assert told["register"] == {
        "n": len(before) + 1,
        "previous": before[-1]["certificate"],
        "head": entry["prev"],
    }
    for name in (added.manifest, added.manifest.with_suffix(".pdf"), office.folder / "out/certificate.pdf"):
        held = {check.name: check.ok for check in verify(name).checks}
        assert held["register.chain"], name
    assert held["register.entry"]
    (office.folder / LEDGER).write_bytes(b"".join(canonical(one) + b"\n" for one in before))
    standing, failed = checks(added.manifest)
    assert (standing, failed) == (Standing.INCOMPLETE, ["register.entry.present"])


def test_killed_after_it_was_entered_it_is_not_entered_twice(certified, monkeypatch, passed):

    office, key = certified
    passed(key)

    enter = pending.enter

    def cut(*told):
        enter(*told)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pending, "enter", cut)
        with pytest.raises(KeyboardInterrupt):
            again(office)
    entered = lines(office)
    (added,) = again(office)
    assert lines(office) == entered
    assert checks(added.manifest, office.folder / "case/journal.jsonl") == (Standing.VALID, [])


def test_who_stands_in_for_the_witness_signs_it_and_is_named(certified, tmp_path, passed):
    office, key = certified
    passed(key)
    other = create("吴接替", Role.WITNESS, tmp_path / "other.p12", "w")
    people = (office.people[0], other)
    with pytest.raises(Refused) as refused:
        list(ask_again(office.folder / "case", people, lambda *_: ""))
    assert refused.value.fault is Fault.OTHER_SIGNER
    path = office.folder / "case/case.toml"
    name = office.people[1].name
    path.write_text(
        path.read_text(encoding="utf-8")
        + f'\n[[person]]\nrole = "witness"\nidentity = "{other.path}"\n'
        + f'instead_of = "{name}"\nreason = "因病缺席"\n',
        encoding="utf-8",
    )
    (added,) = list(ask_again(office.folder / "case", people, lambda *_: ""))
    told = json.loads(added.manifest.read_bytes())
    assert told["stand_ins"] == [
        {"role": "witness", "name": "吴接替", "instead_of": name, "reason": "因病缺席"}
    ]
    assert [one["name"] for one in told["signatures"]] == [office.people[0].name, "吴接替"]
    for one in (added.manifest, added.manifest.with_suffix(".pdf")):
        assert checks(one, office.folder / "case/journal.jsonl") == (Standing.VALID, [])
    told["stand_ins"] = []
    added.manifest.write_bytes(canonical(told))
    assert "addendum.people" in checks(added.manifest)[1]


def test_a_store_that_says_nothing_changes_nothing(certified, url):
    office, _ = certified
    path = office.folder / "case/case.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("timeout = 20", "timeout = 1"), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("AWS_ACCESS_KEY_ID")
        patch.delenv("AWS_SECRET_ACCESS_KEY")
        (told,) = again(office)
    assert told.outcome is None
    assert told.reason is Reason.WRONG_PASSPHRASE
    assert waiting(office.folder / "case")


def test_a_key_that_the_case_file_names_no_more_is_asked_of_nobody(certified):
    office, _ = certified
    path = office.folder / "case/case.toml"
    head, _, rest = path.read_text(encoding="utf-8").partition("[[key]]")
    path.write_text(head + rest[rest.index("\n[") + 1 :], encoding="utf-8")
    assert Flow.open(office.folder / "case").case.services == ()
    (told,) = again(office)
    assert (told.outcome, told.reason) == (None, Reason.REPLACED)
    assert waiting(office.folder / "case")
    assert not list((office.folder / "out").glob("addendum*"))


def test_another_store_that_nobody_signed_for_is_not_asked(certified, url):
    """Whoever edits the case file could else point to a server that says what they like."""
    office, _ = certified
    path = office.folder / "case/case.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(url, "http://127.0.0.1:9"), encoding="utf-8")
    (told,) = again(office)
    assert told.reason is Reason.REPLACED
    assert waiting(office.folder / "case")


def test_the_flow_still_opens_the_case_as_closed(certified, passed):
    office, key = certified
    passed(key)
    again(office)
    flow = Flow.open(office.folder / "case")
    assert flow.closed
    assert flow.certificate is not None
