"""Keys in a software TPM: a handle that is taken away is no destruction, a new seed is."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from servers import hung_server, tpm

from app.domain.case import ServiceKey
from app.domain.event import Noted, Settled
from app.domain.fault import Fault, Refused
from app.domain.outcome import KeyOutcome, Reason
from app.domain.step import Stage
from app.steps.shred.services.asking import foreask, inquire
from app.steps.shred.services.contract import Unanswered
from app.steps.shred.services.seen import STORE
from app.steps.shred.services.tpm2.tools import Tools
from tests.in_time import ends_by_itself

HANDLE, INDEX = "0x81000001", "0x1500016"


@pytest.fixture
def chip(tmp_path):
    with tpm(tmp_path / "tpm") as running:
        yield running


def source(chip, name, **more):
    return ServiceKey("tpm2", name, url=chip.tcti, timeout=20, **more)


def facts(settled):
    return dict(settled.evidence.facts)


def test_a_handle_taken_away_can_be_loaded_again(chip, counter):
    chip.seal(HANDLE, b"a customer")
    (settled,) = counter(source(chip, HANDLE)).run()
    assert chip.unseal(HANDLE) is None
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.RESTORABLE in settled.evidence.limits
    assert facts(settled)["probes"] == "handles=gone readpublic=gone canary=gone"
    assert chip.reload(HANDLE)
    assert chip.unseal(HANDLE) == b"a customer"


def test_a_cleared_tpm_opens_no_old_blob(chip, counter):
    chip.seal(HANDLE, b"a customer")
    (settled,) = counter(source(chip, "owner")).run()
    assert settled.outcome is KeyOutcome.MEDIUM_RESIDUE
    assert {Reason.STORE_WORD, Reason.UNKNOWN_MEDIUM} <= set(settled.evidence.limits)
    told = facts(settled)
    assert told["probes"] == "primary=gone handles=gone canary=gone"
    assert told["persistent"] == 1
    assert "C9=met" in told["conditions"].split()
    assert not chip.reload(HANDLE)


def test_an_index_is_undefined(chip, counter):
    chip.must("nvdefine", "-Q", INDEX, "-C", "o", "-s", "32", "-a", "ownerread|ownerwrite")
    chip.must("nvwrite", "-Q", INDEX, "-C", "o", "-i-", data=b"k" * 32)
    (settled,) = counter(source(chip, f"nv:{INDEX}")).run()
    assert settled.outcome is KeyOutcome.MEDIUM_RESIDUE
    assert facts(settled)["probes"] == "handles=gone nvreadpublic=gone canary=gone"
    assert not chip.do("nvread", INDEX, "-C", "o")[0]


def test_the_state_of_a_software_tpm_brings_it_back_and_so_it_is_not_the_top_rung(tmp_path, counter):
    folder = tmp_path / "tpm"
    with tpm(folder) as chip:
        chip.must("nvdefine", "-Q", INDEX, "-C", "o", "-s", "32", "-a", "ownerread|ownerwrite")
        chip.must("nvwrite", "-Q", INDEX, "-C", "o", "-i-", data=b"k" * 32)
        chip.must("shutdown")
    shutil.copytree(folder / "state", tmp_path / "hidden")
    with tpm(folder) as chip:
        (settled,) = counter(source(chip, f"nv:{INDEX}")).run()
        assert settled.outcome is KeyOutcome.MEDIUM_RESIDUE
        assert Reason.UNKNOWN_MEDIUM in settled.evidence.limits
        assert not chip.do("nvread", INDEX, "-C", "o")[0]
    shutil.rmtree(folder / "state")
    shutil.copytree(tmp_path / "hidden", folder / "state")
    with tpm(folder) as chip:
        assert chip.must("nvread", INDEX, "-C", "o") == b"k" * 32


def test_an_index_that_was_never_written_has_no_canary(chip, counter):
    chip.must("nvdefine", "-Q", INDEX, "-C", "o", "-s", "32", "-a", "ownerread|ownerwrite")
    (settled,) = counter(source(chip, f"nv:{INDEX}")).run()
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.CANARY_FAILED in settled.evidence.limits
    assert facts(settled)["probes"] == "handles=gone nvreadpublic=gone"


def test_a_chip_that_is_locked_out_lays_no_canary_and_can_be_cleared(chip, counter):
    """After too many wrong passphrases it opens nothing; who clears it has a passphrase apart."""
    chip.must("createprimary", "-Q", "-C", "o", "-p", "right", "-c", "p")
    chip.must("evictcontrol", "-Q", "-C", "o", "-c", "p", HANDLE)
    chip.must("flushcontext", "-t")
    bed = counter(source(chip, "owner"))
    chip.must("dictionarylockout", "-s", "-n", "1", "-t", "1000", "-l", "1000")
    assert not chip.do("create", "-Q", "-C", HANDLE, "-P", "wrong", "-u", "x", "-r", "y")[0]
    chip.must("flushcontext", "-t")
    (settled,) = bed.run()
    assert settled.outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.CANARY_FAILED in settled.evidence.limits
    assert facts(settled)["probes"] == "primary=gone handles=gone"


def test_a_wrong_passphrase_leaves_it(chip, counter):
    chip.seal(HANDLE, b"a customer")
    chip.must("changeauth", "-c", "l", "right")
    (settled,) = counter(source(chip, "owner"), secret="wr0ng").run()
    assert settled.outcome is KeyOutcome.FAILED
    assert settled.evidence.limits[0] is Reason.WRONG_PASSPHRASE
    assert chip.unseal(HANDLE) == b"a customer"
    assert "wr0ng" not in repr(settled)


def test_the_right_passphrase_does_it(chip, counter):
    chip.seal(HANDLE, b"a customer")
    chip.must("changeauth", "-c", "l", "right")
    (settled,) = counter(source(chip, "owner"), secret="right").run()
    assert settled.outcome is KeyOutcome.MEDIUM_RESIDUE, settled
    assert not chip.reload(HANDLE)


def test_a_clear_that_is_disabled_is_refused(chip, counter):
    chip.must("clearcontrol", "-C", "l", "s")
    (settled,) = counter(source(chip, "owner")).run()
    assert settled.outcome is KeyOutcome.FAILED
    assert settled.evidence.limits[0] is Reason.STORE_REFUSED


def test_another_key_under_the_handle_is_not_the_signed_one(chip, counter):
    chip.seal(HANDLE, b"a customer")
    bed = counter(source(chip, HANDLE))
    chip.must("evictcontrol", "-Q", "-C", "o", "-c", HANDLE)
    chip.seal(HANDLE, b"another")
    (settled,) = bed.run()
    assert settled.outcome is KeyOutcome.FAILED
    assert settled.evidence.limits[0] is Reason.REPLACED
    assert chip.unseal(HANDLE) == b"another"


def test_cleared_by_another_hand_meanwhile_the_seed_is_not_the_signed_one(chip, counter):
    bed = counter(source(chip, "owner"))
    chip.must("clear", "-c", "l")
    (settled,) = bed.run()
    assert settled.outcome is KeyOutcome.FAILED
    assert settled.evidence.limits[0] is Reason.REPLACED


def test_killed_between_the_call_and_its_note_it_asks_the_chip(chip, counter):
    chip.must("nvdefine", "-Q", INDEX, "-C", "o", "-s", "32", "-a", "ownerread|ownerwrite")
    chip.must("nvwrite", "-Q", INDEX, "-C", "o", "-i-", data=b"k" * 32)
    bed = counter(source(chip, f"nv:{INDEX}"))
    bed.stop_at("canary")
    chip.must("nvundefine", INDEX, "-C", "o")
    (settled,) = bed.run()
    assert settled.outcome is KeyOutcome.MEDIUM_RESIDUE
    assert facts(settled)["answer"] == "unseen"


@pytest.mark.parametrize("name", ["owner", f"nv:{INDEX}"])
def test_another_chip_at_its_place_is_no_answer(chip, counter, tmp_path, name):
    if name != "owner":
        chip.must("nvdefine", "-Q", INDEX, "-C", "o", "-s", "32", "-a", "ownerread|ownerwrite")
        chip.must("nvwrite", "-Q", INDEX, "-C", "o", "-i-", data=b"k" * 32)
    bed = counter(source(chip, name))
    events = bed.events()
    for event in events:
        if isinstance(event, Noted):
            bed.noted[event.ids[0]], bed.stages[event.ids[0]] = event.evidence, Stage.NOTED
            if event.what == "called":
                break
    events.close()
    with tpm(tmp_path / "other") as other:
        bed.calls = {item: replace(call, source=source(other, name)) for item, call in bed.calls.items()}
        (settled,) = bed.run()
    assert settled.outcome is KeyOutcome.FAILED
    assert settled.evidence.limits[0] is Reason.NO_ANSWER


def test_killed_after_the_clear_the_new_seed_is_not_cleared_again(chip, counter):
    bed = counter(source(chip, "owner"))
    bed.stop_at("canary")
    chip.must("clear", "-c", "l")
    chip.seal(HANDLE, b"someone else's by now")
    (settled,) = bed.run()
    assert chip.unseal(HANDLE) == b"someone else's by now"
    assert settled.outcome is KeyOutcome.FAILED


def test_what_is_not_there_is_said(chip):
    for name in ("0x81000099", "nv:0x1500099", "nonsense"):
        with pytest.raises(Refused) as refused:
            list(inquire([source(chip, name)], key=b"k" * 32, passphrase=lambda _: ""))
        assert refused.value.fault is Fault.KEY_NOT_IN_STORE


def test_a_tpm_that_hangs_is_said_in_its_time():
    with hung_server() as port:
        one = ServiceKey("tpm2", HANDLE, url=f"swtpm:host=127.0.0.1,port={port}", timeout=1)
        with ends_by_itself(), pytest.raises(Refused) as refused:
            list(inquire([one], key=b"k" * 32, passphrase=lambda _: ""))
        assert refused.value.fault is Fault.KEY_STORE_SILENT


def test_without_the_tools_it_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refused) as refused:
        list(inquire([ServiceKey("tpm2", HANDLE)], key=b"k" * 32, passphrase=lambda _: ""))
    assert refused.value.fault is Fault.KEY_LIBRARY_MISSING
    assert refused.value.detail == "tpm2-tools"


def test_the_dry_run_changes_nothing(chip):
    chip.seal(HANDLE, b"a customer")
    assert foreask(source(chip, HANDLE), "").calls == (f"tpm2_evictcontrol -C o -c {HANDLE}",)
    assert foreask(source(chip, "owner"), "").calls == ("tpm2_clear -c lockout",)
    chip.must("nvdefine", "-Q", INDEX, "-C", "o", "-s", "32", "-a", "ownerread|ownerwrite")
    assert foreask(source(chip, f"nv:{INDEX}"), "").calls == (f"tpm2_nvundefine -C o {INDEX}",)
    assert chip.unseal(HANDLE) == b"a customer"


def chip_and_end(bed):
    """Which chip the journal says it was, and how the key ended."""
    events = list(bed.events())
    stores = {facts(one)[STORE] for one in events if isinstance(one, Noted)}
    (settled,) = (one for one in events if isinstance(one, Settled))
    return stores, settled.outcome


def test_a_seed_with_the_passphrase_that_was_given_tells_the_chip(chip, counter):
    chip.seal(HANDLE, b"a customer")
    plain, _ = chip_and_end(counter(source(chip, HANDLE)))
    chip.seal(HANDLE, b"a customer")
    for which in ("e", "o"):
        chip.must("changeauth", "-c", which, "right")
    assert chip_and_end(counter(source(chip, HANDLE), secret="right")) == (plain, KeyOutcome.ACCESS_REMOVED)


def test_a_seed_with_a_passphrase_is_cleared_and_is_the_same_chip(chip, counter):
    chip.seal(HANDLE, b"a customer")
    for which in ("e", "l"):
        chip.must("changeauth", "-c", which, "right")
    stores, outcome = chip_and_end(counter(source(chip, "owner"), secret="right"))
    assert (len(stores), outcome) == (1, KeyOutcome.MEDIUM_RESIDUE)


@pytest.mark.parametrize("secret", ["right", ""])
def test_a_seed_with_another_passphrase_leaves_the_key_alone(chip, counter, secret):
    chip.seal(HANDLE, b"a customer")
    chip.must("changeauth", "-c", "e", "another")
    (settled,) = counter(source(chip, HANDLE), secret=secret).run()
    assert settled.outcome is KeyOutcome.FAILED
    assert settled.evidence.limits[0] is Reason.WRONG_PASSPHRASE
    assert chip.unseal(HANDLE) == b"a customer"


@pytest.fixture
def other_tools(monkeypatch, tmp_path):
    """Tools of this test's own, before the real ones."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def make(name, text):
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)

    return make


@pytest.mark.parametrize("name", ["owner", HANDLE, f"nv:{INDEX}"])
def test_a_tool_that_names_no_key_is_no_answer(chip, other_tools, name):
    """Without its name another key at the same place would pass for it."""
    chip.seal(HANDLE, b"a customer")
    chip.must("nvdefine", "-Q", INDEX, "-C", "o", "-s", "32", "-a", "ownerread|ownerwrite")
    for tool in ("tpm2_readpublic", "tpm2_nvreadpublic"):
        other_tools(tool, "echo 'type: another format'")
    with pytest.raises(Refused) as refused:
        list(inquire([source(chip, name)], key=b"k" * 32, passphrase=lambda _: ""))
    assert refused.value.fault is Fault.KEY_STORE_SILENT


def test_a_tool_that_hangs_is_ended_with_its_time(other_tools, tmp_path):
    other_tools("tpm2_getcap", f"echo $$ > {tmp_path}/pid; exec sleep 60")
    with pytest.raises(Unanswered) as no:
        Tools("", "", 1, tmp_path).handles("persistent")
    assert no.value.reason is Reason.NO_ANSWER
    assert not Path("/proc", (tmp_path / "pid").read_text().strip()).exists()
