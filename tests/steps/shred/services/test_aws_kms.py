"""Keys of AWS KMS by their calls alone: moto is kinder than AWS, so nothing here proves what AWS keeps."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from servers import aws, hung_server, passed, relay

from app.domain.case import ServiceKey
from app.domain.fault import Fault, Refused
from app.domain.outcome import KeyOutcome, Reason
from app.steps.shred.services.asking import foreask, inquire
from app.steps.shred.services.aws_kms import _state
from app.steps.shred.services.contract import Saw, Unanswered
from app.steps.shred.services.later import ask_later
from tests.in_time import ends_by_itself

boto3 = pytest.importorskip("boto3")
pytest.importorskip("moto")


@pytest.fixture(scope="module", autouse=True)
def _credentials():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "x")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "y")
        # Nobody is asked but the server of the test.
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.setenv("AWS_CONFIG_FILE", "/nowhere")
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
        yield


@pytest.fixture(scope="module")
def url():
    with aws() as address:
        yield address


def kms(url, region="eu-west-1"):
    return boto3.client("kms", region_name=region, endpoint_url=url)


def source(url, name, **more):
    return ServiceKey("aws_kms", name, url=url, region="eu-west-1", timeout=20, **more)


def facts(settled):
    return dict(settled.evidence.facts)


def test_a_deletion_is_scheduled_and_no_more_is_said(url, counter):
    key = kms(url).create_key()["KeyMetadata"]["KeyId"]
    (settled,) = counter(source(url, key, wait=9)).run()
    assert settled.outcome is KeyOutcome.SCHEDULED
    assert Reason.DELETION_PENDING in settled.evidence.limits
    told = facts(settled)
    until = datetime.fromisoformat(told["until"])
    assert timedelta(days=8.9) < until - datetime.now(UTC) < timedelta(days=9.1)
    assert "describe=waiting:PendingDeletion list=waiting" in told["probes"]
    assert "C9=open" in told["conditions"].split()
    assert kms(url).describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    # What is needed to ask again, and a canary that tells nothing.
    assert told["handle"] == kms(url).describe_key(KeyId=key)["KeyMetadata"]["Arn"]
    assert told["source"] == 0


def test_moto_still_opens_a_waiting_key_and_that_is_told(url, counter):
    """AWS refuses it in this state; what a server does is told, not what it should do."""
    key = kms(url).create_key()["KeyMetadata"]["KeyId"]
    (settled,) = counter(source(url, key)).run()
    assert "canary=there" in facts(settled)["probes"]
    assert Reason.STILL_OPENS in settled.evidence.limits
    assert "C10=open" in facts(settled)["conditions"].split()


def test_a_deletion_called_off_brings_it_back(url, counter):
    """The hidden copy of a waiting key is the key itself."""
    key = kms(url).create_key()["KeyMetadata"]["KeyId"]
    locked = kms(url).encrypt(KeyId=key, Plaintext=b"a customer")["CiphertextBlob"]
    (settled,) = counter(source(url, key)).run()
    assert not settled.outcome.good
    kms(url).cancel_key_deletion(KeyId=key)
    kms(url).enable_key(KeyId=key)
    assert kms(url).decrypt(CiphertextBlob=locked)["Plaintext"] == b"a customer"


def test_a_replica_elsewhere_is_a_copy(url, counter):
    made = kms(url).create_key(MultiRegion=True)["KeyMetadata"]
    kms(url).replicate_key(KeyId=made["KeyId"], ReplicaRegion="us-west-2")
    (settled,) = counter(source(url, made["KeyId"])).run()
    assert facts(settled)["replicas"] == 1
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.COPIES_REMAIN in settled.evidence.limits
    assert "replica-us-west-2=silent:" in facts(settled)["probes"]
    assert kms(url, "us-west-2").describe_key(KeyId=made["KeyId"])["KeyMetadata"]["Enabled"]


def test_with_its_replicas_scheduled_the_last_date_counts(url, counter):
    """moto can't encrypt under a key of several regions, so the canary is missing here."""
    made = kms(url).create_key(MultiRegion=True)["KeyMetadata"]
    kms(url).replicate_key(KeyId=made["KeyId"], ReplicaRegion="us-west-2")
    bed = counter(source(url, made["KeyId"], wait=7))
    kms(url, "us-west-2").schedule_key_deletion(KeyId=made["KeyId"], PendingWindowInDays=20)
    (settled,) = bed.run()
    assert Reason.COPIES_REMAIN not in settled.evidence.limits
    assert Reason.CANARY_FAILED in settled.evidence.limits
    assert datetime.fromisoformat(facts(settled)["until"]) - datetime.now(UTC) > timedelta(days=19)


