"""Keys of a real OpenBao server: destroyed by its own call, and never above what a server's word is worth."""

import base64
import json
import time
from pathlib import Path

import pytest
from servers import bao, free_port, hung_server, slow_server, until

from app.domain.case import ServiceKey
from app.domain.event import Noted, Progressed
from app.domain.fault import Fault, Refused
from app.domain.outcome import KeyOutcome, Reason
from app.domain.step import Stage
from app.steps.shred.services.asking import foreask, inquire

hvac = pytest.importorskip("hvac")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with bao(tmp_path_factory.mktemp("bao")) as running:
        yield running


@pytest.fixture
def transit(server, request):
    """A key of the transit engine, something that it locked, and how it is declared."""
    name = f"customers-{time.monotonic_ns()}"
    server.client.secrets.transit.create_key(name, **getattr(request, "param", {}))
    return Transit(server, name)


class Transit:
    def __init__(self, server, name):
        self.server, self.name = server, name
        self.engine = server.client.secrets.transit
        self.locked = self.engine.encrypt_data(name, base64.b64encode(b"a customer").decode())
        self.locked = self.locked["data"]["ciphertext"]

    def source(self, **more):
        return ServiceKey("openbao", f"transit/keys/{self.name}", url=self.server.url, timeout=15, **more)

    def opens(self):
        try:
            told = self.engine.decrypt_data(self.name, self.locked)
        except hvac.exceptions.VaultError:
            return False
        return base64.b64decode(told["data"]["plaintext"]) == b"a customer"


def facts(settled):
    return dict(settled.evidence.facts)


def test_a_transit_key_is_gone_for_its_own_tool(server, transit, counter):
    bed = counter(transit.source(), secret=server.root)
    (settled,) = bed.run()
    assert not transit.opens()
    assert settled.outcome is KeyOutcome.MEDIUM_RESIDUE
    assert {Reason.STORE_WORD, Reason.STORE_BACKUPS} <= set(settled.evidence.limits)
    told = facts(settled)
    assert told["probes"] == "read=gone list=gone canary=gone"
    assert told["answer"] == "given"
    assert {"C9=met", "C10=met", "C7=open", "C11=open"} <= set(told["conditions"].split())
    assert not {"handle", "canary_text", "source"} & set(told)


def test_nothing_secret_and_no_name_is_told(server, transit, counter):
    bed = counter(transit.source(), secret=server.root)
    told = "".join(
        repr(event) for event in bed.events() if type(event).__name__ in ("Begun", "Noted", "Settled")
    )
    assert server.root not in told
    assert transit.name not in told


def test_a_snapshot_brings_it_back_and_the_verdict_knew(server, transit, counter, tmp_path):
    kept = tmp_path / "backups"
    kept.mkdir()
    server.snapshot(kept / "monday.snap")
    (settled,) = counter(transit.source(copies=(kept,)), secret=server.root).run()
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.COPIES_REMAIN in settled.evidence.limits
    assert facts(settled)["copies_found"] == 1
    assert not transit.opens()
    server.restore(kept / "monday.snap")
    assert transit.opens()


def test_a_snapshot_that_nobody_declared_is_why_it_is_not_the_top_rung(server, transit, counter, tmp_path):
    server.snapshot(tmp_path / "hidden.snap")
    (settled,) = counter(transit.source(), secret=server.root).run()
    assert settled.outcome is KeyOutcome.MEDIUM_RESIDUE
    assert Reason.STORE_BACKUPS in settled.evidence.limits
    server.restore(tmp_path / "hidden.snap")
    assert transit.opens()


def test_a_plaintext_backup_is_known_for_a_copy_and_the_flags_are_told(server, transit, counter, tmp_path):
    transit.engine.update_key_configuration(transit.name, exportable=True, allow_plaintext_backup=True)
    kept = tmp_path / "k.backup"
    kept.write_text(json.dumps(transit.engine.backup_key(transit.name)))
    exported = tmp_path / "exported.txt"
    exported.write_text(transit.engine.export_key(transit.name, "encryption-key")["data"]["keys"]["1"])
    (settled,) = counter(transit.source(copies=(tmp_path,)), secret=server.root).run()
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert {Reason.EXPORTABLE, Reason.COPIES_REMAIN} <= set(settled.evidence.limits)
    assert facts(settled)["copies_found"] == 2
    assert facts(settled)["exportable"] is True
    assert facts(settled)["plaintext_backup"] is True
    server.client.write_data(
        "transit/restore", data={"backup": json.loads(kept.read_text())["data"]["backup"]}
    )
    assert transit.opens()


