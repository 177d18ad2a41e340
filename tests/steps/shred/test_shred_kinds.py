"""Every kind of key store: destroyed so that its own tool opens it no more, and a hidden copy is told."""

import key_stores as stores
import pytest
from key_stores import described

from app.domain.event import Begun, Noted, Settled
from app.domain.outcome import KeyOutcome, Reason
from app.steps.shred.kinds import KINDS

GOOD = (KeyOutcome.KEY_DESTROYED_HERE, KeyOutcome.MEDIUM_RESIDUE)


def facts(settled):
    return dict(settled.evidence.facts)


@pytest.mark.parametrize("which", stores.STORES, ids=lambda one: one.__name__)
def test_its_own_tool_opens_it_no_more(planned, tmp_path, which):
    store = which.make(tmp_path)
    assert store.opens()
    key = described(store)
    assert key.algorithm != "unknown"
    assert len(key.fingerprint) == 64
    size = store.path.stat().st_size
    bed = planned(store)
    settled = bed.run()["k-0"]
    assert not store.opens()
    assert settled.outcome in GOOD, settled
    told = facts(settled)
    assert told["canary"] in ("master-aes-gcm", "ecdh-aes-gcm")
    assert {"C9=met", "C10=met", "C11=met", "C5=declared", "C6=open"} <= set(told["conditions"].split())
    assert ("C3=open" in told["conditions"]) is (store.kind in ("sqlcipher", "jks", "gnupg", "luks"))
    if KINDS[store.kind].container:
        assert store.path.stat().st_size == size
        assert told["offsets"]
    else:
        assert not store.path.exists()


@pytest.mark.parametrize("which", stores.STORES, ids=lambda one: one.__name__)
def test_a_hidden_copy_brings_it_back_and_the_verdict_knew(planned, tmp_path, which):
    store = which.make(tmp_path)
    store.hide()
    settled = planned(store).run()["k-0"]
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.COPIES_REMAIN in settled.evidence.limits
    assert facts(settled)["copies_found"] >= 1
    assert {"C4=open", "C5=open"} <= set(facts(settled)["conditions"].split())
    # Borg finds an export that lies among its key files by itself.
    assert store.opens() is (which is stores.BorgKeyFile)
    store.restore()
    assert store.opens()


@pytest.mark.parametrize("which", stores.QUICK, ids=lambda one: one.__name__)
def test_with_the_wrong_passphrase_nothing_is_proven(planned, tmp_path, which):
    store = which.make(tmp_path)
    assert described(store, passphrase="no").algorithm == "unknown"
    settled = planned(store, passphrases=["no"]).run()["k-0"]
    assert not store.opens()
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.WRONG_PASSPHRASE in settled.evidence.limits
    assert "C10=open" in facts(settled)["conditions"]


def test_what_is_beyond_the_header_of_a_container_is_not_touched(planned, tmp_path):
    store = stores.Luks.make(tmp_path)
    with store.path.open("r+b") as file:
        file.seek(16 << 20)
        file.write(b"x" * 4096)
    bed = planned(store)
    told = facts(bed.run()["k-0"])
    body = store.path.read_bytes()
    assert told["offsets"] == "0-16384 16384-16777216"
    assert not any(body[: 16 << 20])
    assert body[16 << 20 :].startswith(b"x" * 4096)


def test_the_header_backup_has_the_digest_of_the_plan(tmp_path):
    """So the search by content, in folders, archives and repositories, finds it too."""
    import hashlib

    store = stores.Luks.make(tmp_path)
    store.hide()
    assert hashlib.sha256(store.hidden[0].read_bytes()).hexdigest() == described(store).sha256


def test_a_second_header_alone_is_enough_to_destroy_by(planned, tmp_path):
    store = stores.Luks.make(tmp_path)
    with store.path.open("r+b") as file:
        file.write(bytes(4096))
    assert described(store).algorithm.startswith("LUKS")
    assert planned(store).run()["k-0"].outcome in GOOD
    assert not any(store.path.read_bytes()[: 16 << 20])


def test_all_wraps_of_one_key_go_together(planned, tmp_path):
    store = stores.Restic.make(tmp_path)
    other = store.add("another")
    bed = planned(store, other, passphrases=[stores.PASSPHRASE, "another"])
    events = list(bed.events())
    kinds = [type(event) for event in events if isinstance(event, Begun | Noted | Settled)]
    assert kinds == [Begun, Noted, Begun, Noted, Settled, Settled]
    assert all(event.outcome in GOOD for event in events if isinstance(event, Settled))
    assert not any(store.path.parent.iterdir())


def test_a_wrap_that_stays_lowers_the_verdict(planned, tmp_path):
    store = stores.Restic.make(tmp_path)
    store.add("another")
    settled = planned(store).run()["k-0"]
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.COPIES_REMAIN in settled.evidence.limits
    assert store.opens("another")