def test_a_primary_that_waits_for_its_replicas_has_no_date():
    """As AWS describes it in its documentation; moto has no such state."""
    probe = _state("describe", {"KeyState": "PendingReplicaDeletion"})
    assert probe.saw is Saw.WAITING
    assert not probe.until
    assert probe.limits == (Reason.COPIES_REMAIN,)


def test_imported_material_is_told_of(url, counter):
    made = kms(url).create_key(Origin="EXTERNAL")["KeyMetadata"]
    (settled,) = counter(source(url, made["KeyId"])).run()
    assert Reason.EXPORTABLE in settled.evidence.limits
    assert facts(settled)["origin"] == "EXTERNAL"
    assert settled.outcome in (KeyOutcome.SCHEDULED, KeyOutcome.ACCESS_REMOVED)


def test_an_alias_that_points_elsewhere_now_is_not_followed(url, counter):
    one, other = (kms(url).create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
    name = f"alias/crm-{time.monotonic_ns()}"
    kms(url).create_alias(AliasName=name, TargetKeyId=one)
    bed = counter(source(url, name))
    kms(url).update_alias(AliasName=name, TargetKeyId=other)
    (settled,) = bed.run()
    assert settled.outcome is KeyOutcome.FAILED
    assert settled.evidence.limits[0] is Reason.REPLACED
    for key in (one, other):
        assert kms(url).describe_key(KeyId=key)["KeyMetadata"]["Enabled"]


def test_a_signing_key_has_a_canary_too(url, counter):
    made = kms(url).create_key(KeyUsage="SIGN_VERIFY", KeySpec="RSA_2048")["KeyMetadata"]
    (settled,) = counter(source(url, made["KeyId"])).run()
    assert facts(settled)["canary"] == "kms-sign"
    assert settled.outcome is KeyOutcome.SCHEDULED


@pytest.mark.parametrize("what", ["canary", "called"])
def test_killed_around_the_call_it_asks_the_store(url, counter, what):
    key = kms(url).create_key()["KeyMetadata"]["KeyId"]
    bed = counter(source(url, key, wait=7))
    bed.stop_at(what)
    if what == "canary":
        # As a kill between the call and its note leaves it.
        kms(url).schedule_key_deletion(KeyId=key, PendingWindowInDays=12)
    (settled,) = bed.run()
    assert settled.outcome is KeyOutcome.SCHEDULED
    left = datetime.fromisoformat(facts(settled)["until"]) - datetime.now(UTC)
    assert round(left.total_seconds() / 86400) == (12 if what == "canary" else 7)


def changed(evidence, **facts):
    """The evidence as it stands when some of its facts are others."""
    return replace(evidence, facts=tuple((name, facts.get(name, said)) for name, said in evidence.facts))


def test_gone_for_good_it_is_still_only_the_stores_word(url, counter):
    key = kms(url).create_key()["KeyMetadata"]["KeyId"]
    bed = counter(source(url, key))
    item = bed.stop_at("called")
    passed(key)
    bed.noted[item] = changed(bed.noted[item], until="2026-01-01T00:00:00Z")
    (settled,) = bed.run()
    assert settled.outcome is KeyOutcome.MEDIUM_RESIDUE
    assert Reason.STORE_WORD in settled.evidence.limits
    assert facts(settled)["probes"] == "describe=gone:NotFound list=gone canary=gone"


def test_gone_before_its_date_nothing_is_concluded(url, counter):
    key = kms(url).create_key()["KeyMetadata"]["KeyId"]
    bed = counter(source(url, key))
    bed.stop_at("called")
    passed(key)
    (settled,) = bed.run()
    assert settled.outcome is KeyOutcome.FAILED
    assert settled.evidence.limits[0] is Reason.NO_ANSWER


@pytest.mark.parametrize("what", ["canary", "called"])
def test_another_account_knows_no_such_key_and_that_is_no_answer(url, counter, monkeypatch, what):
    key = kms(url).create_key()["KeyMetadata"]["KeyId"]
    bed = counter(source(url, key))
    item = bed.stop_at(what)
    bed.noted[item] = changed(bed.noted[item], until="2026-01-01T00:00:00Z")
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "999999999999")
    (settled,) = bed.run()
    assert settled.outcome is KeyOutcome.FAILED
    assert settled.evidence.limits[0] is Reason.NO_ANSWER


