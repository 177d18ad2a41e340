"""Secrets that OpenBao keeps: destroyed in every version, and a mere delete never taken for that."""

import time
from pathlib import Path

import pytest
from openbao_key import behind, facts, hvac, silent

from app.domain.case import ServiceKey
from app.domain.outcome import KeyOutcome, Reason
from app.steps.shred.services.asking import foreask


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


def test_the_dry_run_of_a_secret_changes_nothing(server, stored):
    told = foreask(ServiceKey("openbao", f"secret/data/{stored}", url=server.url), server.root)
    assert told.calls == (f"PUT secret/destroy/{stored} versions=all", f"DELETE secret/metadata/{stored}")
    assert value_of(server, stored) == {"key": "correct horse battery staple"}


def test_a_secret_whose_newest_version_is_deleted_has_no_canary_and_goes_all_the_same(
    server, stored, counter
):
    engine = server.client.secrets.kv.v2
    engine.create_or_update_secret(stored, {"key": "the second version of it"})
    engine.delete_latest_version_of_secret(stored)
    source = ServiceKey("openbao", f"secret/data/{stored}", url=server.url)
    (settled,) = counter(source, secret=server.root).run()
    assert Reason.CANARY_FAILED in settled.evidence.limits
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    engine.undelete_secret_versions(stored, [1, 2])
    assert value_of(server, stored, 1) is None


def test_a_secret_gone_between_the_canary_and_the_call_is_noted_as_unseen(server, stored, counter):
    bed = counter(ServiceKey("openbao", f"secret/data/{stored}", url=server.url), secret=server.root)
    bed.stop_at("canary")
    server.client.secrets.kv.v2.delete_metadata_and_all_versions(stored)
    (settled,) = bed.run()
    assert facts(settled)["answer"] == "unseen"
    assert settled.outcome is KeyOutcome.MEDIUM_RESIDUE


def test_a_secret_that_the_server_does_not_destroy_is_still_there(server, before, stored, counter):
    """No answer to the call: that is asked again, and it is there in every version."""
    before.rules.append(silent("PUT /v1/secret/destroy/", "POST /v1/secret/destroy/", status=500))
    (settled,) = counter(behind(before, f"secret/data/{stored}"), secret=server.root).run()
    assert settled.outcome is KeyOutcome.FAILED
    assert facts(settled)["answer"] == "unseen"
    assert facts(settled)["probes"] == "metadata=there:versions canary=there"
    assert value_of(server, stored) == {"key": "correct horse battery staple"}


def test_a_secret_written_anew_after_the_call_is_another(server, stored, counter):
    bed = counter(ServiceKey("openbao", f"secret/data/{stored}", url=server.url), secret=server.root)
    bed.stop_at("called")
    server.client.secrets.kv.v2.create_or_update_secret(stored, {"key": "of somebody else"})
    (settled,) = bed.run()
    assert facts(settled)["probes"] == "metadata=gone:none canary=gone"
    assert settled.outcome is KeyOutcome.MEDIUM_RESIDUE
    assert value_of(server, stored) == {"key": "of somebody else"}


def test_a_note_of_a_secret_is_a_copy(server, stored, counter, tmp_path):
    Path(tmp_path / "notes.txt").write_text("the key is correct horse battery staple, mind")
    source = ServiceKey("openbao", f"secret/data/{stored}", url=server.url, copies=(tmp_path,))
    (settled,) = counter(source, secret=server.root).run()
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert facts(settled)["copies_found"] == 1