def test_a_copy_that_goes_meanwhile_does_not_lower_it(server, transit, counter, tmp_path):
    kept = tmp_path / "monday.snap"
    server.snapshot(kept)
    bed = counter(transit.source(copies=(tmp_path,)), secret=server.root)
    for event in bed.events():
        if isinstance(event, Noted):
            kept.unlink(missing_ok=True)
        last = event if hasattr(event, "outcome") else None
        if last:
            assert last.outcome is KeyOutcome.MEDIUM_RESIDUE


@pytest.mark.parametrize(
    "how", [{"key_type": "rsa-2048"}, {"key_type": "ed25519"}, {"key_type": "ecdsa-p256"}, {"derived": True}]
)
def test_other_types_have_their_canaries(server, counter, how):
    name = f"other-{time.monotonic_ns()}"
    server.client.secrets.transit.create_key(name, **how)
    source = ServiceKey("openbao", f"transit/keys/{name}", url=server.url)
    (settled,) = counter(source, secret=server.root).run()
    assert settled.outcome is KeyOutcome.MEDIUM_RESIDUE, settled
    assert facts(settled)["canary"] in ("transit", "transit-sign")
    assert "canary=gone" in facts(settled)["probes"]


def test_a_token_that_may_not_delete_leaves_the_key(server, transit, counter):
    path = f"transit/keys/{transit.name}"
    name = transit.name
    may = server.token(
        (path, "read"), ("transit/keys", "list"),
        (f"transit/encrypt/{name}", "update"), (f"transit/decrypt/{name}", "update"),
    )  # fmt: skip
    (settled,) = counter(transit.source(), secret=may).run()
    assert settled.outcome is KeyOutcome.FAILED
    assert settled.evidence.limits[0] is Reason.DENIED
    assert transit.opens()


def test_a_token_that_may_not_look_proves_nothing(server, transit, counter):
    """It may delete, but neither try the canary nor list the keys."""
    path = f"transit/keys/{transit.name}"
    may = server.token((path, "read delete"), (f"{path}/config", "update"))
    (settled,) = counter(transit.source(), secret=may).run()
    assert not transit.opens()
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert {Reason.CANARY_FAILED, Reason.NO_ANSWER} <= set(settled.evidence.limits)


def test_a_wrong_token_is_said_before_anything(server, transit):
    with pytest.raises(Refused) as refused:
        list(inquire([transit.source()], key=b"k" * 32, passphrase=lambda _: "s.wrong"))
    assert refused.value.fault is Fault.WRONG_PASSPHRASE


def test_a_wrong_token_at_the_act_leaves_the_key(server, transit, counter):
    (settled,) = counter(transit.source(), secret=server.root, given="s.wrong").run()
    assert settled.outcome is KeyOutcome.FAILED
    assert settled.evidence.limits[0] is Reason.WRONG_PASSPHRASE
    assert transit.opens()


def test_a_key_that_is_not_there_is_said(server):
    source = ServiceKey("openbao", "transit/keys/nobody", url=server.url)
    with pytest.raises(Refused) as refused:
        list(inquire([source], key=b"k" * 32, passphrase=lambda _: server.root))
    assert refused.value.fault is Fault.KEY_NOT_IN_STORE


@pytest.mark.parametrize("kind", [hung_server, slow_server])
def test_a_server_that_hangs_is_said_in_its_time(kind):
    with kind() as port:
        source = ServiceKey("openbao", "transit/keys/x", url=f"http://127.0.0.1:{port}", timeout=1)
        began = time.monotonic()
        with pytest.raises(Refused) as refused:
            list(inquire([source], key=b"k" * 32, passphrase=lambda _: "x"))
        assert time.monotonic() - began < 3
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


def stop_at(bed, what):
    """Run to a note, then stop as a kill does; what was noted is what the journal would hold."""
    events = bed.events()
    for event in events:
        if isinstance(event, Noted):
            bed.noted[event.ids[0]] = event.evidence
            bed.stages[event.ids[0]] = Stage.NOTED
            if event.what == what:
                events.close()
                return
    raise AssertionError(what)


@pytest.mark.parametrize("what", ["canary", "called"])
def test_killed_around_the_call_it_asks_the_store(server, transit, counter, what):
    bed = counter(transit.source(), secret=server.root)
    stop_at(bed, what)
    assert transit.opens() is (what == "canary")
    (settled,) = bed.run()
    assert not transit.opens()
    assert settled.outcome is KeyOutcome.MEDIUM_RESIDUE
    assert facts(settled)["answer"] == "given"


def test_killed_between_the_call_and_its_note_it_says_that_the_answer_was_not_seen(server, transit, counter):
    bed = counter(transit.source(), secret=server.root)
    stop_at(bed, "canary")
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
    stop_at(bed, what)
    server.client.sys.move_backend(path, f"{path}-aside")
    until(lambda: f"{path}-aside/" in server.client.sys.list_mounted_secrets_engines()["data"] or 1 / 0)
    server.client.sys.enable_secrets_engine("transit", path=path)
    (settled,) = bed.run()
    assert settled.outcome is KeyOutcome.FAILED
    assert settled.evidence.limits[0] is Reason.NO_ANSWER