def test_asked_later_in_another_account_or_too_early_it_is_not_gone(url, counter, monkeypatch):
    key = kms(url).create_key()["KeyMetadata"]["KeyId"]
    (settled,) = counter(one := source(url, key)).run()
    told = settled.evidence
    assert ask_later(one, "", told).outcome is KeyOutcome.SCHEDULED
    late = datetime.now(UTC) + timedelta(days=40)
    with monkeypatch.context() as patch:
        patch.setenv("MOTO_ACCOUNT_ID", "999999999999")
        for at in (None, late):
            with pytest.raises(Unanswered) as no:
                ask_later(one, "", told, at)
            assert no.value.reason is Reason.NO_ANSWER
    passed(key)
    # Noted without an account, nobody can say where it is gone.
    for evidence, at in ((told, None), (changed(told, handle=key), late)):
        with pytest.raises(Unanswered) as no:
            ask_later(one, "", evidence, at)
        assert no.value.reason is Reason.NO_ANSWER
    assert ask_later(one, "", told, late).outcome is KeyOutcome.MEDIUM_RESIDUE
    # Nobody signed for another declaration.
    with pytest.raises(Unanswered) as no:
        ask_later(replace(one, region="us-west-2"), "", told, late)
    assert no.value.reason is Reason.REPLACED


@pytest.fixture
def before(url):
    with relay(url) as standing:
        yield standing


def saying(call, status, body, where=""):
    """A rule that answers this call of KMS, in this region, with an AWS error or a body."""
    said = json.dumps(body if isinstance(body, dict) else {"__type": body}).encode()

    def rule(asked, real):
        return (status, said) if f"TrentService.{call}\n" in asked and where in asked else None

    return rule


def changing(call, change):
    """A rule that changes what this call of KMS is answered."""

    def rule(asked, real):
        if f"TrentService.{call}\n" not in asked:
            return None
        status, said = real()
        return status, json.dumps(change(json.loads(said))).encode()

    return rule


def test_a_key_that_can_not_lay_a_canary_now_is_left_alone(url, before, counter):
    """No answer is another thing than a refusal: nothing is destroyed on the strength of it."""
    key = kms(url).create_key()["KeyMetadata"]["KeyId"]
    before.rules.append(saying("Encrypt", 400, "KMSInternalException"))
    (settled,) = counter(source(before.url, key)).run()
    assert settled.outcome is KeyOutcome.FAILED
    assert settled.evidence.limits[0] is Reason.NO_ANSWER
    assert kms(url).describe_key(KeyId=key)["KeyMetadata"]["Enabled"]


@pytest.mark.parametrize("refused", ["DisabledException", "KMSInvalidStateException"])
def test_a_key_whose_deletion_was_called_off_waits_for_no_date(url, before, counter, refused):
    """It is disabled then, and refuses as one that waits does; moto answers, so that is said for it."""
    key = kms(url).create_key()["KeyMetadata"]["KeyId"]
    (settled,) = counter(one := source(before.url, key)).run()
    assert settled.outcome is KeyOutcome.SCHEDULED
    before.rules.append(saying("Decrypt", 400, refused))
    waiting = ask_later(one, "", settled.evidence)
    assert waiting.outcome is KeyOutcome.SCHEDULED
    assert "canary=waiting" in dict(waiting.evidence.facts)["probes"]
    kms(url).cancel_key_deletion(KeyId=key)
    found = ask_later(one, "", settled.evidence)
    assert found.outcome is KeyOutcome.FAILED
    assert Reason.DELETION_PENDING not in found.evidence.limits
    assert "canary=silent" in dict(found.evidence.facts)["probes"]


def test_a_key_kept_in_a_store_of_ones_own_has_the_backups_of_that(url, before, counter):
    """moto has no custom key stores; AWS names one in the description of the key."""
    key = kms(url).create_key()["KeyMetadata"]["KeyId"]
    named = {"CustomKeyStoreId": "cks-1"}
    before.rules.append(changing("DescribeKey", lambda told: {"KeyMetadata": told["KeyMetadata"] | named}))
    (settled,) = counter(source(before.url, key)).run()
    assert settled.outcome is KeyOutcome.SCHEDULED
    assert Reason.STORE_BACKUPS in settled.evidence.limits


