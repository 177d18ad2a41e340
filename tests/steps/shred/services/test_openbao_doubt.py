"""A stop around OpenBao's call, a key made anew, a server that goes away or tells too little: the verdict stays open."""

import time

import pytest
from openbao_key import behind, facts, only, silent
from servers import free_port, hung_server, slow_server, until

from app.domain.case import ServiceKey
from app.domain.fault import Fault, Refused
from app.domain.outcome import KeyOutcome, Reason
from app.steps.shred.services.asking import inquire
from tests.in_time import ends_by_itself


@pytest.mark.parametrize("kind", [hung_server, slow_server])
def test_a_server_that_hangs_is_said_in_its_time(kind):
    with kind() as port:
        source = ServiceKey("openbao", "transit/keys/x", url=f"http://127.0.0.1:{port}", timeout=1)
        with ends_by_itself(), pytest.raises(Refused) as refused:
            list(inquire([source], key=b"k" * 32, passphrase=lambda _: "x"))
        assert refused.value.fault is Fault.KEY_STORE_SILENT


def test_a_server_that_is_away_is_said():
    source = ServiceKey("openbao", "transit/keys/x", url=f"http://127.0.0.1:{free_port()}", timeout=5)
    with pytest.raises(Refused) as refused:
        list(inquire([source], key=b"k" * 32, passphrase=lambda _: "x"))
    assert refused.value.fault is Fault.KEY_STORE_SILENT


def test_a_key_made_anew_under_the_name_is_not_the_signed_one(server, transit, counter):
    bed = counter(transit.source(), secret=server.root)
    transit.engine.update_key_configuration(transit.name, deletion_allowed=True)
    transit.engine.delete_key(transit.name)
    time.sleep(1.1)
    transit.engine.create_key(transit.name)
    (settled,) = bed.run()
    assert settled.outcome is KeyOutcome.FAILED
    assert settled.evidence.limits[0] is Reason.REPLACED
    transit.engine.read_key(transit.name)


@pytest.mark.parametrize("what", ["canary", "called"])
def test_killed_around_the_call_it_asks_the_store(server, transit, counter, what):
    bed = counter(transit.source(), secret=server.root)
    bed.stop_at(what)
    assert transit.opens() is (what == "canary")
    (settled,) = bed.run()
    assert not transit.opens()
    assert settled.outcome is KeyOutcome.MEDIUM_RESIDUE
    assert facts(settled)["answer"] == "given"


def test_killed_between_the_call_and_its_note_it_says_that_the_answer_was_not_seen(server, transit, counter):
    bed = counter(transit.source(), secret=server.root)
    bed.stop_at("canary")
    transit.engine.update_key_configuration(transit.name, deletion_allowed=True)
    transit.engine.delete_key(transit.name)
    (settled,) = bed.run()
    assert settled.outcome is KeyOutcome.MEDIUM_RESIDUE
    assert facts(settled)["answer"] == "unseen"


@pytest.mark.parametrize("what", ["canary", "called"])
def test_another_engine_or_server_that_knows_no_such_key_is_no_answer(
    server, transit, counter, tmp_path, what
):
    """A stop, and the engine is mounted anew at the same path, or another server answers there."""
    path = f"crm{time.monotonic_ns()}"
    server.client.sys.enable_secrets_engine("transit", path=path)
    server.client.secrets.transit.create_key("customers", mount_point=path)
    bed = counter(
        ServiceKey("openbao", f"{path}/keys/customers", url=server.url, timeout=15), secret=server.root
    )
    bed.stop_at(what)
    server.client.sys.move_backend(path, f"{path}-aside")
    until(lambda: f"{path}-aside/" in server.client.sys.list_mounted_secrets_engines()["data"] or 1 / 0)
    server.client.sys.enable_secrets_engine("transit", path=path)
    (settled,) = bed.run()
    assert settled.outcome is KeyOutcome.FAILED
    assert settled.evidence.limits[0] is Reason.NO_ANSWER


def test_a_server_that_only_says_which_one_it_is_leaves_the_verdict_open(server, before, transit, counter):
    bed = counter(behind(before, f"transit/keys/{transit.name}"), secret=server.root)
    bed.stop_at("called")
    before.rules.append(only("GET /v1/sys/", "GET /v1/auth/"))
    (settled,) = bed.run()
    assert settled.outcome is KeyOutcome.FAILED
    assert settled.evidence.limits[0] is Reason.NO_ANSWER


@pytest.mark.parametrize("status", [200, 404])
def test_an_answer_without_a_text_tells_nothing_of_the_key(server, before, transit, counter, status):
    bed = counter(behind(before, f"transit/keys/{transit.name}"), secret=server.root)
    bed.stop_at("called")
    before.rules.append(silent("PUT /v1/transit/decrypt/", "POST /v1/transit/decrypt/", status=status))
    (settled,) = bed.run()
    assert facts(settled)["probes"] == "read=gone list=gone canary=silent"
    assert Reason.CANARY_FAILED in settled.evidence.limits
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED


def test_an_engine_that_is_not_told_apart_leaves_places_unseen(server, before, transit, counter):
    """Nobody knows then under which number the key stands in a snapshot."""
    before.rules.append(silent("GET /v1/sys/internal/ui/mounts/"))
    (settled,) = counter(behind(before, f"transit/keys/{transit.name}"), secret=server.root).run()
    assert Reason.PLACES_UNSEEN in settled.evidence.limits
    assert not transit.opens()


def test_a_key_of_which_nothing_tells_is_refused(server):
    """The server says of a key for HMAC neither when it was made nor how many versions it has."""
    name = f"hmac-{time.monotonic_ns()}"
    server.client.write_data(f"transit/keys/{name}", data={"type": "hmac", "key_size": 32})
    source = ServiceKey("openbao", f"transit/keys/{name}", url=server.url)
    with pytest.raises(Refused) as refused:
        list(inquire([source], key=b"k" * 32, passphrase=lambda _: server.root))
    assert refused.value.fault is Fault.KEY_STORE_DENIED


def test_a_key_made_anew_after_the_call_is_another(server, transit, counter):
    bed = counter(transit.source(), secret=server.root)
    bed.stop_at("called")
    # The server tells the second in which a key was made.
    time.sleep(1.1)
    transit.engine.create_key(transit.name)
    (settled,) = bed.run()
    assert facts(settled)["probes"] == "read=gone list=gone canary=gone"
    assert settled.outcome is KeyOutcome.MEDIUM_RESIDUE
    transit.engine.read_key(transit.name)


def test_gone_before_we_began_is_not_ours(server, transit, counter):
    bed = counter(transit.source(), secret=server.root)
    transit.engine.update_key_configuration(transit.name, deletion_allowed=True)
    transit.engine.delete_key(transit.name)
    (settled,) = bed.run()
    assert settled.outcome is KeyOutcome.FAILED
    assert settled.evidence.limits[0] is Reason.GONE


def test_a_server_that_goes_away_after_the_call_leaves_the_verdict_open(server, transit, counter):
    bed = counter(transit.source(), secret=server.root)
    bed.stop_at("called")
    for name, call in bed.calls.items():
        away = ServiceKey("openbao", call.source.name, url=f"http://127.0.0.1:{free_port()}", timeout=2)
        bed.calls[name] = type(call)(call.number, away)
    (settled,) = bed.run()
    assert settled.outcome is KeyOutcome.FAILED
    assert settled.evidence.limits[0] is Reason.NO_ANSWER