def test_gone_before_we_began_is_not_ours(server, transit, counter):
    bed = counter(transit.source(), secret=server.root)
    transit.engine.update_key_configuration(transit.name, deletion_allowed=True)
    transit.engine.delete_key(transit.name)
    (settled,) = bed.run()
    assert settled.outcome is KeyOutcome.FAILED
    assert settled.evidence.limits[0] is Reason.GONE


def test_a_server_that_goes_away_after_the_call_leaves_the_verdict_open(server, transit, counter):
    bed = counter(transit.source(), secret=server.root)
    stop_at(bed, "called")
    for name, call in bed.calls.items():
        away = ServiceKey("openbao", call.source.name, url=f"http://127.0.0.1:{free_port()}", timeout=2)
        bed.calls[name] = type(call)(call.number, away)
    (settled,) = bed.run()
    assert settled.outcome is KeyOutcome.FAILED
    assert settled.evidence.limits[0] is Reason.NO_ANSWER


def test_the_dry_run_tells_the_calls_and_changes_nothing(server, transit, tmp_path):
    server.snapshot(tmp_path / "a.snap")
    told = foreask(transit.source(copies=(tmp_path,)), server.root)
    assert told.calls[-1] == f"DELETE transit/keys/{transit.name}"
    assert told.copies == (str(tmp_path / "a.snap"),)
    assert Reason.COPIES_REMAIN in told.limits
    assert transit.opens()


@pytest.fixture
def stored(server):
    path = f"crm/{time.monotonic_ns()}"
    server.client.secrets.kv.v2.create_or_update_secret(path, {"key": "correct horse battery staple"})
    return path


def value_of(server, path, version=None):
    try:
        told = server.client.secrets.kv.v2.read_secret_version(path, version, raise_on_deleted_version=True)
        return told["data"]["data"]
    except hvac.exceptions.VaultError:
        return None


def test_a_secret_is_destroyed_in_every_version(server, stored, counter):
    server.client.secrets.kv.v2.create_or_update_secret(stored, {"key": "the second version of it"})
    source = ServiceKey("openbao", f"secret/data/{stored}", url=server.url)
    (settled,) = counter(source, secret=server.root).run()
    assert settled.outcome is KeyOutcome.MEDIUM_RESIDUE
    assert facts(settled)["probes"] == "metadata=gone:none canary=gone"
    # A secret may be anything: that it could be read tells nothing of its strength.
    # That nobody who read it has kept it is only not seen.
    assert {"C2=open", "C3=open", "C8=seen"} <= set(facts(settled)["conditions"].split())
    server.client.secrets.kv.v2.undelete_secret_versions(stored, [1, 2])
    assert value_of(server, stored) is None
    assert value_of(server, stored, 1) is None


def test_a_mere_delete_can_be_called_back_and_the_verdict_says_so(server, stored, counter):
    """A token that may delete but not destroy."""
    may = server.token(
        (f"secret/data/{stored}", "read delete"), (f"secret/metadata/{stored}", "read"),
        (f"secret/delete/{stored}", "update"),
    )  # fmt: skip
    source = ServiceKey("openbao", f"secret/data/{stored}", url=server.url)
    (settled,) = counter(source, secret=may).run()
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.RESTORABLE in settled.evidence.limits
    assert value_of(server, stored) is None
    server.client.secrets.kv.v2.undelete_secret_versions(stored, [1])
    assert value_of(server, stored) == {"key": "correct horse battery staple"}


def test_a_note_of_a_secret_is_a_copy(server, stored, counter, tmp_path):
    Path(tmp_path / "notes.txt").write_text("the key is correct horse battery staple, mind")
    source = ServiceKey("openbao", f"secret/data/{stored}", url=server.url, copies=(tmp_path,))
    (settled,) = counter(source, secret=server.root).run()
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert facts(settled)["copies_found"] == 1


def test_a_long_hunt_for_copies_says_how_far_it_is_and_can_be_broken_off(server, transit, counter, tmp_path):
    place = tmp_path / "exports"
    place.mkdir()
    for number in range(300):
        (place / f"{number:03}").write_bytes(b"nothing of it")
    server.snapshot(place / "200.snap")
    bed = counter(transit.source(copies=(place,)), secret=server.root)
    events = bed.events()
    far = next(event.done for event in events if isinstance(event, Progressed) and event.now)
    assert far == 64
    events.close()
    assert transit.opens()
    (settled,) = bed.run()
    assert facts(settled)["copies_found"] == 1
    assert not transit.opens()
