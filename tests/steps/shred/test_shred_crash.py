"""A short crash campaign; `benchmarks/shred_crash.py` runs the long one."""

import key_stores as stores
import pytest
import shred_crash

from app.domain.outcome import KeyOutcome
from app.steps.shred.shredding import shred
from app.system.memory import Secret
from app.vault import Factors, Suite, Vault
from app.vault.slot import Side, read_secret


@pytest.fixture
def sign(planned):
    def make(path, kind):
        return planned(stores.KeyStore(kind, path)).plan

    return make


def test_a_kill_in_the_midst_leaves_a_key_that_opens_or_one_that_is_said_to_be_destroyed(
    sign, make_key, tmp_path
):
    report = shred_crash.Report()
    preys = [shred_crash.Prey(kind, path, "") for path, kind in (make_key("ec"), make_key("age"))]
    preys.append(shred_crash.Prey("luks", stores.Luks.make(tmp_path, small=True).path, stores.PASSPHRASE))
    shred_crash.campaign_of_keys(18, 1, preys, sign, tmp_path, report)
    assert report.bad == []
    assert report.kills == 18
    assert len(report.killed_at) > 3, "the kills must fall into different stages"


def opens(path):
    try:
        read_secret(path, Side(0, 1, Suite.AES), Secret(32))
    except Exception:  # noqa: BLE001 whatever keeps it shut
        return False
    return True


def test_a_kill_while_the_slot_is_erased(tmp_path):
    report = shred_crash.Report()
    vault = tmp_path / "vault"
    vault.mkdir()
    Vault.create(vault, Factors(b"s" * 32), "2026-001").close()
    assert opens(vault / "key.slot")
    shred_crash.campaign_of_slot(12, 1, vault / "key.slot", opens, tmp_path, report)
    assert report.bad == []


def test_the_campaign_sees_a_false_word(sign, make_key, tmp_path, monkeypatch):
    """A step that says destroyed and destroys nothing must not go unseen."""
    from dataclasses import replace

    def liar(plan, **more):
        for event in shred(plan, **{**more, "disk": Blunt()}):
            yield (
                replace(event, outcome=KeyOutcome.KEY_DESTROYED_HERE) if hasattr(event, "outcome") else event
            )

    class Blunt(shred_crash.Slow):
        def overwrite(self, fd, offset, data):
            pass

    monkeypatch.setattr(shred_crash, "shred", liar)
    report = shred_crash.Report()
    path, kind = make_key("ec")
    shred_crash.campaign_of_keys(2, 1, [shred_crash.Prey(kind, path, "")], sign, tmp_path, report)
    assert report.bad
