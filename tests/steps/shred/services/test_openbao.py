"""Keys of a real OpenBao server: destroyed by its own call, and never above what a server's word is worth."""

import json
import time

import pytest
from openbao_key import facts

from app.domain.case import ServiceKey
from app.domain.event import Noted, Progressed, Settled
from app.domain.fault import Fault, Refused
from app.domain.outcome import KeyOutcome, Reason
from app.steps.shred.hunt import Grounds
from app.steps.shred.progress import drawn
from app.steps.shred.services.asking import foreask, inquire, kept_copies


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
    outcomes = []
    for event in bed.events():
        if isinstance(event, Noted):
            kept.unlink(missing_ok=True)
        if isinstance(event, Settled):
            outcomes.append(event.outcome)
    assert outcomes == [KeyOutcome.MEDIUM_RESIDUE]


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


def test_a_token_that_may_not_export_knows_a_copy_by_the_rest(server, transit, counter, tmp_path):
    transit.engine.update_key_configuration(transit.name, exportable=True)
    server.snapshot(tmp_path / "monday.snap")
    name, path = transit.name, f"transit/keys/{transit.name}"
    may = server.token(
        (path, "read delete"), (f"{path}/config", "update"), ("transit/keys", "list"),
        (f"transit/encrypt/{name}", "update"), (f"transit/decrypt/{name}", "update"),
    )  # fmt: skip
    (settled,) = counter(transit.source(copies=(tmp_path,)), secret=may).run()
    assert {Reason.EXPORTABLE, Reason.COPIES_REMAIN} <= set(settled.evidence.limits)
    assert facts(settled)["copies_found"] == 1


@pytest.mark.parametrize("name", ["secret/crm", "transit", "secret/data/nobody"])
def test_a_path_that_is_no_keys_is_said(server, name):
    source = ServiceKey("openbao", name, url=server.url)
    with pytest.raises(Refused) as refused:
        list(inquire([source], key=b"k" * 32, passphrase=lambda _: server.root))
    assert refused.value.fault is Fault.KEY_NOT_IN_STORE


def test_the_dry_run_tells_the_calls_and_changes_nothing(server, transit, tmp_path):
    server.snapshot(tmp_path / "a.snap")
    told = foreask(transit.source(copies=(tmp_path,)), server.root)
    assert told.calls[-1] == f"DELETE transit/keys/{transit.name}"
    assert told.copies == (str(tmp_path / "a.snap"),)
    assert Reason.COPIES_REMAIN in told.limits
    assert transit.opens()


def test_what_brings_a_key_back_is_told_before_anything_is_signed(server, transit, tmp_path):
    server.snapshot(tmp_path / "a.snap")
    looking = kept_copies(transit.source(copies=(tmp_path,)), server.root, "k-1", Grounds())
    (found,) = drawn(looking)
    assert found.copy.path == str(tmp_path / "a.snap")
    assert (tmp_path / "a.snap").exists()
    assert transit.opens()


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