@pytest.mark.parametrize(
    ("status", "body", "deleted"), [(200, {}, True), (400, "AccessDeniedException", False)]
)
def test_imported_material_is_deleted_at_once_where_that_is_allowed(
    url, before, counter, status, body, deleted
):
    """moto can't delete it, so its answer is given for it."""
    key = kms(url).create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    before.rules.append(saying("DeleteImportedKeyMaterial", status, body))
    (settled,) = counter(source(before.url, key)).run()
    assert ("material" in facts(settled)) is deleted
    assert kms(url).describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"


def test_a_date_that_is_not_told_at_once_is_told_by_the_look_after_it(url, before, counter):
    key = kms(url).create_key()["KeyMetadata"]["KeyId"]
    bed = counter(source(before.url, key, wait=9))
    asked = []

    def deaf_after_the_call(told, real):
        asked.append(told)
        scheduled = any("TrentService.ScheduleKeyDeletion" in one for one in asked[:-1])
        return (400, b"{}") if scheduled and "TrentService.DescribeKey" in told else None

    before.rules.append(deaf_after_the_call)
    item = bed.stop_at("called")
    assert "until" not in dict(bed.noted[item].facts)
    before.rules.clear()
    (settled,) = bed.run()
    assert settled.outcome is KeyOutcome.SCHEDULED
    assert datetime.fromisoformat(facts(settled)["until"]) > datetime.now(UTC) + timedelta(days=8)


@pytest.mark.parametrize(
    "rule",
    [
        saying("ListKeys", 400, "AccessDeniedException"),
        saying("ListKeys", 200, {"Keys": [{"KeyId": "x", "KeyArn": "arn:aws:kms:eu-west-1:999:key/x"}]}),
    ],
    ids=["denied", "another account's"],
)
def test_a_list_that_tells_nothing_is_no_word_of_a_key(url, before, counter, rule):
    """Nor is a list of another account's keys, in which it does not stand."""
    key = kms(url).create_key()["KeyMetadata"]["KeyId"]
    before.rules.append(rule)
    (settled,) = counter(source(before.url, key)).run()
    assert "list=silent" in facts(settled)["probes"]
    assert Reason.NO_ANSWER in settled.evidence.limits
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED


def test_a_replica_that_can_not_be_asked_for_may_be_there(url, before, counter):
    made = kms(url).create_key(MultiRegion=True)["KeyMetadata"]
    kms(url).replicate_key(KeyId=made["KeyId"], ReplicaRegion="us-west-2")
    before.rules.append(saying("DescribeKey", 400, "AccessDeniedException", "/us-west-2/kms"))
    (settled,) = counter(source(before.url, made["KeyId"])).run()
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.COPIES_REMAIN in settled.evidence.limits
    assert facts(settled)["probes"].endswith("replica-us-west-2=silent")


@pytest.mark.parametrize("what", [{"AWS_PROFILE": "nobody"}, {"AWS_SECRET_ACCESS_KEY": ""}, "process"])
def test_credentials_that_do_not_hold_together_are_said_to_be_wrong(url, monkeypatch, tmp_path, what):
    """A profile that is not there, half a pair, a program of which they should come and that fails."""
    if what == "process":
        (tmp_path / "config").write_text("[default]\ncredential_process = /bin/false\n")
        what = {"AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_ACCESS_KEY_ID": ""}
    for name, value in what.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Refused) as refused:
        list(inquire([source(url, "x")], key=b"k" * 32, passphrase=lambda _: ""))
    assert refused.value.fault is Fault.WRONG_PASSPHRASE


def test_the_dry_run_tells_the_days(url):
    key = kms(url).create_key()["KeyMetadata"]["KeyId"]
    told = foreask(source(url, key, wait=30), "")
    assert told.wait == 30
    assert told.calls == (f"ScheduleKeyDeletion {key} PendingWindowInDays=30",)
    assert kms(url).describe_key(KeyId=key)["KeyMetadata"]["Enabled"]


def test_without_credentials_it_is_said(url, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(Refused) as refused:
        list(inquire([source(url, "x")], key=b"k" * 32, passphrase=lambda _: ""))
    assert refused.value.fault is Fault.WRONG_PASSPHRASE


def test_a_server_that_hangs_is_said_in_its_time():
    with hung_server() as port:
        one = ServiceKey("aws_kms", "x", url=f"http://127.0.0.1:{port}", region="eu-west-1", timeout=1)
        with ends_by_itself(), pytest.raises(Refused) as refused:
            list(inquire([one], key=b"k" * 32, passphrase=lambda _: ""))
        assert refused.value.fault is Fault.KEY_STORE_SILENT
